"""A bad day: visitors, askers, people who come back and twenty coordinators, all at once.

The server is `pe serve` as it is, with all its limits; 2,000 requests lie there before.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.bench.embassies import PE_TOML, WEEKS, fill, scratch
from tests.bench.figures import Figure
from tests.bench.logins import MEMORY_MIB, _join
from tests.bench.measure import (
    ROOT,
    cpu_seconds,
    environment,
    middle,
    module,
    resident_megabytes,
    wait_for_answer,
)
from tests.bench.mixed_load import Job, Report
from tests.serving import free_port

from pe_core.desk import requests, visits
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Account, Clock, unlock_account
from pe_core.vault import Passphrases

SECONDS, SHORT_SECONDS = 600.0, 60.0
SHORT_PACE = 0.3
"""In a minute a form would not come to its end at a person's pace."""
STORED, RECEIPTS, PEOPLE = 2_000, 400, 20
SAMPLE_EVERY = 10.0
LATE_MS = 20.0
REPLY = "Добры дзень! Мы прачыталі ваш зварот. Служба побыту выдае пашпарт госця."


class Sample(NamedTuple):
    """The server at one moment: seconds since the start, MB, CPU seconds, MB of files.

    The log of the database (``wal``) is apart: it is emptied now and then.
    """

    at: float
    resident: float
    cpu: float
    disk: float
    wal: float


class Prepared(NamedTuple):
    """An embassy that is ready to be served."""

    config: Path
    receipts: list[str]
    accounts: list[Account]


def run(short: bool) -> list[Figure]:
    """Prepare, ask every page alone, then let the day begin."""
    seconds, pace = (SHORT_SECONDS, SHORT_PACE) if short else (SECONDS, 1.0)
    port = free_port()
    with scratch() as folder:
        ready = asyncio.run(_prepare(folder / "mixed", port))
        with _serving(ready.config, port) as pid:
            first, *team = ready.accounts
            idle, _ = _load(Job(port, 0, 0, ready.receipts, [first]), pid, ready.config.parent)
            job = Job(port, seconds, pace, ready.receipts, team)
            busy, samples = _load(job, pid, ready.config.parent)
    return [*_latencies(busy, idle), *_outcomes(busy), *_server(samples, busy)]


async def _prepare(folder: Path, port: int) -> Prepared:
    """Open an embassy with its team and half a year of requests, the last ones with a reply."""
    clock = Clock(datetime.now(UTC) - timedelta(weeks=WEEKS, hours=6))
    held = await open_test_embassy(folder, clock)
    try:
        first = await unlock_account(held.desk, clock, held.account)
        # The accounts of the team must open under the hash that the server uses.
        held.desk.passphrases.close()
        held.desk.passphrases = Passphrases(memory_mib=MEMORY_MIB)
        held.desk.sessions.drop_where(lambda session: session is not first)
        team = await _join(held, PEOPLE + 1)
        held.desk.sessions.drop_where(lambda _: True)
        receipts = await fill(held, STORED - RECEIPTS, receipts=RECEIPTS)
        await _reply_to(held, team[0], receipts)
    finally:
        await close_embassy(held)
    config = folder / "pe.toml"
    config.write_text(PE_TOML.format(port=port), encoding="utf-8")
    return Prepared(config, receipts, team)


async def _reply_to(held: TestEmbassy, account: Account, receipts: list[str]) -> None:
    session = await unlock_account(held.desk, held.clock, account)
    for receipt in receipts:
        _, visit = await visits.come_back(held.desk, receipt)
        await requests.reply(held.desk, session, visit.request, REPLY, "be")


@contextmanager
def _serving(config: Path, port: int) -> Iterator[int]:
    """Run `pe serve` on whatever core it gets, as on a small server; gives its pid."""
    command = [sys.executable, "-m", "pe_core.cli", "serve", "--config", str(config)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=log)
        try:
            wait_for_answer(port, process)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)
            log.seek(0)
            told = [line for line in log.read().decode().splitlines() if "serving" not in line]
            print("\n".join(told[-20:]))  # noqa: T201


