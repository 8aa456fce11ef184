"""What is in a brief's row, and to whom each part of it is sealed.

Each brief has a key of its own. Its seed is sealed once to the volunteer and once to the
request's compartment; card, detail and thread are sealed to the brief. Card and detail are
signed by the coordinator, since an envelope does not say who sealed it. When a brief is over
the seed goes in both places, and with it everything that it opened.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sealed_invites import read_lists
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import NONSENSE
from pe_core.errors import EnvelopeRefused
from pe_core.model import (
    Box,
    BriefCard,
    BriefDetail,
    BriefId,
    BriefNote,
    BriefState,
    CallId,
    Stub,
)
from pe_core.model.struct import Model
from pe_core.model.week import Week
from pe_core.store import BriefNoteRow, BriefRow, Change, Delete, EpochRow, In, Update
from pe_core.vault import (
    Keys,
    Seed,
    bucket_of,
    coordinators_of,
    keys_of,
    new_seed,
    open_envelope,
    read_list,
    read_signed_body,
    seal,
    sign_body,
    verify_body,
    verify_chain,
)
from pe_core.vault.keys import derive_key

M = TypeVar("M", bound=Model)
S = BriefState

LIVING = (S.OFFERED, S.ACCEPTED, S.SWAPPING)
"""States in which a brief can still be opened by its volunteer."""
TAKEN = (S.ACCEPTED, S.SWAPPING)
"""States in which a place is taken."""
_CARD, _DETAIL = "brief card", "brief detail"


class Offer(Model):
    """What is offered to one volunteer, before it is sealed."""

    call: CallId
    stub: Stub
    card: BriefCard
    detail: BriefDetail
    day: int
    keep_until: Week


def new_brief_id() -> BriefId:
    """Return a random id for a brief."""
    return BriefId(new_id())


def seal_brief(
    desk: Desk, session: Session, epoch: EpochRow, public: bytes, offer: Offer
) -> BriefRow:
    """Return the row of a new brief; ``public`` is the volunteer's own key, vouched for."""
    brief, seed = offer.stub.brief, new_seed()
    keys = keys_of(seed)
    context = desk.context("brief", brief)
    stub = msgspec.msgpack.encode(offer.stub)
    return BriefRow(
        id=brief,
        call=offer.call,
        box=offer.stub.box,
        state=S.OFFERED.value,
        day=offer.day,
        keep_until=offer.keep_until,
        epoch=epoch.id,
        own=seal(seed, to=[public], context=context),
        team=seal(seed, to=[epoch.public], context=context),
        card=_seal_signed(desk, session, keys, _CARD, brief, offer.card),
        detail=_seal_signed(desk, session, keys, _DETAIL, brief, offer.detail),
        stub=seal(stub, to=[epoch.public], context=desk.context("brief stub", brief)),
    )


def open_brief_keys(desk: Desk, row: BriefRow, keys: Keys, *, team: bool = False) -> Keys | None:
    """Return a brief's own keys, with the volunteer's or the compartment's; None once it is over.

    Raises EnvelopeRefused for what was not sealed to these keys.
    """
    sealed = row.team if team else row.own
    if sealed is None:
        return None
    return keys_of(Seed(open_envelope(sealed, keys, desk.context("brief", row.id))))


async def open_card(desk: Desk, row: BriefRow, keys: Keys) -> BriefCard:
    """Return what a brief is about; EnvelopeRefused if no coordinator signed it."""
    return await _open_signed(desk, row.card, keys, _CARD, row.id, BriefCard)


async def open_detail(desk: Desk, row: BriefRow, keys: Keys) -> BriefDetail:
    """Return what is shown once it was accepted; EnvelopeRefused if no coordinator signed it."""
    if row.detail is None:
        raise EnvelopeRefused("this brief is over")
    return await _open_signed(desk, row.detail, keys, _DETAIL, row.id, BriefDetail)


def open_stub(desk: Desk, session: Session, row: BriefRow) -> Stub | None:
    """Return what the team keeps of an offer, None without a grant or for nonsense."""
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        opened = open_envelope(row.stub, keys, desk.context("brief stub", row.id))
        return msgspec.msgpack.decode(opened, type=Stub)
    except NONSENSE:
        return None


