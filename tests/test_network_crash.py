"""Killed at any statement while it takes a packet in: the row and its receipt, or neither."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from neighbours import Wire, make_erase, make_letter, open_neighbours
from pe_core.network.receipts import digest_in, digest_of
from pe_core.network.receiving import take_in
from pe_core.network.wire import encode_packet
from pe_core.store import IncomingRow
from pe_core.toolkit.embassy import close_embassy
from pe_core.toolkit.invented import Clock
from storing import on_store

Run = Callable[[Awaitable[Any]], Any]

TAKING_IN = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from neighbours import settings_of
from pe_core.network.receiving import take_in
from pe_core.running import run_instance

folder, packet, now, trap = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
seen = 0

def watch(_statement):
    global seen
    seen += 1
    if seen == trap:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    clock = lambda: datetime.fromtimestamp(now, UTC)
    async with run_instance(settings_of("bb"), folder, now=clock, at_work=False) as running:
        running.desk.store.writer.connection.set_trace_callback(watch)
        receipt = await take_in(running.desk, packet.read_bytes(), "aa", now)
        running.desk.store.writer.connection.set_trace_callback(None)
        os.write(1, receipt)

asyncio.run(main())
"""


@pytest.fixture
def wire(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Wire:
    """Two embassies that have confirmed each other."""
    wire: Wire = pe_run(open_neighbours(tmp_path, pe_clock, ["aa", "bb"]))
    return wire


@pytest.mark.parametrize("kind", ["letter", "erase"])
def test_a_kill_at_any_statement_leaves_the_row_with_its_receipt_or_neither(
    wire: Wire, pe_run: Run, tmp_path: Path, kind: str
) -> None:
    now = int(wire.clock.now().timestamp())
    letter = pe_run(make_letter(wire, "aa", "bb"))
    if kind == "erase":
        pe_run(take_in(wire.embassies["bb"].desk, encode_packet(letter), "aa", now))
    packet = letter if kind == "letter" else make_erase(letter)
    for embassy in wire.embassies.values():
        pe_run(close_embassy(embassy))
    body = tmp_path / "packet"
    body.write_bytes(encode_packet(packet))
    found: list[bool] = []

    def take(folder: Path, trap: int) -> subprocess.CompletedProcess[bytes]:
        arguments = [str(folder), str(body), str(now), str(trap)]
        return subprocess.run(
            [sys.executable, "-c", TAKING_IN, *arguments],
            capture_output=True,
            cwd=Path(__file__).parent,
            check=False,
        )

    async def read(store: Any) -> tuple[IncomingRow | None, IncomingRow | None]:
        rows = await store.get(IncomingRow, "aa", packet.id)
        return rows, await store.get(IncomingRow, "aa", letter.id)

    code = -signal.SIGKILL
    while code == -signal.SIGKILL:
        folder = tmp_path / f"killed-{len(found)}"
        shutil.copytree(tmp_path / "bb", folder)
        code = take(folder, len(found) + 1).returncode
        row, sent = on_store(folder / "data", read)
        found.append(row is not None)
        if row is not None:
            assert digest_of(encode_packet(packet)) == digest_in(row.receipt)
        if kind == "erase":
            assert sent is not None
            assert (sent.body is None) == (row is not None), "both or neither"
        again = take(folder, 0)
        assert 0 == again.returncode, again.stderr.decode()
        kept, _ = on_store(folder / "data", read)
        assert kept is not None
        assert again.stdout == kept.receipt
        assert row is None or row.receipt == kept.receipt

    assert 0 == code
    assert found == sorted(found), "once it is there, it stays"
    assert not found[0]
    assert len(found) >= 4
