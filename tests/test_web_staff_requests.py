"""A coordinator's work through the pages: list, read, answer, move, files."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from pe_core.desk import intake, invites, listing, requests, visits
from pe_core.desk.files import CleanFile
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Author, Outcome, RequestId, State, WaitingOn, Where
from pe_core.rules.lifecycle import TABLE
from pe_core.store import RequestRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Asked, ask, open_account
from pe_core.web.staff import requests as list_module

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
WORDS = """<b>&"'</b> {{ t("x") }}"""
NEEDS = [
    (move.now, move.to, move.needs_outcome, move.needs_waiting)
    for move in TABLE
    if Author.STAFF in move.by
]


class Office:
    """A coordinator in a browser, and askers beside them."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.desk = embassy.desk
        self.run = run
        self.open_browser = open_browser
        self.browser = open_browser()
        self.unlock(self.browser, embassy.account)

    def unlock(self, browser: Browser, account: Account) -> Page:
        self.embassy.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        return browser.send(fields)

    def session(self) -> Session:
        return self.desk.sessions.items()[0]

    def ask(self, asked: Asked = ASKED[2]) -> tuple[RequestId, str]:
        before = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        receipt = self.run(ask(self.desk, asked))
        after = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        return RequestId((after - before).pop()), receipt

    def newest(self) -> RequestId:
        entries = self.run(listing.list_requests(self.desk, self.session()))
        return RequestId(entries[0].id)

    def open(self, request: RequestId, rest: str = "") -> Page:
        return self.browser.go(f"/en/staff/requests/{request}{rest}")

    def state(self, request: RequestId) -> str:
        row = self.run(self.desk.store.get(RequestRow, request))
        return str(row.state)

    def view(self, receipt: str) -> visits.View:
        _, visit = self.run(visits.come_back(self.desk, receipt))
        view: visits.View = self.run(visits.look(self.desk, visit))
        return view

    def bring(self, request: RequestId, state: State) -> None:
        """Move a new request to ``state`` by the desk's own acts."""
        self.run(listing.list_requests(self.desk, self.session()))
        for to in WAYS[state]:
            moving = requests.Moving(
                to=to,
                outcome=Outcome.HELPED if to in (State.RESOLVED, State.CLOSED) else None,
                waiting_on=WaitingOn.ASKER if to is State.WAITING else None,
                wake=(self.desk.now() + timedelta(days=7)).date() if to is State.WAITING else None,
            )
            assert () == self.run(requests.move(self.desk, self.session(), request, moving))

    def move(self, request: RequestId, **fields: str) -> Page:
        self.open(request)
        return self.browser.send(fields, form="/move")

    def colleague(self, handle: str = "zubr") -> Account:
        code = self.run(invites.make_invite(self.desk, self.session()))
        account: Account = self.run(open_account(self.desk, self.embassy.clock, code, handle))
        return account


WAYS: dict[State, tuple[State, ...]] = {
    State.NEW: (),
    State.TRIAGE: (State.TRIAGE,),
    State.MATCHING: (State.TRIAGE, State.MATCHING),
    State.ACTIVE: (State.TRIAGE, State.ACTIVE),
    State.WAITING: (State.TRIAGE, State.ACTIVE, State.WAITING),
    State.RESOLVED: (State.TRIAGE, State.ACTIVE, State.RESOLVED),
    State.CLOSED: (State.CLOSED,),
}
WAKE = {"wake-day": "30", "wake-month": "11", "wake-year": "2026"}


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


async def ask_with_photo(office: Office) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(picture, "JPEG")

    async def chunks() -> AsyncIterator[bytes]:
        yield picture.getvalue()

    _, draft = intake.begin(office.desk, "zz.other", "en")
    intake.set_where(draft, Where.ABROAD)
    intake.give_answer(draft, "story", ["Look at this"])
    await intake.add_file(office.desk, draft, chunks())
    return await intake.submit(office.desk, draft)


