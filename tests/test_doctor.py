"""The doctor: each thing that it looks at, as it should be and as it should not."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.doctor import (
    MIB,
    Disk,
    Facts,
    examine,
    look_at_imprint,
    look_at_machine,
    look_at_migrations,
    look_at_plugins,
    look_at_rings,
    look_at_store,
)
from pe_core.hooks.troubles import Kind
from pe_core.model.finding import Finding, Health
from pe_core.settings import RingsSettings, RingTo, ServerSettings, Settings, VaultSettings
from pe_core.store import Delete, GrantRow, Insert, MemberListRow, MetaRow
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.invented import Clock
from pe_core.upkeep import do_upkeep
from pe_core.vault import RECOVERY_BOX
from storing import on_store

Run = Callable[[Awaitable[Any]], Any]

SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"
PIPES = "|/usr/share/apport/apport -p%p"
SYSTEMD = "|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h"


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """A machine that is as it should be, every part of it made up."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "instance.sqlite").touch(mode=0o600)
    config = tmp_path / "pe.toml"
    config.touch(mode=0o644)
    proc = tmp_path / "proc"
    (proc / "sys/kernel").mkdir(parents=True)
    (proc / "swaps").write_text(SWAPS)
    (proc / "sys/kernel/core_pattern").write_text("core\n")
    return Facts(
        settings=example_settings(),
        config=config,
        data=data,
        proc=proc,
        disk=lambda _: Disk(free=5000 * MIB, read_only=False),
        core_limit=lambda: 0,
    )


def changed(facts: Facts, **fields: Any) -> Facts:
    return msgspec.structs.replace(facts, **fields)


def found(facts: Facts, name: str) -> list[Finding]:
    return [finding for finding in look_at_machine(facts) if finding.name == name]


def healths(findings: list[Finding]) -> list[str]:
    return [finding.health.value for finding in findings]


def test_a_good_machine_has_nothing_to_mend(facts: Facts) -> None:
    findings = look_at_machine(facts)

    assert ["files", "disk", "swap", "core dumps", "settings"] == [f.name for f in findings]
    assert {Health.OK} == {finding.health for finding in findings}
    assert {""} == {finding.mend for finding in findings}


@pytest.mark.parametrize(
    ("path", "mode", "named"),
    [
        ("data", 0o750, "data"),
        ("data/instance.sqlite", 0o640, "instance.sqlite"),
        ("data/control.sock", 0o666, "control.sock"),
        ("pe.toml", 0o664, "pe.toml"),
        ("pe.toml", 0o646, "pe.toml"),
    ],
)
def test_a_file_that_others_may_use_is_wrong(
    facts: Facts, tmp_path: Path, path: str, mode: int, named: str
) -> None:
    (tmp_path / path).touch()
    (tmp_path / path).chmod(mode)

    (finding,) = found(facts, "files")

    assert Health.WRONG is finding.health
    assert named in finding.found
    assert "chmod" in finding.mend


def test_files_of_another_user_are_wrong(facts: Facts) -> None:
    (finding,) = found(changed(facts, owner=lambda: -7), "files")

    assert Health.WRONG is finding.health
    assert "chown" in finding.mend


def test_a_data_folder_that_is_not_there_is_wrong(facts: Facts) -> None:
    (finding,) = found(changed(facts, data=facts.data / "nowhere"), "files")

    assert Health.WRONG is finding.health
    assert "pe init" in finding.mend


@pytest.mark.parametrize(
    ("free", "read_only", "health"),
    [
        (5000, False, "ok"),
        (1023, False, "warning"),
        (199, False, "wrong"),
        (5000, True, "wrong"),
    ],
)
def test_the_disk_has_room_and_can_be_written(
    facts: Facts, free: int, read_only: bool, health: str
) -> None:
    lying = changed(facts, disk=lambda _: Disk(free=free * MIB, read_only=read_only))

    assert [health] == healths(found(lying, "disk"))


