"""One process per instance: who holds ``DIR/lock`` may write."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from pe_core.errors import InstanceBusy, StoreError


class InstanceLock:
    """The lock of a data folder; the kernel frees it when the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        """Keep the descriptor of the locked file; use ``acquire``."""
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, directory: Path) -> "InstanceLock":
        """Lock the folder; raises InstanceBusy if another process, or this one, has it."""
        path = directory / "lock"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot use {path}: {error.strerror}") from None
        try:
            os.fchmod(descriptor, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise InstanceBusy(
                f"another process works in {directory}: stop the instance first, "
                "or use the commands that go through the running one"
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(f"cannot lock {path}: {error.strerror}") from None
        return cls(descriptor)

    def release(self) -> None:
        """Let go of the lock; the file stays, for another process may be waiting on it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

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
