"""What an asker reads of somebody who helps, and how they write to them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import brief_threads, briefs, requests
from pe_core.desk.timers import close_unattended
from pe_core.model import BriefId, MessageKind, Report
from pe_core.store import BriefNoteRow, RequestRow, Update
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    """The team and everybody before it."""
    return Team(pe_embassy, pe_run)


@pytest.fixture
def asker(team: Team, pe_browser: Open) -> Browser:
    """The asker's browser, the request open."""
    browser = pe_browser()
    browser.go("/en/code")
    browser.send({"code": team.receipt})
    return browser


def help_out(team: Team, *handles: str) -> None:
    """Let these people accept one task each."""
    for handle in handles:
        team.offer(team.need(), handle)
        team.accept(handle)


def thread(team: Team, handle: str) -> list[str]:
    session, brief = team.people[handle], team.brief(handle)
    view = team.run(briefs.open_brief(team.desk, session, brief))
    return [note.text for note in view.notes]


def send(asker: Browser, words: str, **more: str) -> Page:
    asker.go("/en/mine")
    return asker.send({"message": words, **more}, form="/helper")


def test_nobody_helps_yet(asker: Browser) -> None:
    assert "Somebody helps you" not in asker.page.words
    assert [] == asker.page.tree.xpath("//form[contains(@action, '/helper')]")


def test_asker_and_helper_write_to_each_other(team: Team, asker: Browser) -> None:
    help_out(team, "dzik")
    told = asker.go("/en/mine")
    sent = send(asker, "Thank you!\r\nOn Monday.")
    brief = team.brief("dzik")
    team.run(brief_threads.write_asker(team.desk, team.people["dzik"], brief, "Добра", "be"))
    team.run(requests.reply(team.desk, team.busel, team.request, "A word of the team", "en"))
    page = asker.go("/en/mine")
    lines = page.tree.xpath("//ol[@class='thread']/li")

    assert "Somebody helps you" in told.words
    assert "/en/mine/done/helper" == sent.path
    assert "Sent to the person who helps." in sent.words
    assert "Thank you!\nOn Monday." == thread(team, "dzik")[0]
    assert [("ours", "From the team"), ("helper", "From the person who helps")] == [
        (line.get("class"), line.xpath(".//p[@class='who']")[0].text_content()) for line in lines
    ]
    assert ("be", "ltr") == tuple(
        lines[1].xpath(".//p[@class='words']")[0].get(name) for name in ("lang", "dir")
    )
    for secret in ("dzik", str(team.box("dzik"))):
        assert secret not in page.text


def test_one_of_several_is_chosen_by_name_of_number(team: Team, asker: Browser) -> None:
    help_out(team, "dzik", "lasica")
    page = asker.go("/en/mine")
    values = page.tree.xpath("//input[@name='helper']/@value")
    unchosen = send(asker, "Hello")
    chosen = asker.send({"message": "Hello", "helper": values[1]}, form="/helper")

    assert {team.brief("dzik"), team.brief("lasica")} == set(values)
    assert (422, 200) == (unchosen.status, chosen.status)
    assert "Choose to whom you write." in unchosen.words
    assert [[], ["Hello"]] == sorted([thread(team, "dzik"), thread(team, "lasica")])


@pytest.mark.parametrize("words", ["", " \n", "x" * 4001])
def test_what_is_no_message_is_refused_and_kept(team: Team, asker: Browser, words: str) -> None:
    help_out(team, "dzik")
    page = send(asker, words)

    assert 422 == page.status
    assert page.tree.xpath("//div[@id='error-summary']//a[@href='#field-message']")
    assert words.strip() == page.tree.xpath("//*[@id='field-message']")[0].text_content().strip()
    assert [] == thread(team, "dzik")


def test_pressed_twice_it_is_sent_once(team: Team, asker: Browser) -> None:
    help_out(team, "dzik")
    before = asker.go("/en/mine")
    asker.send({"message": "Hello"}, form="/helper")
    asker.page = before
    page = asker.send({"message": "Hello"}, form="/helper")

    assert "/en/mine/done/helper" == page.path
    assert ["Hello"] == thread(team, "dzik")


