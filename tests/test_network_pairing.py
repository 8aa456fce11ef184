"""Two embassies pair by words alone; whoever comes with other keys is nobody."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.two_embassies import Post, Run, Side, close_side, open_side, pair

from pe_core.door import Door
from pe_core.errors import KeysetRefused, NotAllowed, NotFound, PacketRefused, TooMany
from pe_core.model.trail import Act
from pe_core.network import pairing
from pe_core.network.addresses import read_origin
from pe_core.network.identity import begin_network, introduce, make_hello, read_own
from pe_core.network.knowing import read_peers
from pe_core.network.wire import Hello, Introduction
from pe_core.network.words import digits_of, words_of
from pe_core.store import OutgoingRow, PeerKeysetRow, PeerRow, TrailRow
from pe_core.toolkit.invented import Clock, unlock_account
from pe_core.vault import Keys, fingerprint, keys_of, new_seed, sign_keyset, sign_referral_key


@pytest.fixture
def sides(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Iterator[tuple[Side, Side, Post]]:
    """Two embassies that do not know each other, and the post between them."""
    one, other = (open_side(pe_run, tmp_path, pe_clock, code) for code in ("zz", "yy"))
    yield one, other, Post(pe_run, one, other)
    for side in (one, other):
        close_side(side)


@pytest.fixture
def paired(sides: tuple[Side, Side, Post]) -> tuple[Side, Side, Post]:
    """The same two, when both have typed the other's words."""
    one, other, post = sides
    pair(one, other, post)
    return sides


class Stranger:
    """Whoever has made a root key of their own, and calls themselves what they like."""

    def __init__(self, side: Side, code: str, root: Keys | None = None, **keys: Any) -> None:
        self.side, self.code = side, code
        self.root, self.peer, self.desk = (root or fresh(), fresh(), fresh())
        self.now = int(side.desk.now().timestamp())
        named = {"peer": self.peer.verify_key, "desk": self.desk.verify_key, "now": self.now}
        self.keyset = sign_keyset(self.root, code, **{**named, **keys})

    def hello(self, **changed: Any) -> Hello:
        values = {"keyset": self.keyset, "referral": None, "address": "https://x.example"}
        own = self.side.run(read_own(self.side.desk))
        hello = make_hello(self.side.desk, own, self.side.code)  # type: ignore[arg-type]
        return msgspec.structs.replace(hello, sender=self.code, **{**values, **changed})

    def introduction(self, address: str, **changed: Any) -> bytes:
        values = {"embassy": self.code, "address": address, "keyset": self.keyset, **changed}
        return msgspec.json.encode(Introduction(**values))


def fresh() -> Keys:
    return keys_of(new_seed())


def refused_by(run: Run, awaitable: Awaitable[Any]) -> str:
    with pytest.raises((NotAllowed, TooMany, NotFound)) as refused:
        run(awaitable)
    return refused.value.key


def test_two_embassies_are_active_once_both_have_typed_the_others_words(
    sides: tuple[Side, Side, Post],
) -> None:
    one, other, post = sides
    one.propose(other)
    proposed = (one.stands(other), one.knows(other).row.address)
    post.carry()
    heard = other.stands(one)
    first = one.confirm(other)
    post.carry()
    half = (one.stands(other), other.stands(one))
    second = other.confirm(one)
    post.carry()

    assert (("proposed", 0, 0, 0), "https://yy.example") == proposed
    assert ("proposed", 0, 0, 0) == heard
    assert ("proposed", "active") == (first, second)
    assert (("proposed", 1, 0, 0), ("proposed", 0, 1, 0)) == half
    assert ("active", 1, 1, 0) == one.stands(other) == other.stands(one)


