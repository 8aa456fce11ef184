"""Keys and settings that are gone, and a clock that jumps: never a weaker way, nothing twice."""

import socket
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from faulting import MARKED, Served, broken, copy_of, refused_to_start
from pe_core.cli.main import main
from pe_core.desk import accounts, invites, visits
from pe_core.desk.accounts import unlock
from pe_core.desk.desk import Desk, Identity
from pe_core.desk.drafts import RECEIPT_SHOWN
from pe_core.desk.epochs import current_epoch
from pe_core.desk.intake import begin, give_answer, set_where, shown_receipt, submit
from pe_core.desk.locking import lock_account, read_frozen
from pe_core.desk.memory import Keeper
from pe_core.desk.opening import check_code
from pe_core.desk.pace import MOST, pace
from pe_core.desk.sessions import Session
from pe_core.errors import (
    DeskError,
    InstanceBusy,
    NotAllowed,
    NotFound,
    NothingToSealTo,
    SettingsError,
)
from pe_core.model import RequestId, Where
from pe_core.settings import read_settings
from pe_core.store import Delete, GrantRow, InstanceLock, MetaRow, RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Clock, ask, open_account
from pe_core.web.guards.quotas import Quotas
from pe_core.web.guards.tokens import FormTokens

Run = Callable[[Awaitable[Any]], Any]
YEAR = timedelta(days=365)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def served(template: tuple[Path, Account], tmp_path: Path, pe_run: Run) -> Served:
    return copy_of(*template, tmp_path / "place", pe_run)


# What is missing at start


def change_identity(served: Served, value: bytes | None) -> None:
    """Put something else in the place of the embassy's identity, or nothing."""
    database = sqlite3.connect(served.data / "instance.sqlite")
    with database:
        if value is None:
            database.execute("DELETE FROM meta WHERE key = 'identity'")
        else:
            database.execute("UPDATE meta SET value = ? WHERE key = 'identity'", (value,))
    database.close()


def lose_identity(served: Served) -> None:
    change_identity(served, None)


def spoil_identity(served: Served) -> None:
    change_identity(served, b"\xc1")


def lose_salt(served: Served) -> None:
    weak = Identity(salt=b"", root=bytes(32), recovery=bytes(32))
    change_identity(served, msgspec.msgpack.encode(weak))


def lose_data(served: Served) -> None:
    (served.data / "instance.sqlite").unlink()


def put_a_folder_for_the_lock(served: Served) -> None:
    (served.data / "lock").unlink(missing_ok=True)
    (served.data / "lock").mkdir()


def put_a_file_for_the_drafts(served: Served) -> None:
    (served.data / "drafts").rmdir()
    (served.data / "drafts").write_bytes(b"")


def put_a_file_for_the_socket(served: Served) -> None:
    (served.data / "control.sock").mkdir()


def name_no_plugin(served: Served) -> None:
    config = served.folder / "pe.toml"
    config.write_text(config.read_text().replace('enabled = ["zz"]', 'enabled = ["zz", "gone"]'))


def name_another_code(served: Served) -> None:
    config = served.folder / "pe.toml"
    config.write_text(config.read_text().replace('code = "zz"', 'code = "qq"'))


def lose_settings(served: Served) -> None:
    (served.folder / "pe.toml").unlink()


def spoil_settings(served: Served) -> None:
    (served.folder / "pe.toml").write_bytes(b"[embassy\xff")


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lose_identity, "run `pe init` first"),
        (spoil_identity, "bring back the last backup; never run `pe init` over it"),
        (lose_salt, "bring back the last backup; never run `pe init` over it"),
        (lose_data, "run `pe init` first"),
        (put_a_folder_for_the_lock, "cannot use"),
        (put_a_file_for_the_drafts, "cannot use"),
        (put_a_file_for_the_socket, "cannot listen at"),
        (name_no_plugin, "gone"),
        (name_another_code, "this embassy was opened as 'zz'"),
        (lose_settings, "pe.toml is not there"),
        (spoil_settings, "pe.toml is not valid TOML"),
    ],
)
def test_what_is_missing_at_start_is_named_in_one_line(
    served: Served, break_it: Callable[[Served], None], words: str
) -> None:
    break_it(served)

    assert words in refused_to_start(served)


def test_a_port_that_another_program_holds_is_named_in_one_line(served: Served) -> None:
    server = read_settings(served.folder / "pe.toml").server
    with socket.create_server((server.host, server.port)):
        told = refused_to_start(served)

    assert f"cannot listen at {server.host}:{server.port} (Address already in use)" in told


