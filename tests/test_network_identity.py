"""Who an embassy is to others: keys that the root key on paper signs, and a desk key for people."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pe_core.desk.desk import Desk
from pe_core.desk.invites import make_invite
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import NotAllowed
from pe_core.model.peer import PeerCode
from pe_core.model.trail import ALERTS, HOST, Act
from pe_core.network.identity import (
    Own,
    begin_network,
    desk_keys,
    freshen,
    introduce,
    make_hello,
    read_own,
)
from pe_core.network.wire import Introduction
from pe_core.running import open_new
from pe_core.store import (
    Delete,
    DeskKeyRow,
    EpochRow,
    Insert,
    MetaRow,
    OwnKeysetRow,
    TrailRow,
    Update,
)
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.invented import Clock, open_account, unlock_account
from pe_core.vault import (
    Keys,
    Keyset,
    Passphrases,
    Seed,
    check_keyset,
    follow_keyset,
    join_shares,
    key_id,
    keys_of,
    new_seed,
    read_keyset,
    read_referral_key,
    seal,
)

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def root(pe_embassy: TestEmbassy) -> Keys:
    """The root key, as its words on paper give it."""
    return keys_of(Seed(join_shares([pe_embassy.opening.root_words])))


@pytest.fixture
def begun(pe_desk: Desk, pe_run: Run, root: Keys) -> Keyset:
    """The keyset of an embassy that has begun the network."""
    keyset: Keyset = pe_run(begin_network(pe_desk, root))
    return keyset


def own_of(desk: Desk, run: Run) -> Own:
    own = run(read_own(desk))
    assert isinstance(own, Own)
    return own


def colleague(embassy: TestEmbassy, run: Run, session: Session, handle: str) -> Any:
    """Let somebody join, invited and signed for by the first coordinator."""
    invite = run(make_invite(embassy.desk, session))
    return run(open_account(embassy.desk, embassy.clock, invite, handle))


def entries(desk: Desk, session: Session, run: Run) -> list[tuple[int, Act, str]]:
    rows = run(desk.store.select(TrailRow, order="number"))
    found = [read_entry(desk, session, row) for row in rows]
    return [(entry.box, entry.act, entry.what) for entry in found if entry is not None]


def test_an_embassy_that_has_not_begun_is_nobody_to_others(pe_desk: Desk, pe_run: Run) -> None:
    assert pe_run(read_own(pe_desk)) is None
    assert pe_run(introduce(pe_desk)) is None


def test_beginning_makes_a_keyset_of_the_root_key(
    pe_desk: Desk, pe_run: Run, begun: Keyset, root: Keys
) -> None:
    own = own_of(pe_desk, pe_run)
    check_keyset(begun, "zz", int(pe_desk.now().timestamp()))

    assert (1, b"", root.verify_key) == (begun.serial, begun.previous, begun.root)
    assert begun == own.keyset == read_keyset(own.signed)
    assert begun.peer == own.peer.verify_key


def test_the_peer_key_lies_on_disk_and_the_desk_key_does_not(
    pe_desk: Desk, pe_run: Run, begun: Keyset, pe_staff: Session
) -> None:
    peer = pe_run(pe_desk.store.get(MetaRow, "peer_key"))
    (row,) = pe_run(pe_desk.store.select(DeskKeyRow))
    keys = pe_run(desk_keys(pe_desk, pe_staff))

    assert begun.peer == keys_of(Seed(peer.value)).verify_key
    assert (key_id(begun.desk), begun.desk) == (row.id, keys.verify_key)
    assert keys.seed not in row.body
    assert "referral/2026-W48.1" == row.epoch


def test_beginning_announces_a_key_of_the_referral_epoch_until_that_dies(
    pe_desk: Desk, pe_run: Run, begun: Keyset
) -> None:
    dated = read_referral_key(own_of(pe_desk, pe_run).referral or b"", begun)
    epoch = pe_run(pe_desk.store.get(EpochRow, dated.epoch))
    # The thirtieth week after this one ends when Monday 28 June begins.
    end = datetime(2027, 6, 28, tzinfo=UTC)

    assert ("referral/2026-W48.1", epoch.public) == (dated.epoch, dated.public)
    assert int(end.timestamp()) == dated.until
    assert int(pe_desk.now().timestamp()) == dated.made


def test_only_the_root_key_of_this_embassy_begins_the_network(pe_desk: Desk, pe_run: Run) -> None:
    with pytest.raises(NotAllowed) as refused:
        pe_run(begin_network(pe_desk, keys_of(new_seed())))

    assert "staff.proposals.not_the_root" == refused.value.key
    assert 0 == pe_run(pe_desk.store.count(OwnKeysetRow, {}))


def test_nothing_begins_while_nobody_has_joined(
    tmp_path: Any, pe_clock: Clock, pe_run: Run
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    passphrases = Passphrases(memory_mib=1)
    opening, running = pe_run(
        open_new(example_settings(), folder, now=pe_clock.now, passphrases=passphrases)
    )
    root = keys_of(Seed(join_shares([opening.root_words])))
    with pytest.raises(NotAllowed) as refused:
        pe_run(begin_network(running.desk, root))
    passphrases.close()
    pe_run(running.desk.store.close())

    assert "staff.peers.nobody_joined" == refused.value.key


@pytest.mark.parametrize(
    ("renew_peer", "renew_desk"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_beginning_again_renews_what_it_is_told_to(
    pe_desk: Desk, pe_run: Run, root: Keys, begun: Keyset, renew_peer: bool, renew_desk: bool
) -> None:
    before = own_of(pe_desk, pe_run)
    kept = pe_run(pe_desk.store.select(DeskKeyRow))
    pe_run(begin_network(pe_desk, root, renew_peer=renew_peer, renew_desk=renew_desk))
    after = own_of(pe_desk, pe_run)
    rows = pe_run(pe_desk.store.select(DeskKeyRow))

    assert after.keyset == follow_keyset(before.signed, after.signed)
    assert renew_peer == (begun.peer != after.keyset.peer)
    assert renew_desk == (begun.desk != after.keyset.desk)
    assert after.keyset.peer == after.peer.verify_key
    assert renew_desk == (kept != rows)
    assert [key_id(after.keyset.desk)] == [row.id for row in rows]
    assert renew_desk == (before.referral != after.referral)
    assert read_referral_key(after.referral or b"", after.keyset)


def test_a_renewed_desk_key_is_there_for_who_has_unlocked(
    pe_desk: Desk, pe_run: Run, root: Keys, begun: Keyset, pe_staff: Session
) -> None:
    renewed = pe_run(begin_network(pe_desk, root))

    assert renewed.desk == pe_run(desk_keys(pe_desk, pe_staff)).verify_key


def test_beginning_and_renewing_are_told_to_every_colleague(
    pe_desk: Desk, pe_run: Run, root: Keys, begun: Keyset, pe_staff: Session
) -> None:
    pe_run(begin_network(pe_desk, root))
    told = [entry for entry in entries(pe_desk, pe_staff, pe_run) if entry[1] in ALERTS]

    assert (HOST, Act.NETWORK_BEGUN, "") in told
    assert (HOST, Act.NETWORK_KEYS_CHANGED, "") in told


def test_nobody_has_a_desk_key_before_the_network_began(
    pe_desk: Desk, pe_run: Run, pe_staff: Session
) -> None:
    with pytest.raises(NotAllowed) as refused:
        pe_run(desk_keys(pe_desk, pe_staff))

    assert "staff.peers.not_begun" == refused.value.key


def test_a_newcomer_has_the_desk_key_once_a_colleague_unlocked(
    pe_embassy: TestEmbassy, pe_run: Run, begun: Keyset, pe_staff: Session
) -> None:
    desk, clock = pe_embassy.desk, pe_embassy.clock
    newcomer = colleague(pe_embassy, pe_run, pe_staff, "zubr")
    session = pe_run(unlock_account(desk, clock, newcomer))
    with pytest.raises(NotAllowed) as refused:
        pe_run(desk_keys(desk, session))
    announced = own_of(desk, pe_run).referral
    pe_run(unlock_account(desk, clock, pe_embassy.account))
    keys = pe_run(desk_keys(desk, session))

    assert "staff.peers.no_desk_key" == refused.value.key
    assert begun.desk == keys.verify_key
    assert announced != own_of(desk, pe_run).referral


def test_each_week_the_first_who_unlocks_hands_the_desk_key_on(
    pe_embassy: TestEmbassy, pe_run: Run, begun: Keyset
) -> None:
    desk, clock = pe_embassy.desk, pe_embassy.clock
    clock.move(days=7)
    pe_run(unlock_account(desk, clock, pe_embassy.account))
    own = own_of(desk, pe_run)
    (row,) = pe_run(desk.store.select(DeskKeyRow))
    dated = read_referral_key(own.referral or b"", own.keyset)
    pe_run(unlock_account(desk, clock, pe_embassy.account))

    assert "referral/2026-W49.1" == row.epoch == dated.epoch
    assert own == own_of(desk, pe_run)
    assert [row] == pe_run(desk.store.select(DeskKeyRow))


def test_the_desk_key_is_never_sealed_to_an_epoch_that_the_host_made_up(
    pe_embassy: TestEmbassy, pe_run: Run, begun: Keyset, pe_staff: Session
) -> None:
    desk, clock = pe_embassy.desk, pe_embassy.clock
    clock.move(days=7)
    planted = EpochRow(
        id="referral/2026-W49.1",
        compartment="referral",
        week=pe_run(desk.store.get(EpochRow, "referral/2026-W48.1")).week + 1,
        ends=3100,
        public=keys_of(new_seed()).public,
        serial=1,
    )
    pe_run(desk.store.write([Insert(planted)]))
    desk.epochs_now["referral"] = planted
    before = own_of(desk, pe_run)
    pe_run(freshen(desk, pe_staff))
    (row,) = pe_run(desk.store.select(DeskKeyRow))

    assert "referral/2026-W48.1" == row.epoch
    assert before == own_of(desk, pe_run)


def test_a_desk_key_that_is_gone_is_refused_and_mended_by_the_root_key(
    pe_embassy: TestEmbassy, pe_run: Run, root: Keys, begun: Keyset, pe_staff: Session
) -> None:
    desk = pe_embassy.desk
    pe_run(desk.store.write([Delete(DeskKeyRow, {"id": key_id(begun.desk)})]))
    pe_run(freshen(desk, pe_staff))
    with pytest.raises(NotAllowed) as refused:
        pe_run(desk_keys(desk, pe_staff))
    renewed = pe_run(begin_network(desk, root, renew_peer=False))

    assert "staff.peers.no_desk_key" == refused.value.key
    assert (begun.peer, 2) == (renewed.peer, renewed.serial)
    assert renewed.desk == pe_run(desk_keys(desk, pe_staff)).verify_key


def test_a_desk_key_of_another_embassy_in_its_row_is_none(
    pe_desk: Desk, pe_run: Run, begun: Keyset, pe_staff: Session
) -> None:
    epoch = pe_run(pe_desk.store.get(EpochRow, "referral/2026-W48.1"))
    name = key_id(begun.desk)
    for inside in (new_seed(), b"no seed"):
        body = seal(inside, to=[epoch.public], context=("desk-key", "zz", name))
        pe_run(pe_desk.store.write([Update(DeskKeyRow, (name,), {"body": body})]))
        with pytest.raises(NotAllowed):
            pe_run(desk_keys(pe_desk, pe_staff))


def test_unlocking_goes_on_whatever_follows_it_fails(
    pe_embassy: TestEmbassy, pe_run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(session: Session) -> None:
        raise RuntimeError(session.handle)

    pe_embassy.desk.at_unlock.insert(0, fail)
    with caplog.at_level(logging.ERROR):
        session = pe_run(unlock_account(pe_embassy.desk, pe_embassy.clock, pe_embassy.account))

    assert [session] == list(pe_embassy.desk.sessions.items())
    assert ["what follows an unlocking failed (RuntimeError)"] == caplog.messages


def test_an_introduction_and_a_hello_say_who_we_are(
    pe_desk: Desk, pe_run: Run, begun: Keyset
) -> None:
    own = own_of(pe_desk, pe_run)
    hello = make_hello(pe_desk, own, PeerCode("ab"), confirmed=True)
    expected = Introduction(
        embassy=PeerCode("zz"),
        address="http://127.0.0.1:8000",
        keyset=own.signed,
        referral=own.referral,
    )

    assert expected == pe_run(introduce(pe_desk))
    assert ("zz", "ab", True, False) == (hello.sender, hello.to, hello.confirmed, hello.paused)
    assert (own.signed, own.referral) == (hello.keyset, hello.referral)
    assert expected.address == hello.address


def test_who_we_are_is_read_once(pe_desk: Desk, pe_run: Run, begun: Keyset) -> None:
    first = pe_run(read_own(pe_desk))

    assert first is pe_run(read_own(pe_desk))