def test_both_keep_the_others_newest_referral_key_and_keyset(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, _ = paired
    known, own = one.knows(other), one.run(read_own(other.desk))

    assert (own.signed, own.referral) == (known.signed, known.row.referral)


def test_every_step_is_told_to_the_coordinators_of_both(paired: tuple[Side, Side, Post]) -> None:
    one, other, _ = paired

    assert [
        (Act.PEER_PROPOSED, "yy"),
        (Act.PEER_CONFIRMED, "yy"),
        (Act.PEER_ACTIVE, "yy"),
    ] == one.acts()
    assert [
        (Act.PEER_HEARD, "zz"),
        (Act.PEER_CONFIRMED, "zz"),
        (Act.PEER_ACTIVE, "zz"),
    ] == other.acts()


def test_the_digits_do_as_well_as_the_words(sides: tuple[Side, Side, Post]) -> None:
    one, other, _ = sides
    one.propose(other)
    digits = " ".join(digits_of(fingerprint(other.root.verify_key, "yy")))

    assert "proposed" == one.confirm(other, digits)
    assert ("proposed", 1, 0, 0) == one.stands(other)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("words of nobody", "staff.peers.words.unknown"),
        ("zoo " * 12, "staff.peers.words.mistyped"),
        ("zoo " * 11 + "wrong", "staff.peers.words.different"),
    ],
)
def test_wrong_words_change_nothing(sides: tuple[Side, Side, Post], typed: str, key: str) -> None:
    one, other, _ = sides
    one.propose(other)
    before = (one.knows(other), one.waiting())
    told = refused_by(one.run, pairing.confirm(one.desk, one.session, "yy", typed))

    assert key == told
    assert before == (one.knows(other), one.waiting())


def test_ones_own_words_are_recognised(sides: tuple[Side, Side, Post]) -> None:
    one, other, _ = sides
    one.propose(other)

    assert "staff.peers.words.ours" == refused_by(
        one.run, pairing.confirm(one.desk, one.session, "yy", one.words)
    )


def test_the_words_of_the_right_key_under_another_code_are_other_words(
    sides: tuple[Side, Side, Post],
) -> None:
    one, other, _ = sides
    one.propose(other)
    words = " ".join(words_of(fingerprint(other.root.verify_key, "ab")))

    assert "staff.peers.words.different" == refused_by(
        one.run, pairing.confirm(one.desk, one.session, "yy", words)
    )


