"""Somebody comes under the name of an embassy that we know, with a root key that is not its own.

They are refused like everybody with wrong keys, but not in silence: coordinators hear of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from knocking import Knocker, neighbourhood, refused
from neighbours import make_letter
from pe_core.desk import invites
from pe_core.desk.sealing import new_id
from pe_core.desk.trail import read_entry
from pe_core.model.peer import PeerCode
from pe_core.model.trail import Act
from pe_core.network.admission import PEER_BURST, STRANGER_BURST
from pe_core.network.identity import begin_network, make_hello, read_begun
from pe_core.network.impostors import TOLD
from pe_core.network.wire import Hello
from pe_core.store import IncomingRow, MetaRow, PeerKeysetRow, PeerRow, TrailRow, Update
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.invented import Account, open_account
from pe_core.vault import Keys, Seed, join_shares, keys_of, new_seed
from pe_core.vault.keysets import sign_keyset

SAID = "aa: Somebody used the name of an embassy with keys that are not its own"


@pytest.fixture
def knocker(tmp_path: Path) -> Iterator[Knocker]:
    """Two embassies that have confirmed each other; whoever knocks at bb."""
    with neighbourhood(tmp_path, ["aa", "bb"]) as opened:
        knocker = Knocker(*opened)
        # Codes of the minutes in which the embassies were opened were used then.
        knocker.wire.clock.move(minutes=5)
        yield knocker


class Impostor:
    """Whoever has made keys of their own, and says that they are aa."""

    def __init__(self, knocker: Knocker, code: str = "aa") -> None:
        self.knocker = knocker
        self.root, self.peer, desk = (keys_of(new_seed()) for _ in range(3))
        named = {"peer": self.peer.verify_key, "desk": desk.verify_key, "now": knocker.now}
        self.keyset = sign_keyset(self.root, code, **named)

    def hello(self, **changed: Any) -> Hello:
        hello = make_hello(
            self.knocker.wire.embassies["aa"].desk, self.knocker.own["aa"], PeerCode("bb")
        )
        values = {"id": new_id(), "keyset": self.keyset, "referral": None, "confirmed": True}
        return msgspec.structs.replace(hello, **{**values, **changed})

    def knock(self, peer: Keys | None = None, nonce: str = "", **changed: Any) -> httpx.Response:
        return self.knocker.give(self.hello(**changed), peer=peer or self.peer, nonce=nonce)


def unlock(knocker: Knocker, account: Account) -> Browser:
    """Return the browser of a coordinator of bb who has unlocked."""
    browser, clock = Browser(knocker.app, knocker.run), knocker.wire.clock
    clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    browser.send(
        {
            "name": account.handle,
            "passphrase": account.passphrase,
            "code": account.code(clock.now()),
        }
    )
    return browser


def coordinators(knocker: Knocker) -> tuple[Browser, Browser]:
    """Return both coordinators of bb at work, one of whom joined just now."""
    bb = knocker.wire.embassies["bb"]
    first = unlock(knocker, bb.account)
    session = bb.desk.sessions.items()[0]
    code = knocker.run(invites.make_invite(bb.desk, session))
    return first, unlock(knocker, knocker.run(open_account(bb.desk, bb.clock, code, "zubr")))


def alerts(knocker: Knocker) -> int:
    """Return how often coordinators were told of somebody under the name of aa."""
    bb = knocker.wire.embassies["bb"]
    if not bb.desk.sessions.items():
        unlock(knocker, bb.account)
    session = bb.desk.sessions.items()[0]
    rows = knocker.run(bb.store.select(TrailRow, order="number"))
    entries = [read_entry(bb.desk, session, row) for row in rows]
    told = [e for e in entries if e is not None and (e.act, e.what) == (Act.PEER_REFUSED, "aa")]
    return len(told)


def known(knocker: Knocker) -> list[Any]:
    """Return all that bb holds of other embassies."""
    store = knocker.wire.embassies["bb"].store
    rows = (PeerRow, PeerKeysetRow, IncomingRow)
    return [found for row in rows for found in knocker.run(store.select(row))]


@pytest.mark.parametrize("state", ["active", "paused"])
def test_every_coordinator_sees_it_and_no_key_is_changed(knocker: Knocker, state: str) -> None:
    store = knocker.wire.embassies["bb"].store
    knocker.run(store.write([Update(PeerRow, ("aa",), {"state": state})]))
    browsers = coordinators(knocker)
    before, unseen = known(knocker), [SAID in each.go("/en/staff").words for each in browsers]
    answer = Impostor(knocker).knock()

    assert (403, "keys_refused") == refused(answer)
    assert before == known(knocker)
    assert [False, False] == unseen
    assert [True, True] == [SAID in each.go("/en/staff").words for each in browsers]
    for browser in browsers:
        browser.close()


def test_the_embassy_itself_is_heard_in_the_same_moment(knocker: Knocker) -> None:
    Impostor(knocker).knock()
    aa = knocker.wire.embassies["aa"]
    root = keys_of(Seed(join_shares([aa.opening.root_words])))
    knocker.run(begin_network(aa.desk, root))
    own = knocker.run(read_begun(aa.desk))
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))

    assert 200 == knocker.give(letter).status_code
    hello = make_hello(aa.desk, own, PeerCode("bb"), confirmed=True)
    assert 200 == knocker.give(hello, peer=own.peer).status_code
    row = knocker.run(knocker.wire.embassies["bb"].store.get(PeerRow, "aa"))
    assert (2, "https://aa.example") == (row.serial, row.address)


def test_the_same_claim_again_is_one_alert_on_whatever_day_and_after_a_restart(
    knocker: Knocker,
) -> None:
    impostor = Impostor(knocker)
    first = impostor.hello()
    told = []
    for hello in (first, first, impostor.hello()):
        assert (403, "keys_refused") == refused(knocker.give(hello, peer=impostor.peer))
        told.append(alerts(knocker))
    knocker.wire.clock.move(days=1)
    knocker.restart()
    assert (403, "keys_refused") == refused(impostor.knock())
    told.append(alerts(knocker))

    assert [1, 1, 1, 1] == told


def test_many_claims_are_one_alert_a_day_and_another_key_is_another_one_tomorrow(
    knocker: Knocker,
) -> None:
    for _ in range(3):
        assert (403, "keys_refused") == refused(Impostor(knocker).knock())
    today = alerts(knocker)
    knocker.wire.clock.move(days=1)
    Impostor(knocker).knock()

    assert (1, 2) == (today, alerts(knocker))


def test_what_is_noted_of_claims_does_not_grow_for_ever(
    knocker: Knocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pe_core.network.impostors.MOST_ROOTS", 2)
    sizes = []
    for _ in range(4):
        Impostor(knocker).knock()
        row = knocker.run(knocker.wire.embassies["bb"].store.get(MetaRow, f"{TOLD}aa"))
        sizes.append(len(row.value))
        knocker.wire.clock.move(days=1)

    assert sizes[0] < sizes[1] == sizes[2] == sizes[3]


def test_the_21st_claim_in_an_hour_is_too_many_and_takes_nothing_from_the_embassy(
    knocker: Knocker,
) -> None:
    answers = [refused(Impostor(knocker).knock()) for _ in range(STRANGER_BURST + 1)]
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))
    own = [knocker.give(letter).status_code for _ in range(PEER_BURST)]

    assert [(403, "keys_refused")] * 20 == answers[:-1]
    assert (429, "too_many") == answers[-1]
    assert {200} == set(own), "the embassy's own quota is whole"
    assert 1 == alerts(knocker)


def test_a_claim_takes_no_nonce_from_the_embassy(knocker: Knocker) -> None:
    nonce = knocker.nonce()
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))
    Impostor(knocker).knock(nonce=nonce)

    assert 200 == knocker.give(letter, nonce=nonce).status_code


def test_what_is_beyond_the_quota_of_strangers_is_not_remembered(knocker: Knocker) -> None:
    impostor, nonce = Impostor(knocker), knocker.nonce()
    for _ in range(STRANGER_BURST):
        impostor.knock()
    over = impostor.knock(nonce=nonce)
    knocker.wire.clock.move(minutes=3)

    assert (429, "too_many") == refused(over)
    assert (403, "keys_refused") == refused(impostor.knock(nonce=nonce))


def test_what_does_not_prove_itself_tells_nobody(knocker: Knocker) -> None:
    impostor, other = Impostor(knocker), Impostor(knocker)
    keyset = impostor.keyset
    broken = {
        "one bit": impostor.knock(keyset=keyset[:-1] + bytes([keyset[-1] ^ 1])),
        "nothing": impostor.knock(keyset=b""),
        "another's code": impostor.knock(keyset=Impostor(knocker, "cc").keyset),
        "another's key": impostor.knock(peer=other.peer),
        "another's keyset": impostor.knock(keyset=other.keyset),
    }
    unknown = (401, "unknown_key")

    assert dict.fromkeys(broken, unknown) == {why: refused(got) for why, got in broken.items()}
    assert 0 == alerts(knocker)


def test_only_a_hello_may_be_claimed(knocker: Knocker) -> None:
    letter = knocker.run(make_letter(knocker.wire, "aa", "bb"))

    assert (401, "unknown_key") == refused(knocker.give(letter, peer=Impostor(knocker).peer))
    assert 0 == alerts(knocker)


def test_of_a_blocked_embassy_nobody_is_told(knocker: Knocker) -> None:
    store = knocker.wire.embassies["bb"].store
    knocker.run(store.write([Update(PeerRow, ("aa",), {"state": "blocked"})]))

    assert (403, "not_known") == refused(Impostor(knocker).knock())
    assert 0 == alerts(knocker)


def test_the_log_does_not_say_that_it_came_from_the_embassy(
    knocker: Knocker, caplog: pytest.LogCaptureFixture
) -> None:
    Impostor(knocker).knock()

    assert ["a packet in the name of aa was refused: keys_refused"] == [
        record.getMessage() for record in caplog.records
    ]
