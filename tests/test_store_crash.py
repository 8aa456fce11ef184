"""What was acknowledged is there, however the process ends."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pe_core.store import (
    CountRow,
    RequestRow,
)
from pe_core.store.sqlite import SqliteStore
from storing import on_store

SUBMITTING = """
import asyncio, os, sys
from pathlib import Path
from pe_core.model.event import RequestSubmitted
from pe_core.store import Add, CountRow, Insert, RequestRow, Tell, open_store

async def submit(store, who):
    number = 0
    while True:
        name = f"{who:02d}-{number:08d}"
        row = RequestRow(id=name, locator=name.encode(), state="new", week=1, keep_until=9,
                         epoch="e", bucket=1, body=os.urandom(2000), summary=None, revision=0)
        told = Tell(RequestSubmitted(request=name))
        await store.write([Insert(row), told, Add(CountRow, (1,), "number")])
        os.write(1, name.encode() + b"\\n")
        number += 1

async def main():
    store = await open_store(Path(sys.argv[1]))
    await asyncio.gather(*(submit(store, who) for who in range(64)))

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 700, 3001])
def test_every_acknowledged_row_outlives_a_kill(tmp_path: Path, lines: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SUBMITTING, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    acknowledged = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    acknowledged += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    names = {line.decode().strip() for line in acknowledged}

    async def act(store: SqliteStore) -> tuple[set[str], int, int, CountRow | None, str]:
        there = {name for (name,) in await store.pick(RequestRow, ("id",))}
        (check,) = store.writer.connection.execute("PRAGMA integrity_check").fetchone()
        outbox = [event for (event,) in store.writer.connection.execute("SELECT event FROM outbox")]
        counted = await store.get(CountRow, 1)
        return there, len(there), len(outbox), counted, check

    there, rows, events, counted, check = on_store(tmp_path, act)

    assert lines <= len(names)
    assert set() == names - there
    assert rows == events
    assert CountRow(week=1, number=rows) == counted
    assert check == "ok"