def rows(page: Page) -> list[str]:
    return [" ".join(row.text_content().split()) for row in page.tree.xpath("//tbody/tr")]


def titles(page: Page) -> list[str]:
    return [str(text) for text in page.tree.xpath("//tbody//td[2]/a/text()")]


def problems(page: Page) -> list[str]:
    return [link.get("href") for link in page.tree.xpath("//*[@id='error-summary']//a")]


def test_a_row_says_all_that_is_needed_to_choose(office: Office) -> None:
    office.ask(ASKED[4])
    page = office.browser.go("/en/staff")
    (row,) = rows(page)
    glimpse = page.tree.xpath("//tbody//td[2]/p")[0]

    for words in ("New", "Something else", "Беларуская", "Going to Belarus", "Today"):
        assert words in row
    assert "November 24, 2026" in row
    assert "Kept until May 30, 2027" in row
    assert ("be", "ltr") == (glimpse.get("lang"), glimpse.get("dir"))


def test_the_newest_request_comes_first(office: Office) -> None:
    for asked in (ASKED[2], ASKED[4]):
        office.ask(asked)
        office.embassy.clock.move(minutes=1)

    assert ["Something else", "A bed for the night"] == titles(office.browser.go("/en/staff/"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?state=new", 2),
        ("?state=triage", 1),
        ("?state=closed", 0),
        ("?topic=zz.bed", 2),
        ("?topic=zz.bed&state=triage", 1),
        ("?topic=zz.other&state=triage", 0),
        ("?fresh=1", 1),
        ("?fresh=2", 3),
        ("?state=nonsense&topic=nonsense&page=-1", 3),
        ("?state=%FF&topic=%00&page=99", 3),
        ("?page=nonsense", 3),
        ("?" + "&".join(f"x{number}=1" for number in range(50)), 3),
    ],
)
def test_the_address_filters_and_what_it_says_wrongly_is_ignored(
    office: Office, query: str, count: int
) -> None:
    first, receipt = office.ask()
    office.ask()
    office.ask(ASKED[4])
    office.bring(first, State.TRIAGE)
    _, visit = office.run(visits.come_back(office.desk, receipt))
    office.run(visits.add_word(office.desk, visit, "One more thing."))
    page = office.browser.go(f"/en/staff{query}")

    assert 200 == page.status
    assert count == len(rows(page))


def test_the_counts_by_state_are_links_that_keep_the_filter(office: Office) -> None:
    first, _ = office.ask()
    office.ask()
    office.ask(ASKED[4])
    office.bring(first, State.TRIAGE)
    page = office.browser.go("/en/staff?topic=zz.bed")
    links = {
        " ".join(link.text_content().split()): link.get("href")
        for link in page.tree.xpath("//ul[@class='states']//a")
    }
    expected = {
        "All 2": "/en/staff?topic=zz.bed",
        "New 1": "/en/staff?state=new&topic=zz.bed",
        "In review 1": "/en/staff?state=triage&topic=zz.bed",
    }

    assert expected == links


def test_the_filter_form_leads_to_the_address_of_its_filter(office: Office) -> None:
    office.ask()
    (form,) = office.browser.go("/en/staff?state=new").tree.xpath("//form[@method='get']")

    assert "/en/staff" == form.action
    assert {"state": "new", "topic": "", "urgency": "", "fresh": None} == dict(form.fields)


def test_a_hundred_requests_fit_a_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_module, "PAGE", 2)
    for _ in range(3):
        office.ask()
    first = office.browser.go("/en/staff?state=new")
    older = first.tree.xpath("//nav[@class='pages']/a/@href")
    second = office.browser.go(older[0])

    assert ["/en/staff?state=new&page=2"] == older
    assert (2, 1) == (len(rows(first)), len(rows(second)))
    assert "Page 2 of 2" in second.words
    assert ["/en/staff?state=new"] == second.tree.xpath("//nav[@class='pages']/a/@href")


