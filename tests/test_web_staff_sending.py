"""A letter to several embassies, which goes to all of them or to none, and a page pressed twice."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from between import House
from pe_core.desk.trail import read_entries
from pe_core.errors import PeerClosed
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.trail import Act
from pe_core.network import referring
from pe_core.network.preparing import prepare_consult
from pe_core.store import Delete, PeerRow, TrailRow, Update
from pe_core.toolkit.browser import Page
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import ASKED
from two_browsers import Pages, Run, two_browsers

WORDS = "How long does a stay take?"
XX = PeerCode("xx")


@pytest.fixture
def pages(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Pages]:
    """Two embassies before their pages, and a third one that the first knows too."""
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as found:
        settings = found.two.far_embassy.settings
        named = msgspec.structs.replace(settings.embassy, code=XX, names={"en": "The third"})
        settings = msgspec.structs.replace(settings, embassy=named)
        third = pe_run(open_test_embassy(tmp_path / "third", pe_embassy.clock, settings))
        found.two.near.know(House(third, pe_run))
        yield found
        pe_run(close_embassy(third))


def preview(pages: Pages, *peers: str) -> Page:
    """Write a question to these embassies, and look at what will be sent."""
    pages.near.go("referrals/consult")
    return pages.near.send({"peer": list(peers), "words": WORDS}, "/consult")


def pressed(page: Page, action: str, act: str = "send") -> list[tuple[str, str]]:
    """Return what a press of the button sends, so that it can be sent twice."""
    form = next(form for form in page.forms() if form.action.endswith(action))
    return [*((name, value) for name, value in form.form_values() if value), ("act", act)]


def stand(pages: Pages, state: str) -> None:
    """Let the third embassy be paused, or active again."""
    change = Update(PeerRow, (XX,), {"state": state})
    pages.two.run(pages.two.near.desk.store.write([change]))


def letters(pages: Pages) -> list[tuple[str, int]]:
    """Return to whom letters wait, with the number of each."""
    rows = pages.two.near.outgoing()
    return sorted((row.peer, row.number) for row in rows if row.number)


def traces(pages: Pages) -> list[str]:
    """Return the conversations that the trail says were begun."""
    near = pages.two.near
    rows = pages.two.run(near.desk.store.select(TrailRow, order="number"))
    entries = pages.two.run(read_entries(near.desk, near.session, rows))
    return [entry.what for entry in entries if entry and entry.act is Act.REFERRAL_BEGUN]


def test_a_letter_to_several_embassies_goes_to_all(pages: Pages) -> None:
    preview(pages, "xx", "yy")
    page = pages.near.send({"act": "send"}, "/consult")
    threads = pages.two.near.threads()

    assert [("xx", 1), ("yy", 1)] == letters(pages)
    assert {"xx", "yy"} == {view.peer for view in threads}
    assert {referring.trace_of(view.id) for view in threads} == set(traces(pages))
    assert 2 == page.words.count(WORDS), "the list of what we sent has both"


def test_a_letter_to_several_goes_to_none_if_one_was_paused_and_the_page_says_which(
    pages: Pages,
) -> None:
    preview(pages, "yy", "xx")
    stand(pages, "paused")
    refused = pages.near.send({"act": "send"}, "/consult")
    nothing = (letters(pages), pages.two.near.threads(), traces(pages))
    stand(pages, "active")
    preview(pages, "yy", "xx")
    pages.near.send({"act": "send"}, "/consult")

    assert 403 == refused.status
    assert "A letter goes to all of them or to none." in refused.words
    assert "XX (xx.example): Letters do not pass to this embassy now." in refused.words
    assert WORDS in refused.text, "and what was typed is still there"
    assert ([], [], []) == nothing
    assert [("xx", 1), ("yy", 1)] == letters(pages), "each once"


def test_a_letter_to_several_goes_to_none_if_one_was_taken_off_the_list(pages: Pages) -> None:
    preview(pages, "yy", "xx")
    pages.two.run(pages.two.near.desk.store.write([Delete(PeerRow, {"code": XX})]))
    page = pages.near.send({"act": "send"}, "/consult")

    assert 403 == page.status
    assert "There is no such embassy on the list." in page.words
    assert [] == letters(pages)


def test_to_one_embassy_alone_the_reason_is_enough(pages: Pages) -> None:
    preview(pages, "xx")
    stand(pages, "paused")
    page = pages.near.send({"act": "send"}, "/consult")

    assert "Letters do not pass to this embassy now." in page.words
    assert "or to none" not in page.words


def test_the_act_itself_names_the_embassy_and_writes_nothing(pages: Pages) -> None:
    near = pages.two.near
    stand(pages, "blocked")
    both = [
        prepare_consult(near.desk, PeerCode(code), WORDS, "en", urgent=False)
        for code in ("yy", "xx")
    ]
    with pytest.raises(PeerClosed) as refused:
        pages.two.run(referring.begin_all(near.desk, near.session, both))

    assert ("xx", []) == (refused.value.peer, letters(pages))


@pytest.mark.parametrize("peers", [("yy",), ("xx", "yy")], ids=["one", "several"])
def test_a_page_that_is_pressed_twice_sends_once(pages: Pages, peers: tuple[str, ...]) -> None:
    fields = pressed(preview(pages, *peers), "/consult")
    at = "/en/staff/referrals/consult"
    first, second = (pages.near.browser.post(at, fields) for _ in range(2))

    assert [(peer, 1) for peer in peers] == letters(pages)
    assert (200, first.path) == (second.status, second.path)
    assert len(peers) == len(traces(pages))


def test_the_same_words_from_a_page_of_their_own_go_again(pages: Pages) -> None:
    for _ in range(2):
        preview(pages, "yy")
        pages.near.send({"act": "send"}, "/consult")

    assert [("yy", 1), ("yy", 1)] == letters(pages)
    assert 2 == len(pages.two.near.threads())


def test_a_request_that_is_referred_with_two_presses_goes_once(pages: Pages) -> None:
    _, request = pages.two.ask(ASKED[0])
    pages.two.agree(request, "paper", "story")
    near, at = pages.near, f"requests/{request}/refer"
    near.go(at)
    chosen = {"peer": "yy", "kind": "transfer", "field": ["paper", "story"], "asked": WORDS}
    page = near.send({**chosen, "act": "preview"}, "/refer")
    fields = pressed(page, "/refer")
    first, second = (near.browser.post(f"/en/staff/{at}", fields) for _ in range(2))

    assert [("yy", 1)] == letters(pages)
    assert (200, first.path) == (second.status, second.path)


def test_a_question_that_is_put_to_another_embassy_with_two_presses_goes_once(
    pages: Pages,
) -> None:
    preview(pages, "yy")
    page = pages.near.send({"act": "send"}, "/consult")
    at = page.path
    fields = [*pressed(page, at, "forward"), ("peer", "xx")]
    pages_after = [pages.near.browser.post(at, fields) for _ in range(2)]

    assert [("xx", 1), ("yy", 1)] == letters(pages)
    assert [200, 200] == [one.status for one in pages_after]


def test_two_presses_in_one_moment_begin_one_conversation(pages: Pages) -> None:
    near = pages.two.near
    prepared = prepare_consult(near.desk, PeerCode("yy"), WORDS, "en", urgent=False)

    async def both() -> list[str]:
        presses = (
            referring.begin(near.desk, near.session, prepared, press="a page") for _ in range(2)
        )
        return list(await asyncio.gather(*presses))

    first, second = pages.two.run(both())

    assert first == second
    assert [Kind.CONSULT] == [view.body.kind for view in near.threads()]
    assert [("yy", 1)] == letters(pages)
