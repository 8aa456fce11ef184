"""What is wrong with an instance, and the mend: what `pe doctor` prints and going live asks.

Everything here only looks. What it looks at is passed in as ``Facts``, so that a test can lie
about the machine. Design: vault, "No swap, no core dumps".
"""

import asyncio
import os
import resource
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pe_core.desk.desk import Desk, Identity
from pe_core.desk.resealing import read_outstanding
from pe_core.errors import MembersInvalid, StoreError
from pe_core.hooks import Notifier
from pe_core.hooks.troubles import Trouble
from pe_core.model.finding import Finding, fine, warning, wrong
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_start
from pe_core.network.health import look_at_network
from pe_core.settings import RingsSettings, Settings, look_at_settings
from pe_core.store import EpochRow, GrantRow, MemberListRow, Store, pending_migrations
from pe_core.upkeep import read_upkeep
from pe_core.vault import RECOVERY_BOX, verify_chain

MIB = 1024 * 1024
LEAST_FREE, LITTLE_FREE = 200 * MIB, 1024 * MIB
"""Bytes: below the first requests may be refused any day, below the second soon."""
EARLIEST = date(2026, 1, 1)
"""No clock is right that shows a day before this code was written."""
UPKEEP_LATE = 2
"""Days without upkeep, which runs each hour, from which on something keeps it from running."""


class Disk(Model):
    """The disk below the data folder."""

    free: int
    read_only: bool


def read_disk(folder: Path) -> Disk:
    """Return what the kernel says of the disk that a folder lies on."""
    told = os.statvfs(folder)
    return Disk(free=told.f_bavail * told.f_frsize, read_only=bool(told.f_flag & os.ST_RDONLY))


def read_core_limit() -> int:
    """Return how many bytes of a core dump this process may leave; -1 is no limit."""
    return resource.getrlimit(resource.RLIMIT_CORE)[0]


class Facts(Model):
    """Where to look: the settings as read, their file, the data folder, the kernel's own files."""

    settings: Settings
    config: Path
    data: Path
    proc: Path = Path("/proc")
    disk: Callable[[Path], Disk] = read_disk
    core_limit: Callable[[], int] = read_core_limit
    owner: Callable[[], int] = os.geteuid


async def examine(desk: Desk, facts: Facts) -> Sequence[Finding]:
    """Look at everything, from inside the process that holds the instance."""
    refused = {name for session in desk.sessions.items() for name in session.refused_epochs}
    return (
        *look_at_machine(facts),
        look_at_plugins((), desk.troubles.all()),
        *look_at_rings(facts.settings.rings, desk.plugins.notifiers),
        *look_at_away(desk.troubles.away()),
        *look_at_imprint(desk.jurisdiction.imprint, desk.embassy.imprint),
        await asyncio.to_thread(look_at_migrations, facts.data),  # it reads every page
        *await look_at_store(desk.store, desk.identity, desk.now(), refused),
    )


def look_at_machine(facts: Facts) -> Sequence[Finding]:
    """Look at what needs no database: files, disk, memory, settings."""
    return (
        _files(facts),
        _disk(facts),
        _swap(facts),
        _cores(facts),
        *look_at_settings(facts.settings),
    )


def look_at_plugins(faults: Sequence[str], off: Sequence[Trouble] = ()) -> Finding:
    """Say what is wrong with the plugins; ``faults`` has a line for each, ``off`` what is off."""
    if faults:
        return wrong("plugins", "; ".join(faults), "mend or disable them in [plugins] enabled")
    if off:
        told = ", ".join(
            f"the {trouble.kind} of {trouble.part} ({trouble.what}"
            f"{f' at {trouble.place}' if trouble.place else ''})"
            for trouble in off
        )
        return warning(
            "plugins",
            f"switched off: {told}",
            "mend the plugin and start anew, or try again on the page of plugins",
        )
    return fine("plugins", "all that pe.toml enables are loaded")


def look_at_rings(settings: RingsSettings, notifiers: Mapping[str, Notifier]) -> Sequence[Finding]:
    """Say whether whoever is to be rung at fixed hours can be; nothing if nobody is."""
    if not settings.to:
        return ()
    unknown = sorted({place.notifier for place in settings.to} - notifiers.keys())
    if unknown:
        known = ", ".join(sorted(notifiers)) or "none"
        return (
            wrong(
                "rings",
                f"[rings] to names {', '.join(unknown)}, which no enabled plugin brings",
                f"enable its plugin, or name another notifier (known: {known})",
            ),
        )
    refused = [p.notifier for p in settings.to if notifiers[p.notifier].check(p.address)]
    if refused:
        return (
            wrong(
                "rings",
                f"[rings] to has an address that {', '.join(sorted(set(refused)))} does not take",
                "write it as the plugin's README says",
            ),
        )
    if not settings.at:
        return (warning("rings", "[rings] to is rung at no hour", 'at = ["09:00", "18:00"]'),)
    return (fine("rings", f"{len(settings.to)} rung at {', '.join(settings.at)}, news or not"),)