def test_an_empty_list_teaches(office: Office) -> None:
    nothing = office.browser.go("/en/staff")
    office.ask()
    no_match = office.browser.go("/en/staff?state=closed")

    assert "When somebody asks for help" in nothing.words
    assert "Nothing fits" in no_match.words
    assert "Show all requests" in no_match.words


def test_a_newcomer_does_not_see_what_came_before_them(office: Office) -> None:
    old, _ = office.ask()
    account = office.colleague()
    new, _ = office.ask(ASKED[4])
    browser = office.open_browser()
    page = office.unlock(browser, account)
    paths = [f"/en/staff/requests/{old}{rest}" for rest in ("", "/reply", "/move", "/files/x")]

    assert ["Something else"] == titles(page)
    assert "1 more request is not for you" in page.words
    assert [404] * 4 == [browser.go(path).status for path in paths]
    assert 200 == browser.go(f"/en/staff/requests/{new}").status
    assert 2 == len(rows(office.browser.go("/en/staff")))


def test_what_waits_shows_for_whom_and_until_when(office: Office) -> None:
    request, _ = office.ask()
    office.bring(request, State.WAITING)
    (before,) = rows(office.browser.go("/en/staff"))
    office.embassy.clock.move(days=7)
    office.unlock(office.browser, office.embassy.account)
    (after,) = rows(office.browser.go("/en/staff"))

    assert "The asker" in before
    assert "until December 1, 2026" in before
    assert "due December 1, 2026" in after


def test_answers_stand_with_their_questions_and_markup_in_them_is_text(office: Office) -> None:
    typed = {"people": ["2"], "nights": ["3"], "story": [WORDS], "name": ["<i>Nobody</i>"]}
    request, _ = office.ask(Asked(form="zz.bed", language="he", typed=typed))
    page = office.open(request)
    answers = {
        dt.text_content(): dd
        for dt, dd in zip(
            page.tree.xpath("//dl[@class='answers']//dt"),
            page.tree.xpath("//dl[@class='answers']//dd"),
            strict=True,
        )
    }
    shown = [
        dd.xpath("span[contains(@class, 'words')]")[0].text_content() for dd in answers.values()
    ]
    texts = office.desk.texts
    asked = [texts.text("he", f"zz.bed.{field}.label") for field in ("people", "nights")]
    questions = page.tree.xpath("//dl[@class='answers']//dt")
    personal = ["Personal" in question.text_content() for question in questions]

    assert ["2", "3", WORDS, "<i>Nobody</i>"] == shown
    assert asked == list(answers)[:2]
    assert [False, False, False, True] == personal
    assert {("he", "rtl")} == {
        (words.get("lang"), words.get("dir"))
        for words in page.tree.xpath("//dl[@class='answers']//dt/span[@lang]")
    }
    assert [] == page.tree.xpath("//main//*[self::script or self::i]")
    assert "<b>" not in page.text.replace("<b dir=", "")


@pytest.mark.parametrize("where", [Where.INSIDE, Where.GOING])
def test_who_may_be_watched_is_marked(office: Office, where: Where) -> None:
    asked = Asked(form="zz.other", language="be", typed={"story": ["Дапамажыце"]}, where=where)
    request, _ = office.ask(asked)

    assert "Somebody may look at their phone" in office.open(request).words


def test_a_reply_is_looked_at_before_it_goes_and_reaches_the_asker(office: Office) -> None:
    request, receipt = office.ask()
    office.open(request)
    preview = office.browser.send(
        {"text": f"  {WORDS}\r\n\r\nBye  ", "language": "he"}, form="/reply"
    )
    letter = preview.tree.xpath("//div[@class='letter']/p")[0]
    before = office.view(receipt).replies
    sent = office.browser.send({"act": "send"}, form="/reply")
    (reply,) = [shown.reply for shown in office.view(receipt).replies]

    assert (f"{WORDS}\n\nBye", "he", "rtl") == (
        letter.text_content(),
        letter.get("lang"),
        letter.get("dir"),
    )
    assert () == before
    assert (f"{WORDS}\n\nBye", "he") == (reply.text, reply.language)
    assert f"/en/staff/requests/{request}" == sent.path
    assert "Your answer is sent" in sent.words
    assert "triage" == office.state(request)
    line = sent.tree.xpath("//ol[@class='thread']/li[@class='ours']")[0]
    assert "busel" in line.text_content()
    assert "The asker reads this too" in line.text_content()