def test_an_embassy_whose_code_was_never_noted_is_held_to_the_one_it_starts_with(
    pe_desk: Desk, pe_run: Run
) -> None:
    pe_run(pe_desk.store.write([Delete(MetaRow, {"key": "code"})]))
    pe_run(check_code(pe_desk.store, "zz"))

    with pytest.raises(SettingsError):
        pe_run(check_code(pe_desk.store, "qq"))


# What goes missing while it is served


def test_what_is_taken_away_while_it_is_served_lets_no_second_process_in(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(served.folder / "pe.toml")
    with served.serving():
        (served.data / "lock").unlink()
        with pytest.raises(InstanceBusy):
            InstanceLock.acquire(served.data)
        second = refused_to_start(served)
        (served.data / "control.sock").unlink()
        with pytest.raises(SystemExit):
            main(["upkeep", "--config", config])
        unreachable = capsys.readouterr().err
        (served.folder / "pe.toml").unlink()
        asker = served.asker()
        asker.ask("zz.other", MARKED)

    assert "another process works in" in second
    assert "control.sock is gone: restart the instance" in unreachable
    assert 6 == len(asker.groups())


def test_without_its_tables_it_says_so_and_takes_nothing(served: Served) -> None:
    with served.serving():
        asker = served.asker("be")
        asker.to_check("zz.other", MARKED)
        database = sqlite3.connect(served.data / "instance.sqlite")
        database.execute("ALTER TABLE requests RENAME TO gone")
        refused = broken(asker.browser.send(), "be")
        logged = served.log
        database.execute("ALTER TABLE gone RENAME TO requests")
        database.close()
        asker.go("ask/check")
        asker.browser.send()

    assert [] == refused
    assert "see `pe doctor`" in logged
    assert 6 == len(asker.groups())


def test_nothing_is_sealed_to_a_key_that_nobody_was_granted(pe_desk: Desk, pe_run: Run) -> None:
    pe_run(current_epoch(pe_desk, "intake"))
    boxes = {box for (box,) in pe_run(pe_desk.store.pick(GrantRow, ("box",)))}
    pe_run(pe_desk.store.write([Delete(GrantRow, {"box": box}) for box in sorted(boxes)]))
    pe_desk.epochs_now.clear()
    try:
        epoch = pe_run(current_epoch(pe_desk, "intake"))
    except NothingToSealTo:
        return

    assert 0 < pe_run(pe_desk.store.count(GrantRow, {"epoch": epoch.id}))


# A clock that jumps


def kept(clock: Clock) -> Keeper[str]:
    idle = timedelta(minutes=15)
    return Keeper(
        "staff",
        clock.now,
        idle=lambda _: idle,
        absolute=timedelta(hours=8),
        limit=9,
        forget=lambda _: None,
    )


@pytest.mark.parametrize("jump", [-MINUTE, timedelta(0), 14 * MINUTE])
def test_a_small_jump_ends_nothing(pe_clock: Clock, jump: timedelta) -> None:
    keeper = kept(pe_clock)
    cookie = keeper.add("session")
    pe_clock.time += jump

    assert "session" == keeper.find(cookie)


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), YEAR])
def test_nothing_in_memory_outlives_a_clock_that_is_set_back(
    pe_clock: Clock, back: timedelta
) -> None:
    keeper = kept(pe_clock)
    cookie = keeper.add("session")
    pe_clock.time -= back
    keeper.sweep()
    pe_clock.move(minutes=15)

    assert keeper.find(cookie) is None


@pytest.mark.parametrize("back", [timedelta(hours=1), YEAR])
def test_a_door_that_was_counted_in_a_wrong_future_opens_again(
    pe_clock: Clock, back: timedelta
) -> None:
    quotas = Quotas(pe_clock.now)
    for _ in range(3):
        quotas.take("send", limit=3, window=MINUTE)
    pe_clock.time -= back
    pe_clock.move(minutes=2)

    quotas.take("send", limit=3, window=MINUTE)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), -YEAR, timedelta(minutes=59)])
def test_a_form_is_taken_once_wherever_the_clock_jumps(pe_clock: Clock, jump: timedelta) -> None:
    tokens = FormTokens(pe_clock.now, lambda size: bytes(range(size)))
    token = tokens.issue("code", timedelta(0))
    tokens.take("code", token)
    pe_clock.time += jump
    for _ in range(2):
        with pytest.raises(Exception, match="form_"):
            tokens.take("code", token)
        pe_clock.time -= jump


