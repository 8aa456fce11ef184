"""Files that go along with a case: read here, named in the letter, cut into letters of their own.

A file goes as the cleaning left it when it came, and is cleaned again where it arrives.
docs/decisions/0018.
"""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence

from pe_core.desk.desk import Desk
from pe_core.desk.files import FILE_LIMIT
from pe_core.desk.sessions import Session
from pe_core.errors import NotFound
from pe_core.model import FileNote, HelpRequest
from pe_core.model.referral import Enclosed, FilePart
from pe_core.model.struct import Model
from pe_core.network.letters import MOST_BODY
from pe_core.store import FileRow
from pe_core.vault import open_envelope

PART_BYTES = MOST_BODY - 128
"""Bytes of a file in one letter; the rest is for the other fields of its body."""
MOST_PARTS = -(-FILE_LIMIT // PART_BYTES)
"""Letters that the largest file fills."""


class Carried(Model):
    """A file of a request, opened, so that it can go along."""

    note: FileNote
    data: bytes

    def named(self) -> Enclosed:
        """Return how the letter names it."""
        return Enclosed(
            media_type=self.note.media_type,
            size=len(self.data),
            sha256=hashlib.sha256(self.data).digest(),
        )


def may_travel(note: FileNote) -> bool:
    """Return whether another embassy would take a file of this size as an upload."""
    return note.size <= FILE_LIMIT


async def read_files(
    desk: Desk, session: Session, help_request: HelpRequest, notes: Iterable[FileNote]
) -> tuple[Carried, ...]:
    """Return files of a request with their bytes; NotFound for one that this account cannot open.

    Nobody sees them by this, so the trail has no entry of its own for it.
    """
    return tuple([await _read(desk, session, help_request, note) for note in notes])


def parts_of(files: Sequence[bytes]) -> Iterator[FilePart]:
    """Yield the pieces of files in their order."""
    for number, data in enumerate(files, 1):
        starts = range(0, max(len(data), 1), PART_BYTES)
        for part, start in enumerate(starts, 1):
            piece = data[start : start + PART_BYTES]
            yield FilePart(file=number, part=part, parts=len(starts), data=piece)


def named_in(notes: Iterable[FileNote], items: Collection[str]) -> tuple[FileNote, ...]:
    """Return the files whose ``item`` is among these."""
    return tuple(note for note in notes if note.item in items)


async def _read(desk: Desk, session: Session, help_request: HelpRequest, note: FileNote) -> Carried:
    row = await desk.store.get(FileRow, note.id)
    if row is None or row.request != help_request.id or row.epoch not in session.epochs:
        raise NotFound("staff.file.not_found")
    context = desk.context("file", note.id)
    keys = session.epochs[row.epoch]
    data = await asyncio.to_thread(open_envelope, row.body, keys, context)
    return Carried(note=note, data=data)
