"""The set-up list: each missing step keeps the doors closed, and all of them open them."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import msgspec
import pytest

from pe_core.desk import invites, shares
from pe_core.desk.epochs import open_grants
from pe_core.desk.proposals import confirm, list_proposals
from pe_core.desk.sessions import Session
from pe_core.desk.setup import close_doors, confirm_step, go_live, read_live, setup_list
from pe_core.desk.trail import read_entry
from pe_core.errors import NotAllowed, NotFound
from pe_core.model.finding import Finding, Health
from pe_core.model.trail import Act
from pe_core.store import Delete, MetaRow, ShareRow, TrailRow
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, example_settings, open_test_embassy
from pe_core.toolkit.invented import Clock, open_account, unlock_account
from pe_core.upkeep import do_upkeep

Run = Callable[[Awaitable[Any]], Any]

ALL = (
    "plugin",
    "languages",
    "notices",
    "shares",
    "members",
    "retention",
    "server",
    "upkeep",
)


@pytest.fixture
def embassy(tmp_path: Any, pe_clock: Clock, pe_run: Run) -> Any:
    """An embassy whose languages are complete, with its doors closed."""
    settings = example_settings()
    ours = msgspec.structs.replace(settings.embassy, languages=("be", "en"))
    settings = msgspec.structs.replace(settings, embassy=ours)
    opened = pe_run(open_test_embassy(tmp_path / "embassy", pe_clock, settings))
    pe_run(opened.store.write([Delete(MetaRow, {"key": "live"})]))
    opened.desk.is_live = False
    yield opened
    pe_run(close_embassy(opened))


@pytest.fixture
def first(embassy: TestEmbassy, pe_run: Run) -> Session:
    """The session of its first coordinator."""
    session: Session = pe_run(unlock_account(embassy.desk, embassy.clock, embassy.account))
    return session


def missing(embassy: TestEmbassy, run: Run) -> dict[str, str]:
    """Return what is missing, by step."""
    return {s.name: s.why for s in run(setup_list(embassy.desk)) if not s.done}


def join(embassy: TestEmbassy, session: Session, run: Run, handle: str) -> Session:
    """Invite a second coordinator and unlock their account."""
    code = run(invites.make_invite(embassy.desk, session))
    account = run(open_account(embassy.desk, embassy.clock, code, handle))
    joined: Session = run(unlock_account(embassy.desk, embassy.clock, account))
    return joined


def make_ready(embassy: TestEmbassy, first: Session, run: Run) -> Session:
    """Do every step as people do, and return the second coordinator's session."""
    desk = embassy.desk
    second = join(embassy, first, run, "zubr")
    run(shares.make_shares(desk, first, [first.box, second.box]))
    for view in run(list_proposals(desk, second)):
        run(confirm(desk, second, view.id))
    for session in (first, second):
        share = run(shares.open_share(desk, session))
        words = share.words.split()
        typed = (words[share.asked[0] - 1], words[share.asked[1] - 1])
        assert () == run(shares.confirm_share(desk, session, typed))
    for name in ("notices", "retention"):
        run(confirm_step(desk, first, name))
    run(do_upkeep(desk))
    return second


