"""What an asker has answered so far: in memory only, never on disk.

Photos and papers are too large for memory: they lie in the data folder as ciphertext whose
key is in memory, and the folder is emptied at every start.
"""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from pe_core.desk.memory import Keeper
from pe_core.errors import TooMany
from pe_core.model import Box, Channel, Form, RequestId, Where
from pe_core.model.struct import Model
from pe_core.rules.forms import Value
from pe_core.vault import open_symmetric, random_bytes, seal_symmetric

ONE_PAGE = timedelta(minutes=10)
LONGER = timedelta(minutes=60)
RECEIPT_SHOWN = timedelta(minutes=15)
DRAFTS_LIMIT = 1024
"""64 MiB in all at 64 KiB each."""
ANSWERS_BYTES = 64 * 1024
FILES_LIMIT = 5
FOLDER_BYTES = 1024**3
"""All drafts' files together; a flood of uploads must not fill the disk."""


class DraftFile(Model):
    """A cleaned file of a draft; its bytes are sealed in the data folder under ``key``."""

    id: str
    media_type: str
    size: int
    key: bytes


class Draft:
    """A request that is being written; lives in memory under the asker's cookie.

    One that a coordinator writes down for somebody says how they came (``channel``) and who
    writes (``entered_by``), lives with their session, and names its request once it is sent.
    """

    def __init__(self, form: Form, language: str, asked_groups: tuple[int, int]) -> None:
        """Start an empty draft of ``form`` in the asker's language."""
        self.form = form
        self.language = language
        self.where: Where | None = None
        self.warned = False
        self.answers: dict[str, Value] = {}
        self.files: list[DraftFile] = []
        self.receipt: str | None = None
        self.confirmed = False
        self.submitted_at: datetime | None = None
        self.asked_groups = asked_groups
        self.channel = Channel.PORTAL
        self.entered_by: Box | None = None
        self.request: RequestId | None = None
        self.lock = asyncio.Lock()

    @property
    def limited(self) -> bool:
        """Return whether the limited mode for people in Belarus holds."""
        return self.where in (Where.INSIDE, Where.GOING)

    def room_left(self) -> int:
        """Return how many bytes of answers the draft may still take."""
        used = sum(len(str(value).encode()) for value in self.answers.values())
        return ANSWERS_BYTES - used


class DraftFolder:
    """The folder of the drafts' ciphertext, emptied at start."""

    def __init__(self, folder: Path) -> None:
        """Take ``folder``; whatever an earlier process left there has no key any more."""
        self.folder = folder
        self.used = 0
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)

    def write(self, data: bytes, media_type: str) -> DraftFile:
        """Seal ``data`` under a fresh key that exists in memory only; TooMany when full."""
        if self.used + len(data) > FOLDER_BYTES:
            raise TooMany("core.busy")
        self.used += len(data)
        file_id = random_bytes(12).hex()
        key = random_bytes(32)
        path = self.folder / file_id
        try:
            path.touch(mode=0o600)
            path.write_bytes(seal_symmetric(data, key=key, context=("draft file", "", file_id)))
        except OSError:
            self.used -= len(data)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        return DraftFile(id=file_id, media_type=media_type, size=len(data), key=key)

    def read(self, file: DraftFile) -> bytes:
        """Return the file's bytes in clear."""
        sealed = (self.folder / file.id).read_bytes()
        return open_symmetric(sealed, key=file.key, context=("draft file", "", file.id))

    def drop(self, file: DraftFile) -> None:
        """Remove the file's ciphertext."""
        self.used -= file.size
        (self.folder / file.id).unlink(missing_ok=True)

    def drop_all(self, draft: Draft) -> None:
        """Remove all files of a draft and forget its answers."""
        for file in draft.files:
            self.drop(file)
        draft.files.clear()
        draft.answers.clear()


def keep_drafts(now: Callable[[], datetime], folder: DraftFolder) -> Keeper[Draft]:
    """Return the keeper of drafts, with vault.md's times and limits."""
    return Keeper(
        "draft",
        now,
        idle=_idle,
        absolute=timedelta(hours=8),
        limit=DRAFTS_LIMIT,
        forget=folder.drop_all,
    )


def _idle(draft: Draft) -> timedelta:
    if draft.receipt is not None:
        return RECEIPT_SHOWN
    return ONE_PAGE if len(draft.answers) <= 1 else LONGER
