"""What `pe doctor` says of the keys for other embassies, and when."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from neighbours import open_neighbours
from pe_core.desk.desk import Desk
from pe_core.model.finding import Health
from pe_core.network.health import look_at_network
from pe_core.network.identity import begin_network
from pe_core.store import (
    Change,
    Delete,
    DeskKeyRow,
    EpochRow,
    MetaRow,
    OwnKeysetRow,
    PeerKeysetRow,
    PeerRow,
    Update,
)
from pe_core.toolkit.embassy import TestEmbassy, close_embassy
from pe_core.toolkit.invented import Clock
from pe_core.vault import Seed, join_shares, keys_of, new_seed

Run = Callable[[Awaitable[Any]], Any]


def test_an_embassy_that_talks_to_no_other_is_well(pe_desk: Desk, pe_run: Run) -> None:
    found = pe_run(look_at_network(pe_desk.store, pe_desk.now()))

    assert ("embassies", Health.OK, "") == (found.name, found.health, found.mend)


@pytest.fixture
def begun(pe_embassy: TestEmbassy, pe_run: Run) -> Desk:
    """The desk of an embassy that has begun the network this minute."""
    root = keys_of(Seed(join_shares([pe_embassy.opening.root_words])))
    pe_run(begin_network(pe_embassy.desk, root))
    return pe_embassy.desk


@pytest.mark.parametrize(
    ("later", "health", "words"),
    [
        (timedelta(0), Health.OK, "keys number 1 are in force"),
        (timedelta(days=14), Health.OK, "keys number 1 are in force"),
        (timedelta(days=14, seconds=1), Health.WARNING, "seal to a key of 2026-11-24"),
        (timedelta(days=336), Health.WARNING, "seal to a key of 2026-11-24"),
        (timedelta(days=336, seconds=1), Health.WARNING, "end on 2027-11-25"),
        (timedelta(days=366), Health.WARNING, "end on 2027-11-25"),
        (timedelta(days=366, seconds=1), Health.WRONG, "ended on 2027-11-25"),
    ],
)
def test_keys_that_end_and_a_dated_key_that_is_old_are_named_in_time(
    begun: Desk, pe_run: Run, later: timedelta, health: Health, words: str
) -> None:
    found = pe_run(look_at_network(begun.store, begun.now() + later))

    assert health == found.health
    assert words in found.found
    assert (health is not Health.OK) == bool(found.mend)


@pytest.mark.parametrize(
    ("change", "health", "words"),
    [
        (Update(OwnKeysetRow, (1,), {"body": b"nonsense"}), Health.WRONG, "do not verify"),
        (Delete(MetaRow, {"key": "peer_key"}), Health.WRONG, "server's key"),
        (Update(MetaRow, ("peer_key",), {"value": new_seed()}), Health.WRONG, "server's key"),
        (Update(MetaRow, ("peer_key",), {"value": b"x"}), Health.WRONG, "server's key"),
        (Delete(EpochRow, {"compartment": "referral"}), Health.WRONG, "nobody opens the key"),
        (Delete(MetaRow, {"key": "referral_key"}), Health.WARNING, "have no key to seal"),
        (Update(MetaRow, ("referral_key",), {"value": b"x"}), Health.WARNING, "have no key"),
    ],
)
def test_keys_that_do_not_fit_together_are_named(
    begun: Desk, pe_run: Run, change: Change, health: Health, words: str
) -> None:
    pe_run(begun.store.write([change]))
    found = pe_run(look_at_network(begun.store, begun.now()))

    assert health == found.health
    assert words in found.found


def test_a_desk_key_that_is_gone_is_named(begun: Desk, pe_run: Run) -> None:
    (row,) = pe_run(begun.store.select(DeskKeyRow))
    pe_run(begun.store.write([Delete(DeskKeyRow, {"id": row.id})]))
    found = pe_run(look_at_network(begun.store, begun.now()))

    assert "nobody opens the key" in found.found


@pytest.mark.parametrize(
    ("days", "health", "words"),
    [
        (352, Health.OK, "in force"),
        (353, Health.WARNING, "bb (2027-11-25)"),
        (367, Health.WARNING, "bb (2027-11-25)"),
    ],
)
def test_the_keys_of_another_embassy_that_end_are_named(
    tmp_path: Path, pe_clock: Clock, pe_run: Run, days: int, health: Health, words: str
) -> None:
    wire = pe_run(open_neighbours(tmp_path, pe_clock, ("aa", "bb")))
    here = wire.embassies["aa"]
    pe_clock.move(days=days)
    root = keys_of(Seed(join_shares([here.opening.root_words])))
    pe_run(begin_network(here.desk, root))
    found = pe_run(look_at_network(here.store, pe_clock.now()))
    paused = Update(PeerRow, ("bb",), {"state": "paused"})
    pe_run(here.store.write([paused]))
    without = pe_run(look_at_network(here.store, pe_clock.now()))
    for one in wire.embassies.values():
        pe_run(close_embassy(one))

    assert health == found.health
    assert words in found.found
    assert Health.OK is without.health


def test_keys_of_another_embassy_that_somebody_spoilt_are_named(
    tmp_path: Path, pe_clock: Clock, pe_run: Run
) -> None:
    wire = pe_run(open_neighbours(tmp_path, pe_clock, ("aa", "bb")))
    here = wire.embassies["aa"]
    pe_run(here.store.write([Update(PeerKeysetRow, ("bb", 1), {"body": b"nonsense"})]))
    found = pe_run(look_at_network(here.store, pe_clock.now()))
    for one in wire.embassies.values():
        pe_run(close_embassy(one))

    assert "bb (they do not verify)" in found.found
