import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pe_core.errors import InstanceBusy, StoreError
from pe_core.store import InstanceLock

HOLDING = """
import sys
from pathlib import Path
from pe_core.store import InstanceLock

lock = InstanceLock.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(directory: Path) -> subprocess.Popen[bytes]:
    """Start a process that holds the lock, and wait until it does."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


@pytest.mark.parametrize("kill", [True, False])
def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path, kill: bool) -> None:
    child = holder(tmp_path)
    try:
        with pytest.raises(InstanceBusy) as caught:
            InstanceLock.acquire(tmp_path)
    finally:
        if kill:
            child.kill()
        child.communicate()
    with InstanceLock.acquire(tmp_path):
        pass

    assert "stop the instance" in str(caught.value)


def test_the_same_process_is_refused_a_second_time(tmp_path: Path) -> None:
    with InstanceLock.acquire(tmp_path), pytest.raises(InstanceBusy):
        InstanceLock.acquire(tmp_path)


def test_a_released_lock_can_be_had_again_and_released_twice(tmp_path: Path) -> None:
    lock = InstanceLock.acquire(tmp_path)
    lock.release()
    lock.release()
    with InstanceLock.acquire(tmp_path), pytest.raises(InstanceBusy):
        InstanceLock.acquire(tmp_path)


def test_folder_and_lock_are_ours_alone(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with InstanceLock.acquire(directory):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (directory, directory / "lock")]

    assert [0o700, 0o600] == modes


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError):
        InstanceLock.acquire(tmp_path / "file" / "data")
