"""Killed at any moment, the process loses nothing that it said it has, and does nothing twice.

``make crash`` does the same for two hundred rounds.
"""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.crash.askers import Asker
from tests.crash.embassy import Embassy, children_of, enable_plugin, make_embassy, wait_for_end
from tests.crash.laws import broken_laws
from tests.crash.ledger import Ledger
from tests.crash.pictures import make_pictures
from tests.crash.points import CHECKPOINT, Scene, act, killed_copies
from tests.crash.reading import Contents, Folder
from tests.crash.surfer import new_client

from pe_core.courier import Courier
from pe_core.desk import visits
from pe_core.desk.desk import Desk
from pe_core.desk.locking import read_frozen
from pe_core.errors import StoreError
from pe_core.model import Box, RequestId
from pe_core.running import run_instance
from pe_core.settings import read_settings
from pe_core.store import GrantRow, Insert, MessageRow, OutboxRow
from pe_core.toolkit.invented import ASKED, Clock, ask
from serving import ROOT

Run = Callable[[Awaitable[Any]], Any]


def test_five_rounds_lose_nothing_double_nothing_and_leave_nothing_half_done() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--rounds", "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    figures = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert "5" == figures["kills"]
    assert 0 < int(figures["acknowledged submissions"])
    assert ("0", "0") == (figures["lost"], figures["doubled"])


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Embassy, Scene]:
    """An embassy with two coordinators and one request, and the scene of a week later."""
    place = tmp_path_factory.mktemp("crash") / "place"

    async def make() -> tuple[Embassy, Scene]:
        embassy = await make_embassy(place)
        settings = read_settings(embassy.folder / "pe.toml")
        async with run_instance(
            settings, embassy.folder, now=lambda: embassy.clock, at_work=False
        ) as running:
            receipt = await ask(running.desk, ASKED[0])
            _, visit = await visits.come_back(running.desk, receipt)
        member = embassy.members[1]
        return embassy, Scene(
            folder=embassy.folder,
            account=member.account,
            box=Box(member.box),
            request=visit.request,
            now=embassy.clock + timedelta(days=8),
        )

    return asyncio.run(make())


def look(embassy: Embassy, scene: Scene) -> tuple[Contents, list[str]]:
    """Return what a folder holds, and every law that it breaks."""
    there = Embassy(scene.folder.parent)
    there.data, there.members = scene.folder / "data", embassy.members
    folder = Folder(there, Ledger())
    contents = folder.read()
    return contents, list(broken_laws(folder, contents))


def size(contents: Contents) -> tuple[int, ...]:
    """Return how much there is of everything that an act adds to."""
    return (
        len(contents.requests),
        len(contents.messages),
        len(contents.replies),
        len(contents.trail),
        contents.head.number,
        contents.last_event,
        sum(contents.counts.values()),
    )


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("upkeep", "COMMIT"),
        ("upkeep", CHECKPOINT),
        ("lock", CHECKPOINT),
        ("submit", "COMMIT"),
        ("work", "COMMIT"),
    ],
)
def test_an_act_killed_at_any_commit_is_whole_or_not_there_and_can_be_done_again(
    opened: tuple[Embassy, Scene], tmp_path: Path, name: str, word: str
) -> None:
    embassy, scene = opened
    sizes, faults = [], []
    for killed in killed_copies(name, scene, word, tmp_path):
        contents, wrong = look(embassy, killed)
        sizes.append(size(contents))
        act("upkeep", killed)
        faults += wrong + look(embassy, killed)[1]
    # The code that was used up in the killed process is not taken again; a later one is.
    act(name, msgspec.structs.replace(killed, now=killed.now + timedelta(minutes=2)))

    assert [] == faults + look(embassy, killed)[1]
    assert sizes == sorted(sizes), "what is done stays done"


def test_a_lock_killed_at_any_commit_destroyed_and_froze_or_did_neither(
    opened: tuple[Embassy, Scene], tmp_path: Path
) -> None:
    _, scene = opened
    found = set()
    for word in ("COMMIT", CHECKPOINT):
        for killed in killed_copies("lock", scene, word, tmp_path / word.partition(" ")[0]):
            found.add(asyncio.run(locked(killed)))

    assert {(False, True), (True, False)} == found