def test_a_reply_can_be_changed_after_the_preview(office: Office) -> None:
    request, receipt = office.ask()
    office.open(request)
    office.browser.send({"text": "One\ntwo", "language": "ru"}, form="/reply")
    page = office.browser.send({"act": "change"}, form="/reply")
    fields = page.tree.forms[-1].fields

    assert ("One\ntwo", "ru") == (fields["text"].strip(), fields["language"])
    assert () == office.view(receipt).replies


@pytest.mark.parametrize(
    ("text", "words"), [("", "Write your answer"), ("x" * 8001, "longer than 8000 characters")]
)
def test_a_reply_that_cannot_be_sent_says_why_and_is_kept(
    office: Office, text: str, words: str
) -> None:
    request, receipt = office.ask()
    office.open(request)
    page = office.browser.send({"text": text, "act": "send"}, form="/reply")

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert ["#field-text"] == problems(page)
    assert words in page.words
    assert text == page.tree.forms[-1].fields["text"].strip()
    assert () == office.view(receipt).replies


def test_the_longest_reply_fits(office: Office) -> None:
    request, receipt = office.ask()
    office.open(request)
    office.browser.send({"text": "ж" * 8000}, form="/reply")
    office.browser.send({"act": "send"}, form="/reply")

    assert ["ж" * 8000] == [shown.reply.text for shown in office.view(receipt).replies]


def test_a_language_that_is_not_offered_becomes_the_asker_s(office: Office) -> None:
    request, receipt = office.ask(ASKED[4])
    office.open(request)
    office.browser.send({"text": "Дзень добры", "language": "xx"}, form="/reply")
    office.browser.send({"act": "send", "language": "<b>"}, form="/reply")

    assert ["be"] == [shown.reply.language for shown in office.view(receipt).replies]


def test_a_reply_is_held_back_if_something_was_said_meanwhile(office: Office) -> None:
    request, receipt = office.ask()
    office.open(request)
    office.browser.send({"text": "Do this"}, form="/reply")
    _, visit = office.run(visits.come_back(office.desk, receipt))
    office.run(visits.add_word(office.desk, visit, "It is solved!"))
    held = office.browser.send({"act": "send"}, form="/reply")
    replies = office.view(receipt).replies
    sent = office.browser.send({"act": "send"}, form="/reply")

    assert 409 == held.status
    assert "Somebody changed this request meanwhile" in held.words
    assert "Do this" in held.words
    assert () == replies
    assert "Your answer is sent" in sent.words


def test_a_reply_sent_twice_goes_once(office: Office) -> None:
    request, receipt = office.ask()
    office.open(request)
    preview = office.browser.send({"text": "Do this"}, form="/reply")
    fields = [*preview.tree.forms[-1].form_values(), ("act", "send")]
    pages = [office.browser.post(preview.path, fields) for _ in range(2)]

    assert [200, 409] == [page.status for page in pages]
    assert 1 == len(office.view(receipt).replies)


def test_a_closed_request_offers_no_reply_and_takes_none(office: Office) -> None:
    typing = office.open_browser()
    office.unlock(typing, office.colleague())
    request, receipt = office.ask()
    typing.go(f"/en/staff/requests/{request}/reply")
    typing.send({"text": "Do this"}, form="/reply")
    office.move(request, state="closed", outcome="helped")
    held = typing.send({"act": "send"}, form="/reply")
    late = typing.send({"act": "send"}, form="/reply")

    assert "To answer, move it back" in office.open(request).words
    assert (409, 403) == (held.status, late.status)
    assert "A closed request takes no answers" in late.words
    assert "Do this" == late.tree.forms[-1].fields["text"].strip()
    assert () == office.view(receipt).replies