async def locked_tasks(desk: Desk, boxes: Iterable[Box]) -> frozenset[BriefId]:
    """Return the tasks of these people that are not over and whose keys their lock destroyed."""
    living = In([state.value for state in LIVING])
    where = {"box": In(tuple(boxes)), "own": None, "state": living}
    return frozenset(BriefId(task) for (task,) in await desk.store.pick(BriefRow, ("id",), where))


async def seal_note(desk: Desk, brief: BriefId, public: bytes, note: BriefNote) -> BriefNoteRow:
    """Return the row of an entry of a brief's thread, sealed to the brief's key."""
    numbers = await desk.store.pick(BriefNoteRow, ("number",), {"brief": brief})
    note_id = new_id()
    context = desk.context("brief note", note_id)
    body = seal(msgspec.msgpack.encode(note), to=[public], context=context)
    return BriefNoteRow(
        id=note_id,
        brief=brief,
        number=max((number for (number,) in numbers), default=0) + 1,
        bucket=bucket_of(body),
        body=body,
    )


async def open_notes(desk: Desk, brief: BriefId, keys: Keys) -> list[BriefNote]:
    """Return a brief's thread; what nobody of ours wrote is left out."""
    return [note for _, note in await _read_notes(desk, brief, keys)]


async def find_ticks(desk: Desk, brief: BriefId, keys: Keys) -> tuple[str, ...]:
    """Return the ids of the entries that say what of the checklist is done."""
    notes = await _read_notes(desk, brief, keys)
    return tuple(note_id for note_id, note in notes if note.ticked is not None)


async def _read_notes(desk: Desk, brief: BriefId, keys: Keys) -> list[tuple[str, BriefNote]]:
    rows = await desk.store.select(BriefNoteRow, {"brief": brief}, order="number")
    notes = []
    for row in rows:
        try:
            opened = open_envelope(row.body, keys, desk.context("brief note", row.id))
            notes.append((row.id, msgspec.msgpack.decode(opened, type=BriefNote)))
        except NONSENSE:
            continue
    return notes


def introduction_id(keys: Keys) -> str:
    """Return the id of the reply that tells the asker of a helper.

    It comes from the brief's seed: whoever opens the brief finds the reply, and nobody can
    tell from the two ids on disk that they belong together.
    """
    return derive_key(keys.seed, "introduction", length=16).hex()[:26]


def end_brief(desk: Desk, row: BriefRow, state: BriefState) -> list[Change]:
    """Return the changes that end a brief: its keys, its detail and its thread go.

    Conflict, once written, if it has moved on meanwhile.
    """
    values = {
        "state": state.value,
        "day": desk.now().date().toordinal(),
        "own": None,
        "team": None,
        "detail": None,
    }
    return [
        Update(BriefRow, (row.id,), values, expect={"state": row.state}),
        Delete(BriefNoteRow, {"brief": row.id}),
    ]


def _seal_signed(
    desk: Desk, session: Session, brief_keys: Keys, purpose: str, brief: BriefId, what: Model
) -> bytes:
    # The id is signed too: a text for one volunteer must not be put before another.
    about = (desk.embassy.code, brief)
    signed = sign_body(purpose, msgspec.msgpack.encode(what), session.keys, about)
    return seal(signed, to=[brief_keys.public], context=desk.context(purpose, brief))


async def _open_signed(
    desk: Desk, sealed: bytes, keys: Keys, purpose: str, brief: str, into: type[M]
) -> M:
    signed = read_signed_body(open_envelope(sealed, keys, desk.context(purpose, brief)))
    verify_body(signed, purpose, (desk.embassy.code, brief))
    lists = await read_lists(desk)
    verify_chain(lists, desk.identity.root)
    _refuse_strangers(signed.signer, lists)
    try:
        return msgspec.msgpack.decode(signed.body, type=into)
    except (ValueError, RecursionError):
        raise EnvelopeRefused("a brief cannot be read") from None


def _refuse_strangers(signer: bytes, lists: Sequence[bytes]) -> None:
    if not any(signer in coordinators_of(read_list(raw)) for raw in reversed(lists)):
        raise EnvelopeRefused("a brief is not signed by a coordinator")
