"""Take on what a peer referred, or give it back.

A transfer becomes a request of our own, with a receipt that nobody here ever sees: it is sealed
to the asker's own key and goes back, so that the page of their old receipt leads on.
"""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.files import CleanFile
from pe_core.desk.looking import find_request, open_message
from pe_core.desk.requests import Moving, move
from pe_core.desk.sealing import new_id, new_request, seal_file
from pe_core.desk.sessions import Session
from pe_core.desk.timers import timer_of
from pe_core.desk.trail import record
from pe_core.errors import Conflict, FileRefused, NotAllowed, NothingToSealTo
from pe_core.model import Answer as Told
from pe_core.model import (
    Author,
    Channel,
    FileNote,
    MessageKind,
    Original,
    Outcome,
    RequestId,
    State,
    WithdrawalFellDue,
)
from pe_core.model import trail as trails
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import Accept, Return, Transfer
from pe_core.network.consenting import HANDOVER
from pe_core.network.gathering import gather
from pe_core.network.referring import (
    forget_letters,
    letter_changes,
    may_do,
    trace_of,
)
from pe_core.network.threads import ReferralView, read_referral, read_thread
from pe_core.rules.lifecycle import may_move
from pe_core.rules.receipts import make_receipt
from pe_core.rules.referring import Act
from pe_core.rules.retention import DEFAULT_KEEP
from pe_core.store import Change, Insert, MessageRow, RequestRow
from pe_core.vault import random_bytes, receipt_keys, seal

NO_FORM = "handed-over"
"""The version of a form that is another embassy's."""
TRIES = 4
"""Times that a request which was given back is closed anew because somebody wrote in it."""
_ABOUT_WITHDRAWING = (MessageKind.WITHDRAWAL, MessageKind.KEPT, MessageKind.UNSOLVED)


async def accept(
    desk: Desk,
    session: Session,
    thread: ThreadId,
    words: str,
    language: str,
    *,
    without: bool = False,
) -> RequestId | None:
    """Help with what was referred, or take over what was handed over; returns our new request.

    Files that came along become files of the request. Raises NotAllowed where the letter is
    gone, where no receipt can be made for its asker, and, unless ``without`` is said, where a
    file is missing or cannot be read; TooMany while too many files are being cleaned.
    """
    view = await read_referral(desk, session, thread)
    after = may_do(view, Act.ACCEPT)
    body = Accept(words=words, language=language)
    if view.body.kind is not Kind.TRANSFER:
        changes = await letter_changes(desk, session, view, view.body, after, body)
        await record(desk, session.box, trails.Act.REFERRAL_ACCEPTED, trace_of(thread), changes)
        return None
    transfer = await _transfer_in(desk, session, view)
    request = RequestId(new_id())
    files = await _files_in(desk, session, view, transfer, without=without)
    made, sealed = await _make_request(desk, view, transfer, request, files)
    known = msgspec.structs.replace(view.body, own=request)
    accepted = msgspec.structs.replace(body, receipt=sealed)
    changes = await letter_changes(desk, session, view, known, after, accepted, request=request)
    erased = await forget_letters(desk, view)
    act = trails.Act.REFERRAL_ACCEPTED
    await record(desk, session.box, act, trace_of(thread), [*made, *changes, *erased])
    await desk.store.shred()
    return request


async def give_back(
    desk: Desk, session: Session, thread: ThreadId, words: str, language: str
) -> None:
    """Give back what we had taken on; a request that was made of it is closed here.

    Raises NotFound for whoever cannot open that request, and NotAllowed where its asker has
    withdrawn it here: the other embassy, which never hears of that, would take it up again.
    Of one that was erased nobody can tell any more, and nothing is left to give back.
    """
    view = await read_referral(desk, session, thread)
    after = may_do(view, Act.RETURN)
    if view.request is not None and await _is_withdrawn(desk, session, view.request):
        raise NotAllowed("staff.referrals.asker_withdraws")
    body = Return(words=words, language=language)
    changes = await letter_changes(desk, session, view, view.body, after, body)
    erased = await forget_letters(desk, view)
    act = trails.Act.REFERRAL_RETURNED
    await record(desk, session.box, act, trace_of(thread), [*changes, *erased])
    await desk.store.shred()
    if view.request is not None:
        await _close_own(desk, session, view.request)