def test_a_disk_that_cannot_be_looked_at_is_wrong(facts: Facts) -> None:
    def fail(_: Path) -> Disk:
        raise OSError(5, "Input/output error")

    assert ["wrong"] == healths(found(changed(facts, disk=fail), "disk"))


def test_this_machine_s_own_disk_is_read(facts: Facts, tmp_path: Path) -> None:
    from pe_core.doctor import read_disk

    assert read_disk(tmp_path).free > 0
    assert not read_disk(tmp_path).read_only


@pytest.mark.parametrize(
    ("swaps", "encrypted", "health"),
    [
        (SWAPS, False, "ok"),
        (SWAPS + "/dev/sda2\tpartition\t8388604\t0\t-2\n", False, "wrong"),
        (SWAPS + "/dev/dm-1\tpartition\t8388604\t0\t-2\n", True, "ok"),
        (None, False, "warning"),
    ],
)
def test_swap_is_off_or_encrypted(
    facts: Facts, swaps: str | None, encrypted: bool, health: str
) -> None:
    if swaps is None:
        (facts.proc / "swaps").unlink()
    else:
        (facts.proc / "swaps").write_text(swaps)
    vault = VaultSettings(swap_encrypted=encrypted)
    lying = changed(facts, settings=msgspec.structs.replace(facts.settings, vault=vault))

    assert [health] == healths(found(lying, "swap"))


@pytest.mark.parametrize(
    ("limit", "pattern", "health"),
    [
        (0, "core", "ok"),
        (0, SYSTEMD, "ok"),
        (0, None, "ok"),
        (-1, "core", "wrong"),
        (4096, "core", "wrong"),
        (0, PIPES, "wrong"),
        (-1, SYSTEMD, "wrong"),
    ],
)
def test_a_crash_leaves_no_memory_behind(
    facts: Facts, limit: int, pattern: str | None, health: str
) -> None:
    at = facts.proc / "sys/kernel/core_pattern"
    at.unlink() if pattern is None else at.write_text(pattern)

    assert [health] == healths(found(changed(facts, core_limit=lambda: limit), "core dumps"))


@pytest.mark.parametrize(
    ("server", "memory", "health"),
    [
        ({}, 128, ["ok"]),
        ({"address": "https://help.example"}, 128, ["ok"]),
        ({"address": "http://localhost:8000"}, 256, ["ok"]),
        ({"address": "http://[::1]:8000"}, 128, ["ok"]),
        ({"address": "http://abc.onion", "onion": True}, 128, ["ok"]),
        ({"address": "http://help.example"}, 128, ["wrong"]),
        ({"address": "http://192.0.2.7"}, 128, ["wrong"]),
        ({"address": "http://abc.onion"}, 128, ["wrong"]),
        ({"address": "https://help.example", "onion": True}, 128, ["wrong"]),
        ({"host": "192.0.2.7"}, 128, ["warning"]),
        ({}, 64, ["warning"]),
        (
            {"address": "http://help.example", "host": "192.0.2.7"},
            64,
            ["wrong", "warning", "warning"],
        ),
    ],
)
def test_unsafe_settings_are_each_named(
    facts: Facts, server: Mapping[str, Any], memory: int, health: list[str]
) -> None:
    settings: Settings = msgspec.structs.replace(
        facts.settings,
        server=ServerSettings(**server),
        vault=VaultSettings(argon2_memory=memory),
    )

    findings = found(changed(facts, settings=settings), "settings")

    assert health == healths(findings)
    assert all(bool(f.mend) == (f.health is not Health.OK) for f in findings)


def test_each_fault_of_a_plugin_is_named() -> None:
    assert Health.OK is look_at_plugins(()).health

    finding = look_at_plugins(["xx: not installed", "yy: import fails"])

    assert Health.WRONG is finding.health
    assert "xx: not installed" in finding.found
    assert "yy: import fails" in finding.found