def test_after_five_wrong_tries_the_day_is_over(
    sides: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, _ = sides
    one.propose(other)
    wrong = " ".join(words_of(bytes(16)))

    def keys(typed: str, times: int) -> list[str]:
        return [
            refused_by(one.run, pairing.confirm(one.desk, one.session, "yy", typed))
            for _ in range(times)
        ]

    first = keys(wrong, 5)
    then = keys(other.words, 1)
    pe_clock.move(days=1)

    assert ["staff.peers.words.different"] * 5 == first
    assert ["staff.peers.words.too_many"] == then
    assert "proposed" == one.confirm(other)


def test_mistyped_words_use_up_no_try(sides: tuple[Side, Side, Post]) -> None:
    one, other, _ = sides
    one.propose(other)
    for _ in range(6):
        refused_by(one.run, pairing.confirm(one.desk, one.session, "yy", "zoo " * 12))

    assert "proposed" == one.confirm(other)


def test_words_are_typed_once(paired: tuple[Side, Side, Post]) -> None:
    one, other, _ = paired

    assert "staff.peers.not_now" == refused_by(
        one.run, pairing.confirm(one.desk, one.session, "yy", other.words)
    )


def test_a_keyset_that_is_over_is_not_confirmed(
    sides: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, _ = sides
    one.propose(other)
    pe_clock.move(days=367)
    with pytest.raises(KeysetRefused):
        one.confirm(other)

    assert ("proposed", 0, 0, 0) == one.stands(other)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("help.example", "https://help.example"),
        ("https://help.example/", "https://help.example"),
        ("  HTTPS://Help.Example:443/be/staff?x=1 ", "https://help.example"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://abc.onion:80/", "http://abc.onion"),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://дапамога.example", "https://xn--80aaalc4cof.example"),
    ],
)
def test_an_address_may_be_typed_in_many_ways(typed: str, origin: str) -> None:
    assert origin == read_origin(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "ftp://help.example",
        "https://somebody@help.example",
        "https://help.example:99999",
        "https://[::1",
        "https://help example",
        "javascript://help.example",
        "https://" + "a" * 400 + ".example",
        "https://help.example\\@other.example",
        "https://help_desk.example",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_asked(typed: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_origin(typed)

    assert "staff.peers.address" == refused.value.key


def test_an_address_where_nobody_answers_is_told_apart(sides: tuple[Side, Side, Post]) -> None:
    one, _, _ = sides

    assert "staff.peers.no_answer" == refused_by(
        one.run, pairing.propose(one.desk, one.session, "nobody.example")
    )


X = "https://x.example"


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (lambda side: b"<html>", "staff.peers.no_portal"),
        (lambda side: b"{}", "staff.peers.no_portal"),
        (lambda side: b'{"embassy":"xx","embassy":"xx"}', "staff.peers.no_portal"),
        (lambda side: Stranger(side, "zz").introduction(X), "staff.peers.ourselves"),
        (lambda side: Stranger(side, "xx").introduction("https://y.example"), "other_address"),
        (lambda side: Stranger(side, "xx", side.root).introduction(X), "staff.peers.same_key"),
        (
            lambda side: Stranger(
                side, "xx", peer=side.run(read_own(side.desk)).keyset.peer
            ).introduction(X),
            "staff.peers.same_key",
        ),
    ],
    ids=[
        "a page",
        "nothing",
        "a name twice",
        "our code",
        "lives elsewhere",
        "our root",
        "our peer",
    ],
)
def test_who_introduces_themselves_wrongly_is_not_added(
    sides: tuple[Side, Side, Post], answer: Callable[[Side], bytes], key: str
) -> None:
    one, _, post = sides
    post.answers[f"{X}/peer/keys"] = answer(one)
    told = refused_by(one.run, pairing.propose(one.desk, one.session, X))

    assert told.endswith(key)
    assert [] == one.run(read_peers(one.desk))


@pytest.mark.parametrize(
    "change",
    [
        lambda it: {"keyset": Stranger(it.side, "ab").keyset},
        lambda it: {"keyset": it.keyset[:-1] + bytes([it.keyset[-1] ^ 1])},
        lambda it: {"referral": b"nonsense"},
        lambda it: {
            "referral": sign_referral_key(
                it.peer, "xx", "referral/2026-W48.1", it.desk.public, made=1, until=2
            )
        },
        lambda it: {"keyset": Stranger(it.side, "xx", now=it.now - 367 * 86400).keyset},
        lambda it: {"keyset": Stranger(it.side, "xx", now=it.now + 301).keyset},
    ],
    ids=["another's", "changed", "no referral key", "not the desk's", "over", "of the future"],
)
def test_keys_that_do_not_verify_are_not_pinned(
    sides: tuple[Side, Side, Post], change: Callable[[Stranger], dict[str, Any]]
) -> None:
    one, _, post = sides
    stranger = Stranger(one, "xx")
    post.answers[f"{X}/peer/keys"] = stranger.introduction(X, **change(stranger))
    with pytest.raises(KeysetRefused):
        one.run(pairing.propose(one.desk, one.session, X))
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(stranger.hello(**change(stranger)))

    assert "keys_refused" == refused.value.code
    assert [] == one.run(read_peers(one.desk))


def test_one_code_is_one_embassy(sides: tuple[Side, Side, Post]) -> None:
    one, other, post = sides
    one.propose(other)
    post.answers[f"{X}/peer/keys"] = Stranger(one, "yy").introduction(X)

    for address in (X, other.address):
        assert "staff.peers.known" == refused_by(
            one.run, pairing.propose(one.desk, one.session, address)
        )


@pytest.mark.parametrize("which", ["root", "peer", "desk"])
def test_one_key_is_one_embassy(sides: tuple[Side, Side, Post], which: str) -> None:
    one, other, post = sides
    one.propose(other)
    keyset = one.knows(other).keyset
    if which == "root":
        stranger = Stranger(one, "xx", other.root)
    else:
        stranger = Stranger(one, "xx", **{which: getattr(keyset, which)})
    post.answers[f"{X}/peer/keys"] = stranger.introduction(X)
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(stranger.hello())

    assert ("same_key", 409) == (refused.value.code, refused.value.status)
    assert "staff.peers.same_key" == refused_by(one.run, pairing.propose(one.desk, one.session, X))


def test_an_embassy_that_has_not_begun_proposes_to_nobody(
    tmp_path: Path, pe_run: Run, pe_desk: Any, pe_staff: Any
) -> None:
    assert "staff.peers.not_begun" == refused_by(
        pe_run, pairing.propose(pe_desk, pe_staff, "help.example")
    )


@pytest.mark.parametrize("by_host", [False, True], ids=["a colleague", "the host"])
def test_of_two_who_propose_an_embassy_in_one_moment_the_second_is_told_that_it_is_known(
    sides: tuple[Side, Side, Post], by_host: bool
) -> None:
    one, other, _ = sides

    async def both() -> list[Any]:
        acts = (
            pairing.propose(one.desk, session, other.address)
            for session in (one.session, None if by_host else one.session)
        )
        return await asyncio.gather(*acts, return_exceptions=True)

    ended = one.run(both())

    assert 1 == ended.count("yy")
    assert ["staff.peers.known"] == [end.key for end in ended if isinstance(end, NotAllowed)]
    assert ("proposed", 0, 0, 0) == one.stands(other)
    assert [(Act.PEER_PROPOSED, "yy")] == one.acts()
    assert 1 == len(one.waiting()), "it hears of us once"


def test_the_introduction_is_fetched_through_the_real_door(
    sides: tuple[Side, Side, Post],
) -> None:
    one, other, _ = sides

    async def propose() -> str:
        async def answer(reader: Any, writer: Any) -> None:
            asked = await reader.readuntil(b"\r\n\r\n")
            body = msgspec.json.encode(await introduce(other.desk))
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % len(body) + body if b"GET /peer/keys " in asked else b"")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            one.desk.door = Door(allow=(f"{host}:{port}",))
            other.desk.address = f"http://{host}:{port}"
            return await pairing.propose(one.desk, one.session, other.desk.address)

    assert "yy" == one.run(propose())
    assert ("proposed", 0, 0, 0) == one.stands(other)
    assert "staff.peers.asked_too_often" == refused_by(
        one.run, pairing.propose(one.desk, one.session, other.desk.address)
    )


