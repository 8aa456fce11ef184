"""Keys of another embassy that have ended speak for nobody, until it renews them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from knocking import Knocker, neighbourhood, refused
from neighbours import arrived, make_erase, make_letter
from pe_core.model.peer import PeerCode
from pe_core.network.identity import begin_network, make_hello, read_begun
from pe_core.store import OwnKeysetRow, PeerKeysetRow, Update
from pe_core.vault import Keys, Seed, join_shares, keys_of
from pe_core.vault.keysets import KEYSET_LASTS, sign_keyset

DAY = 24 * 3600


@pytest.fixture
def knocker(tmp_path: Path) -> Iterator[Knocker]:
    """Whoever knocks at bb, whose clocks go on by weeks."""
    with neighbourhood(tmp_path, ["aa", "bb"]) as (wire, run):
        yield Knocker(wire, run)


def kept(knocker: Knocker) -> list[str]:
    """Return the ids of what bb took in."""
    return [row.id for row in knocker.run(arrived(knocker.wire, "bb"))]


def age(knocker: Knocker, days: int) -> Keys:
    """Let aa's keyset be one that ends in so many days, at both; returns the root key."""
    aa, bb = knocker.wire.embassies["aa"], knocker.wire.embassies["bb"]
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    own = knocker.own["aa"].keyset
    made = knocker.now + days * DAY - KEYSET_LASTS
    signed = sign_keyset(root, "aa", peer=own.peer, desk=own.desk, now=made)
    knocker.run(bb.store.write([Update(PeerKeysetRow, ("aa", 1), {"body": signed})]))
    knocker.run(aa.store.write([Update(OwnKeysetRow, (1,), {"body": signed})]))
    aa.desk.own = None
    knocker.own["aa"] = knocker.run(read_begun(aa.desk))
    return root


def test_a_letter_under_keys_that_have_ended_is_refused(knocker: Knocker) -> None:
    age(knocker, 30)
    before = knocker.run(make_letter(knocker.wire, "aa", "bb"))
    in_time = knocker.give(before).status_code
    knocker.wire.clock.move(days=30, seconds=1)
    late = knocker.run(make_letter(knocker.wire, "aa", "bb"))

    assert 200 == in_time
    assert (401, "unknown_key") == refused(knocker.give(late))
    assert [before.id] == kept(knocker)


def test_what_is_taken_back_is_erased_though_the_keys_have_ended(knocker: Knocker) -> None:
    age(knocker, 2)
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))
    knocker.give(letter)
    knocker.wire.clock.move(days=3)
    erased = knocker.give(make_erase(letter))
    rows = knocker.run(arrived(knocker.wire, "bb"))

    assert 200 == erased.status_code
    assert [None] == [row.body for row in rows if row.id == letter.id]


@pytest.mark.parametrize("days", [-1, 1])
def test_whoever_renews_their_keys_is_heard_before_their_end_and_after_it(
    knocker: Knocker, days: int
) -> None:
    aa, root = knocker.wire.embassies["aa"], age(knocker, 30)
    knocker.wire.clock.move(days=30 + days)
    knocker.run(begin_network(aa.desk, root))
    own = knocker.run(read_begun(aa.desk))
    hello = make_hello(aa.desk, own, PeerCode("bb"), confirmed=True)
    heard = knocker.give(hello, peer=own.peer)
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))

    assert 200 == heard.status_code
    assert 200 == knocker.give(letter, peer=own.peer).status_code
    assert letter.id in kept(knocker)


def test_a_keyset_that_is_spoilt_here_lets_nothing_in(knocker: Knocker) -> None:
    bb = knocker.wire.embassies["bb"]
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))
    knocker.run(bb.store.write([Update(PeerKeysetRow, ("aa", 1), {"body": b"no keys"})]))

    assert (401, "unknown_key") == refused(knocker.give(letter))
    assert [] == kept(knocker)
