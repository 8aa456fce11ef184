"""A file's child that is killed, starved, stuck or lying: a reason, and nothing else is lost."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import pe_core.desk.files as files
from faulting import MARKED, Served, copy_of, open_template, personal, texts, until
from pe_core.desk.files import clean_file
from pe_core.errors import TooMany
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import FILE_NAME
from test_seizure import MARK, marked_picture

Run = Callable[[Awaitable[Any]], Any]
CHILD = """
import importlib.util, os, signal, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("child", {program!r})
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
match Path({order!r}).read_text():
    case "starve":
        child.MEMORY = 120 * 1024 * 1024
    case "die":
        sys.stdin.buffer.read(8)
        os.kill(os.getpid(), signal.SIGKILL)
    case "hang":
        time.sleep(600)
    case "rubbish":
        print("Traceback: " * 9)
        sys.exit()
    case "half":
        sys.stdin.buffer.read()
        sys.stdout.buffer.write((5000).to_bytes(4, "big") + b"half of it")
        sys.exit()
child.main()
"""
"""The child as it is, in a wrapper that reads from a file what goes wrong with the next one."""


def order_of(served: Served) -> Path:
    """Return the file that says what goes wrong with the next child."""
    return served.folder / "order"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One served embassy for all tests of this module, where a child may take four seconds."""
    template, folder = tmp_path_factory.mktemp("template"), tmp_path_factory.mktemp("place")
    account = open_template(template)
    program, order, wrapper = Path(files.CHILD[-1]), folder / "order", folder / "child.py"
    wrapper.write_text(CHILD.format(program=str(program), order=str(order)), encoding="utf-8")
    command = (sys.executable, "-I", str(wrapper))
    served = copy_of(
        template,
        account,
        folder,
        lambda _: None,
        f"pe_core.desk.files.CHILD = "
        f"pe_core.desk.files.clean_file.__kwdefaults__['child'] = {command!r}",
        "pe_core.desk.files.SECONDS = pe_core.desk.files.clean_file.__kwdefaults__['seconds'] = 4",
    )
    temporary = folder / "temporary"
    temporary.mkdir()
    served.environment["TMPDIR"] = str(temporary)
    with served.serving() as process:
        yield served, process


@pytest.fixture
def served(place: Any, pe_run: Run) -> Iterator[Served]:
    served, _ = place
    served.run = pe_run
    order_of(served).write_text("")
    yield served
    served.close()


def children(pid: int) -> list[str]:
    """Return the state of each child of a process: ``Z`` is one that nobody waited for."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    states = []
    for child in found:
        try:
            stat = Path(f"/proc/{child}/stat").read_text(encoding="utf-8")
        except OSError:
            continue
        states.append(stat.rpartition(")")[2].split()[0])
    return states


def at_files(served: Served) -> Asker:
    """Return an asker who has answered everything and is asked for files."""
    asker = served.asker()
    asker.begin("zz.other")
    asker.answer(MARKED)
    assert asker.page.path.endswith("/files")
    return asker


def large_picture() -> bytes:
    """Return a small file that is a picture of 15 million pixels: 45 MB once it is unpacked."""
    data = BytesIO()
    Image.new("RGB", (5000, 3000), "white").save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("starve", "core.file.unreadable"),
        ("die", "core.file.unreadable"),
        ("hang", "core.file.too_slow"),
        ("rubbish", "core.file.unreadable"),
        ("half", "core.file.unreadable"),
    ],
)
def test_a_file_that_could_not_be_cleaned_costs_nothing_but_itself(
    place: Any, served: Served, order: str, reason: str
) -> None:
    _, process = place
    picture = large_picture() if order == "starve" else marked_picture()
    asker = at_files(served)
    order_of(served).write_text(order)
    refused = asker.browser.upload({"continue": "1"}, {"file": picture})
    left, drafts = children(process.pid), list((served.data / "drafts").iterdir())
    order_of(served).write_text("")
    taken = asker.browser.upload({"continue": "1"}, {"file": picture})

    assert 422 == refused.status
    assert texts().text("en", reason) in refused.words
    assert [] == left
    assert [] == drafts
    assert "/en/ask/check" == taken.path
    assert MARK in taken.words
    assert [] == list((served.folder / "temporary").iterdir())
    asker.browser.send()
    assert 6 == len(asker.groups())
    assert [] == personal(served)


def test_a_child_that_is_killed_from_outside_costs_nothing_but_its_file(
    place: Any, served: Served
) -> None:
    _, process = place
    asker = at_files(served)
    order_of(served).write_text("hang")

    async def upload_and_kill() -> Any:
        sending = asyncio.create_task(upload(asker))
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not found.read_text(encoding="ascii").split():
            await asyncio.sleep(0.01)
        os.kill(int(found.read_text(encoding="ascii").split()[0]), signal.SIGKILL)
        return await sending

    response = served.run(upload_and_kill())

    assert 422 == response.status_code
    assert [] == children(process.pid)
    asker.go("ask/check")
    assert MARK in asker.page.words


async def upload(asker: Asker) -> Any:
    """Send a picture from the page of files, without waiting for others."""
    token = asker.page.tree.xpath("//input[@name='token']/@value")[0]
    parts = [
        ("token", (None, token.encode())),
        ("continue", (None, b"1")),
        ("file", (FILE_NAME, marked_picture())),
    ]
    browser = asker.browser
    where = {"Origin": browser.address}
    return await browser.client.post("/en/ask/files", files=parts, headers=where)


def test_of_many_uploads_at_once_two_are_cleaned_and_those_without_a_place_are_told(
    place: Any, served: Served
) -> None:
    _, process = place
    askers = [at_files(served) for _ in range(13)]
    order_of(served).write_text("hang")
    most = 0

    async def together() -> list[Any]:
        nonlocal most
        sending = [asyncio.create_task(upload(asker)) for asker in askers]
        while not all(task.done() for task in sending):
            most = max(most, len(children(process.pid)))
            if sum(task.done() for task in sending) >= 3:
                order_of(served).write_text("")
            await asyncio.sleep(0.02)
        return [task.result() for task in sending]

    answers = served.run(together())
    busy = texts().text("en", "core.file.busy")

    assert 2 == most
    assert 1 <= sum(busy in answer.text for answer in answers)
    assert 1 <= sum(answer.url.path == "/en/ask/check" for answer in answers)
    assert {200, 422} == {answer.status_code for answer in answers}
    until(lambda: children(process.pid) == [], "a child is left")
    for asker in askers:
        asker.go("ask/check")
        assert MARK in asker.page.words


async def some(data: bytes) -> AsyncIterator[bytes]:
    yield data


def test_without_a_descriptor_for_a_child_the_asker_is_told_to_come_later(
    pe_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    pe_run(asyncio.sleep(0))

    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(TooMany) as refused:
            pe_run(clean_file(some(marked_picture())))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert "core.file.busy" == refused.value.key
    assert "Too many open files" in caplog.text
    assert "image/png" == pe_run(clean_file(some(marked_picture()))).media_type