def test_a_stranger_who_says_hello_is_on_the_list_and_nothing_is_sent_there(
    sides: tuple[Side, Side, Post],
) -> None:
    one, _, post = sides
    done = post.hand_over(Stranger(one, "xx").hello(confirmed=True, paused=True))
    (known,) = one.run(read_peers(one.desk))

    assert "known" == done
    assert ("xx", "proposed", 0, 1, 1) == (
        known.row.code,
        known.row.state,
        known.row.ours,
        known.row.theirs,
        known.row.away,
    )
    assert [] == one.waiting()
    assert [(Act.PEER_HEARD, "xx")] == one.acts()


def test_the_twenty_first_stranger_is_refused_and_none_is_evicted(
    sides: tuple[Side, Side, Post],
) -> None:
    one, _, post = sides
    codes = [f"x{chr(97 + number)}" for number in range(21)]
    for code in codes[:20]:
        post.hand_over(Stranger(one, code).hello())
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(Stranger(one, codes[20]).hello())

    assert ("too_many", 429) == (refused.value.code, refused.value.status)
    assert codes[:20] == [known.row.code for known in one.run(read_peers(one.desk))]


@pytest.mark.parametrize("to", ["yy", "ab"])
def test_a_hello_for_somebody_else_is_not_heard(sides: tuple[Side, Side, Post], to: str) -> None:
    one, _, _ = sides
    with pytest.raises(PacketRefused) as refused:
        one.run(pairing.hear_hello(one.desk, Stranger(one, "xx").hello(to=to), 0))

    assert ("not_here", 421) == (refused.value.code, refused.value.status)


def test_somebody_who_uses_our_own_code_is_refused(sides: tuple[Side, Side, Post]) -> None:
    one, _, post = sides
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(Stranger(one, "zz").hello())

    assert "same_key" == refused.value.code