def look_at_away(away: Mapping[str, str]) -> Sequence[Finding]:
    """Say which notifiers could not ring at their last try, and why; nothing if all could."""
    return tuple(
        warning(
            "rings",
            f"{name} does not ring: {why}",
            "look at its server and its settings; what waits is tried again for a day",
        )
        for name, why in sorted(away.items())
    )


def look_at_imprint(law: str, lines: Sequence[str]) -> Sequence[Finding]:
    """Say whether the site names who answers for it, where a law wants that."""
    if not law:
        return ()
    if lines:
        return (fine("imprint", f"the site says who answers for it ({law})"),)
    mend = 'put the lines of the page "Who is behind this site" into imprint in [embassy]'
    return (warning("imprint", f"{law} wants the site to say who answers for it", mend),)


def look_at_code(opened: str | None, settings: Settings) -> Sequence[Finding]:
    """Say whether pe.toml names the embassy that was opened; nothing if it does."""
    code = settings.embassy.code
    if opened in (None, code):
        return ()
    found = f"[embassy] code is {code!r}, but this embassy was opened as {opened!r}"
    return (wrong("settings", found, "put it back: everything is sealed under that"),)


def look_at_migrations(data: Path) -> Finding:
    """Say whether the database has the shape that this version works with."""
    try:
        pending = pending_migrations(data)
    except StoreError as error:
        return wrong("migrations", str(error), "see the text; `pe init` makes a new embassy")
    if pending:
        return warning(
            "migrations",
            f"the database lacks {', '.join(pending)}",
            "made by the next `pe serve`; keep a backup before",
        )
    return fine("migrations", "the database is as this version makes it")


async def look_at_store(
    store: Store, identity: Identity, now: datetime, refused: Iterable[str] = ()
) -> Sequence[Finding]:
    """Look at the clock and the keys; ``refused`` are epochs whose grant a session cannot open."""
    keys = await _keys(store, identity, sorted(refused))
    return (await _clock(store, now), keys, await look_at_network(store, now))


def _files(facts: Facts) -> Finding:
    paths = [facts.data, *sorted(facts.data.glob("*"))] if facts.data.is_dir() else []
    if not paths:
        return wrong("files", f"{facts.data} is no folder", "run `pe init`, or mend [data]")
    open_ones = [path.name for path in paths if _mode(path) & 0o077]
    if open_ones:
        return wrong(
            "files",
            f"others may use {', '.join(open_ones)}",
            f"chmod -R go-rwx {facts.data}",
        )
    foreign = [path.name for path in paths if path.lstat().st_uid != facts.owner()]
    if foreign:
        return wrong(
            "files",
            f"{', '.join(foreign)} belongs to another user of this machine",
            f"chown -R {facts.owner()} {facts.data}",
        )
    if facts.config.exists() and _mode(facts.config) & 0o022:
        return wrong("files", "others may change pe.toml", f"chmod go-w {facts.config}")
    return fine("files", "the data folder is for its owner alone")


def _disk(facts: Facts) -> Finding:
    try:
        disk = facts.disk(facts.data)
    except OSError as error:
        return wrong("disk", f"cannot be looked at: {error.strerror}", "mend [data] in pe.toml")
    free = f"{disk.free // MIB} MiB free"
    if disk.read_only:
        return wrong("disk", "nothing can be written", "mount it for writing; look at its health")
    if disk.free < LEAST_FREE:
        return wrong("disk", free, "make room at once: a full disk refuses requests")
    if disk.free < LITTLE_FREE:
        return warning("disk", free, "make room")
    return fine("disk", free)


def _swap(facts: Facts) -> Finding:
    try:
        lines = (facts.proc / "swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return warning(
            "swap", "this system does not say whether it swaps", "make sure that it does not"
        )
    if not [line for line in lines if line.strip()]:
        return fine("swap", "off")
    if facts.settings.vault.swap_encrypted:
        return fine("swap", "on; pe.toml says that it is encrypted")
    return wrong(
        "swap",
        "on: what an unlocked session holds in memory may reach the disk",
        "swapoff -a and take it out of /etc/fstab; if it is encrypted with a key that is "
        "forgotten at each start, set [vault] swap_encrypted = true",
    )