def test_words_for_the_team_from_the_same_page_are_no_second_press(
    team: Team, asker: Browser
) -> None:
    help_out(team, "dzik")
    before = asker.go("/en/mine")
    asker.send({"message": "Hello"}, form="/helper")
    asker.page = before
    page = asker.upload({"words": "Hello"}, form="/word")
    opened = team.run(requests.open_request(team.desk, team.busel, team.request))

    assert "/en/mine/done/word" == page.path
    last = opened.thread[-1][1]
    assert (MessageKind.MESSAGE, "Hello") == (last.kind, last.text)
    assert ["Hello"] == thread(team, "dzik")


@pytest.mark.parametrize("end", ["done", "given_back"])
def test_when_the_helper_is_gone_the_form_goes_and_the_team_still_reads(
    team: Team, asker: Browser, end: str
) -> None:
    help_out(team, "dzik")
    desk, dzik, brief = team.desk, team.people["dzik"], team.brief("dzik")
    team.run(brief_threads.write_asker(desk, dzik, brief, "Hello", "en"))
    asker.go("/en/mine")
    if end == "done":
        team.run(briefs.report_done(desk, dzik, brief, Report()))
    else:
        team.run(briefs.give_back(desk, dzik, brief))
    refused = asker.send({"message": "Are you there?"}, form="/helper")
    page = asker.go("/en/mine")

    assert 422 == refused.status
    assert "nothing was sent" in refused.words
    kept = refused.tree.xpath("//textarea[@name='words']")[0].text_content()
    assert "Are you there?" == kept.strip()
    assert "The team still reads what you write below." in page.words
    assert [] == page.tree.xpath("//form[contains(@action, '/helper')]")
    assert "Hello" in page.words
    assert 0 == team.run(desk.store.count(BriefNoteRow))


@pytest.mark.parametrize("helper", ["none", "x" * 300, "é"])
def test_a_helper_of_nobody_gets_nothing(team: Team, asker: Browser, helper: str) -> None:
    help_out(team, "dzik")
    page = send(asker, "Hello", helper=helper)

    assert 422 == page.status
    assert [] == thread(team, "dzik")


def test_a_helper_of_somebody_else_gets_nothing(
    team: Team, asker: Browser, pe_browser: Open
) -> None:
    from pe_core.toolkit.invented import ASKED, ask

    help_out(team, "dzik")
    stranger = pe_browser()
    stranger.go("/en/code")
    stranger.send({"code": team.run(ask(team.desk, ASKED[5]))})
    token = stranger.page.forms()[0].fields["token"]
    once = stranger.page.tree.xpath("//input[@name='once']/@value")[0]
    fields = [("token", token), ("once", once), ("message", "x")]
    page = stranger.post("/en/mine/helper", [*fields, ("helper", team.brief("dzik"))])

    assert 422 == page.status
    assert [] == thread(team, "dzik")


def test_a_closed_request_sends_nothing_to_its_helper(team: Team, asker: Browser) -> None:
    help_out(team, "dzik")
    asker.go("/en/mine")
    ended = Update(RequestRow, (team.request,), {"state": "closed"})
    team.run(team.desk.store.write([ended]))
    page = asker.send({"message": "Hello"}, form="/helper")

    assert 422 == page.status
    assert [] == thread(team, "dzik")


def test_on_a_closed_request_nobody_helps_and_the_words_to_them_are_kept(
    team: Team, asker: Browser
) -> None:
    help_out(team, "dzik")
    asker.go("/en/mine")
    row = team.run(team.desk.store.get(RequestRow, team.request))
    team.run(team.desk.store.write(team.run(close_unattended(team.desk, row))))
    refused = asker.send({"message": "Hello"}, form="/helper")
    page = asker.go("/en/mine")

    assert "Hello" == refused.tree.xpath("//textarea[@name='remark']")[0].value.strip()
    assert "Somebody helps you" not in page.words
    assert [] == page.tree.xpath("//form[contains(@action, '/helper')]")


def test_the_way_back_to_the_page_after_a_refusal_is_a_page(asker: Browser) -> None:
    assert "/en/mine" == asker.go("/en/mine/helper").path


def test_a_message_of_a_helper_is_erased_when_it_was_read(team: Team, asker: Browser) -> None:
    help_out(team, "dzik")
    brief: BriefId = team.brief("dzik")
    team.run(brief_threads.write_asker(team.desk, team.people["dzik"], brief, "Hello", "en"))
    asker.go("/en/mine")
    page = asker.send(form="/read")

    assert "Hello" not in page.words
    assert "Somebody helps you" in page.words