@pytest.mark.parametrize(("now", "to", "outcome", "waiting"), NEEDS)
def test_every_move_of_a_coordinator_is_a_form(
    office: Office, now: State, to: State, outcome: bool, waiting: bool
) -> None:
    request, receipt = office.ask()
    office.bring(request, now)
    missing = office.move(request, state=to.value)
    needed = ["#field-outcome"] * outcome + ["#field-waiting_on", "#field-wake"] * waiting
    if needed:
        assert (422, needed) == (missing.status, problems(missing))
        assert now.value == office.state(request)
        fields = {"outcome": "partly_helped"} if outcome else {"waiting_on": "authority", **WAKE}
        done = office.browser.send(fields, form="/move")
    else:
        done = missing

    assert 200 == done.status
    assert to.value == office.state(request)
    assert "The request is now here" in done.words
    view = office.view(receipt)
    assert to is view.state
    assert (Outcome.PARTLY_HELPED if outcome else None) is view.outcome
    assert (WaitingOn.AUTHORITY if waiting else None) is view.waiting_on


def test_only_the_moves_of_the_table_are_offered(office: Office) -> None:
    for state in WAYS:
        request, _ = office.ask()
        office.bring(request, state)
        page = office.open(request)
        offered = page.tree.xpath("//form[contains(@class, 'move')]//input[@type='radio']/@value")

        assert [to.value for now, to, _, _ in NEEDS if now is state] == offered
    assert "Nothing can be done" not in page.words


def test_a_resolved_request_says_what_happens_next(office: Office) -> None:
    request, _ = office.ask()
    office.bring(request, State.RESOLVED)

    assert "closes by itself 14 days after" in office.open(request).words


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "state", "Choose where the request goes"),
        ({"state": "nonsense"}, "state", "Choose where the request goes"),
        ({"state": "new"}, "state", "Choose where the request goes"),
        ({"state": "closed", "outcome": "nonsense"}, "outcome", "Say how it ended"),
        ({"state": "waiting", **WAKE}, "waiting_on", "Say whom it waits for"),
        ({"state": "waiting", "waiting_on": "asker"}, "wake", "Say on which day"),
        (
            {"state": "waiting", "waiting_on": "asker", **WAKE, "wake-month": "13"},
            "wake",
            "There is no such day",
        ),
        (
            {"state": "waiting", "waiting_on": "asker", **WAKE, "wake-year": ""},
            "wake",
            "There is no such day",
        ),
        (
            {"state": "waiting", "waiting_on": "asker", **WAKE, "wake-day": "24"},
            "wake",
            "Choose a day after today",
        ),
        (
            {"state": "waiting", "waiting_on": "asker", **WAKE, "word": "x" * 8001},
            "word",
            "longer than 8000 characters",
        ),
    ],
)
def test_what_is_missing_for_a_move_is_listed_and_what_was_typed_is_kept(
    office: Office, fields: dict[str, str], field: str, words: str
) -> None:
    request, _ = office.ask()
    office.bring(request, State.ACTIVE)
    page = office.move(request, **{"word": "Dear friend", **fields})
    kept = page.tree.forms[-1].fields

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert [f"#field-{field}"] == problems(page)
    assert words in page.words
    assert fields.get("word", "Dear friend") == kept["word"].strip()
    assert "active" == office.state(request)
    for name in ("wake-day", "wake-month", "wake-year"):
        assert fields.get(name, "") == kept[name]


def test_the_word_with_a_move_reaches_the_asker_in_its_language(office: Office) -> None:
    request, receipt = office.ask()
    office.bring(request, State.ACTIVE)
    office.move(request, state="resolved", outcome="helped", word=WORDS, word_language="ru")
    (reply,) = [shown.reply for shown in office.view(receipt).replies]

    assert (WORDS, "ru") == (reply.text, reply.language)
    assert "Outcome: Helped" in office.open(request).words


