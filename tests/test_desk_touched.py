"""What changed since a look is known exactly, or is said to be unknown."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.desk import claims, invites, listing, summaries
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Figure, Wanted
from pe_core.desk.touched import Touched, touched_request
from pe_core.model.event import ReplySent, RequestErased
from pe_core.model.request import RequestId
from pe_core.store import Change, Delete, MessageRow, MetaRow, RequestRow, Tell, Update
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, ask, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]


def touch(request: str) -> Change:
    return Update(RequestRow, (request,), {"revision": 1})


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), max_size=8), st.integers(0, 8))
def test_a_look_gets_all_that_came_after_it(commits: list[list[str]], at: int) -> None:
    touched = Touched(touched_request, limit=8)
    looks = []
    for commit in commits:
        looks.append(touched.now)
        touched.note([touch(request) for request in commit])
    at = min(at, len(commits))
    look = looks[at] if at < len(looks) else touched.now
    after = [request for commit in commits[at:] for request in commit]

    assert touched.since(look) == (frozenset(after) if len(after) <= 8 else None)


def test_only_what_belongs_to_a_request_touches_it() -> None:
    touched = Touched(touched_request)
    touched.note(
        [
            Update(MetaRow, ("upkeep",), {"value": b""}),
            Delete(MessageRow, {"request": "r"}),
            Tell(ReplySent(request=RequestId("r"))),
        ]
    )
    nothing = touched.since(0)
    touched.note([Tell(RequestErased(request=RequestId("gone")))])

    assert frozenset() == nothing
    assert frozenset({"gone"}) == touched.since(0)


def test_a_look_opens_only_what_was_touched(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, clock = pe_embassy.desk, pe_embassy.clock
    for _ in range(3):
        pe_run(ask(desk, ASKED[0]))
    for _ in range(2):  # the first look makes the summaries, which touches every request
        pe_run(listing.look_over(desk, pe_staff))
    asked: list[list[str]] = []
    refresh = summaries.refresh_summaries

    async def watched(desk: Any, session: Any, heads: Any, parts: Any) -> Any:
        asked.append([head[0] for head in heads])
        return await refresh(desk, session, heads, parts)

    monkeypatch.setattr(listing, "refresh_summaries", watched)
    clock.move(minutes=1)
    pe_run(ask(desk, ASKED[1]))
    for _ in range(4):
        shelf = pe_run(listing.look_over(desk, pe_staff))

    assert [1, 1] == [len(ids) for ids in asked], "as it came, and as its summary was made"
    assert asked[0] == asked[1]
    assert 4 == len(shelf)


def test_what_upkeep_erased_is_gone_from_list_and_memory(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    desk = pe_embassy.desk
    pe_run(ask(desk, ASKED[0]))
    (entry,) = pe_run(listing.list_requests(desk, pe_staff))
    pe_run(desk.store.purge(entry.keep_until + 1))
    shelf = pe_run(listing.look_over(desk, pe_staff))

    assert 0 == len(shelf)
    assert {} == pe_staff.summaries


def test_two_looks_at_once_agree(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> None:
    desk = pe_embassy.desk
    for _ in range(3):
        pe_run(ask(desk, ASKED[0]))

    async def both() -> list[int]:
        looks = [listing.look_over(desk, pe_staff) for _ in range(2)]
        return [
            shelf.count(Wanted(show=Figure.UNCLAIMED)) for shelf in await asyncio.gather(*looks)
        ]

    assert [3, 3] == pe_run(both())


def test_a_colleague_sees_a_claim_at_the_next_look(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    desk, clock = pe_embassy.desk, pe_embassy.clock
    code = pe_run(invites.make_invite(desk, pe_staff))
    account = pe_run(open_account(desk, clock, code, "zubr"))
    colleague = pe_run(unlock_account(desk, clock, account))
    pe_run(ask(desk, ASKED[0]))
    before = pe_run(listing.look_over(desk, colleague)).figures()
    (entry,) = pe_run(listing.list_requests(desk, pe_staff))
    pe_run(claims.claim(desk, pe_staff, entry.id))
    after = pe_run(listing.look_over(desk, colleague)).figures()

    assert (1, 0) == (before[Figure.UNCLAIMED], after[Figure.UNCLAIMED])
    assert (0, 0) == (before[Figure.MINE], after[Figure.MINE])
