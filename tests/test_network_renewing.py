"""Keys are renewed while letters are on their way: what was signed before is read all the same."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from between import Between, Wire
from pe_core.model.referral import Body, Consult
from pe_core.network import posting, preparing
from pe_core.network.delivery import deliver
from pe_core.network.identity import begin_network, desk_keys, freshen

Run = Callable[[Awaitable[Any]], Any]


def write(two: Between, words: str) -> None:
    """Ask the far embassy something, without sending it yet."""
    prepared = preparing.prepare_consult(two.near.desk, two.far.code, words, "en", urgent=False)
    two.near.begin(prepared)


def renew(two: Between, **what: bool) -> None:
    """Renew the near embassy's keys, as `pe keys root` does, and unlock."""
    near = two.near
    two.clock.move(hours=1)
    two.run(begin_network(near.desk, near.root, **what))
    two.run(freshen(near.desk, near.session))


def arrive(two: Between) -> list[Body | None]:
    """Let everything arrive, the hello first, and return what the far embassy then reads."""
    two.exchange()
    far = two.far
    return [one.body for view in far.threads() for one in far.said(view.id)]


@pytest.mark.parametrize("what", [{}, {"renew_peer": False}, {"renew_desk": False}])
def test_a_letter_that_waited_while_keys_were_renewed_is_read(
    two: Between, what: dict[str, bool]
) -> None:
    write(two, "Before?")
    renew(two, **what)
    write(two, "After?")
    read = arrive(two)

    assert {"Before?", "After?"} == {one.question for one in read if isinstance(one, Consult)}


def test_a_letter_of_every_renewal_in_turn_is_read(two: Between) -> None:
    for words in ("One?", "Two?", "Three?"):
        write(two, words)
        renew(two)
        read = arrive(two)

    assert {"One?", "Two?", "Three?"} == {one.question for one in read if isinstance(one, Consult)}


@pytest.mark.parametrize("told", [False, True])
def test_letters_that_waited_while_keys_were_renewed_more_than_once_are_read(
    two: Between, told: bool
) -> None:
    for words in ("One?", "Two?", "Three?"):
        write(two, words)
        renew(two)
        if told:  # Hellos pass while letters wait.
            (hello,) = [row for row in two.near.outgoing() if not row.thread]
            two.run(deliver(two.near.desk, Wire(two.far, two.near), hello.id, "a-nonce-of-tests"))
    write(two, "Four?")
    read = arrive(two)

    assert {"One?", "Two?", "Three?", "Four?"} == {
        one.question for one in read if isinstance(one, Consult)
    }


def test_a_key_that_was_renewed_signs_nothing_that_was_written_later(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = two.near
    old = two.run(desk_keys(near.desk, near.session))
    renew(two)

    async def stolen(*_: object) -> Any:
        return old

    monkeypatch.setattr(posting, "desk_keys", stolen)
    two.clock.move(minutes=1)
    write(two, "Forged?")
    read = arrive(two)

    assert [] == [one for one in read if one is not None]