def test_what_is_switched_off_of_a_plugin_is_named_with_the_mend(
    pe_desk: Desk, pe_run: Run, facts: Facts
) -> None:
    pe_desk.troubles.switch_off(Kind.CHECK, "zz.paper", "ValueError", "pe_embassy_zz/forms.py:7")
    pe_desk.troubles.switch_off(Kind.LISTENER, "zz.bell", "OSError")

    findings = pe_run(examine(pe_desk, facts))

    (finding,) = [finding for finding in findings if finding.name == "plugins"]
    assert Health.WARNING is finding.health
    assert (
        "switched off: the check of zz.paper (ValueError at pe_embassy_zz/forms.py:7), "
        "the listener of zz.bell (OSError)"
    ) == finding.found
    assert "try again on the page of plugins" in finding.mend


def test_a_database_is_there_whole_older_or_newer(tmp_path: Path) -> None:
    nowhere = look_at_migrations(tmp_path)
    (tmp_path / "instance.sqlite").write_bytes(b"this is no database at all" * 100)
    damaged = look_at_migrations(tmp_path)
    (tmp_path / "instance.sqlite").unlink()

    async def read(store: Any) -> None:
        await store.count(MetaRow)

    on_store(tmp_path, read)
    whole = look_at_migrations(tmp_path)
    _forget_last_step(tmp_path)
    older = look_at_migrations(tmp_path)
    _add_step(tmp_path, "9999_later")
    newer = look_at_migrations(tmp_path)

    assert ["wrong", "wrong", "ok", "warning", "wrong"] == healths(
        [nowhere, damaged, whole, older, newer]
    )
    assert "pe init" in nowhere.found
    assert "9999_later" in newer.found


def _forget_last_step(folder: Path) -> None:
    _sql(folder, "DELETE FROM _sqlite_migrations WHERE name = '0003_one_place_each'")


def _add_step(folder: Path, name: str) -> None:
    _sql(
        folder,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('pe_core', ?, '2027-01-01')",
        name,
    )


def _sql(folder: Path, statement: str, *values: str) -> None:
    import sqlite3

    connection = sqlite3.connect(folder / "instance.sqlite")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def inside(desk: Desk, run: Run, name: str, refused: tuple[str, ...] = ()) -> Finding:
    findings = run(look_at_store(desk.store, desk.identity, desk.now(), refused))
    (finding,) = (one for one in findings if one.name == name)
    assert isinstance(finding, Finding)
    return finding


@pytest.mark.parametrize(
    ("moved", "health"),
    [
        (timedelta(0), "ok"),
        (timedelta(days=2), "ok"),
        (timedelta(days=3), "warning"),
        (timedelta(days=-1), "wrong"),
        (timedelta(days=-400), "wrong"),
    ],
)
def test_the_clock_goes_with_the_last_upkeep(
    pe_desk: Desk, pe_run: Run, pe_clock: Clock, moved: timedelta, health: str
) -> None:
    pe_run(do_upkeep(pe_desk))
    pe_clock.time += moved

    assert [health] == healths([inside(pe_desk, pe_run, "clock")])


def test_upkeep_that_never_ran_is_a_warning(pe_desk: Desk, pe_run: Run) -> None:
    assert "pe upkeep" in inside(pe_desk, pe_run, "clock").mend


def test_keys_in_order_are_fine(pe_desk: Desk, pe_run: Run) -> None:
    assert Health.OK is inside(pe_desk, pe_run, "keys").health


def test_a_member_list_that_does_not_verify_is_wrong(pe_desk: Desk, pe_run: Run) -> None:
    pe_run(pe_desk.store.write([Delete(MemberListRow, {"serial": 0})]))

    finding = inside(pe_desk, pe_run, "keys")

    assert Health.WRONG is finding.health
    assert "does not verify" in finding.found


def test_nobody_to_seal_to_is_wrong(pe_desk: Desk, pe_run: Run) -> None:
    pe_run(pe_desk.store.write([Delete(MemberListRow, {"serial": 1})]))

    assert "first invite" in inside(pe_desk, pe_run, "keys").mend