def _load(job: Job, pid: int, folder: Path) -> tuple[Report, list[Sample]]:
    """Run the load, and look at the server meanwhile."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as found:
        given.write(msgspec.msgpack.encode(job))
        given.seek(0)
        begun = time.monotonic()
        process = subprocess.Popen(
            module("mixed_load"), stdin=given, stdout=found, cwd=ROOT, env=environment()
        )
        samples = [_sample(pid, folder, begun)]
        while process.poll() is None:
            time.sleep(0.2)
            if time.monotonic() - begun - samples[-1].at >= SAMPLE_EVERY:
                samples.append(_sample(pid, folder, begun))
        samples.append(_sample(pid, folder, begun))
        if process.returncode:
            raise RuntimeError("the load did not come to its end")
        found.seek(0)
        return msgspec.msgpack.decode(found.read(), type=Report), samples


def _sample(pid: int, folder: Path, begun: float) -> Sample:
    sizes = {path: path.stat().st_size / 1e6 for path in folder.rglob("*") if path.is_file()}
    wal = sum(size for path, size in sizes.items() if path.name.endswith("-wal"))
    disk = sum(sizes.values()) - wal
    return Sample(time.monotonic() - begun, resident_megabytes(pid), cpu_seconds(pid), disk, wal)


def _latencies(busy: Report, idle: Report) -> list[Figure]:
    """Say for each kind of request what it took, and what it takes when nobody else asks."""
    return [
        Figure(
            name=f"bad day, {kind}: p99 of {len(took):,}",
            value=(worst := _p99(took)),
            median=middle(took),
            unit="ms",
            against=f"alone: {middle(idle.took[kind]):.3g} ms; longest {max(took):,.0f} ms"
            if kind in idle.took
            else f"longest {max(took):,.0f} ms",
            ratio=worst / middle(idle.took[kind]) if kind in idle.took else None,
        )
        for kind, took in sorted(busy.took.items())
    ]


def _outcomes(busy: Report) -> list[Figure]:
    """Say how much was asked, and what nobody should have met."""
    asked = sum(len(took) for took in busy.took.values())
    bad = {said: n for said, n in busy.answers.items() if _is_bad(said.rpartition(" ")[2])}
    return [
        Figure(
            name=f"bad day, refused or failed of {asked:,}",
            value=sum(bad.values()),
            unit="requests",
            against="5xx, 429 and transport errors",
            aim="none",
            reached=not bad,
            rest=_list(bad),
        ),
        Figure(
            name="bad day, people who did not come to their end",
            value=sum(busy.lost.values()),
            unit="people",
            against=_list(busy.lost) or "of all",
        ),
    ]


def _is_bad(outcome: str) -> bool:
    return outcome.startswith(("429", "5")) or not outcome.isdecimal()


def _server(samples: list[Sample], busy: Report) -> list[Figure]:
    """Say what it cost the server, and whether it grows."""
    first, last = samples[0], samples[-1]
    seconds = last.at - first.at
    sent = busy.answers.get("asker: send 303", 0)
    asked = sum(len(took) for took in busy.took.values())
    curve = ", ".join(f"{sample.resident:.0f}" for sample in samples)
    return [
        Figure(
            name="bad day, the generator's own lateness, p99",
            value=busy.late,
            unit="ms",
            against="what was planned",
            aim=f"at most {LATE_MS:g} ms",
            reached=busy.late <= LATE_MS,
            rest="the machine was busy with something else; these times are not the portal's",
        ),
        Figure(
            name="bad day, CPU of the server",
            value=(last.cpu - first.cpu) / seconds,
            unit="cores",
            against=f"{(last.cpu - first.cpu) / asked * 1e3:.2f} ms for each of {asked:,} requests",
        ),
        Figure(
            name="bad day, memory at the end",
            value=last.resident,
            unit="MB",
            against=f"each {SAMPLE_EVERY:g} s: {curve}",
        ),
        Figure(
            name="bad day, memory in the second half",
            value=_slope([sample for sample in samples if sample.at >= seconds / 2]),
            unit="MB/min",
            against="a line through the samples",
        ),
        Figure(
            name=f"bad day, disk for each of {sent} requests sent",
            value=(last.disk - first.disk) / max(1, sent) * 1000,
            unit="KB",
            against=f"all files, photos and words too: {first.disk:.1f} to {last.disk:.1f} MB; "
            f"the log of the database at most {max(s.wal for s in samples):.1f} MB",
        ),
    ]


def _slope(samples: list[Sample]) -> float:
    """Return by how many MB a minute the memory grows; a straight line, least squares."""
    if len(samples) < 2:
        return 0.0
    line = statistics.linear_regression(
        [sample.at for sample in samples], [sample.resident for sample in samples]
    )
    return line.slope * 60


def _p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


def _list(counted: dict[str, int]) -> str:
    return ", ".join(f"{what}: {number}" for what, number in sorted(counted.items()))
