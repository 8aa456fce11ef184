"""Journey 1: asking for help, page by page, in a browser without scripts."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType

from pe_core.desk import listing, requests
from pe_core.desk.sessions import Session
from pe_core.errors import NothingToSealTo
from pe_core.model import Answers, Form, HelpRequest, Where
from pe_core.store import RequestRow
from pe_core.toolkit.asker import PAPER, Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.web.public import sending
from pe_core.web.public.ask import BEGINS

Run = Callable[[Awaitable[Any]], Any]
Region = Annotated[Literal["coast", "hills", "visiting"], Meta(extra={"text": "zz.paper.region"})]


class MaybeAnswers(Answers):
    """One choice that may be left out; Exampleland has none."""

    region: Region | UnsetType = UNSET


MARKED = "Marker <b>&\"' ўсё"


@pytest.fixture
def asker(pe_browser: Callable[[], Browser], pe_clock: Clock) -> Asker:
    """Somebody who reads English."""
    return Asker(pe_browser(), pe_clock)


def only_request(embassy: TestEmbassy, session: Session, run: Run) -> HelpRequest:
    (entry,) = run(listing.list_requests(embassy.desk, session))
    opened: HelpRequest = run(requests.open_request(embassy.desk, session, entry.id))
    return opened


def problem_links(page: Page) -> list[str]:
    return [str(link) for link in page.tree.xpath("//div[@class='summary']//a/@href")]


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_whole_way_from_home_to_the_receipt_takes_nine_questions(
    asker: Asker,
    pe_embassy: TestEmbassy,
    pe_staff: Session,
    pe_run: Run,
    pe_clock: Clock,
    language: str,
) -> None:
    asker.language = language
    asker.browser.go("/", **{"Accept-Language": language})
    home = asker.page
    links = home.tree.xpath("//a[@class='door']/@href")
    seen = []
    asker.begin()
    while (number := asker.number()) in PAPER:
        seen.append(number)
        asker.browser.send(PAPER[number or 0])
    files = asker.page.path
    asker.browser.upload({"continue": "1"})
    check = asker.page.words
    asker.browser.send()
    receipt = asker.groups()
    shown_at = asker.page.path
    asker.type_back()

    assert f"/{language}/" == home.path
    assert [f"/{language}/ask"] == links
    assert list(PAPER) == seen
    assert f"/{language}/ask/files" == files
    assert "They said no." in check and "Invented Bird" in check
    assert f"/{language}/ask/receipt" == shown_at
    assert [4] * 6 == [len(group) for group in receipt]
    assert f"/{language}/ask/done" == asker.page.path
    request = only_request(pe_embassy, pe_staff, pe_run)
    shown = {answer.field: answer.shown for answer in request.original.answers}
    assert language == request.original.language
    assert "Invented Bird" == shown["name"]
    assert pe_embassy.desk.texts.text(language, "zz.paper.region.coast") == shown["region"]


def test_the_receipt_opens_the_request_in_a_fresh_browser(
    asker: Asker, pe_browser: Callable[[], Browser], pe_clock: Clock
) -> None:
    receipt = asker.ask()
    fresh = Asker(pe_browser(), pe_clock)

    fresh.come_back(receipt)

    assert "/en/mine" == fresh.page.path
    assert "We have your request" in fresh.page.words


def test_somebody_in_danger_is_warned_and_asked_for_less(
    asker: Asker, pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    warning = asker.begin(where="inside").words
    exits = asker.page.tree.xpath("//main//a[@href='/en/exit']")
    asker.browser.send()
    seen = []
    while (number := asker.number()) in PAPER:
        seen.append(number)
        asker.browser.send(PAPER[number or 0])
    at = asker.page.path
    check = asker.page.words
    refused = asker.go("ask/files").path
    skipped = asker.go("ask/8").path
    asker.go("ask/check")
    asker.browser.send()

    assert "Phones and computers are searched" in warning
    assert "can see that you visited this site" in warning
    assert "If somebody finds it on paper" in warning
    assert 1 == len(exits)
    assert [1, 2, 3, 4, 5, 6, 7] == seen
    assert "/en/ask/check" == at == refused == skipped
    assert "What may we call you?" not in check and "Photos and papers" not in check
    original = only_request(pe_embassy, pe_staff, pe_run).original
    assert Where.INSIDE == original.where
    assert not [answer for answer in original.answers if answer.personal]


def test_what_was_personal_is_not_sent_once_the_limited_mode_is_chosen(
    asker: Asker, pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    asker.to_check()
    asker.go("ask/where/change")
    warned_at = asker.browser.send({"where": "going"}).path
    back_at = asker.browser.send().path
    shown = asker.page.words
    asker.browser.send()

    assert "/en/ask/warning/change" == warned_at
    assert "/en/ask/check" == back_at
    assert "Invented Bird" not in shown
    original = only_request(pe_embassy, pe_staff, pe_run).original
    assert "Invented Bird" not in repr(original.answers)


@pytest.mark.parametrize("where", ["", "inside"])
def test_no_question_comes_before_the_place_and_the_warning(asker: Asker, where: str) -> None:
    asker.go("ask")
    asker.clock.move(seconds=6)
    asker.browser.send({"topic": "zz.paper"})
    if where:
        asker.browser.send({"where": where})
    expected = "/en/ask/warning" if where else "/en/ask/where"

    assert {expected} == {
        asker.go(f"ask/{step}").path for step in ("1", "3/change", "stop", "files", "check")
    }


def test_an_answer_is_changed_from_check_and_comes_back_to_it(asker: Asker) -> None:
    asker.to_check()
    links = asker.page.tree.xpath("//dd[@class='change']/a/@href")
    asker.browser.go("/en/ask/3/change")
    chosen = asker.page.tree.xpath("//input[@checked]/@value")
    back = asker.page.tree.xpath("//a[@class='back']/@href")
    asker.browser.send({"answer": "hills"})

    assert "/en/ask/3/change" in links
    assert ["coast"] == chosen
    assert ["/en/ask/check"] == back
    assert "/en/ask/check" == asker.page.path
    assert "In the hills" in asker.page.words


def test_a_change_that_asks_something_new_asks_it_before_check(asker: Asker) -> None:
    asker.to_check(answers={**PAPER, 1: {"answer": "passport"}, 5: {"answer": "no"}})
    without = asker.page.words
    asker.go("ask/1/change")
    asked = asker.browser.send({"answer": "permit"}).path
    asker.browser.send(PAPER[2])

    assert "When does your permit end?" not in without
    assert "/en/ask/2/change" == asked
    assert "/en/ask/check" == asker.page.path
    assert "December 20, 2026" in asker.page.words


def test_a_question_that_is_not_asked_leads_to_the_next_one(asker: Asker) -> None:
    asker.begin()
    asker.browser.send({"answer": "passport"})
    after_the_first = asker.page.path
    unasked = asker.go("ask/2").path

    assert "/en/ask/3" == after_the_first == unasked
    assert "/en/ask/1" == asker.go("ask/0").path
    assert "/en/ask/files" == asker.go("ask/99").path
    assert 404 == asker.go("ask/one").status


def test_an_answer_to_a_question_that_is_not_asked_is_not_kept(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    asker.begin()
    asker.browser.send({"answer": "passport"})
    token = asker.page.tree.xpath("//main//input[@name='token']/@value")[0]

    asker.browser.post("/en/ask/6", [("token", token), ("answer", "They said no.")])

    (draft,) = pe_embassy.desk.drafts.items()
    assert {"paper": "passport"} == draft.answers


def test_back_and_reload_break_nothing_on_any_page(asker: Asker) -> None:
    asker.begin()
    trail = ["/en/ask/where"]
    while (number := asker.number()) in PAPER:
        trail.append(asker.page.path)
        asker.browser.send(PAPER[number or 0])
    trail.append(asker.page.path)
    asker.browser.upload({"continue": "1"})
    back = []
    while links := asker.page.tree.xpath("//a[@class='back']/@href"):
        assert 200 == asker.browser.go(asker.page.path).status
        back.append(links[0])
        asker.browser.go(links[0])

    assert ["/en/", "/en/ask", *trail] == back[::-1]


def test_answers_are_filled_in_when_one_goes_back(asker: Asker) -> None:
    asker.to_check()
    filled = {
        number: [
            str(value)
            for value in asker.go(f"ask/{number}").tree.xpath(
                "//main//input[@checked]/@value | //main//input[@type='text']/@value"
                " | //main//textarea/text()"
            )
        ]
        for number in PAPER
    }

    assert ["permit"] == filled[1]
    assert ["20", "12", "2026"] == filled[2]
    assert {"stays", "shelter"} == set(filled[4])
    assert ["yes"] == filled[5]
    assert "They said no." == "".join(filled[6]).strip()
    assert ["Invented Bird"] == filled[8]


def test_going_back_to_the_same_topic_keeps_the_answers_and_another_topic_begins_anew(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    asker.to_check()
    asker.go("ask")
    chosen = asker.page.tree.xpath("//input[@checked]/@value")
    same = asker.browser.send({"topic": "zz.paper"}).path
    (kept,) = pe_embassy.desk.drafts.items()
    kept_answers = len(kept.answers)
    asker.go("ask")
    asker.browser.send({"topic": "zz.bed"})
    (draft,) = pe_embassy.desk.drafts.items()

    assert ["zz.paper"] == chosen
    assert "/en/ask/where" == same
    assert 9 == kept_answers
    assert "zz.bed" == draft.form.name
    assert {} == draft.answers == kept.answers


@pytest.mark.parametrize(
    ("number", "typed", "words", "kept"),
    [
        (1, {}, "Choose an answer", None),
        (1, {"answer": "moon"}, "Choose one of the answers on the page", None),
        (2, {"answer-day": "31", "answer-month": "2", "answer-year": "2027"}, "no such day", "31"),
        (4, {}, "Choose an answer", None),
        (7, {}, "Write an answer", None),
        (7, {"answer": "Я" * 8001}, "Shorten it to 8,000 characters", "Я" * 8001),
        (7, {"answer": "Я" * 30_000}, "Shorten it to 8,000 characters", "Я" * 30_000),
        (8, {"answer": "a\x07b"}, "characters here that we cannot keep", None),
    ],
)
def test_a_wrong_answer_is_shown_again_with_the_reason(
    asker: Asker, number: int, typed: dict[str, str], words: str, kept: str | None
) -> None:
    asker.to_check()
    asker.go(f"ask/{number}")
    token = asker.page.tree.xpath("//main//input[@name='token']/@value")[0]

    page = asker.browser.post(f"/en/ask/{number}", [("token", token), *typed.items()])

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert ["#field-answer"] == problem_links(page)
    assert 1 == len(page.tree.xpath("//*[@id='field-answer']"))
    assert page.words.count(words) == 2, "in the summary and beside the field"
    assert kept is None or kept in page.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0", "must be 1 or more"),
        ("21", "must be 20 or less"),
        ("two", "Write a whole number in digits"),
        ("2.5", "Write a whole number in digits"),
    ],
)
def test_a_wrong_number_is_told_with_its_limit(asker: Asker, typed: str, words: str) -> None:
    asker.begin("zz.bed")

    page = asker.browser.send({"answer": typed})

    assert words in page.words
    assert [typed] == page.tree.xpath("//input[@id='field-answer']/@value")


def test_what_the_form_itself_finds_is_listed_on_check_with_a_link(asker: Asker) -> None:
    asker.to_check(answers={**PAPER, 4: {"answer": ["stays", "none"]}})
    links = problem_links(asker.page)
    buttons = asker.page.tree.xpath("//main//button")
    asker.browser.go(links[0])
    asker.browser.send({"answer": ["stays"]})

    assert ["/en/ask/4/change"] == links
    assert [] == buttons, "there is nothing to send yet"
    assert [] == problem_links(asker.page)


def test_what_is_missing_is_listed_on_check_and_nothing_is_sent(
    asker: Asker, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    asker.begin()
    asker.go("ask/check")
    links = problem_links(asker.page)
    token = asker.go("ask/1").tree.xpath("//main//input[@name='token']/@value")[0]

    page = asker.browser.post("/en/ask/check", [("token", token)])

    assert [f"/en/ask/{number}/change" for number in (1, 3, 4, 5, 7)] == links
    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert 0 == pe_run(pe_embassy.store.count(RequestRow))


def test_an_answer_that_ends_the_questions_shows_next_steps_and_can_be_changed(
    asker: Asker,
) -> None:
    asker.begin()
    asker.answer({**PAPER, 3: {"answer": "visiting"}})
    at, words = asker.page.path, asker.page.words
    later = {asker.go(f"ask/{step}").path for step in ("4", "7/change", "files", "check")}
    links = asker.go("ask/stop").tree.xpath("//main//a/@href")
    asker.browser.go(links[0])
    asker.browser.send({"answer": "coast"})

    assert "/en/ask/stop" == at
    assert "Visitors are helped at home" in words
    assert {"/en/ask/stop"} == later
    assert ["/en/ask/3", "/en/ask", "/en/"] == links
    assert "/en/ask/4" == asker.page.path
    assert "/en/ask/1" == asker.go("ask/stop").path, "nothing stops any more"


def test_a_choice_that_may_be_left_out_can_be_taken_back(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    pe_embassy.desk.forms = {"zz.bed": Form(name="zz.bed", answers=MaybeAnswers)}
    asker.begin("zz.bed")
    asker.browser.send({"answer": "coast"})
    (draft,) = pe_embassy.desk.drafts.items()
    answered = dict(draft.answers)
    asker.go("ask/1")
    asker.browser.send({"answer": ""})

    assert {"region": "coast"} == answered
    assert {} == draft.answers
    assert "I would rather not say" in asker.go("ask/1").words
    assert [] == asker.page.tree.xpath("//input[@checked]")


def test_a_date_that_may_be_left_out_is_skipped(asker: Asker, pe_embassy: TestEmbassy) -> None:
    asker.begin()
    asker.browser.send({"answer": "permit"})
    asker.browser.send({"answer-day": "", "answer-month": "", "answer-year": ""})

    (draft,) = pe_embassy.desk.drafts.items()
    assert {"paper": "permit"} == draft.answers
    assert "/en/ask/3" == asker.page.path


def test_sending_twice_gives_the_same_receipt_and_one_request(
    asker: Asker, pe_embassy: TestEmbassy, pe_run: Run
) -> None:
    asker.to_check()
    token = asker.page.tree.xpath("//main//input[@name='token']/@value")[0]
    asker.browser.post("/en/ask/check", [("token", token)])
    first = asker.groups()
    asker.browser.post("/en/ask/check", [("token", token)])

    assert first == asker.groups() != []
    assert 1 == pe_run(pe_embassy.store.count(RequestRow))


def test_answers_are_sealed_in_the_language_they_were_checked_in(
    asker: Asker, pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    asker.to_check()
    in_belarusian = asker.page.tree.xpath("//a[@hreflang='be']/@href")[0]
    asker.browser.go(in_belarusian)
    asker.browser.send()

    original = only_request(pe_embassy, pe_staff, pe_run).original
    assert "/be/ask/receipt" == asker.page.path
    assert "be" == original.language
    assert pe_embassy.desk.texts.text("be", "zz.paper.title") == original.title


def test_after_sending_the_questions_are_over(asker: Asker) -> None:
    asker.ask()
    steps = ("where", "warning", "1", "3/change", "stop", "files", "check")

    assert {"/en/ask/receipt"} == {asker.go(f"ask/{step}").path for step in steps}


def test_when_nobody_could_open_it_nothing_is_taken_and_the_draft_stays(
    asker: Asker, pe_embassy: TestEmbassy, pe_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: Any) -> Any:
        raise NothingToSealTo("no members")

    asker.to_check()
    with monkeypatch.context() as patched:
        patched.setattr(sending, "submit", nobody)
        closed = asker.browser.send()
    again = asker.browser.go(closed.tree.xpath("//div[@class='actions']/a/@href")[0])

    assert 503 == closed.status
    assert "Nothing that you wrote is lost" in closed.words
    assert "Emergency 112" in closed.words
    assert 0 == pe_run(pe_embassy.store.count(RequestRow))
    assert "They said no." in again.words


def test_markup_in_answers_is_shown_as_it_was_typed(asker: Asker) -> None:
    asker.to_check(answers={**PAPER, 6: {"answer": MARKED}, 8: {"answer": MARKED}})
    check = asker.page
    name = asker.go("ask/8")

    assert check.words.count(MARKED) == 2
    assert "<b>" not in check.text
    assert [MARKED] == name.tree.xpath("//input[@id='field-answer']/@value")


def test_the_topic_must_be_one_of_ours_and_machines_are_kept_out(asker: Asker) -> None:
    asker.go("ask")
    early = asker.browser.send({"topic": "zz.paper"})
    asker.go("ask")
    asker.clock.move(seconds=6)
    nothing = asker.browser.send()
    asker.clock.move(seconds=6)
    trapped = asker.browser.send({"topic": "zz.paper", "website": "x"})

    assert 403 == early.status and "That was very quick" in early.words
    assert 422 == nothing.status and ["#field-topic"] == problem_links(nothing)
    assert 403 == trapped.status


def test_a_browser_without_cookies_is_told_so(asker: Asker) -> None:
    page = asker.go("ask/begin")

    assert "Your browser did not keep our cookie" in page.words


def test_more_drafts_than_the_door_takes_in_a_minute_are_put_off(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    tokens = [
        asker.go("ask").tree.xpath("//main//input[@name='token']/@value")[0]
        for _ in range(BEGINS + 1)
    ]
    asker.clock.move(seconds=6)
    pages = []
    for token in tokens:
        asker.browser.client.cookies.clear()
        pages.append(asker.browser.post("/en/ask", [("token", token), ("topic", "zz.paper")]))

    assert [200] * BEGINS + [429] == [page.status for page in pages]
    assert BEGINS == len(pe_embassy.desk.drafts)


def test_a_draft_is_open_to_its_own_cookie_only(
    asker: Asker, pe_browser: Callable[[], Browser], pe_clock: Clock
) -> None:
    asker.to_check()
    other = Asker(pe_browser(), pe_clock)
    without = [other.go(f"ask/{step}") for step in ("where", "1", "files", "check", "receipt")]
    other.begin("zz.bed")
    with_own = other.go("ask/check")

    assert {403} == {page.status for page in without}
    assert not any("They said no." in page.words for page in [*without, with_own])


def test_every_question_says_why_it_is_asked_and_who_sees_the_answer(asker: Asker) -> None:
    asker.begin()
    pages = []
    while (number := asker.number()) in PAPER:
        pages.append(asker.page)
        asker.browser.send(PAPER[number or 0])

    whys = [page.tree.xpath("//div[@class='why']//p") for page in pages]
    assert [2] * 9 == [len(why) for why in whys]
    assert all("Only the coordinators" in page.words for page in pages)


def test_a_draft_lives_ten_minutes_with_one_answer(asker: Asker) -> None:
    asker.begin()
    asker.clock.move(minutes=11)

    page = asker.go("ask/1")

    assert 403 == page.status
    assert "Your answers are no longer here" in page.words


def test_all_questions_stand_on_one_page_and_are_sent_with_one_press(asker: Asker) -> None:
    asker.begin("zz.paper")
    page = asker.go("ask/all")
    page = asker.browser.send(
        {
            "answer-paper": "permit",
            "answer-permit_ends-day": "20",
            "answer-permit_ends-month": "12",
            "answer-permit_ends-year": "2026",
            "answer-region": "coast",
            "answer-offices": ["stays", "shelter"],
            "answer-refused": "no",
            "answer-story": "My permit ends.",
            "send": "1",
        }
    )

    assert page.path.endswith("/ask/receipt")
    assert 1 == len(page.tree.xpath("//ol[@class='receipt']"))


def test_on_one_page_every_problem_is_named_and_what_was_typed_stays(asker: Asker) -> None:
    asker.begin("zz.paper")
    asker.go("ask/all")
    page = asker.browser.send({"answer-story": "Only this <b>word</b>.", "answer-region": "coast"})

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert 3 == len(problem_links(page))
    assert "Only this <b>word</b>." in page.tree.xpath("//textarea")[-1].text
    page = asker.browser.send(
        {"answer-paper": "birth", "answer-offices": ["none"], "answer-refused": "no"}
    )
    assert page.path.endswith("/ask/files")


def test_on_one_page_nothing_personal_is_asked_in_the_limited_mode(asker: Asker) -> None:
    asker.begin("zz.paper", where="going")
    asker.browser.send()
    page = asker.go("ask/all")

    names = {element.name for element in page.forms()[0].inputs}
    assert "answer-story" in names
    assert {"answer-name", "answer-contact"}.isdisjoint(names)
