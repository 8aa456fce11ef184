"""A disk that is full or cannot be written to: nothing is lost, and it goes on by itself."""

import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faulting import (
    MARKED,
    Served,
    broken,
    copy_of,
    fill,
    journalled_disk,
    journalled_disk_again,
    personal,
    refused_to_start,
    remount,
    small_disk,
)
from pe_core.desk.drafts import DraftFolder
from pe_core.errors import StoreError
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.invented import Account
from test_seizure import marked_picture

Run = Callable[[Awaitable[Any]], Any]
FULL = "the disk is full, nothing was written: make room and try again"


@pytest.fixture
def served(template: tuple[Path, Account], tmp_path: Path, pe_run: Run) -> Iterator[Served]:
    """An embassy whose data folder is a disk of 6 MB."""
    with small_disk(tmp_path / "place" / "data", "6m"):
        yield copy_of(*template, tmp_path / "place", pe_run)


def first_request(staff: Browser) -> str:
    """Return the address of a request on the coordinator's list."""
    links = staff.page.tree.xpath("//a/@href")
    return next(str(link) for link in links if "/staff/requests/" in link)


def test_a_full_disk_takes_nothing_says_so_and_takes_it_when_there_is_room(served: Served) -> None:
    with served.serving():
        receipt = served.asker().ask("zz.other", MARKED)
        asker, uploader = served.asker("ru"), served.asker()
        asker.to_check("zz.other", MARKED)
        uploader.begin("zz.other")
        uploader.answer(MARKED)
        staff = served.browser()
        served.unlock(staff)
        request = first_request(staff)
        staff.go(request)
        staff.send({"text": "An answer.", "language": "en"}, form="/reply")

        filling = fill(served.data)
        refused = [
            broken(asker.browser.send(), "ru"),
            broken(uploader.browser.upload({"continue": "1"}, {"file": marked_picture()})),
            broken(staff.send({"act": "send"}, form="/reply")),
            broken(served.unlock(served.browser())),
        ]
        while_full = served.asker()
        while_full.come_back(receipt)
        logged, noted = served.log.splitlines(), personal(served)

        filling.unlink()
        asker.go("ask/check")
        asker.browser.send()
        uploader.go("ask/files")
        uploader.browser.upload({"continue": "1"}, {"file": marked_picture()})
        uploader.browser.send()
        staff.go(request)
        staff.send({"text": "An answer.", "language": "en"}, form="/reply")
        staff.send({"act": "send"}, form="/reply")
        again = served.asker()
        answered = again.come_back(receipt)
        unlocked = served.unlock(served.browser())

    assert [[], [], [], []] == refused
    assert while_full.page.path.endswith("/mine")
    assert 3 == sum(FULL in line for line in logged)
    assert 1 == sum("No space left on device" in line for line in logged)
    assert [] == noted
    assert 6 == len(asker.groups())
    assert 6 == len(uploader.groups())
    assert "An answer." in answered.words
    assert "/en/staff" == unlocked.path


def test_upkeep_on_a_full_disk_loses_nothing_and_is_done_when_there_is_room(
    served: Served,
) -> None:
    with served.serving() as process:
        receipts = [served.asker().ask("zz.other", MARKED) for _ in range(3)]
        filling = fill(served.data)
        with pytest.raises(StoreError):
            served.call("upkeep", confirm=False)
        logged = served.log
        process.kill()
        process.wait()
    refused = refused_to_start(served)
    filling.unlink()
    with served.serving():
        done = served.call("upkeep", confirm=False)
        found = [served.asker().come_back(receipt).path for receipt in receipts]

    assert FULL in logged
    assert "disk" in refused
    assert 0 == done["erased"]["requests"]
    assert ["/en/mine"] * 3 == found


def test_a_disk_that_is_read_only_at_start_is_named_and_read_only_it_is_left(
    served: Served,
) -> None:
    remount(served.data, "ro")
    refused = refused_to_start(served)
    doctor = served.pe("doctor").stdout
    remount(served.data, "rw")
    with served.serving():
        receipt = served.asker().ask("zz.other", MARKED)

    assert "Read-only file system" in refused
    assert "mend: mount it for writing" in doctor
    assert receipt


def test_a_disk_that_fails_while_it_is_served_takes_nothing_and_loses_nothing(
    template: tuple[Path, Account], tmp_path: Path, pe_run: Run
) -> None:
    data, image = tmp_path / "place" / "data", tmp_path / "disk"
    with journalled_disk(data, image):
        served = copy_of(*template, tmp_path / "place", pe_run)
        subprocess.run(["sync", "--file-system", str(data)], check=True)  # the copy, not the rest
        with served.serving() as process:
            receipt = served.asker().ask("zz.other", MARKED)
            asker = served.asker("be")
            asker.to_check("zz.other", MARKED)
            # What the kernel does by itself when a disk fails: from here on it is read only.
            remount(data, "abort")
            refused = [broken(asker.browser.send(), "be")]
            asker.go("ask/check")
            refused.append(broken(asker.browser.send(), "be"))
            pages = [served.browser().go(path).status for path in ("/be/", "/be/ask", "/health")]
            logged, noted = served.log, personal(served)
            process.kill()
            process.wait()
    with journalled_disk_again(data, image), served.serving():
        found = served.asker().come_back(receipt).path

    assert [[], []] == refused
    assert [200, 200, 200] == pages
    assert "the disk failed" in logged or "mount it for writing" in logged
    assert [] == noted
    assert "/en/mine" == found


def test_files_that_could_not_be_written_take_no_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "drafts", "256k"):
        folder = DraftFolder(tmp_path / "drafts" / "kept")
        for _ in range(3):
            with pytest.raises(OSError):
                folder.write(bytes(400_000), "image/png")

        assert 0 == folder.used
        assert [] == list(folder.folder.iterdir())
