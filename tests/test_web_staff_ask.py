"""Whom do other embassies know? The form of an ask: as a need says it, and sent as it was shown."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from pe_core.errors import NotAllowed
from pe_core.model import Fluency, Skill, Skilled
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.referral import Ask
from pe_core.network.bodies import decode_body, digest
from pe_core.network.preparing import AskWords, prepare_ask
from pe_core.toolkit.browser import Page
from pe_core.toolkit.embassy import TestEmbassy
from two_browsers import Pages, Run, Side, links, two_browsers

TALK, DRIVING = "core.skill.interpreting", "core.skill.driving"
WHOLE = {
    "peer": ["yy"],
    "skill-1": f"{TALK}:required:3",
    "skill-2": f"{DRIVING}:wished:1",
    "spoken-1": "ko",
    "spoken-2": "ka",
    "fluency": "3",
    "number": "2",
    "city": "Hillham",
    "until-day": "1",
    "until-month": "12",
    "until-year": "2026",
    "words": "Two hours on a weekday",
    "urgent": "yes",
}
SAID = (
    "Interpreting in a conversation: very well",
    "Driving people or things: a little",
    "Korean",
    "fluent",
    "Hillham",
    "December 1, 2026",
    "Two hours on a weekday",
)


@pytest.fixture
def pages(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Pages]:
    """Two embassies that know each other, and a coordinator of each in a browser."""
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as found:
        yield found


def preview(pages: Pages, **typed: Any) -> Page:
    """Fill in the form of an ask and look at what would be sent."""
    pages.near.go("referrals/ask")
    return pages.near.send({**WHOLE, **typed, "act": "preview"}, "/ask")


def test_where_no_cities_are_named_an_ask_has_no_place_to_choose(
    pages: Pages, pe_embassy: TestEmbassy
) -> None:
    desk = pe_embassy.desk
    desk.jurisdiction = replace(desk.jurisdiction, cities=())
    page = pages.near.go("referrals/ask")
    typed = {name: value for name, value in WHOLE.items() if name != "city"}
    shown = pages.near.send({**typed, "act": "preview"}, "/ask")

    assert [] == page.tree.xpath("//*[@name='city']")
    assert (200, []) == (shown.status, shown.tree.xpath("//div[@id='error-summary']"))


def test_all_that_an_ask_can_say_is_shown_sent_and_shown_to_whoever_gets_it(pages: Pages) -> None:
    shown = preview(pages)
    pages.near.send({"act": "send"}, "/ask")
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    (came,) = pages.two.far.said(view.id)
    page = pages.far.go(f"referrals/{view.id}")

    assert (
        Ask(
            required=(Skill(code=TALK, level=Skilled.EXPERT),),
            wished=(Skill(code=DRIVING, level=Skilled.SOME),),
            languages=("ko", "ka"),
            fluency=Fluency.FLUENT,
            city="Hillham",
            number=2,
            until=date(2026, 12, 1),
            line="Two hours on a weekday",
            language="en",
            urgent=True,
            answer_by=date(2026, 11, 25),
        )
        == came.body
    )
    assert [digest(came.raw)] == shown.tree.xpath("//input[@name='shown']/@value")
    for words in SAID:
        assert words in shown.words
        assert words in page.words


def test_what_is_not_said_is_not_in_it(pages: Pages) -> None:
    nothing = {"skill-1": "", "skill-2": "", "spoken-2": "", "city": "", "words": "", "urgent": ""}
    until = {f"until-{part}": "" for part in ("day", "month", "year")}
    shown = preview(pages, **nothing, **until, fluency="2", number="1")
    pages.near.send({"act": "send"}, "/ask")
    (view,) = pages.two.near.threads()
    (sent,) = pages.two.near.said(view.id)

    due = pages.two.clock.now().date().replace(day=27)
    assert Ask(languages=("ko",), language="en", answer_by=due) == sent.body
    assert "from afar" in shown.words
    assert "Needed until" not in shown.words


@pytest.mark.parametrize(
    ("typed", "wrong", "said"),
    [
        ({"skill-1": "", "skill-2": "", "spoken-1": "", "spoken-2": ""}, "skills-1", "a skill or"),
        ({"skill-1": "zz.skill.gone:required:1"}, "skills-1", "not in the vocabulary"),
        ({"skill-1": f"{TALK}:required:9"}, "skills-1", "not in the vocabulary"),
        ({"skill-1": "nonsense"}, "skills-1", "not in the vocabulary"),
        ({"spoken-1": "tlh"}, "spoken-1", "a language from the list"),
        ({"city": "Atlantis"}, "city", "not on the list any more"),
        ({"number": ""}, "number", "from 1 to 50"),
        ({"number": "two"}, "number", "from 1 to 50"),
        ({"until-day": "31", "until-month": "11"}, "until", "no such day"),
        ({"until-day": ""}, "until", "no such day"),
        ({"until-year": "26"}, "until", "This day is over"),
        ({"until-day": "23", "until-month": "11"}, "until", "This day is over"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    pages: Pages, typed: dict[str, str], wrong: str, said: str
) -> None:
    page = preview(pages, **typed)
    kept = {**WHOLE, **typed}

    assert 422 == page.status
    assert [f"#field-{wrong}"] == [link for link in links(page) if link.startswith("#field-")]
    assert 1 == len(page.tree.xpath(f"//*[@id='field-{wrong}']"))
    assert 2 <= page.words.count(said), "in the summary and beside the field"
    for name in ("number", "until-day", "until-month", "until-year"):
        assert [kept[name]] == page.tree.xpath(f"//input[@name='{name}']/@value")
    assert ["Two hours on a weekday"] == page.tree.xpath("//input[@name='words']/@value")
    if kept["skill-2"]:
        assert [kept["skill-2"]] == page.tree.xpath(
            "//select[starts-with(@name, 'skill-')]/option[@selected][@value != '']/@value"
        )[-1:]
    assert [] == pages.two.near.threads()


def test_today_is_a_day_on_which_somebody_can_be_needed(pages: Pages) -> None:
    page = preview(pages, **{"until-day": "24", "until-month": "11"})

    assert 200 == page.status
    assert "November 24, 2026" in page.words


def test_what_is_wrong_is_said_in_the_language_of_the_page(pages: Pages) -> None:
    pages.near.browser.go("/be/staff/referrals/ask")
    page = pages.near.send({**WHOLE, "until-day": "31", "until-month": "11"}, "/ask")

    assert "Такога дня няма" in page.words


def test_an_ask_whose_day_came_between_the_preview_and_sending_is_not_sent(pages: Pages) -> None:
    here = ZoneInfo(pages.two.near.desk.embassy.zone)
    now = pages.two.clock.now().astimezone(here)
    pages.two.clock.move(seconds=(now.replace(hour=23, minute=55) - now).total_seconds())
    pages.near.browser.close()
    pages.near = Side(pages.two.near, pages.two.run)
    shown = preview(pages, **{"until-day": "24", "until-month": "11"})
    pages.two.clock.move(minutes=6)
    page = pages.near.send({"act": "send"}, "/ask")

    assert 200 == shown.status
    assert 422 == page.status
    assert "This day is over" in page.words
    assert [] == pages.two.near.threads()


def test_nobody_passes_on_an_ask_whose_day_is_over(pages: Pages) -> None:
    preview(pages)
    pages.near.send({"act": "send"}, "/ask")
    (view,) = pages.two.near.threads()
    pages.two.clock.move(days=8)
    near = Side(pages.two.near, pages.two.run)
    near.go(f"referrals/{view.id}")
    fields = near.browser.page.forms()[-1].form_values()
    values = [(name, value) for name, value in fields if name == "token" and value]
    at = f"/en/staff/referrals/{view.id}"
    page = near.browser.post(at, [*values, ("peer", "yy"), ("act", "forward")])
    near.browser.close()

    assert 403 == page.status
    assert "is over. Ask anew" in page.words


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (AskWords(language="en"), "skills_nobody"),
        (AskWords(required=(Skill(code="zz.none"),), language="en"), "skills_unknown"),
        (AskWords(wished=(Skill(code=TALK),) * 21, language="en"), "skills_too_many"),
        (AskWords(languages=("tlh",), language="en"), "languages_unknown"),
        (AskWords(languages=("ko",), city="Atlantis", language="en"), "city_unknown"),
        (AskWords(languages=("ko",), number=51, language="en"), "number_range"),
        (AskWords(languages=("ko",), until=date(2026, 11, 23), language="en"), "until_past"),
    ],
)
def test_without_a_page_the_same_is_refused(
    pe_embassy: TestEmbassy, words: AskWords, key: str
) -> None:
    with pytest.raises(NotAllowed, match=f"staff.problem.{key}"):
        prepare_ask(pe_embassy.desk, PeerCode("yy"), words)


def test_the_greatest_ask_is_still_read_by_whoever_gets_it(pe_embassy: TestEmbassy) -> None:
    skills = (Skill(code=TALK, level=Skilled.GOOD),) * 20
    words = AskWords(
        required=skills,
        wished=skills,
        languages=("ko",) * 2,
        number=50,
        line="x" * 300,
        language="en",
    )
    prepared = prepare_ask(pe_embassy.desk, PeerCode("yy"), words)

    body = decode_body(Kind.ASK, prepared.raw)
    assert isinstance(body, Ask)
    assert (20, 20, 50, 200) == (
        len(body.required),
        len(body.wished),
        body.number,
        len(body.line),
    )
