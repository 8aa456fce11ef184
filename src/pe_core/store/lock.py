"""One process per instance: who holds ``DIR/lock`` may write.

The folder itself is locked too, because a lock file can be removed while it is held, and a
second process would then lock a new one.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from pe_core.errors import InstanceBusy, StoreError


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