async def locked(scene: Scene) -> tuple[bool, bool]:
    """Return whether a folder's embassy is frozen, and whether its coordinator has grants."""
    settings = read_settings(scene.folder / "pe.toml")
    async with run_instance(
        settings, scene.folder, now=lambda: scene.now, at_work=False
    ) as running:
        grants = await running.desk.store.count(GrantRow, {"box": scene.box})
        return await read_frozen(running.desk) is not None, grants > 0


def test_a_process_killed_while_it_cleans_a_file_and_in_its_upkeep_starts_again_by_itself(
    tmp_path: Path,
) -> None:
    asyncio.run(killed_twice(tmp_path / "place"))


async def killed_twice(place: Path) -> None:
    """Kill it while a file is cleaned, then in the upkeep that `pe upkeep` asks for."""
    embassy = await make_embassy(place)
    enable_plugin(embassy)
    process = await embassy.start(0)
    drafts = embassy.data / "drafts"
    async with new_client() as client:
        asker = Asker(client, embassy.address, Ledger(), 0)
        cookie, token = await asker.bring_files((await make_pictures(0))[:1])
        left = list(drafts.iterdir())
        uploading = asyncio.create_task(asker.bring_files(await make_pictures(1)))
        children = await until(lambda: children_of(process.pid))
        process.kill()
        process.wait()
        await asyncio.gather(uploading, return_exceptions=True)
    living = wait_for_end(children)

    # At the start it checkpoints once, and twice in the first upkeep.
    process = await embassy.start(1, CRASH_TRAP=f"{CHECKPOINT},4")
    wiped = list(drafts.iterdir())
    async with new_client() as client:
        asker = Asker(client, embassy.address, Ledger(), 1)
        asker.surfer.cookies["pe_ask"] = cookie
        repeated = await asker.surfer.post("/be/ask/all", {"token": token, "send": "1"})
    while await embassy.ask_control("last-upkeep") is None:
        await asyncio.sleep(0.02)
    with pytest.raises(StoreError):
        await embassy.ask_control("upkeep", confirm=False)
    code = process.wait()
    await embassy.start(2)
    accounts = await embassy.ask_control("accounts")
    embassy.kill()

    assert 1 == len(left)
    assert ([], []) == (living, wiped)
    assert 403 == repeated.status_code, "a draft does not outlive the process"
    assert -9 == code
    assert isinstance(accounts, list)
    assert 2 == len(accounts)


async def until(find: Callable[[], list[int]]) -> list[int]:
    """Wait until something is there, and return it."""
    async with asyncio.timeout(20):
        while not (found := find()):
            await asyncio.sleep(0)
    return found


def test_an_event_of_another_version_waits_and_keeps_nothing_else_from_being_told(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[object] = []

    class Ear:
        name = "zz.ear"

        async def hear(self, event: object) -> None:
            heard.append(event)

    strange = OutboxRow(id=900, event=b"\x82\xa4type\xa5Later\xa1x\x01", due=0, tries=0)
    courier = Courier(pe_desk.store, [Ear()], pe_clock.now)
    pe_run(pe_desk.store.write([Insert(strange)]))
    pe_run(ask(pe_desk, ASKED[2]))
    with caplog.at_level(logging.ERROR):
        pe_run(courier.deliver())
        pe_run(courier.deliver())

    assert ["MemberJoined", "RequestSubmitted"] == [type(event).__name__ for event in heard]
    assert [(900,)] == pe_run(pe_desk.store.pick(OutboxRow, ("id",)))
    assert 1 == caplog.text.count("does not know")


def test_what_is_written_in_one_moment_has_one_place_each_in_the_thread(
    pe_desk: Desk, pe_run: Run
) -> None:
    receipt = pe_run(ask(pe_desk, ASKED[2]))

    async def write_at_once() -> list[tuple[int]]:
        _, visit = await visits.come_back(pe_desk, receipt)
        words: list[Coroutine[Any, Any, None]] = [
            visits.add_word(pe_desk, visit, f"word {number}") for number in range(8)
        ]
        await asyncio.gather(*words)
        request = RequestId(visit.request)
        return await pe_desk.store.pick(MessageRow, ("number",), {"request": request})

    numbers = pe_run(write_at_once())

    assert list(range(1, 9)) == sorted(number for (number,) in numbers)
