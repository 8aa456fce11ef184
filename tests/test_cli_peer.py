"""`pe peer` and `pe keys root`: other embassies from the terminal."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.two_embassies import Post, Run, Side, close_side, open_side

from pe_core.cli import keys, peer
from pe_core.cli.main import words_of as words_of_refusal
from pe_core.control import commands_of
from pe_core.errors import NotAllowed, TooMany
from pe_core.network import pairing
from pe_core.network.identity import read_own
from pe_core.network.words import digits_of, words_of
from pe_core.store import PeerKeysetRow, Update
from pe_core.toolkit.invented import Clock
from pe_core.vault import fingerprint


class Host:
    """Whoever sits at the server of the first of two embassies."""

    def __init__(self, one: Side, other: Side, post: Post, patch: Any) -> None:
        self.one, self.other, self.post = one, other, post
        for module in (keys, peer):
            patch.setattr(module, "read_config", lambda config: (one.embassy.settings, Path()))
            patch.setattr(module, "in_instance", self._call)
        patch.setattr(peer.asyncio, "run", lambda call: call)

    def _call(self, settings: Any, folder: Path, name: str, arguments: Any) -> Any:
        return self.one.run(commands_of(self.one.desk)[name](arguments))

    def pe(self, *arguments: str, typed: str = "", group: Any = peer) -> Result:
        return CliRunner().invoke(group.command, list(arguments), input=typed)

    def pair(self) -> None:
        """Add the other one by command; its own coordinators type the words as well."""
        self.pe("add", "yy.example")
        self.one.confirm(self.other)
        self.post.carry()
        self.other.confirm(self.one)
        self.post.carry()

    def listed(self) -> Any:
        return json.loads(self.pe("list", "--json").output)

    def lock_all(self) -> None:
        self.one.desk.sessions.drop_where(lambda _: True)


@pytest.fixture
def host(
    tmp_path: Path, pe_clock: Clock, pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    one, other = (open_side(pe_run, tmp_path, pe_clock, code) for code in ("zz", "yy"))
    yield Host(one, other, Post(pe_run, one, other), monkeypatch)
    for side in (one, other):
        close_side(side)


def key_of(result: Result) -> str:
    assert isinstance(result.exception, NotAllowed | TooMany)
    return result.exception.key


def test_an_empty_list_says_how_one_is_added(host: Host) -> None:
    assert "pe peer add ADDRESS" in host.pe("list").output
    assert [] == host.listed()


def test_our_words_are_printed_to_be_read_aloud(host: Host) -> None:
    print_ = fingerprint(host.one.root.verify_key, "zz")
    said = host.pe("words").output
    plain = json.loads(host.pe("words", "--json").output)

    assert {"code": "zz", "words": list(words_of(print_)), "digits": list(digits_of(print_))} == (
        plain
    )
    assert all(word in said for word in (*words_of(print_), *digits_of(print_)))


def test_two_embassies_are_paired_from_the_terminal(host: Host) -> None:
    added = host.pe("add", "yy.example").output
    waits = host.pe("list").output
    host.post.carry()
    host.other.confirm(host.one)
    host.post.carry()
    confirmed = host.pe("confirm", "yy", typed=f"{host.other.words}\n").output
    until = host.one.knows(host.other).keyset.until

    assert "Added yy" in added
    assert "waits for us to type its words" in waits
    assert "yy is connected" in confirmed
    assert [
        {
            "code": "yy",
            "state": "active",
            "typed_here": True,
            "typed_there": True,
            "paused_there": False,
            "address": "https://yy.example",
            "keys_until": "2027-11-25",
        }
    ] == host.listed()
    assert until > 0


def test_the_first_to_confirm_is_told_what_the_other_has_to_do(host: Host) -> None:
    host.pe("add", "yy.example")
    said = host.pe("confirm", "yy", "--words", host.other.words).output

    assert "Now yy has to type ours" in said
    assert "waits for them to type our words" in host.pe("list").output


def test_what_makes_more_pass_wants_an_unlocked_coordinator(host: Host) -> None:
    host.pair()
    host.lock_all()
    refused = [
        key_of(host.pe(*command))
        for command in (
            ("add", "xx.example"),
            ("confirm", "yy", "--words", host.other.words),
            ("resume", "yy"),
        )
    ]
    paused = host.pe("pause", "yy").output
    states = [host.listed()[0]["state"]]
    stopped = host.pe("block", "yy", typed="n\n")
    blocked = host.pe("block", "yy", "--yes").output
    states.append(host.listed()[0]["state"])

    assert ["staff.peers.nobody_unlocked"] * 3 == refused
    assert "Paused yy" in paused
    assert 1 == stopped.exit_code
    assert "Blocked yy" in blocked
    assert ["paused", "blocked"] == states


def test_resuming_is_done_with_a_coordinator(host: Host) -> None:
    host.pair()
    host.pe("pause", "yy")
    host.post.carry()

    assert "Resumed with yy" in host.pe("resume", "yy").output
    assert "active" == host.listed()[0]["state"]


def test_a_peer_that_paused_us_is_said_to_have(host: Host) -> None:
    host.pair()
    host.one.run(pairing.pause(host.other.desk, host.other.session, "zz"))
    host.post.carry()

    assert "paused by them" in host.pe("list").output


def test_keys_that_do_not_verify_are_refused_in_words(host: Host) -> None:
    answer = b'{"embassy":"xx","address":"https://x.example","keyset":"AAAA"}'
    host.post.answers["https://x.example/peer/keys"] = answer

    assert "staff.peers.keys_refused" == key_of(host.pe("add", "x.example"))
    assert "do not verify" in words_of_refusal("staff.peers.keys_refused")
    assert "pe keys root" in words_of_refusal("staff.peers.not_begun")
    assert "no.such.text" == words_of_refusal("no.such.text")


def spoil(host: Host) -> None:
    """Let somebody who has the files write nonsense where yy's keys are."""
    (row,) = host.one.run(host.one.desk.store.select(PeerKeysetRow, {"peer": "yy"}))
    spoilt = Update(PeerKeysetRow, (row.peer, row.serial), {"body": b"no keys of anybody"})
    host.one.run(host.one.desk.store.write([spoilt]))


