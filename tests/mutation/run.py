"""mutmut with one thing mended: what takes too long is stopped by a handle, not by its number.

mutmut sends its signal to the number that a process had, long after most of them have ended; by
then the number may be another's, and whoever runs this as root would stop a stranger. A handle
(Linux, pidfd_open(2)) stays the handle of that one process, and tells when it has ended.
"""

import contextlib
import os
import select
import signal
import threading

from mutmut.__main__ import cli
from mutmut.workers import isolation


def stop_in_time(pid: int, timeout_s: float) -> None:
    """Stop a child if it has not ended in so many seconds."""
    process = os.pidfd_open(pid)

    def watch() -> None:
        ended, _, _ = select.select([process], [], [], timeout_s)
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signal.SIGXCPU)
        os.close(process)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    isolation.register_timeout = stop_in_time
    cli()