def test_a_changed_root_key_is_never_taken_and_every_coordinator_hears_of_it_once(
    paired: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, post = paired
    before = one.knows(other)
    forged, another = (Stranger(one, "yy").hello(confirmed=True) for _ in range(2))
    told = []
    for hello, days in ((forged, 0), (another, 0), (forged, 1), (another, 0)):
        pe_clock.move(days=days)
        assert "keys_refused" == refused_hello(post, hello)
        told.append(one.acts().count((Act.PEER_REFUSED, "yy")))

    assert before == one.knows(other)
    assert [1, 1, 1, 2] == told, "of one a day, and of each once"


def refused_hello(post: Post, hello: Hello) -> str:
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(hello)
    return refused.value.code


def test_keys_of_a_known_embassy_that_are_over_are_no_alarm_of_strange_ones(
    paired: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, post = paired
    own = other.run(read_own(other.desk))
    hello = make_hello(other.desk, own, one.code)  # type: ignore[arg-type]
    pe_clock.move(days=367)
    before = one.run(one.desk.store.count(TrailRow))
    for days in (0, 1):
        pe_clock.move(days=days)
        assert "keys_refused" == refused_hello(post, hello)

    assert before == one.run(one.desk.store.count(TrailRow)), "*Embassies* says that they ended"


def test_whoever_was_forgotten_is_told_of_anew(paired: tuple[Side, Side, Post]) -> None:
    one, other, post = paired
    forged = Stranger(one, "yy").hello()
    refused_hello(post, forged)
    one.run(pairing.pause(one.desk, one.session, "yy"))
    one.run(pairing.forget(one.desk, one.session, "yy"))
    one.propose(other)
    refused_hello(post, forged)

    assert 2 == one.acts().count((Act.PEER_REFUSED, "yy"))


@pytest.mark.parametrize(("renewals", "fits"), [(2, True), (9, True), (10, False)])
def test_a_peer_that_was_away_while_keys_were_renewed_often_follows_them_all(
    paired: tuple[Side, Side, Post], renewals: int, fits: bool
) -> None:
    one, other, post = paired
    for _ in range(renewals):
        renewed = other.run(begin_network(other.desk, other.root))
    (hello,) = other.waiting()

    if fits:
        post.hand_over(hello)
        assert (renewed, renewals + 1) == (one.knows(other).keyset, one.knows(other).row.serial)
    else:
        with pytest.raises(PacketRefused, match="keys_refused"):
            post.hand_over(hello)


def test_renewed_keys_reach_the_peer_and_are_told(paired: tuple[Side, Side, Post]) -> None:
    one, other, post = paired
    renewed = other.run(begin_network(other.desk, other.root))
    post.carry()
    known = one.knows(other)

    assert (renewed, 2) == (known.keyset, known.row.serial)
    assert ("active", 1, 1, 0) == one.stands(other)
    assert other.run(read_own(other.desk)).referral == known.row.referral
    assert (Act.PEER_CHANGED, "yy") == one.acts()[-1]
    assert 2 == one.run(one.desk.store.count(PeerKeysetRow, {"peer": "yy"}))


def test_a_hello_that_brings_older_keys_late_changes_nothing(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    own = other.run(read_own(other.desk))
    late = make_hello(other.desk, own, one.code, confirmed=False)  # type: ignore[arg-type]
    other.run(begin_network(other.desk, other.root))
    post.carry()
    before = (one.knows(other), one.acts())
    post.hand_over(late)

    assert before == (one.knows(other), one.acts())


def test_keys_that_skip_a_number_are_refused(paired: tuple[Side, Side, Post]) -> None:
    one, other, post = paired
    other.run(begin_network(other.desk, other.root))
    other.run(begin_network(other.desk, other.root))
    (hello,) = other.waiting()
    hello = msgspec.structs.replace(hello, earlier=hello.earlier[:1])
    with pytest.raises(PacketRefused):
        post.hand_over(hello)

    assert 1 == one.knows(other).row.serial


def test_a_renewed_keyset_with_a_key_of_a_third_embassy_is_refused(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    third = Stranger(one, "xx")
    post.hand_over(third.hello())
    own = other.run(read_own(other.desk))
    forged = sign_keyset(
        other.root,
        "yy",
        peer=third.peer.verify_key,
        desk=own.keyset.desk,
        now=third.now,
        previous=own.signed,
    )
    hello = make_hello(other.desk, own, one.code)  # type: ignore[arg-type]
    with pytest.raises(PacketRefused):
        post.hand_over(msgspec.structs.replace(hello, keyset=forged, referral=None))

    assert 1 == one.knows(other).row.serial


def test_a_keyset_in_between_with_a_key_of_a_third_embassy_is_refused(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    third = Stranger(one, "xx")
    post.hand_over(third.hello())
    own = other.run(read_own(other.desk))
    between, newest = own.signed, own.signed
    for key in (third.peer.verify_key, own.keyset.peer):
        between, newest = (
            newest,
            sign_keyset(
                other.root,
                "yy",
                peer=key,
                desk=own.keyset.desk,
                now=third.now,
                previous=newest,
            ),
        )
    hello = make_hello(other.desk, own, one.code)  # type: ignore[arg-type]
    hello = msgspec.structs.replace(hello, keyset=newest, earlier=(between,), referral=None)
    with pytest.raises(PacketRefused):
        post.hand_over(hello)

    assert 1 == one.knows(other).row.serial
    again = third.hello(address="https://moved.example")
    assert "known" == post.hand_over(again)


def test_a_new_address_is_taken_from_a_known_peer_and_told(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    other.desk.address = "https://new.example"
    own = other.run(read_own(other.desk))
    post.hand_over(make_hello(other.desk, own, one.code, confirmed=True))  # type: ignore[arg-type]

    assert "https://new.example" == one.knows(other).row.address
    assert (Act.PEER_CHANGED, "yy") == one.acts()[-1]


def test_a_new_address_in_the_settings_is_told_to_all_by_the_next_who_unlocks_and_once(
    paired: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, post = paired
    other.desk.address = "https://new.example"
    other.run(unlock_account(other.desk, pe_clock, other.embassy.account))
    post.carry()
    heard = one.acts()
    other.run(unlock_account(other.desk, pe_clock, other.embassy.account))
    again = other.run(other.desk.store.select(OutgoingRow))

    assert "https://new.example" == one.knows(other).row.address
    assert (Act.PEER_CHANGED, "yy") == heard[-1]
    assert [] == again


def test_a_new_referral_key_is_taken_each_week_without_an_alert(
    paired: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, post = paired
    before = (one.knows(other).row.referral, one.acts())
    pe_clock.move(days=7)
    other.run(unlock_account(other.desk, pe_clock, other.embassy.account))
    post.carry()

    assert before[0] != one.knows(other).row.referral
    assert other.run(read_own(other.desk)).referral == one.knows(other).row.referral
    assert before[1] == one.acts()


def test_an_older_referral_key_does_not_take_the_place_of_a_newer_one(
    paired: tuple[Side, Side, Post], pe_clock: Clock
) -> None:
    one, other, post = paired
    own = other.run(read_own(other.desk))
    late = make_hello(other.desk, own, one.code, confirmed=True)  # type: ignore[arg-type]
    pe_clock.move(days=7)
    other.run(unlock_account(other.desk, pe_clock, other.embassy.account))
    post.carry()
    newer = one.knows(other).row.referral
    post.hand_over(late)

    assert newer == one.knows(other).row.referral


def test_the_same_hello_again_changes_nothing(paired: tuple[Side, Side, Post]) -> None:
    one, other, _ = paired
    own = other.run(read_own(other.desk))
    hello = make_hello(other.desk, own, one.code, confirmed=True)  # type: ignore[arg-type]
    now = int(one.desk.now().timestamp())

    assert ([], "known") == one.run(pairing.hear_hello(one.desk, hello, now))


def test_pausing_is_told_to_the_peer_and_resuming_too(paired: tuple[Side, Side, Post]) -> None:
    one, other, post = paired
    one.run(pairing.pause(one.desk, one.session, "yy"))
    post.carry()
    paused = (one.stands(other), other.stands(one))
    one.run(pairing.resume(one.desk, one.session, "yy"))
    post.carry()

    assert (("paused", 1, 1, 0), ("active", 1, 1, 1)) == paused
    assert ("active", 1, 1, 0) == one.stands(other) == other.stands(one)
    assert [(Act.PEER_AWAY, "zz"), (Act.PEER_BACK, "zz")] == other.acts()[-2:]
    assert [(Act.PEER_PAUSED, "yy"), (Act.PEER_RESUMED, "yy")] == one.acts()[-2:]


def test_of_two_hellos_only_the_newer_one_goes_out(paired: tuple[Side, Side, Post]) -> None:
    one, _, _ = paired
    one.run(pairing.pause(one.desk, one.session, "yy"))
    one.run(pairing.resume(one.desk, one.session, "yy"))

    assert [False] == [hello.paused for hello in one.waiting()]


def test_a_blocked_peer_is_told_that_we_paused_and_heard_no_more(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    one.run(pairing.block(one.desk, one.session, "yy"))
    post.carry()
    own = other.run(read_own(other.desk))
    hello = make_hello(other.desk, own, one.code, confirmed=True)  # type: ignore[arg-type]
    with pytest.raises(PacketRefused) as refused:
        post.hand_over(hello)

    assert ("not_known", 403) == (refused.value.code, refused.value.status)
    assert ("blocked", 0, 1, 0) == one.stands(other)
    assert ("proposed", 1, 0, 1) == other.stands(one)
    assert [(Act.PEER_WITHDREW, "zz"), (Act.PEER_AWAY, "zz")] == other.acts()[-2:]


def test_a_stranger_is_blocked_without_a_word(sides: tuple[Side, Side, Post]) -> None:
    one, _, post = sides
    post.hand_over(Stranger(one, "xx").hello())
    one.run(pairing.block(one.desk, one.session, "xx"))

    assert [] == one.waiting()


def test_an_active_peer_is_not_forgotten_and_a_paused_one_leaves_nothing(
    paired: tuple[Side, Side, Post],
) -> None:
    one, _, _ = paired
    refused = refused_by(one.run, pairing.forget(one.desk, one.session, "yy"))
    one.run(pairing.pause(one.desk, one.session, "yy"))
    one.run(pairing.forget(one.desk, one.session, "yy"))
    left = [
        one.run(one.desk.store.count(row, {column: "yy"}))
        for row, column in ((PeerRow, "code"), (PeerKeysetRow, "peer"), (OutgoingRow, "peer"))
    ]

    assert "staff.peers.not_now" == refused
    assert [0, 0, 0] == left
    assert (Act.PEER_FORGOTTEN, "yy") == one.acts()[-1]


def test_a_forgotten_peer_pairs_anew_by_words(paired: tuple[Side, Side, Post]) -> None:
    one, other, post = paired
    one.run(pairing.pause(one.desk, one.session, "yy"))
    post.carry()
    one.run(pairing.forget(one.desk, one.session, "yy"))
    one.propose(other)
    post.carry()
    between = other.stands(one)
    one.confirm(other)
    post.carry()

    assert ("proposed", 1, 0, 0) == between
    assert ("active", 1, 1, 0) == one.stands(other) == other.stands(one)
    assert ([], []) == (one.waiting(), other.waiting())


def test_who_forgets_a_peer_twice_hears_again_that_their_words_were_typed(
    paired: tuple[Side, Side, Post],
) -> None:
    one, other, post = paired
    for step in (pairing.block, pairing.pause):
        one.run(step(one.desk, one.session, "yy"))
        post.carry()
        one.run(pairing.forget(one.desk, one.session, "yy"))
        one.propose(other)
        post.carry()
        heard = one.stands(other)
        one.confirm(other)
        post.carry()

        assert ("proposed", 0, 1, 0) == heard
        assert ("active", 1, 1, 0) == one.stands(other) == other.stands(one)


@pytest.mark.parametrize("act", [pairing.pause, pairing.resume, pairing.block, pairing.forget])
def test_nothing_is_done_about_an_embassy_that_nobody_knows(
    sides: tuple[Side, Side, Post], act: Callable[..., Awaitable[None]]
) -> None:
    one, _, _ = sides

    assert "staff.peers.not_found" == refused_by(one.run, act(one.desk, one.session, "yy"))


def test_what_a_step_does_not_allow_is_refused(sides: tuple[Side, Side, Post]) -> None:
    one, other, _ = sides
    one.propose(other)

    for act in (pairing.pause, pairing.resume):
        assert "staff.peers.not_now" == refused_by(one.run, act(one.desk, one.session, "yy"))


def test_the_key_of_a_hello_is_its_own_and_of_its_sender(sides: tuple[Side, Side, Post]) -> None:
    one, _, _ = sides
    stranger = Stranger(one, "xx")

    assert stranger.peer.verify_key == pairing.hello_key(stranger.hello())
    for changed in ({"sender": "ab"}, {"keyset": b""}):
        with pytest.raises(PacketRefused):
            pairing.hello_key(msgspec.structs.replace(stranger.hello(), **changed))