def _cores(facts: Facts) -> Finding:
    try:
        pattern = (facts.proc / "sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
    except OSError:
        pattern = "core"
    # A pipe gets the memory whatever the limit is; only systemd's own keeps to the limit.
    if pattern.startswith("|") and not ("systemd-coredump" in pattern and "%c" in pattern):
        return wrong(
            "core dumps",
            "a crash hands the memory of the process to another program",
            "sysctl -w kernel.core_pattern=core, and the same in /etc/sysctl.d",
        )
    if facts.core_limit() != 0:
        return wrong(
            "core dumps",
            "a crash would write the memory of the process to the disk",
            "start it by `pe serve`, which forbids that to itself",
        )
    return fine("core dumps", "off")


async def _clock(store: Store, now: datetime) -> Finding:
    if now.astimezone(UTC).date() < EARLIEST:
        return wrong("clock", f"it shows the year {now.year}", "set it, and keep it by NTP")
    last = await read_upkeep(store)
    if last is None:
        return warning("clock", "upkeep never ran", "`pe upkeep`, or let `pe serve` run")
    days = now.date().toordinal() - last.day
    if days < 0:
        return wrong(
            "clock",
            "the last upkeep lies in the future",
            "set the clock right; if it is right now, `pe upkeep --confirm`",
        )
    if days > UPKEEP_LATE:
        return warning(
            "clock",
            f"the last upkeep was {days} days ago",
            "look for 'upkeep refused' in the log; if the clock is right, `pe upkeep --confirm`",
        )
    return fine("clock", "upkeep ran when it should")


async def _keys(store: Store, identity: Identity, refused: Sequence[str]) -> Finding:
    lists = [row.body for row in await store.select(MemberListRow, order="serial")]
    try:
        listed = verify_chain(lists, identity.root)
    except MembersInvalid as error:
        return wrong(
            "keys",
            f"the member list does not verify ({error}); requests are refused",
            "somebody changed the database: bring back a backup, or `pe keys recover`",
        )
    if not any("intake" in member.compartments for member in listed.members):
        return wrong("keys", "nobody is there to seal requests to", "use the first invite")
    bare = await epochs_without_recovery(store)
    if bare:
        return wrong(
            "keys",
            f"the recovery shares do not open {', '.join(bare)}",
            "make new recovery shares on the set-up page",
        )
    older = await read_outstanding(store)
    if older:
        return warning(
            "keys",
            f"only earlier recovery shares open {', '.join(older)}",
            "each member who was there then unlocks once; keep the earlier shares until that",
        )
    boxes = {member.box for member in listed.members} | {RECOVERY_BOX}
    strangers = {box for (box,) in await store.pick(GrantRow, ("box",))} - boxes
    if refused or strangers:
        names = [*refused, *(f"box {box}" for box in sorted(strangers))]
        return warning(
            "keys",
            f"grants that do not open, or of nobody: {', '.join(names)}",
            "tell the coordinators; compare with a backup",
        )
    return fine("keys", "the member list verifies, and recovery shares open what lives")


async def epochs_without_recovery(store: Store) -> list[str]:
    """Return the living epochs that no recovery shares would open."""
    with_recovery = await store.pick(GrantRow, ("epoch",), {"box": RECOVERY_BOX})
    living = await store.pick(EpochRow, ("id",))
    return sorted({epoch for (epoch,) in living} - {epoch for (epoch,) in with_recovery})


async def list_keys(store: Store) -> list[dict[str, Any]]:
    """Return the living epochs as plain data: when each dies, and who was granted it.

    ``recovery`` says whether the newest recovery shares open it.
    """
    older = set(await read_outstanding(store))
    granted: dict[str, set[int]] = {}
    for epoch, box in await store.pick(GrantRow, ("epoch", "box")):
        granted.setdefault(epoch, set()).add(box)
    return [
        {
            "epoch": row.id,
            "ends": (week_start(Week(row.ends)) + timedelta(days=6)).isoformat(),
            "grants": len(granted.get(row.id, set()) - {RECOVERY_BOX}),
            "recovery": RECOVERY_BOX in granted.get(row.id, set()) and row.id not in older,
        }
        for row in await store.select(EpochRow, order="id")
    ]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)
