"""The page of what is on its way: what waits, since when, and what to do about a failure."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from neighbours import (
    Wire,
    arrived,
    courier_of,
    give,
    hang,
    make_erase,
    send,
    straight,
)
from pe_core.errors import AnswerRefused, NotFound
from pe_core.network.carrying import PeerCourier
from pe_core.network.waiting import drop, try_again
from pe_core.store import Delete, OutgoingRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.invented import Clock, unlock_account
from storing import bytes_on_disk

Run = Callable[[Awaitable[Any]], Any]
AT = "/en/staff/peers/on-the-way"


@pytest.fixture
def courier(wire: Wire) -> PeerCourier:
    """The courier of the first, which the page asks."""
    courier = courier_of(wire, "aa")
    wire.embassies["aa"].desk.peer_away = courier.away
    return courier


@pytest.fixture
def colleague(wire: Wire, pe_run: Run, pe_clock: Clock) -> Iterator[Browser]:
    """A coordinator of the first embassy in a browser."""
    embassy = wire.embassies["aa"]
    browser = Browser(embassy.app(), pe_run)
    browser.go("/en/staff/unlock")
    account = embassy.account
    code = account.code(pe_clock.now().astimezone(UTC))
    browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
    yield browser
    browser.close()


def refuse(status: int) -> Any:
    async def bend(_wire: Wire, _to: str, _pass_on: Any) -> bytes:
        raise AnswerRefused(status)

    return bend


def press(browser: Browser, act: str, place: int = 0) -> Page:
    """Press the button of this act, of the packet in this place."""
    forms = [f for f in browser.page.forms() if f.xpath(f".//button[@value='{act}']")]
    values = [(name, value) for name, value in forms[place].form_values() if value is not None]
    return browser.post(AT, [*values, ("act", act)])


def states(wire: Wire, run: Run) -> list[tuple[str, str]]:
    rows = run(wire.embassies["aa"].store.select(OutgoingRow, order="number"))
    return [(row.id, row.state) for row in rows]


def test_a_page_on_which_nothing_waits_says_so(colleague: Browser) -> None:
    page = colleague.go(AT)

    assert 200 == page.status
    assert "Nothing waits" in page.words


def test_it_says_what_waits_for_whom_since_when_and_when_the_next_try_is(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run, pe_clock: Clock
) -> None:
    wire.bend = hang
    for _ in range(6):
        pe_run(send(wire, "aa", "bb", text=b"a marker"))
    before = colleague.go(AT)
    for _ in range(40):
        pe_clock.move(seconds=15)
        pe_run(courier.deliver())
        after = colleague.go(AT)

    assert "6 packets wait. Waiting since November 24, 2026" in before.words
    assert "To embassy bb" in before.words
    assert "does not answer" not in before.words
    assert "does not answer. The next try is in about" in after.words
    assert "marker" not in after.words


def test_a_dead_letter_is_tried_again_with_one_press(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    page = colleague.go(AT)
    assert "A letter" in page.words
    assert [(letter.id, "dead")] == states(wire, pe_run)

    assert "Tried again now" in press(colleague, "again").words
    wire.bend = straight
    assert 1 == pe_run(courier.deliver())
    assert [letter.id] == [row.id for row in pe_run(arrived(wire, "bb"))]
    assert "Nothing waits" in colleague.go(AT).words


def give_up(browser: Browser, place: int = 0) -> Page:
    """Follow *Give up* of the packet in this place: to the page that asks once more."""
    return browser.go(browser.page.tree.xpath("//a[contains(@href, '/drop')]/@href")[place])


def test_before_a_dead_letter_is_given_up_it_is_said_what_is_lost(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb", text=b"a marker"))
    pe_run(give(wire, make_erase(letter)))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    colleague.go(AT)
    erase = give_up(colleague).words
    colleague.go(AT)
    page = give_up(colleague, place=1)

    for words in (erase, page.words):
        assert "To embassy bb" in words
        assert "Given on November 24, 2026" in words
        assert "It cannot be brought back." in words
        assert "marker" not in words
    assert "A wish to erase what we sent" in erase and "it stays with them" in erase
    assert "A letter" in page.words and "They never get this letter" in page.words
    assert [AT] == page.tree.xpath("//a[@class='button second']/@href")
    assert ["dead", "dead"] == [state for _, state in states(wire, pe_run)]


def test_a_dead_letter_that_was_given_up_is_gone_from_the_files(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run, tmp_path: Path
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    colleague.go(AT)
    give_up(colleague)

    assert "Given up and erased" in colleague.send(form="/drop").words
    assert [] == states(wire, pe_run)
    assert letter.id.encode() not in bytes_on_disk(tmp_path / "aa" / "data")


def test_what_waits_or_is_no_longer_here_cannot_be_given_up(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    waits = pe_run(send(wire, "aa", "bb"))
    pages = [colleague.go(f"{AT}/{name}/drop") for name in (waits.id, "none")]
    dead = pe_run(send(wire, "aa", "bb"))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    colleague.go(f"{AT}/{dead.id}/drop")
    pe_run(wire.embassies["aa"].store.write([Delete(OutgoingRow, {"id": dead.id})]))
    late = colleague.send(form="/drop")

    assert [404, 404] == [page.status for page in pages]
    assert 422 == late.status
    assert "no longer here" in late.words


def test_an_old_page_gives_nothing_up_with_one_press(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    colleague.go(AT)
    fields = [(name, value) for name, value in colleague.page.forms()[-1].form_values() if value]

    assert 400 == colleague.post(AT, [*fields, ("act", "drop")]).status
    assert [(letter.id, "dead")] == states(wire, pe_run)


def test_what_a_later_letter_has_overtaken_can_only_be_given_up(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    pe_run(give(wire, make_erase(letter)))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    both = colleague.go(AT)
    assert 2 == len(both.tree.xpath("//button[@value='again']"))
    second = pe_run(send(wire, "aa", "bb", letter.thread))
    wire.bend = straight
    pe_run(courier.deliver())
    page = colleague.go(AT)

    assert [second.id] == [row.id for row in pe_run(arrived(wire, "bb"))]
    assert "can no longer go" in page.words
    assert 2 == len(page.tree.xpath("//a[contains(@href, '/drop')]"))
    assert 1 == len(page.tree.xpath("//button[@value='again']")), "what takes back goes always"


def die(wire: Wire, courier: PeerCourier, run: Run, number: int) -> list[str]:
    """Let letters of one conversation fail for ever; returns their ids in order."""
    first = run(send(wire, "aa", "bb"))
    names = [first.id, *(run(send(wire, "aa", "bb", first.thread)).id for _ in range(number - 1))]
    wire.bend = refuse(410)
    run(courier.deliver())
    wire.bend = straight
    return names


def test_pieces_of_a_file_that_did_not_arrive_are_one_line_and_go_again_with_one_press(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    names = die(wire, courier, pe_run, 3)
    other = die(wire, courier, pe_run, 1)
    page = colleague.go(AT)
    titles = [h.text_content() for h in page.tree.xpath("//main//h3")]
    sizes = sum(row.size for row in pe_run(wire.embassies["aa"].store.select(OutgoingRow)))
    size = math.ceil((sizes - sizes // 4) / 1024)
    place = titles.index("3 letters of one conversation")
    again = press(colleague, "again", place)
    taken = pe_run(courier.deliver())

    assert ["3 letters of one conversation", "A letter"] == sorted(titles)
    assert f"The first given on November 24, 2026, {size} KiB in all" in page.words
    assert "Tried again now" in again.words
    assert 3 == taken
    assert names == [row.id for row in pe_run(arrived(wire, "bb"))]
    assert [(other[0], "dead")] == states(wire, pe_run)


def test_pieces_of_a_file_are_given_up_together_and_it_is_said_what_is_lost(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    die(wire, courier, pe_run, 3)
    (other,) = die(wire, courier, pe_run, 1)
    page = colleague.go(AT)
    titles = [h.text_content() for h in page.tree.xpath("//main//h3")]
    sure = give_up(colleague, titles.index("3 letters of one conversation")).words
    gone = colleague.send(form="/drop")

    assert "3 letters of one conversation" in sure
    assert "They get none of these letters." in sure
    assert "It cannot be brought back." in sure
    assert "Given up and erased" in gone.words
    assert [(other, "dead")] == states(wire, pe_run)


def test_wishes_to_erase_of_one_conversation_are_one_line(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    pe_run(give(wire, make_erase(letter), make_erase(letter)))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    page = colleague.go(AT)
    titles = [h.text_content() for h in page.tree.xpath("//main//h3")]
    sure = give_up(colleague)

    assert ["2 wishes to erase what we sent in one conversation", "A letter"] == titles
    assert "it stays with them" in sure.words


def test_what_can_go_again_and_what_was_overtaken_are_two_lines(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    names = die(wire, courier, pe_run, 2)
    thread = pe_run(wire.embassies["aa"].store.get(OutgoingRow, names[0])).thread
    arrives = pe_run(send(wire, "aa", "bb", thread))
    pe_run(courier.deliver())
    later = [pe_run(send(wire, "aa", "bb", thread)) for _ in range(2)]
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    wire.bend = straight
    page = colleague.go(AT)
    press(colleague, "again")
    pe_run(courier.deliver())

    titles = [h.text_content() for h in page.tree.xpath("//main//h3")]
    assert ["2 letters of one conversation"] * 2 == titles
    assert 1 == len(page.tree.xpath("//button[@value='again']"))
    assert [arrives.id, *(one.id for one in later)] == [
        row.id for row in pe_run(arrived(wire, "bb"))
    ]
    assert [(name, "dead") for name in names] == states(wire, pe_run)


@pytest.mark.parametrize("act", ["again", "drop"])
def test_what_died_since_the_page_was_shown_is_not_decided_about_unseen(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run, act: str
) -> None:
    names = die(wire, courier, pe_run, 2)
    thread = pe_run(wire.embassies["aa"].store.get(OutgoingRow, names[0])).thread
    colleague.go(AT)
    if act == "drop":
        give_up(colleague)
    pe_run(send(wire, "aa", "bb", thread))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    page = press(colleague, "again") if act == "again" else colleague.send(form="/drop")

    assert 422 == page.status
    assert "Look again." in page.words
    assert ["dead"] * 3 == [state for _, state in states(wire, pe_run)]


def test_of_letters_that_are_decided_about_together_either_all_change_or_none(
    wire: Wire, courier: PeerCourier, pe_run: Run
) -> None:
    names = die(wire, courier, pe_run, 3)
    desk, account = wire.embassies["aa"].desk, wire.embassies["aa"].account
    session = pe_run(unlock_account(desk, wire.clock, account))

    async def both() -> list[BaseException | None]:
        acts = (drop(desk, session, names[0], 3), try_again(desk, session, names[0], 3))
        return await asyncio.gather(*acts, return_exceptions=True)

    ended = pe_run(both())

    assert 1 == sum(isinstance(error, NotFound) for error in ended)
    assert {"dead"} != {state for _, state in states(wire, pe_run)}
    assert len(states(wire, pe_run)) in (0, 3)


def test_two_colleagues_who_press_at_once_are_told(
    wire: Wire, courier: PeerCourier, colleague: Browser, pe_run: Run
) -> None:
    letter = pe_run(send(wire, "aa", "bb"))
    wire.bend = refuse(410)
    pe_run(courier.deliver())
    colleague.go(AT)
    pe_run(wire.embassies["aa"].store.write([Delete(OutgoingRow, {"id": letter.id})]))
    page = press(colleague, "again")

    assert 422 == page.status
    assert "no longer here" in page.words


def test_the_list_of_peers_leads_to_it(colleague: Browser) -> None:
    assert AT in [a.get("href") for a in colleague.go("/en/staff/peers").tree.xpath("//main//a")]