def test_an_epoch_without_a_recovery_grant_is_named(pe_desk: Desk, pe_run: Run) -> None:
    (epoch,) = {e for (e,) in pe_run(pe_desk.store.pick(GrantRow, ("epoch",))) if "intake" in e}
    pe_run(pe_desk.store.write([Delete(GrantRow, {"epoch": epoch, "box": RECOVERY_BOX})]))

    finding = inside(pe_desk, pe_run, "keys")

    assert Health.WRONG is finding.health
    assert epoch in finding.found


def test_grants_that_do_not_open_or_are_nobody_s_are_a_warning(pe_desk: Desk, pe_run: Run) -> None:
    refused = inside(pe_desk, pe_run, "keys", ("intake/2026-W48.1",))
    (epoch,) = {e for (e,) in pe_run(pe_desk.store.pick(GrantRow, ("epoch",))) if "intake" in e}
    pe_run(pe_desk.store.write([Insert(GrantRow(epoch=epoch, box=77, body=b"x"))]))
    stranger = inside(pe_desk, pe_run, "keys")

    assert ["warning", "warning"] == healths([refused, stranger])
    assert "intake/2026-W48.1" in refused.found
    assert "box 77" in stranger.found


def test_the_running_process_looks_at_everything_and_at_its_sessions(
    pe_embassy: TestEmbassy, pe_staff: Session, facts: Facts, pe_run: Run
) -> None:
    pe_run(do_upkeep(pe_embassy.desk))
    pe_embassy.desk.embassy = replace(pe_embassy.desk.embassy, imprint=("Invented Association",))
    lying = changed(facts, data=pe_embassy.folder)
    good = pe_run(examine(pe_embassy.desk, lying))
    pe_staff.refused_epochs.add("trail/2026-W48.1")
    bad = pe_run(examine(pe_embassy.desk, lying))

    assert {"ok"} == set(healths(list(good)))
    assert [
        "files",
        "disk",
        "swap",
        "core dumps",
        "settings",
        "plugins",
        "imprint",
        "migrations",
        "clock",
        "keys",
        "embassies",
    ] == [finding.name for finding in good]
    assert ["keys"] == [f.name for f in bad if f.health is Health.WARNING]


def test_a_clock_of_long_ago_is_wrong_whatever_upkeep_says(pe_desk: Desk, pe_run: Run) -> None:
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    findings = pe_run(look_at_store(pe_desk.store, pe_desk.identity, long_ago))

    assert ["wrong"] == healths([f for f in findings if f.name == "clock"])
    assert "1970" in findings[0].found


@pytest.mark.parametrize(
    ("law", "lines", "health"),
    [
        ("", (), []),
        ("", ("Invented Association",), []),
        ("Site Act", (), [Health.WARNING]),
        ("Site Act", ("Invented Association",), [Health.OK]),
    ],
)
def test_an_imprint_is_missed_where_a_law_wants_it(
    law: str, lines: tuple[str, ...], health: list[Health]
) -> None:
    assert health == [finding.health for finding in look_at_imprint(law, lines)]


@pytest.mark.parametrize(
    ("to", "at", "health", "says"),
    [
        ((), (), None, ""),
        ((("zz.desk", "7"),), ("09:00", "18:00"), "ok", "1 rung at 09:00, 18:00"),
        ((("zz.desk", "7"),), (), "warning", "at no hour"),
        ((("zz.desk", "7"), ("gone.away", "7")), ("09:00",), "wrong", "gone.away"),
        ((("zz.desk", "secret"),), ("09:00",), "wrong", "zz.desk does not take"),
    ],
)
def test_whoever_is_to_be_rung_at_fixed_hours_can_be(
    pe_embassy: TestEmbassy,
    to: tuple[tuple[str, str], ...],
    at: tuple[str, ...],
    health: str | None,
    says: str,
) -> None:
    places = tuple(RingTo(notifier=notifier, address=address) for notifier, address in to)

    told = look_at_rings(RingsSettings(to=places, at=at), pe_embassy.plugins.notifiers)

    assert ([] if health is None else [health]) == [one.health.value for one in told]
    assert says in "".join(one.found for one in told)
    assert "secret" not in "".join(one.found + one.mend for one in told)
