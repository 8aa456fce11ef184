"""What a volunteer and the coordinators write to each other, kept with the volunteer's record.

Each entry is signed by who wrote it and sealed to the roster and to the volunteer. Those that
lie in an earlier epoch of the roster are moved on whenever somebody reads them, so that who
joins later finds them. Whether a volunteer waits for an answer stands sealed in the record, so
that the list opens no entry.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sealed_invites import read_lists
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.desk.volunteers import Known, state_now, write_own, write_standing
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, TooMany
from pe_core.model import Problem, VolunteerNote
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.rules.forms import read_question
from pe_core.rules.questions import Question
from pe_core.rules.volunteering import OVER, asks_since
from pe_core.store import Change, EpochRow, Insert, Update, VolunteerNoteRow
from pe_core.vault import (
    Keys,
    bucket_of,
    coordinators_of,
    open_envelope,
    read_list,
    read_signed_body,
    seal,
    sign_body,
    verify_body,
    verify_chain,
)
from pe_core.vault.vouches import NOTE

NOTE_LIMIT = 4000
ALONE_LIMIT = 20
"""Entries that a volunteer may write while nobody answers; anybody can become one."""
TEXT = Question(field="text", key="work.messages.text", kind="long", longest=NOTE_LIMIT)


class Written(Model):
    """An entry as its reader finds it; ``team`` says that a coordinator wrote it."""

    note: VolunteerNote
    team: bool


class _Opened(Model):
    row: VolunteerNoteRow
    raw: bytes
    written: Written


async def read_notes(desk: Desk, session: Session, known: Known) -> tuple[Written, ...]:
    """Return what was written, the oldest first, as either side may read it.

    What nobody signed who might, or this session has no key for, is left out.
    """
    opened = await _open_notes(desk, session, known)
    await _move_on(desk, known, opened)
    return tuple(one.written for one in opened)


async def write_note(
    desk: Desk, session: Session, known: Known, typed: str, language: str
) -> Problem | None:
    """Write an entry to the other side; returns what is wrong with the text, if anything.

    A volunteer is rung, unless they are here no more. Raises TooMany if a volunteer has written
    too often without an answer, NotAllowed to somebody without an account, and Conflict if
    another entry came in the same moment, or the record changed since it was read.
    """
    text = read_question(TEXT, [typed])
    if isinstance(text, Problem):
        return text
    if not known.profile.public:
        raise NotAllowed("work.messages.no_account")
    if session.is_volunteer:
        await _refuse_too_many(desk, session, known)
    rows = await desk.store.pick(VolunteerNoteRow, ("number",), {"box": known.box})
    number = max((number for (number,) in rows), default=0) + 1
    note = VolunteerNote(by=session.box, at=desk.now(), text=str(text), language=language)
    about = _about(desk, known.box, number)
    raw = sign_body(NOTE, msgspec.msgpack.encode(note), session.keys, about)
    epoch = await current_epoch(desk, "roster")
    insert = Insert(_sealed_row(desk, epoch, known, number, raw))
    if not session.is_volunteer:
        await _answer(desk, session, known, insert)
        if state_now(desk, known) not in OVER:
            ring_volunteer(desk, known.profile)
    elif state_now(desk, known) in OVER:
        # Whoever left or was refused is forgotten in time, however much they write.
        await desk.store.write([insert])
    else:
        # Written each time, so that nobody finds words that they have not seen to need no answer.
        wrote = asks_since(known.profile, known.standing) or note.at
        profile = msgspec.structs.replace(known.profile, wrote=wrote)
        await write_own(desk, session, known, profile, [insert])
    return None


async def note_answered(desk: Desk, session: Session, known: Known) -> None:
    """Note that what a volunteer wrote needs no answer; NotAllowed if nothing waits for one."""
    if asks_since(known.profile, known.standing) is None:
        raise NotAllowed("staff.volunteers.not_now")
    await _answer(desk, session, known)


async def _answer(desk: Desk, session: Session, known: Known, *entry: Change) -> None:
    """Write a coordinator's entry, if there is one, and that nothing waits for an answer now."""
    if asks_since(known.profile, known.standing) is None:
        await record(desk, session.box, Act.VOLUNTEER_CHANGED, str(known.box), entry)
        return
    standing = msgspec.structs.replace(known.standing, answered=known.profile.wrote)
    await write_standing(desk, session, known, standing, changes=entry)


def _about(desk: Desk, box: int, number: int) -> tuple[str, int, int]:
    return (desk.embassy.code, box, number)


async def _refuse_too_many(desk: Desk, session: Session, known: Known) -> None:
    since = asks_since(known.profile, known.standing)
    if since is None and state_now(desk, known) not in OVER:
        return  # all of it was answered, or needed no answer
    latest = (await _open_notes(desk, session, known))[-ALONE_LIMIT:]
    alone = [one for one in latest if not one.written.team]
    if len([one for one in alone if since is None or one.written.note.at >= since]) == ALONE_LIMIT:
        raise TooMany("work.messages.too_many")


async def _open_notes(desk: Desk, session: Session, known: Known) -> list[_Opened]:
    if not session.is_volunteer:
        await open_grants(desk, session)
    lists = await read_lists(desk)
    verify_chain(lists, desk.identity.root)
    team = frozenset[bytes]().union(*(coordinators_of(read_list(raw)) for raw in lists))
    rows = await desk.store.select(VolunteerNoteRow, {"box": known.box}, order="number")
    found = []
    for row in rows:
        keys = session.keys if session.is_volunteer else session.epochs.get(row.epoch)
        opened = _open_note(desk, keys, known, row, team) if keys is not None else None
        if opened is not None:
            found.append(opened)
    return found


def _open_note(
    desk: Desk, keys: Keys, known: Known, row: VolunteerNoteRow, team: frozenset[bytes]
) -> _Opened | None:
    try:
        raw = open_envelope(row.body, keys, desk.context("volunteer_note", row.id))
        signed = read_signed_body(raw)
        verify_body(signed, NOTE, _about(desk, row.box, row.number))
        note = msgspec.msgpack.decode(signed.body, type=VolunteerNote)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None  # whoever has the disk can write a row; it is nobody's word
    is_own = bool(signed.signer) and signed.signer == known.profile.verify_key
    if not (is_own or signed.signer in team):
        return None
    return _Opened(row=row, raw=raw, written=Written(note=note, team=not is_own))


async def _move_on(desk: Desk, known: Known, opened: Sequence[_Opened]) -> None:
    epoch = await current_epoch(desk, "roster")
    changes: list[Change] = []
    for one in opened:
        if one.row.epoch != epoch.id:
            moved = _sealed_row(desk, epoch, known, one.row.number, one.raw, one.row.id)
            values: dict[str, Any] = {"epoch": epoch.id, "body": moved.body}
            key = (one.row.id,)
            changes.append(Update(VolunteerNoteRow, key, values, expect={"epoch": one.row.epoch}))
    if not changes:
        return
    try:
        await desk.store.write(changes)
    except Conflict:
        return  # somebody who reads in this moment moves the same entries


def _sealed_row(
    desk: Desk, epoch: EpochRow, known: Known, number: int, raw: bytes, note_id: str = ""
) -> VolunteerNoteRow:
    note_id = note_id or new_id()
    to = [epoch.public, known.profile.public]
    body = seal(raw, to=to, context=desk.context("volunteer_note", note_id))
    return VolunteerNoteRow(
        id=note_id,
        box=known.box,
        number=number,
        epoch=epoch.id,
        bucket=bucket_of(body),
        body=body,
    )