def test_a_form_of_a_wrong_future_is_refused_and_a_new_one_is_taken(pe_clock: Clock) -> None:
    tokens = FormTokens(pe_clock.now, lambda size: bytes(range(size)))
    token = tokens.issue("code", timedelta(0))
    pe_clock.time -= YEAR
    with pytest.raises(Exception, match="form_early"):
        tokens.take("code", token)

    tokens.take("code", tokens.issue("code", timedelta(0)))


def test_a_code_is_never_good_twice_wherever_the_clock_jumps(
    pe_embassy: TestEmbassy, pe_clock: Clock, pe_run: Run
) -> None:
    account, desk = pe_embassy.account, pe_embassy.desk
    pe_clock.move(minutes=5)
    code = account.code(pe_clock.now())
    pe_run(unlock(desk, account.handle, account.passphrase, code))
    refused = 0
    for minutes in (0.5, -1, -10, 10.5, 0.5):
        pe_clock.move(minutes=minutes)
        with pytest.raises(DeskError):
            pe_run(unlock(desk, account.handle, account.passphrase, code))
        refused += 1
    pe_clock.move(minutes=5)
    again = pe_run(
        accounts.unlock(desk, account.handle, account.passphrase, account.code(pe_clock.now()))
    )

    assert 5 == refused
    assert again


def test_a_receipt_is_not_shown_for_ever(pe_desk: Desk, pe_clock: Clock, pe_run: Run) -> None:
    _, draft = begin(pe_desk, "zz.other", "en")
    set_where(draft, Where.ABROAD)
    give_answer(draft, "story", ["An invented story."])
    pe_run(submit(pe_desk, draft))
    assert shown_receipt(pe_desk, draft) is not None
    pe_clock.time -= YEAR
    pe_clock.time += RECEIPT_SHOWN

    assert shown_receipt(pe_desk, draft) is None


def test_a_coordinator_is_not_stopped_by_openings_in_a_wrong_future(
    pe_desk: Desk, pe_staff: Session, pe_clock: Clock, pe_run: Run
) -> None:
    pe_desk.paces[pe_staff.box] = [pe_clock.now() + YEAR] * MOST
    pe_run(pace(pe_desk, pe_staff, RequestId("r")))


def test_a_key_of_a_wrong_future_is_not_the_key_of_a_year(
    pe_desk: Desk, pe_clock: Clock, pe_run: Run
) -> None:
    pe_clock.time += YEAR
    pe_run(current_epoch(pe_desk, "intake"))
    pe_clock.time -= YEAR
    names = set()
    for _ in range(3):
        pe_clock.move(weeks=1)
        names.add(pe_run(current_epoch(pe_desk, "intake")).id)

    assert 3 == len(names)


def test_a_freeze_is_not_ended_by_a_clock_that_is_set_back(
    pe_desk: Desk, pe_staff: Session, pe_clock: Clock, pe_run: Run
) -> None:
    pe_run(lock_account(pe_desk, pe_staff.box))
    held = []
    for hours in (0, -30, 29, 24):
        pe_clock.move(hours=hours)
        held.append(pe_run(read_frozen(pe_desk)) is not None)
    pe_clock.move(hours=2)

    assert [True, True, True, True] == held
    assert pe_run(read_frozen(pe_desk)) is None


def test_an_invite_dies_with_its_day_and_is_good_once_wherever_the_clock_jumps(
    pe_desk: Desk, pe_staff: Session, pe_clock: Clock, pe_run: Run
) -> None:
    code = pe_run(invites.make_invite(pe_desk, pe_staff))
    pe_clock.move(hours=25)
    with pytest.raises(DeskError):
        pe_run(invites.open_invite(pe_desk, code))
    pe_clock.move(hours=-26)
    account = pe_run(open_account(pe_desk, pe_clock, code, "zubr"))
    for hours in (0, -3, 3):
        pe_clock.move(hours=hours)
        with pytest.raises(DeskError):
            pe_run(invites.open_invite(pe_desk, code))

    assert "zubr" == account.handle


def test_a_withdrawal_waits_for_its_day_and_falls_due_once(
    pe_embassy: TestEmbassy, pe_clock: Clock, pe_run: Run
) -> None:
    desk = pe_embassy.desk
    receipt = pe_run(ask(desk, ASKED[2]))
    _, visit = pe_run(visits.come_back(desk, receipt))
    pe_run(visits.withdraw(desk, visit))
    states = []
    for days in (0, 1, -30, 30, 3, -30):
        pe_clock.move(days=days)
        pe_run(pe_embassy.courier.deliver())
        states.append(pe_run(desk.store.get(RequestRow, visit.request)).state)

    assert ["new"] * 4 + ["closed"] * 2 == states
    with pytest.raises((NotAllowed, NotFound)):
        pe_run(visits.withdraw(desk, visit))