def test_an_embassy_whose_keys_are_spoilt_here_is_listed_paused_and_blocked(host: Host) -> None:
    host.pair()
    spoil(host)
    said = host.pe("list").output
    (listed,) = host.listed()
    states = [host.pe(*command).output for command in (("pause", "yy"), ("block", "yy", "--yes"))]

    assert "its keys here are spoilt" in said
    assert ("active", "") == (listed["state"], listed["keys_until"])
    assert "Paused yy" in states[0]
    assert "Blocked yy." in states[1]
    assert "blocked" == host.listed()[0]["state"]


def test_an_embassy_whose_keys_are_spoilt_here_is_not_resumed_and_says_why(host: Host) -> None:
    host.pair()
    host.pe("pause", "yy")
    spoil(host)

    assert "staff.peers.keys_refused" == key_of(host.pe("resume", "yy"))
    assert "staff.peers.keys_refused" == key_of(host.pe("confirm", "yy", "--words", "some words"))
    assert "paused" == host.listed()[0]["state"]


def test_the_paper_is_checked_without_a_change(host: Host) -> None:
    words = host.one.embassy.opening.root_words
    before = host.one.run(read_own(host.one.desk))
    right = host.pe("root", "--check", typed=f"{words}\n", group=keys)
    wrong = host.pe("root", "--check", "--words", "no words", group=keys)
    other = host.other.embassy.opening.root_words
    foreign = host.pe("root", "--check", "--words", other, group=keys)

    assert "These are the words of this embassy's root key" in right.output
    assert words not in right.output, "what is typed is not shown"
    assert ["staff.proposals.not_the_root"] * 2 == [key_of(wrong), key_of(foreign)]
    assert before is host.one.run(read_own(host.one.desk))


@pytest.mark.parametrize(
    ("option", "peer_stays", "desk_stays"),
    [((), False, False), (("--keep-peer",), True, False), (("--keep-desk",), False, True)],
)
def test_keys_are_renewed_with_the_paper(
    host: Host, option: tuple[str, ...], peer_stays: bool, desk_stays: bool
) -> None:
    words = host.one.embassy.opening.root_words
    before = host.one.run(read_own(host.one.desk)).keyset
    said = host.pe("root", *option, typed=f"y\n{words}\n", group=keys).output
    after = host.one.run(read_own(host.one.desk)).keyset

    assert "Keys number 1 are good until 2027-11-25" in said
    assert "Keys number 2 are in force until 2027-11-25" in said
    assert (peer_stays, desk_stays) == (before.peer == after.peer, before.desk == after.desk)


def test_whoever_has_not_heard_of_the_last_keys_is_named_before_the_next(host: Host) -> None:
    host.pe("add", "yy.example")
    said = host.pe("root", typed="n\n", group=keys)

    assert "Not told of them yet: yy" in said.output
    assert 1 == said.exit_code


def test_keys_are_made_for_the_first_time_without_a_question(
    host: Host, pe_embassy: Any, pe_run: Run
) -> None:
    host.one.desk = pe_embassy.desk
    words = pe_embassy.opening.root_words
    said = host.pe("root", typed=f"{words}\n", group=keys).output

    assert "Renew" not in said
    assert "Keys number 1 are in force" in said