def test_a_new_embassy_says_what_is_missing_in_order(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    steps = pe_run(setup_list(embassy.desk))

    assert ALL == tuple(step.name for step in steps)
    assert {
        "notices": "unread",
        "shares": "invite_first",
        "members": "too_few",
        "retention": "unread",
        "upkeep": "never",
    } == missing(embassy, pe_run)


def test_going_live_is_refused_until_the_last_step_and_then_noted(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    desk = embassy.desk
    with pytest.raises(NotAllowed) as early:
        pe_run(go_live(desk, first))
    was_live = desk.is_live

    make_ready(embassy, first, pe_run)
    pe_run(go_live(desk, first))
    pe_run(open_grants(desk, first))
    entries = [read_entry(desk, first, row) for row in pe_run(desk.store.select(TrailRow))]

    assert "staff.setup.not_yet" == early.value.key
    assert was_live is False
    assert desk.is_live is True
    assert pe_run(read_live(desk.store))
    assert [first.box] == [e.box for e in entries if e and e.act is Act.WENT_LIVE]


def broken_plugin(embassy: TestEmbassy, run: Run) -> None:
    embassy.desk.forms = {}


def broken_language(embassy: TestEmbassy, run: Run) -> None:
    texts = embassy.desk.texts
    texts._own_texts["be"].pop("core.home.title")


def broken_notices(embassy: TestEmbassy, run: Run) -> None:
    law = msgspec.structs.replace(embassy.desk.jurisdiction.data_protection, law="")
    embassy.desk.jurisdiction = msgspec.structs.replace(
        embassy.desk.jurisdiction, data_protection=law
    )


def broken_shares(embassy: TestEmbassy, run: Run) -> None:
    run(embassy.store.write([Delete(MetaRow, {"key": "shares"})]))


def broken_members(embassy: TestEmbassy, run: Run) -> None:
    run(embassy.store.write([Delete(MetaRow, {"key": "identity"})]))
    embassy.desk.identity = msgspec.structs.replace(embassy.desk.identity, root=bytes(32))


def broken_confirmations(embassy: TestEmbassy, run: Run) -> None:
    run(embassy.store.write([Delete(MetaRow, {"key": "setup"})]))


def broken_server(embassy: TestEmbassy, run: Run) -> None:
    async def examine() -> tuple[Finding, ...]:
        return (
            Finding(name="disk", health=Health.WARNING, found="small"),
            Finding(name="swap", health=Health.WRONG, found="on"),
        )

    embassy.desk.examine = examine


def broken_upkeep(embassy: TestEmbassy, run: Run) -> None:
    run(embassy.store.write([Delete(MetaRow, {"key": "upkeep"})]))


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (broken_plugin, {"plugin": "no_forms"}),
        (broken_language, {"languages": "missing"}),
        (broken_notices, {"notices": "no_authority"}),
        (broken_shares, {"shares": "none"}),
        (broken_members, {"shares": "not_valid", "members": "not_valid"}),
        (broken_confirmations, {"notices": "unread", "retention": "unread"}),
        (broken_server, {"server": "wrong"}),
        (broken_upkeep, {"upkeep": "never"}),
    ],
)
def test_each_step_alone_keeps_the_doors_closed(
    embassy: TestEmbassy,
    first: Session,
    pe_run: Run,
    break_it: Callable[[TestEmbassy, Run], None],
    expected: dict[str, str],
) -> None:
    make_ready(embassy, first, pe_run)
    complete = missing(embassy, pe_run)
    break_it(embassy, pe_run)

    lacking = missing(embassy, pe_run)
    with pytest.raises(NotAllowed):
        pe_run(go_live(embassy.desk, first))

    assert {} == complete
    assert expected == lacking
    assert embassy.desk.is_live is False


def test_a_language_that_lacks_only_staff_texts_is_complete(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    embassy.desk.texts._own_texts["be"].pop("staff.setup.title")

    assert "languages" not in missing(embassy, pe_run)


def test_what_is_looked_at_cannot_be_confirmed(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    for name in ("shares", "members", "server", "", "live"):
        with pytest.raises(NotFound):
            pe_run(confirm_step(embassy.desk, first, name))


def test_closed_doors_stay_closed_after_a_restart_and_can_be_opened_again(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    make_ready(embassy, first, pe_run)
    pe_run(go_live(embassy.desk, first))
    pe_run(close_doors(embassy.desk, first))
    closed = (embassy.desk.is_live, pe_run(read_live(embassy.store)))
    pe_run(close_doors(embassy.desk, first))
    pe_run(go_live(embassy.desk, first))

    assert (False, False) == closed
    assert embassy.desk.is_live is True


def test_shares_that_nobody_opened_in_a_week_are_missing_again(
    embassy: TestEmbassy, first: Session, pe_run: Run
) -> None:
    second = join(embassy, first, pe_run, "zubr")
    pe_run(shares.make_shares(embassy.desk, first, [first.box, second.box]))
    unsigned = missing(embassy, pe_run)["shares"]
    for view in pe_run(list_proposals(embassy.desk, second)):
        pe_run(confirm(embassy.desk, second, view.id))
    waiting = missing(embassy, pe_run)["shares"]

    embassy.clock.move(days=8)

    assert ("unsigned", "waiting") == (unsigned, waiting)
    assert "too_late" == missing(embassy, pe_run)["shares"]
    assert 2 == pe_run(embassy.store.count(ShareRow))
    assert date(2026, 12, 2) == embassy.clock.now().date()