async def _is_withdrawn(desk: Desk, session: Session, request: RequestId) -> bool:
    """Return whether its asker withdraws a request, or did so.

    Raises NotFound without a grant, and NotAllowed once it was erased.
    """
    if await desk.store.get(RequestRow, request) is None:
        raise NotAllowed("staff.referrals.gone")
    row = await find_request(desk, session, request)
    if await timer_of(desk, WithdrawalFellDue(request=request)) is not None:
        return True
    if row.state != State.CLOSED:
        return False
    rows = await desk.store.select(MessageRow, {"request": request}, order="number")
    said = [open_message(desk, session, row).kind for row in rows if row.epoch in session.epochs]
    last = [kind for kind in said if kind in _ABOUT_WITHDRAWING][-1:]
    return last == [MessageKind.WITHDRAWAL]


async def _close_own(desk: Desk, session: Session, request: RequestId) -> None:
    """Close a request that was given back, also if its asker writes in this moment."""
    for tries in range(TRIES):
        row = await desk.store.get(RequestRow, request)
        if row is None or not may_move(State(row.state), State.CLOSED, Author.STAFF):
            return
        moving = Moving(to=State.CLOSED, outcome=Outcome.REFERRED_ELSEWHERE)
        try:
            await move(desk, session, request, moving)
            return
        except Conflict:
            if tries == TRIES - 1:
                raise


async def _transfer_in(desk: Desk, session: Session, view: ReferralView) -> Transfer:
    said = await read_thread(desk, session, view)
    found = [one.body for one in said if isinstance(one.body, Transfer) and not one.ours]
    if not found:
        raise NotAllowed("staff.referrals.gone")
    return found[0]


async def _files_in(
    desk: Desk, session: Session, view: ReferralView, transfer: Transfer, *, without: bool
) -> list[CleanFile]:
    """Return the files that came along, cleaned here."""
    files = []
    for number in range(1, len(transfer.files) + 1):
        try:
            files.append(await gather(desk, session, view, transfer, number))
        except FileRefused:
            if not without:
                raise NotAllowed("staff.referrals.files_missing") from None
    return files


async def _make_request(
    desk: Desk,
    view: ReferralView,
    transfer: Transfer,
    request: RequestId,
    files: Sequence[CleanFile],
) -> tuple[list[Change], bytes]:
    """Return the changes that make a request of it, and its receipt, sealed to the asker."""
    receipt = make_receipt(random_bytes(32))
    keys = receipt_keys(receipt, desk.identity.salt)
    epoch = await current_epoch(desk, "intake")
    notes = tuple(
        FileNote(id=new_id(), media_type=file.media_type, size=len(file.data)) for file in files
    )
    rows = [
        Insert(await seal_file(desk, request, epoch, note.id, file.data))
        for note, file in zip(notes, files, strict=True)
    ]
    original = Original(
        form=transfer.topic,
        form_version=NO_FORM,
        title=transfer.title,
        language=transfer.language,
        where=transfer.where,
        answers=tuple(
            Told(
                field=one.field,
                question=one.question,
                value=one.answer,
                shown=one.answer,
                personal=one.personal,
            )
            for one in transfer.answers
        ),
        reply_key=keys.public,
        submitted=desk.now(),
        keep_weeks=DEFAULT_KEEP,
        files=notes,
        channel=Channel.EMBASSY,
    )
    sealed = _seal_receipt(desk, receipt, transfer.reply_key, view.id)
    return [*new_request(desk, request, epoch, receipt, original), *rows], sealed


def _seal_receipt(desk: Desk, receipt: str, reply_key: bytes, thread: ThreadId) -> bytes:
    context = (HANDOVER, desk.embassy.code, thread)
    try:
        return seal(msgspec.msgpack.encode(receipt), to=[reply_key], context=context)
    except NothingToSealTo:
        raise NotAllowed("staff.referrals.no_reply_key") from None
