"""Changes to guides: written by one person, approved by another, and public only then.

A draft is sealed to the compartment ``drafts`` and signed inside by whoever wrote last, since
anybody with the disk could seal one. Whoever had a hand in it cannot approve it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, open_grants, read_members
from pe_core.desk.local_guides import (
    GUIDES_LIMIT,
    edition_now,
    publishing,
)
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, NotFound, TooMany
from pe_core.model import Box, Guide
from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import Change, Delete, GuideDraftRow, Insert, Update
from pe_core.vault import open_envelope, seal, verify

COMPARTMENT = "drafts"
DRAFT_LASTS = timedelta(days=90)
"""A change that nobody approves in this time is erased."""
WORD_LIMIT = 1000
"""Characters of what a colleague writes who gives a draft back."""
SIGNED_FOR = "guide draft"


class Origin(Model):
    """The embassy that shared a guide, and the conversation in which it did."""

    peer: PeerCode
    thread: ThreadId


class GuideDraft(Model):
    """A change that is not public yet; no guide means that it shall be withdrawn.

    ``base`` is the edition that it changes, ``hands`` are all who wrote in it, ``by`` is whose
    act was the last. ``ready`` says that its author wants it looked at; ``word`` is what a
    colleague wrote who gave it back. ``origin`` is where it was taken over from, if it was.
    """

    name: str
    guide: Guide | None
    base: int
    hands: tuple[Box, ...]
    by: Box
    at: datetime
    ready: bool = False
    word: str = ""
    origin: Origin | None = None


class OpenDraft(Model):
    """A draft and the id of its row, which is another one after each change."""

    id: str
    draft: GuideDraft


class _Signed(Model):
    body: bytes
    signature: bytes


async def list_drafts(desk: Desk, session: Session) -> list[OpenDraft]:
    """Return the drafts that this account can open, the latest first.

    Those of an earlier epoch are sealed to the newest one, so that a colleague who joined
    meanwhile can open them.
    """
    _require_writer(session)
    await open_grants(desk, session)
    epoch = await current_epoch(desk, COMPARTMENT)
    keys_of_members = {m.box: m.verify_key for m in (await read_members(desk)).members}
    found, moved = [], list[Change]()
    for row in await desk.store.select(GuideDraftRow):
        opened = _open(desk, session, row, keys_of_members)
        if opened is None:
            continue
        found.append(opened[0])
        if row.epoch != epoch.id:
            body = seal(opened[1], to=[epoch.public], context=_context(desk, row.id))
            values = {"epoch": epoch.id, "body": body}
            moved.append(Update(GuideDraftRow, (row.id,), values, expect={"body": row.body}))
    if moved:
        try:
            await desk.store.write(moved)
        except Conflict:
            pass  # a colleague is writing in one of them; the next look moves it
        else:
            return await list_drafts(desk, session)
    return sorted(found, key=lambda each: (each.draft.at, each.id), reverse=True)


async def find_draft(desk: Desk, session: Session, name: str) -> OpenDraft | None:
    """Return the open draft of a guide, or None."""
    for each in await list_drafts(desk, session):
        if each.draft.name == name:
            return each
    return None


async def save_draft(
    desk: Desk,
    session: Session,
    name: str,
    guide: Guide | None,
    version: str,
    *,
    ready: bool = False,
    origin: Origin | None = None,
    more: Sequence[Change] = (),
) -> None:
    """Keep a change to a guide; ``version`` is that of the draft it goes on from, '' for none.

    ``origin`` is where it was taken over from just now, ``more`` what is written with it.
    Raises NotAllowed if somebody else wrote meanwhile, and TooMany for the embassy's 201st
    guide: then nothing is overwritten.
    """
    drafts = await list_drafts(desk, session)
    there = next((each for each in drafts if each.draft.name == name), None)
    if version != (there.id if there is not None else ""):
        raise NotAllowed("staff.guides.moved_on")
    new = {each.draft.name for each in drafts} | {name} | desk.local_guides.keys()
    if len(new) > GUIDES_LIMIT:
        raise TooMany("staff.guides.too_many")
    before = there.draft.hands if there is not None else ()
    draft = GuideDraft(
        name=name,
        guide=guide,
        base=there.draft.base if there is not None else edition_now(desk, name),
        hands=(*(box for box in before if box != session.box), session.box),
        by=session.box,
        at=desk.now(),
        ready=ready,
        origin=origin or (there.draft.origin if there is not None else None),
    )
    if origin is None:
        await _write(desk, session, there, draft, Act.GUIDE_WRITTEN)
    else:
        what = f"{name}/{origin.peer}"
        await _write(desk, session, there, draft, Act.GUIDE_TAKEN_OVER, what, more)


async def approve_draft(desk: Desk, session: Session, name: str, version: str) -> None:
    """Publish what a colleague wrote.

    Raises NotAllowed for one's own, for what is not ready, and for what changed meanwhile.
    """
    there = await _same(desk, session, name, version)
    if session.box in there.draft.hands:
        raise NotAllowed("staff.guides.not_by_yourself")
    if not there.draft.ready:
        raise NotAllowed("staff.guides.not_ready")
    if there.draft.base != edition_now(desk, name):
        raise NotAllowed("staff.guides.moved_on")
    changes = [*publishing(desk, name, there.draft.guide), _gone(there)]
    try:
        await record(desk, session.box, Act.GUIDE_PUBLISHED, name, changes)
    except Conflict:
        raise NotAllowed("staff.guides.moved_on") from None


async def return_draft(desk: Desk, session: Session, name: str, version: str, word: str) -> None:
    """Give a draft back with a word; it is no longer ready. Who does so may approve it later."""
    there = await _same(desk, session, name, version)
    back = msgspec.structs.replace(
        there.draft, ready=False, word=word[:WORD_LIMIT], by=session.box, at=desk.now()
    )
    await _write(desk, session, there, back, Act.GUIDE_RETURNED)


async def drop_draft(desk: Desk, session: Session, name: str, version: str) -> None:
    """Forget a draft; what is published stays as it is."""
    there = await _same(desk, session, name, version)
    try:
        await record(desk, session.box, Act.GUIDE_DROPPED, name, [_gone(there)])
    except Conflict:
        raise NotAllowed("staff.guides.moved_on") from None


def _require_writer(session: Session) -> None:
    if COMPARTMENT not in session.compartments:
        raise NotAllowed("staff.guides.not_yours")


async def _same(desk: Desk, session: Session, name: str, version: str) -> OpenDraft:
    there = await find_draft(desk, session, name)
    if there is None:
        raise NotFound("staff.guides.no_draft")
    if there.id != version:
        raise NotAllowed("staff.guides.moved_on")
    return there


async def _write(
    desk: Desk,
    session: Session,
    there: OpenDraft | None,
    draft: GuideDraft,
    act: Act,
    what: str = "",
    more: Sequence[Change] = (),
) -> None:
    body = msgspec.msgpack.encode(draft)
    signed = _Signed(body=body, signature=session.keys.sign(SIGNED_FOR, body))
    epoch = await current_epoch(desk, COMPARTMENT)
    draft_id = new_id()
    row = GuideDraftRow(
        id=draft_id,
        epoch=epoch.id,
        day=(desk.now() + DRAFT_LASTS).date().toordinal(),
        body=seal(
            msgspec.msgpack.encode(signed),
            to=[epoch.public],
            context=_context(desk, draft_id),
        ),
    )
    gone: Sequence[Change] = () if there is None else (_gone(there),)
    try:
        await record(desk, session.box, act, what or draft.name, [*gone, Insert(row), *more])
    except Conflict:
        raise NotAllowed("staff.guides.moved_on") from None


def _gone(there: OpenDraft) -> Change:
    return Delete(GuideDraftRow, {"id": there.id}, expect={"id": there.id})


def _context(desk: Desk, draft_id: str) -> tuple[str, str, str]:
    return desk.context("guide", draft_id)


def _open(
    desk: Desk, session: Session, row: GuideDraftRow, keys_of_members: dict[int, bytes]
) -> tuple[OpenDraft, bytes] | None:
    """Return a draft and its signed bytes; None without a grant, or if nobody of ours signed."""
    keys = session.epochs.get(row.epoch)
    if keys is None or row.day < desk.now().date().toordinal():
        return None
    try:
        opened = open_envelope(row.body, keys, _context(desk, row.id))
        signed = msgspec.msgpack.decode(opened, type=_Signed)
        draft = msgspec.msgpack.decode(signed.body, type=GuideDraft)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None
    key = keys_of_members.get(draft.by)
    if key is None or not verify(key, SIGNED_FOR, signed.body, signed.signature):
        return None
    return OpenDraft(id=row.id, draft=draft), opened
