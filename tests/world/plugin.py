"""What a process of the world has inside: a quick courier, another clock, a journal, commands.

A plugin like any other (``embassy.enable_plugin`` makes it known), so the process stays
`pe serve` itself. What it does is told by the environment: ``WORLD_AHEAD`` are the seconds that
its clock is ahead, ``WORLD_JOURNAL`` is the file that each letter is added to as it is taken in,
``WORLD_UNLIMITED`` lets a peer send as much as it can, for the bench.
"""

import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import pe_core.running
from pe_core.control import Command, commands_of
from pe_core.desk import accounts
from pe_core.desk.desk import Desk
from pe_core.model.peer import Kind, PeerCode
from pe_core.network import admission, carrying
from pe_core.network.breaker import Pace
from pe_core.network.carrying import PeerCourier
from pe_core.network.posting import post
from pe_core.network.preparing import prepare_consult
from pe_core.network.referring import begin
from pe_core.store import Change, IncomingRow, Insert, OutgoingRow, PeerRow, ReferralNoteRow
from pe_core.toolkit.invented import Account

QUICK = Pace(
    first_wait=0.2,
    longest_wait=2.0,
    probe=1.0,
    a_second=50.0,
    drain=1.0,
    slowest=0.05,
    spread=0.5,
)
"""Minutes and hours become seconds, the rules stay the same."""


def set_clock(ahead: float) -> None:
    """Let the instance's one clock be wrong."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(time.time() + ahead, tz)

    setattr(pe_core.running, "datetime", Moved)  # noqa: B010 (a name that mypy holds to be fixed)


def keep_journal(desk: Desk, path: Path) -> None:
    """Write down each letter that is taken in; what is written outlives the process."""
    journal = path.open("ab", buffering=0)

    def note(changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, Insert) and isinstance(row := change.row, IncomingRow):
                if row.number:
                    line = f"{row.peer} {row.thread} {row.number} {row.id}\n"
                    journal.write(line.encode())

    desk.hears.append(note)


def world_commands(desk: Desk) -> Mapping[str, Command]:
    """Return what the world asks of a process, beside what everybody may."""
    keep_journal(desk, Path(os.environ["WORLD_JOURNAL"]))

    async def unlock(arguments: dict[str, Any]) -> Any:
        account = Account(**arguments)
        code = account.code(desk.now())
        _, session = await accounts.unlock(desk, account.handle, account.passphrase, code)
        return session.box

    async def consult(arguments: dict[str, Any]) -> Any:
        """Begin a conversation and go on with it: ``letters`` of them, one after the other."""
        (session,) = desk.sessions.items()
        peer = PeerCode(str(arguments["to"]))
        prepared = prepare_consult(desk, peer, "Who knows?", "en", urgent=False)
        thread = await begin(desk, session, prepared)
        for _ in range(int(arguments["letters"]) - 1):
            changes = await post(desk, session, peer, Kind.CONSULT, thread, prepared.raw)
            await desk.store.write(changes)
        notes = await desk.store.select(ReferralNoteRow, {"referral": thread}, order="number")
        return [[thread, note.number, note.id] for note in notes]

    async def left(_arguments: dict[str, Any]) -> Any:
        return await desk.store.count(OutgoingRow)

    async def stands(_arguments: dict[str, Any]) -> Any:
        return sorted(await desk.store.pick(PeerRow, ("code", "state")))

    return {
        **commands_of(desk),
        "world-unlock": unlock,
        "world-consult": consult,
        "world-left": left,
        "world-stands": stands,
    }


if "WORLD_JOURNAL" in os.environ:
    setattr(pe_core.running, "PeerCourier", partial(PeerCourier, pace=QUICK))  # noqa: B010
    setattr(carrying, "SOON_AGAIN", 1.0)  # noqa: B010
    setattr(pe_core.running, "commands_of", world_commands)  # noqa: B010
    # In a world all get to know each other within one hour.
    setattr(admission, "STRANGER_BURST", 1000)  # noqa: B010
    if "WORLD_UNLIMITED" in os.environ:
        setattr(admission, "PEER_BURST", 1 << 40)  # noqa: B010
    set_clock(float(os.environ.get("WORLD_AHEAD", "0")))
