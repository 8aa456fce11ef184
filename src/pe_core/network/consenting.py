"""An asker's consent: asked for with named fields, given, used, and taken back at once.

Consent that is given by receipt is used after 48 hours, since a found receipt can write as its
owner; what only takes data away acts at once, in the same transaction, though nobody is
unlocked. docs/decisions/0017.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import current_epoch
from pe_core.desk.looking import open_message
from pe_core.desk.sealing import seal_message, seal_reply
from pe_core.desk.sessions import Session, Visit
from pe_core.desk.summaries import NONSENSE
from pe_core.desk.visits import read_replies, write_for_asker
from pe_core.desk.working import OVER, Work, note_work
from pe_core.errors import Conflict, NotAllowed, NotFound, NothingToSealTo
from pe_core.model import (
    Answer,
    Author,
    ConsentWithdrawn,
    HelpRequest,
    Message,
    MessageAdded,
    MessageId,
    MessageKind,
    Reply,
)
from pe_core.model.consent import Agreed, Consent, Given, Lead, Wish
from pe_core.model.peer import PeerCode
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.network.erasing import take_back_all
from pe_core.network.knowing import read_peer
from pe_core.rules.receipts import read_receipt
from pe_core.rules.sharing import agree, first_day
from pe_core.store import Change, Delete, Insert, MessageRow, ReplyRow, RequestRow, Tell
from pe_core.vault import Keys, open_envelope

HANDOVER = "handover"
"""What the asker's new receipt is sealed for."""
Questions: TypeAlias = tuple[tuple[str, str], ...]
"""Fields with their questions, and files with what they are called, as the asker sees them."""
_CONSENTS = (MessageKind.CONSENT, MessageKind.CONSENT_BACK)


class Moved(Model):
    """Where a request went: the other portal, and the receipt there, '' if it is none."""

    peer: PeerCode
    address: str
    receipt: str


class Asked(Model):
    """What an asker's page says of other embassies: wishes, what was agreed to, where it went.

    Each wish and consent comes with its reply's id.
    """

    wishes: tuple[tuple[str, Wish], ...]
    given: tuple[tuple[str, Given], ...]
    moved: Moved | None = None


def consents_of(help_request: HelpRequest) -> tuple[Consent, ...]:
    """Return the consents in force, the last one of each embassy; a no is one without fields."""
    return _in_force(message for _, message in help_request.thread)


def _in_force(messages: Iterable[Message]) -> tuple[Consent, ...]:
    found: dict[PeerCode, Consent] = {}
    for message in messages:
        if message.consent is None or message.kind not in _CONSENTS:
            continue
        found.pop(message.consent.peer, None)
        if message.kind is MessageKind.CONSENT:
            found[message.consent.peer] = message.consent
    return tuple(found.values())


def consent_for(help_request: HelpRequest, peer: PeerCode) -> Consent | None:
    """Return the consent in force for one embassy, None where nobody agreed to anything."""
    known = (consent for consent in consents_of(help_request) if consent.peer == peer)
    return next((consent for consent in known if consent.fields), None)


async def check_consent(desk: Desk, session: Session, work: Work, consent: Consent) -> int:
    """Hold a consent against the thread as it is now; return the number of its last entry.

    Raises Conflict for a consent that was taken back, or replaced, since it was read.
    """
    rows = await desk.store.select(MessageRow, {"request": work.id}, order="number")
    opened = [open_message(desk, session, row) for row in rows if row.epoch in session.epochs]
    if consent not in _in_force(opened):
        raise Conflict
    return rows[-1].number


async def host_of(desk: Desk, peer: PeerCode) -> str:
    """Return where a peer's portal is, such as ``yy.example``."""
    return urlsplit((await read_peer(desk, peer)).row.address).netloc


def questions_in(answers: Iterable[Answer], fields: Collection[str]) -> Questions:
    """Return the named fields with their questions, as the asker saw them."""
    return tuple((one.field, one.question) for one in answers if one.field in fields)


async def ask_consent(desk: Desk, session: Session, work: Work, wish: Wish) -> None:
    """Ask an asker, on the page of their receipt, what may go to another embassy."""
    if work.state in OVER:
        raise NotAllowed("staff.request.closed")
    if not wish.questions:
        raise NotAllowed("staff.refer.nothing_chosen")
    reply = Reply(at=desk.now(), kind=MessageKind.CONSENT_ASKED, wish=wish)
    entry = _entry_of_staff(desk, session, MessageKind.CONSENT_ASKED, wish.peer)
    told = Insert(await seal_reply(desk, work.id, work.original.reply_key, reply))
    await note_work(desk, session, work, entry, Act.CONSENT_ASKED, changes=[told])


async def note_spoken(
    desk: Desk,
    session: Session,
    work: Work,
    peer: PeerCode,
    fields: Collection[str],
    files: Questions = (),
    *,
    take_over: bool = False,
) -> None:
    """Note that an asker agreed in words; their page shows it, so that they can take it back.

    ``files`` are those that they let go, with what they are called; ``take_over`` is whether the
    other embassy may take the request.
    """
    if work.state in OVER:
        raise NotAllowed("staff.request.closed")
    questions = (*questions_in(work.original.answers, fields), *files)
    if not questions:
        raise NotAllowed("staff.refer.nothing_chosen")
    named = (field for field, _ in questions)
    consent = agree(peer, named, Agreed.SPOKEN, today_of(desk), take_over=take_over)
    given = Given(consent=consent, host=await host_of(desk, peer), questions=questions)
    entry = _entry_of_staff(desk, session, MessageKind.CONSENT, peer, consent)
    reply = Reply(at=desk.now(), kind=MessageKind.CONSENT, given=given)
    told = Insert(await seal_reply(desk, work.id, work.original.reply_key, reply))
    await note_work(desk, session, work, entry, Act.CONSENT_NOTED, changes=[told])


