"""Files that came along with a case: their pieces noted, put together, and cleaned as uploads are.

A peer's word is believed for nothing but the digest, which its letter names: a file of another
kind, size or content costs that file alone. docs/decisions/0018.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from enum import StrEnum
from typing import TypeAlias

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.drafts import FILES_LIMIT
from pe_core.desk.files import FILE_LIMIT, MAGIC, CleanFile, clean_file
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import FileRefused, NotFound
from pe_core.model.peer import Kind
from pe_core.model.referral import Enclosed, FilePart, Refer
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.network.bodies import decode_body
from pe_core.network.enclosing import MOST_PARTS
from pe_core.network.referring import trace_of
from pe_core.network.threads import (
    CASES,
    ReferralView,
    change_referral,
    open_incoming,
    read_first,
    read_referral,
)
from pe_core.rules.referring import keeps
from pe_core.store import Change, IncomingRow, Update

Part: TypeAlias = tuple[int, int, int, int]
"""As ``Referral.parts``: the letter's number, which file, which part, of how many."""
SPOILT = "staff.referrals.file_spoilt"


class Standing(StrEnum):
    """How far a file has come: whole, not yet, or never to be read."""

    CAME = "came"
    COMING = "coming"
    SPOILT = "spoilt"


class Piece(Model):
    """A letter with a piece of a file: its number, its packet, and what it says of its place."""

    number: int
    packet: str
    body: FilePart


def takes(view: ReferralView, known: Iterable[Part], body: FilePart) -> bool:
    """Return whether a piece is kept: of a case of the peer's, within our own limits, and new."""
    have = {(file, part) for _, file, part, _ in known}
    return (
        not view.is_ours
        and view.body.kind in CASES
        and keeps(view.body.kind, view.body.side, view.state)
        and body.file <= FILES_LIMIT
        and body.part <= body.parts <= MOST_PARTS
        and (body.file, body.part) not in have
    )


async def note_pieces(
    desk: Desk, session: Session, view: ReferralView, pieces: Iterable[Piece]
) -> None:
    """Note pieces that came, all in one act; what nobody may read is erased.

    Raises Conflict if a colleague changed the conversation in between.
    """
    known = list(view.body.parts)
    erased: list[Change] = []
    for piece in pieces:
        body = piece.body
        if takes(view, known, body):
            known.append((piece.number, body.file, body.part, body.parts))
        else:
            erased.append(Update(IncomingRow, (view.peer, piece.packet), {"body": None}))
    after = msgspec.structs.replace(view.body, parts=tuple(known))
    change = await change_referral(desk, view, after, view.state)
    act = Act.REFERRAL_CAME
    await record(desk, session.box, act, trace_of(view.id), [change, *erased])
    if erased:
        await desk.store.shred()


def standing(parts: Iterable[Part], number: int, enclosed: Enclosed) -> Standing:
    """Return how far a file has come, by its pieces; whether they fit together is not looked at.

    Letters come in their order, so that what was left out will not come any more.
    """
    everything = sorted(parts)
    mine = [(part, of) for _, file, part, of in everything if file == number]
    wanted = mine[0][1] if mine else 0
    too_much = number > FILES_LIMIT or enclosed.size > FILE_LIMIT
    if too_much or enclosed.media_type not in MAGIC:
        return Standing.SPOILT
    if mine != [(part, wanted) for part in range(1, len(mine) + 1)]:
        return Standing.SPOILT
    if mine and len(mine) == wanted:
        return Standing.CAME
    is_over = any(file > number for _, file, _, _ in everything)
    return Standing.SPOILT if is_over else Standing.COMING


async def look_over(
    desk: Desk, session: Session, view: ReferralView, case: Refer
) -> tuple[Standing, ...]:
    """Return how far each file has come; what is whole is held against its digest."""
    found = []
    for number, enclosed in enumerate(case.files, 1):
        stands = standing(view.body.parts, number, enclosed)
        if stands is Standing.CAME:
            try:
                await _put_together(desk, session, view, number, enclosed)
            except FileRefused:
                stands = Standing.SPOILT
        found.append(stands)
    return tuple(found)


async def gather(
    desk: Desk, session: Session, view: ReferralView, case: Refer, number: int
) -> CleanFile:
    """Return a file that came, cleaned here; ``number`` is its place, from 1 on.

    Raises FileRefused where it is not whole, not what the letter named, or not to be cleaned,
    and TooMany as ``clean_file`` does.
    """
    enclosed = case.files[number - 1]
    if standing(view.body.parts, number, enclosed) is not Standing.CAME:
        raise FileRefused(SPOILT)
    data = await _put_together(desk, session, view, number, enclosed)

    async def whole() -> AsyncIterator[bytes]:
        yield data

    try:
        return await clean_file(whole())
    except FileRefused:
        raise FileRefused(SPOILT) from None


async def open_enclosed(desk: Desk, session: Session, thread: str, number: int) -> CleanFile:
    """Return a file that came in a conversation; the trail knows of each.

    Raises NotFound where there is none, and FileRefused and TooMany as ``gather`` does.
    """
    view = await read_referral(desk, session, thread)
    case = None if view.is_ours else await read_first(desk, session, view)
    if not isinstance(case, Refer) or not 1 <= number <= len(case.files):
        raise NotFound("staff.file.not_found")
    await record(desk, session.box, Act.FILE_OPENED, trace_of(view.id))
    return await gather(desk, session, view, case, number)


async def _put_together(
    desk: Desk, session: Session, view: ReferralView, number: int, enclosed: Enclosed
) -> bytes:
    """Return the bytes that the letter named; FileRefused for any others."""
    where = {"thread": view.id, "peer": view.peer}
    rows = await desk.store.pick(IncomingRow, ("number", "id"), where)
    names: dict[int, str] = dict(row for row in rows if row[0])
    whole = bytearray()
    for letter, file, part, _ in sorted(view.body.parts):
        if file == number:
            await asyncio.sleep(0)
            whole += await _piece(desk, session, view, names.get(letter, ""), (file, part))
            if len(whole) > enclosed.size:
                raise FileRefused(SPOILT)
    if len(whole) != enclosed.size or hashlib.sha256(whole).digest() != enclosed.sha256:
        raise FileRefused(SPOILT)
    return bytes(whole)


async def _piece(
    desk: Desk, session: Session, view: ReferralView, name: str, place: tuple[int, int]
) -> bytes:
    row = await desk.store.get(IncomingRow, view.peer, name)
    letter = await open_incoming(desk, session, row) if row is not None else None
    if letter is None or letter.kind is not Kind.FILE:
        raise FileRefused(SPOILT)
    body = decode_body(Kind.FILE, letter.body)
    if not isinstance(body, FilePart) or (body.file, body.part) != place:
        raise FileRefused(SPOILT)
    return body.data
