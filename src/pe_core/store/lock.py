"""One process per instance: who holds ``DIR/lock`` may write.

The folder itself is locked too, because a lock file can be removed while it is held, and a
second process would then lock a new one.
"""

import fcntl
import os
import pwd
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from pe_core.errors import InstanceBusy, StoreError
from pe_core.store.sqlite.connection import FILE_NAME


class InstanceLock:
    """The lock of a data folder; the kernel frees it when the process ends, however it ends."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        """Keep the descriptors of what is locked; use ``acquire``."""
        self._descriptors = tuple(descriptors)

    @classmethod
    def acquire(cls, directory: Path) -> "InstanceLock":
        """Lock the folder; raises InstanceBusy if another process, or this one, has it."""
        path = directory / "lock"
        held: list[int] = []
        try:
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
            held.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.fchmod(held[0], 0o600)
            held.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            for descriptor in held:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            for descriptor in held:
                os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise InstanceBusy(
                    f"another process works in {directory}: stop the instance first, "
                    "or use the commands that go through the running one"
                ) from None
            raise StoreError(f"cannot use {path}: {error.strerror}") from None
        return cls(held)

    def release(self) -> None:
        """Let go of the lock; the file stays, for another process may be waiting on it."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = ()

    def __enter__(self) -> "InstanceLock":
        """Hold the lock for a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.release()


def check_owner(directory: Path) -> None:
    """Raise StoreError if the instance belongs to another account of this machine.

    A running one answers its own account alone; in one that is stopped, root would leave files
    that its account cannot read when it starts again.
    """
    try:
        owner = (directory / FILE_NAME).stat().st_uid
    except OSError:
        return  # nothing is there yet, or it is shut for us: whoever opens it says so
    if owner != os.geteuid():
        raise StoreError(
            f"{directory} belongs to another account; nothing was done: give the command as that "
            f"one, `sudo -u {_name_of(owner)} pe ...`"
        )


def _name_of(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"'#{owner}'"