async def read_asked(desk: Desk, visit: Visit) -> Asked:
    """Return what an asker's page says of other embassies."""
    replies = await read_replies(desk, visit)
    leads = [shown.reply.lead for shown in replies if shown.reply.lead is not None]
    # Whoever was handed over is asked nothing more here.
    asking = [] if leads else replies
    return Asked(
        wishes=tuple((one.id, one.reply.wish) for one in asking if one.reply.wish is not None),
        given=tuple((one.id, one.reply.given) for one in replies if one.reply.given is not None),
        moved=_moved(visit.keys, leads[-1]) if leads else None,
    )


async def answer_wish(desk: Desk, visit: Visit, reply_id: str, fields: Collection[str]) -> date:
    """Agree to the chosen ones of the fields that were asked for, none of them meaning no.

    Returns the day from which on it may be used. Raises NotFound for a wish that is not there
    any more, and NotAllowed once the request is over.
    """
    day = today_of(desk)

    async def answering() -> list[Change]:
        nonlocal day
        await _check_open(desk, visit)
        wishes = dict((await read_asked(desk, visit)).wishes)
        wish = wishes.get(reply_id)
        if wish is None:
            raise NotFound("core.mine.share_gone")
        chosen = tuple(one for one in wish.questions if one[0] in fields)
        named, today = (field for field, _ in chosen), today_of(desk)
        consent = agree(wish.peer, named, Agreed.RECEIPT, today, take_over=wish.take_over)
        day = first_day(consent)
        changes = await _entry_of_asker(desk, visit, MessageKind.CONSENT, consent)
        changes.append(Delete(ReplyRow, {"id": reply_id}))
        if chosen:
            given = Given(consent=consent, host=wish.host, questions=chosen)
            reply = Reply(at=desk.now(), kind=MessageKind.CONSENT, given=given)
            row = await seal_reply(desk, visit.request, visit.keys.public, reply)
            changes.append(Insert(row))
        return changes

    await write_for_asker(desk, answering)
    return day


async def take_back_consent(desk: Desk, visit: Visit, reply_id: str) -> None:
    """Take a consent back: what was sent is erased here and there, without waiting for anybody.

    Raises NotFound where it was taken back already, and for the embassy that took the request.
    """

    async def taking() -> list[Change]:
        asked = await read_asked(desk, visit)
        given = dict(asked.given).get(reply_id)
        if given is None:
            raise NotFound("core.mine.share_gone")
        peer = given.consent.peer
        if asked.moved is not None and asked.moved.peer == peer:
            raise NotFound("core.mine.share_gone")  # it has the request: it is withdrawn there
        same = [name for name, one in asked.given if one.consent.peer == peer]
        try:
            entry = await _entry_of_asker(desk, visit, MessageKind.CONSENT_BACK, given.consent)
        except NothingToSealTo:
            entry = []  # nobody could read that it was taken back; it is taken back all the same
        return [
            *entry,
            *(Delete(ReplyRow, {"id": name}) for name in same),
            *await take_back_all(desk, visit.request, peer),
            Tell(ConsentWithdrawn(request=visit.request)),
        ]

    await write_for_asker(desk, taking)
    await desk.store.shred()


def _moved(keys: Keys, lead: Lead) -> Moved:
    try:
        context = (HANDOVER, lead.peer, lead.thread)
        sealed = msgspec.msgpack.decode(open_envelope(lead.sealed, keys, context), type=str)
    except NONSENSE:
        # The other embassy sealed nonsense: the page says to ask.
        return Moved(peer=lead.peer, address=lead.address, receipt="")
    # Nothing but a receipt: no words of theirs to our asker pass nobody's eyes.
    return Moved(peer=lead.peer, address=lead.address, receipt=read_receipt(sealed) or "")


def _entry_of_staff(
    desk: Desk,
    session: Session,
    kind: MessageKind,
    peer: PeerCode,
    consent: Consent | None = None,
) -> Message:
    return Message(
        at=desk.now(),
        author=Author.STAFF,
        kind=kind,
        box=session.box,
        peer=peer,
        consent=consent,
    )


async def _entry_of_asker(
    desk: Desk, visit: Visit, kind: MessageKind, consent: Consent
) -> list[Change]:
    epoch = await current_epoch(desk, "intake")
    message = Message(
        at=desk.now(), author=Author.ASKER, kind=kind, consent=consent, peer=consent.peer
    )
    row = await seal_message(desk, visit.request, epoch, message)
    return [Insert(row), Tell(MessageAdded(request=visit.request, message=MessageId(row.id)))]


async def _check_open(desk: Desk, visit: Visit) -> None:
    row = await desk.store.get(RequestRow, visit.request)
    if row is None:
        raise NotFound("core.code.unknown")
    if row.state in OVER:
        raise NotAllowed("core.mine.closed")