def test_what_a_move_does_not_ask_for_is_left_out(office: Office) -> None:
    request, receipt = office.ask()
    office.bring(request, State.ACTIVE)
    office.move(request, state="resolved", outcome="helped", waiting_on="asker", **WAKE)

    assert office.view(receipt).waiting_on is None


def test_a_move_can_be_undone_where_the_table_has_a_way_back(office: Office) -> None:
    request, _ = office.ask()
    office.bring(request, State.ACTIVE)
    page = office.move(request, state="waiting", waiting_on="asker", **WAKE)
    assert 'Undo: back to "In work"' in page.words
    page = office.browser.send(form=1)

    assert "active" == office.state(request)
    assert "The request is now here: In work" in page.words
    closed = office.move(request, state="closed", outcome="spam")
    assert 'Undo: back to "In review"' in closed.words
    office.browser.send(form=1)
    assert "triage" == office.state(request)


def test_without_a_way_back_no_undo_is_offered(office: Office) -> None:
    request, _ = office.ask()
    page = office.move(request, state="triage")

    assert "The request is now here: In review" in page.words
    assert "Undo" not in page.words


def test_when_a_colleague_was_faster_what_was_typed_is_kept(office: Office) -> None:
    account = office.colleague()
    other = office.open_browser()
    office.unlock(other, account)
    request, _ = office.ask()
    office.open(request)
    other.go(f"/en/staff/requests/{request}")
    other.send({"state": "triage"}, form="/move")
    page = office.browser.send(
        {"state": "closed", "outcome": "spam", "word": "Good bye"}, form="/move"
    )
    kept = page.tree.forms[-1].fields

    assert 409 == page.status
    assert "Somebody changed this request meanwhile" in page.words
    assert ("closed", "spam", "Good bye") == (kept["state"], kept["outcome"], kept["word"].strip())
    assert "triage" == office.state(request)


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Conflict("a row"), 409, "Somebody changed this request meanwhile"),
        (NotAllowed("staff.request.not_all_yours"), 403, "came before you joined"),
    ],
)
def test_a_refusal_of_the_desk_keeps_what_was_typed(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    words: str,
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("pe_core.web.staff.moving.move", refuse)
    monkeypatch.setattr("pe_core.web.staff.answering.reply", refuse)
    request, _ = office.ask()
    moved = office.move(request, state="triage", word="Good bye")
    office.open(request)
    office.browser.send({"text": "Good bye"}, form="/reply")
    replied = office.browser.send({"act": "send"}, form="/reply")

    for page in (moved, replied):
        assert status == page.status
        assert words in page.words
        assert "Good bye" in page.text


def test_a_withdrawal_is_a_warning_with_its_date(office: Office) -> None:
    request, receipt = office.ask()
    _, visit = office.run(visits.come_back(office.desk, receipt))
    due = office.run(visits.withdraw(office.desk, visit))
    page = office.open(request)

    assert "2026-11-27" == due.isoformat()
    assert "Somebody with the code asked to withdraw" in page.words
    assert "closes by itself on November 27, 2026" in page.words
    office.run(visits.keep(office.desk, visit))
    kept = office.open(request).words
    assert "Somebody with the code" not in kept
    assert "Took the withdrawal back" in kept


def test_the_thread_says_who_wrote_what_and_who_reads_it(office: Office) -> None:
    request, receipt = office.ask()
    _, visit = office.run(visits.come_back(office.desk, receipt))
    office.run(visits.add_word(office.desk, visit, WORDS))
    office.bring(request, State.RESOLVED)
    _, visit = office.run(visits.come_back(office.desk, receipt))
    office.run(visits.say_solved(office.desk, visit, False, "Not yet"))
    page = office.open(request)
    lines = page.tree.xpath("//ol[@class='thread']/li")
    words = [" ".join(line.text_content().split()) for line in lines]

    assert ["asker", "ours", "ours", "ours", "asker"] == [line.get("class") for line in lines]
    assert WORDS in words[0]
    assert "Only the team reads this" in words[0]
    assert "Moved to: In review" in words[1]
    assert "Outcome: Helped" in words[3]
    assert "Says that it is not solved" in words[4]
    assert "November 24, 2026" in words[0]
    assert "auto" == lines[0].xpath("p[contains(@class, 'words')]/@dir")[0]


def test_a_colleague_without_a_name_here_is_a_box(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = office.ask()
    office.bring(request, State.TRIAGE)

    async def nobody(*_: object) -> list[Any]:
        return []

    monkeypatch.setattr("pe_core.web.staff.words.list_members", nobody)

    assert f"box {office.session().box}" in office.open(request).words


@pytest.mark.parametrize(
    ("kind", "ending", "words"),
    [
        ("image/jpeg", "jpg", "Photo (JPEG), 3 KB"),
        ("image/png", "png", "Picture (PNG), 3 KB"),
        ("application/pdf", "pdf", "Document (PDF), 3 KB"),
    ],
)
def test_a_file_comes_as_an_attachment_that_can_do_nothing(
    office: Office, kind: str, ending: str, words: str
) -> None:
    request, receipt = office.ask()
    _, visit = office.run(visits.come_back(office.desk, receipt))
    cleaned = CleanFile(media_type=kind, data=b"<script>" * 300)
    office.run(visits.add_word(office.desk, visit, "", [cleaned]))
    (link,) = office.open(request).tree.xpath("//ul[@class='files']//a")
    page = office.browser.go(link.get("href"))
    file_id = link.get("href").rpartition("/")[2]

    assert words in link.text_content()
    assert b"<script>" * 300 == page.content
    assert kind == page.headers["content-type"].partition(";")[0]
    assert f'attachment; filename="{file_id}.{ending}"' == page.headers["content-disposition"]
    assert "nosniff" == page.headers["x-content-type-options"]
    assert "no-store" == page.headers["cache-control"]
    assert "sandbox; default-src 'none'" == page.headers["content-security-policy"]


def test_a_file_of_another_request_is_not_found(office: Office) -> None:
    request, receipt = office.ask()
    other, _ = office.ask()
    _, visit = office.run(visits.come_back(office.desk, receipt))
    cleaned = CleanFile(media_type="image/png", data=b"x")
    office.run(visits.add_word(office.desk, visit, "", [cleaned]))
    (address,) = office.open(request).tree.xpath("//ul[@class='files']//a/@href")

    assert 404 == office.browser.go(address.replace(request, other)).status
    assert 404 == office.open(request, "/files/nothing").status


def test_files_of_the_request_itself_are_listed_and_come_cleaned(office: Office) -> None:
    receipt = office.run(ask_with_photo(office))
    request = office.newest()
    page = office.open(request)
    (link,) = page.tree.xpath("//ul[@class='files']//a")
    file = office.browser.go(link.get("href"))

    assert "Photo (JPEG)" in link.text_content()
    assert b"\xff\xd8\xff" == file.content[:3]
    assert State.NEW is office.view(receipt).state


def test_a_request_that_is_not_there_is_a_page(office: Office) -> None:
    page = office.open(RequestId("nothing"))

    assert 404 == page.status
    assert "There is no such request, or it came before you joined" in page.words


def test_a_request_that_was_opened_again_does_not_say_how_it_had_ended(office: Office) -> None:
    request, receipt = office.ask()
    closing = requests.Moving(to=State.CLOSED, outcome=Outcome.NO_CONTACT)
    assert () == office.run(requests.move(office.desk, office.session(), request, closing))
    said = "//dl[@class='facts']//dt[text()='Outcome']"
    closed = office.open(request).tree.xpath(said)
    _, visit = office.run(visits.come_back(office.desk, receipt))
    office.run(visits.reopen(office.desk, visit))

    assert 1 == len(closed)
    assert [] == office.open(request).tree.xpath(said)
