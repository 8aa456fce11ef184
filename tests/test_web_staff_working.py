"""A coordinator's small acts through the pages: claim, sort, note, keep longer, print."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from pe_core.desk import claims, invites, requests, sorting, visits
from pe_core.desk.files import CleanFile
from pe_core.desk.sessions import Session
from pe_core.desk.trail import read_entry
from pe_core.errors import Conflict, NotAllowed, TooMany
from pe_core.model import Channel, RequestId, State, WaitingOn
from pe_core.model.trail import Act
from pe_core.store import RequestRow, TrailRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, Asked, ask, open_account
from pe_core.upkeep import do_upkeep

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
NOTE = "Rang the office, <b>Room 7</b> knows."
STORY = "Страціў пашпарт на вакзале, патрэбна даведка для гасцініцы ў Мінску"
SAME = "Straciŭ pašpart na vakzale, patrebna daviedka dla haścinicy ŭ Minsku"


class Office:
    """Two coordinators in two browsers, and askers beside them."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy = embassy
        self.desk = embassy.desk
        self.run = run
        self.mine = open_browser()
        self.theirs = open_browser()
        self.unlock(self.mine, embassy.account)
        code = run(invites.make_invite(self.desk, self.session("busel")))
        self.colleague: Account = run(open_account(self.desk, embassy.clock, code, "zubr"))
        self.unlock(self.theirs, self.colleague)
        # Who unlocks shows a newcomer their colleagues' names.
        self.unlock(self.mine, embassy.account)

    def unlock(self, browser: Browser, account: Account) -> Page:
        self.embassy.clock.move(minutes=1)
        browser.client.cookies.clear()
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        return browser.send(fields)

    def session(self, handle: str = "busel") -> Session:
        return next(s for s in self.desk.sessions.items() if s.handle == handle)

    def ask(self, asked: Asked = ASKED[2]) -> tuple[RequestId, str]:
        before = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        receipt = self.run(ask(self.desk, asked))
        after = {row.id for row in self.run(self.desk.store.select(RequestRow))}
        return RequestId((after - before).pop()), receipt

    def story(self, words: str, language: str = "be") -> RequestId:
        return self.ask(Asked(form="zz.other", language=language, typed={"story": [words]}))[0]

    def open(self, request: RequestId, rest: str = "", language: str = "en") -> Page:
        return self.mine.go(f"/{language}/staff/requests/{request}{rest}")

    def move(self, request: RequestId, *states: State) -> None:
        for to in states:
            waits = to is State.WAITING
            moving = requests.Moving(
                to=to,
                waiting_on=WaitingOn.AUTHORITY if waits else None,
                wake=(self.desk.now() + timedelta(days=7)).date() if waits else None,
            )
            assert () == self.run(requests.move(self.desk, self.session(), request, moving))

    def acts(self, request: RequestId) -> list[Act]:
        session = self.session()
        rows = self.run(self.desk.store.select(TrailRow, order="number"))
        entries = [read_entry(self.desk, session, row) for row in rows]
        return [entry.act for entry in entries if entry and entry.what == request]


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


def problems(page: Page) -> list[str]:
    return [link.get("href") for link in page.tree.xpath("//*[@id='error-summary']//a")]


def _reply(page: Page) -> list[tuple[str, str]]:
    form = next(form for form in page.forms() if form.action.endswith("/reply"))
    return [(name, value) for name, value in form.form_values() if name != "text"]


def thread(page: Page) -> list[str]:
    lines = page.tree.xpath("//ol[@class='thread']/li")
    return [" ".join(line.text_content().split()) for line in lines]


def test_opening_twice_gives_one_entry_of_the_trail(office: Office) -> None:
    request, _ = office.ask()
    for rest in ("", "", "/reply", "/move"):
        office.open(request, rest)

    assert [Act.OPENED] == office.acts(request)


def test_who_opens_too_many_is_stopped_before_anything_opens(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(*_: object) -> None:
        raise TooMany("staff.pace.too_many")

    monkeypatch.setattr("pe_core.desk.looking.pace", stop)
    request, _ = office.ask()
    page = office.open(request)

    assert 429 == page.status
    assert office.desk.texts.text("en", "staff.pace.too_many") in page.words
    assert [] == office.acts(request)


def test_every_file_is_in_the_trail(office: Office) -> None:
    request, receipt = office.ask()
    _, visit = office.run(visits.come_back(office.desk, receipt))
    cleaned = CleanFile(media_type="image/png", data=b"x")
    office.run(visits.add_word(office.desk, visit, "", [cleaned]))
    (address,) = office.open(request).tree.xpath("//ul[@class='files']//a/@href")
    for _ in range(2):
        office.mine.go(address)

    assert [Act.OPENED, Act.FILE_OPENED, Act.FILE_OPENED] == office.acts(request)


def test_who_claims_says_so_and_the_colleague_sees_it(office: Office) -> None:
    request, _ = office.ask()
    before = office.open(request)
    claimed = office.mine.send(form="/claim")
    seen = office.theirs.go(f"/en/staff/requests/{request}")

    assert "Nobody works on this yet" in before.words
    assert "You work on this now" in claimed.words
    assert "In review" in claimed.words
    assert "busel works on this" in seen.words
    assert ["busel"] == [line.split()[0] for line in thread(seen)]


def test_of_two_who_claim_the_same_page_the_slower_learns_who_was_faster(office: Office) -> None:
    request, _ = office.ask()
    office.open(request)
    office.theirs.go(f"/en/staff/requests/{request}")
    office.theirs.send(form="/claim")
    slower = office.mine.send(form="/claim")

    assert 409 == slower.status
    assert "zubr was faster" in slower.words
    assert "Take it over" in slower.words


def test_a_claim_is_taken_over_and_given_up(office: Office) -> None:
    request, _ = office.ask()
    office.run(claims.claim(office.desk, office.session("zubr"), request))
    office.open(request)
    taken = office.mine.send({"act": "claim"}, form="/claim")
    free = office.mine.send({"act": "release"}, form="/claim")

    assert "You work on this" in taken.words
    assert "Anybody can take it now" in free.words
    assert "Nobody works on this yet" in free.words


def test_whose_claim_was_taken_over_cannot_give_it_up(office: Office) -> None:
    request, _ = office.ask()
    office.open(request)
    office.mine.send(form="/claim")
    box = office.session().box
    office.run(claims.take_over(office.desk, office.session("zubr"), request, box))
    page = office.mine.send({"act": "release"}, form="/claim")

    assert 409 == page.status
    assert "zubr works on this" in page.words


def test_a_closed_request_offers_no_claim(office: Office) -> None:
    request, _ = office.ask()
    office.open(request)
    fields = office.mine.page.forms()
    form = next(form for form in fields if form.action.endswith("/claim"))
    office.theirs.go(f"/en/staff/requests/{request}")
    office.theirs.send({"state": "closed", "outcome": "helped"}, form="/move")
    refused = office.mine.post(form.action, [*form.form_values(), ("act", "claim")])

    assert 403 == refused.status
    assert "A closed request cannot be claimed" in refused.words
    claim = refused.tree.xpath("//form[@class='claim']//button")
    assert [] == claim


def test_two_who_have_it_open_are_told_of_each_other(office: Office) -> None:
    request, _ = office.ask()
    alone = office.open(request)
    second = office.theirs.go(f"/en/staff/requests/{request}")
    first = office.open(request)
    office.embassy.clock.move(minutes=10)
    later = office.open(request)

    assert "has this open too" not in alone.words
    assert "busel has this open too" in second.words
    assert "zubr has this open too" in first.words
    assert "has this open too" not in later.words


def test_a_request_is_sorted_in_one_form(office: Office) -> None:
    request, _ = office.ask()
    office.open(request)
    fields = {"topic": "zz.other", "urgency": "urgent", "sensitivity": "sensitive"}
    page = office.mine.send(fields, form="/sort")
    chosen = page.tree.xpath("//form[contains(@action, '/sort')]//option[@selected]/@value")

    assert ["zz.other", "urgent", "sensitive"] == chosen
    assert "Something else" == page.tree.xpath("//h1")[0].text_content()
    assert "The asker choseA bed for the night" in page.words
    for event in ("Topic: Something else", "Urgency: Urgent", "Sensitivity: Sensitive"):
        assert event in thread(page)[0]
    assert "Only the team reads this" in thread(page)[0]


@pytest.mark.parametrize("field", ["topic", "urgency", "sensitivity"])
def test_a_choice_that_is_not_offered_is_a_problem(office: Office, field: str) -> None:
    request, _ = office.ask()
    office.open(request)
    page = office.mine.send({field: "nonsense"}, form="/sort")

    assert 422 == page.status
    assert [f"#field-{field}"] == problems(page)


def test_a_note_is_read_by_the_team_and_never_by_the_asker(
    office: Office, pe_browser: Open
) -> None:
    request, receipt = office.ask()
    office.open(request)
    page = office.mine.send({"note": f"  {NOTE}\r\nTwice. "}, form="/note")
    (line,) = page.tree.xpath("//ol[@class='thread']/li")
    asker = pe_browser()
    asker.go("/en/code")
    office.embassy.clock.move(minutes=1)
    mine = asker.send({"code": receipt})
    _, visit = office.run(visits.come_back(office.desk, receipt))
    view = office.run(visits.look(office.desk, visit))

    assert "Only the team reads it" in page.words
    assert f"{NOTE}\nTwice." == line.xpath("p[contains(@class, 'words')]")[0].text_content()
    assert "team" == line.get("class")
    assert "Only the team reads this" in line.text_content()
    assert 200 == mine.status
    assert "Room 7" not in mine.text
    assert () == view.replies


@pytest.mark.parametrize(
    ("note", "words"), [(" \n ", "Write the note"), ("x" * 8001, "longer than 8000 characters")]
)
def test_a_note_that_cannot_be_added_says_why_and_is_kept(
    office: Office, note: str, words: str
) -> None:
    request, _ = office.ask()
    office.open(request)
    page = office.mine.send({"note": note}, form="/note")
    (kept,) = page.tree.xpath("//textarea[@name='note']")

    assert 422 == page.status
    assert ["#field-note"] == problems(page)
    assert words in page.words
    assert note.strip() == kept.text_content().strip()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Conflict("a row"), 409, "Somebody changed this request meanwhile"),
        (NotAllowed("staff.request.not_all_yours"), 403, "came before you joined"),
    ],
)
def test_a_refusal_of_the_desk_keeps_the_note(
    office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("pe_core.web.staff.working.add_note", refuse)
    request, _ = office.ask()
    office.open(request)
    page = office.mine.send({"note": NOTE}, form="/note")

    assert status == page.status
    assert words in page.words
    assert NOTE in page.tree.xpath("//textarea[@name='note']")[0].text_content()


def test_a_request_is_kept_longer_and_the_page_says_until_when(office: Office) -> None:
    request, _ = office.ask()
    fresh = office.open(request)
    for _ in range(23):
        office.embassy.clock.move(weeks=1)
        office.run(do_upkeep(office.desk))
    office.unlock(office.mine, office.embassy.account)
    page = office.open(request)
    none = office.mine.send(form="/extend")
    done = office.mine.send({"weeks": "12"}, form="/extend")

    assert "It is kept as long as possible already" in fresh.words
    assert "It will be erased after May 30, 2027" in page.words
    assert "Then upkeep erases it" in page.words
    assert ["", "4", "8", "12", "26"] == page.tree.xpath("//select[@name='weeks']/option/@value")
    assert (422, ["#field-weeks"]) == (none.status, problems(none))
    assert "It is kept until August 1, 2027 now" in done.words
    assert "upkeep would have erased it earlier" in done.words
    assert "Kept longer, until August 1, 2027" in thread(done)[0]
    assert "It will be erased after" not in done.words
    assert Act.EXTENDED in office.acts(request)


def test_what_may_be_the_same_is_suggested_marked_and_unmarked(office: Office) -> None:
    other = office.story(STORY)
    request = office.story(SAME, "en")
    office.mine.go("/en/staff")
    page = office.open(request)
    (link,) = page.tree.xpath("//ul[@class='alike']//a")
    marked = office.mine.send({"act": other}, form="/duplicate")
    chosen = marked.tree.xpath("//select[@name='outcome']/option[@selected]/@value")
    back = office.open(other)
    office.open(request)
    unmarked = office.mine.send({"act": "none"}, form="/duplicate")

    assert f"/en/staff/requests/{other}" == link.get("href")
    assert "Something else, November 24, 2026" == link.text_content()
    assert "marked as a duplicate of" in marked.words
    links = marked.tree.xpath(f"//main//a[@href='/en/staff/requests/{other}']")
    assert 2 == len(links), "once in the notice, once in the thread"
    assert ["duplicate"] == chosen
    assert "Marked as duplicates of this one" in back.words
    assert back.tree.xpath(f"//main//a[@href='/en/staff/requests/{request}']")
    assert "It is not marked as a duplicate any more" in unmarked.words


def test_a_duplicate_can_be_named_by_its_address(office: Office) -> None:
    request, _ = office.ask()
    other, _ = office.ask(ASKED[4])
    address = f" http://127.0.0.1:8000/be/staff/requests/{other}/ "
    office.open(request)
    page = office.mine.send({"act": "typed", "other": address}, form="/duplicate")

    assert "It is marked as a duplicate" in page.words


@pytest.mark.parametrize("typed", ["", "nonsense", "a" * 26, "/requests/"])
def test_an_address_that_leads_nowhere_is_a_problem(office: Office, typed: str) -> None:
    request, _ = office.ask()
    office.open(request)
    page = office.mine.send({"act": "typed", "other": typed}, form="/duplicate")

    assert 422 == page.status
    assert ["#field-other"] == problems(page)


def test_a_request_cannot_repeat_itself(office: Office) -> None:
    request, _ = office.ask()
    office.open(request)
    page = office.mine.send({"act": "typed", "other": request}, form="/duplicate")

    assert 403 == page.status
    assert "That request cannot be chosen" in page.words


def test_a_template_fills_the_form_in_the_asker_s_language(office: Office) -> None:
    request, receipt = office.ask(ASKED[4])
    page = office.open(request)
    links = {
        link.text_content(): link.get("href")
        for link in page.tree.xpath("//details[@class='templates']//a")
    }
    form = office.mine.go(links["We are waiting for the office"])
    (text,) = form.tree.xpath("//textarea[@name='text']")
    (language,) = form.tree.xpath("//select[@name='language']/option[@selected]/@value")
    body = office.desk.texts.text("be", "core.template.waiting_office.body")
    preview = office.mine.send({"act": "preview"}, form="/reply")
    letter = preview.tree.xpath("//div[@class='letter']/p")[0]
    filled = office.mine.post(preview.path, [*_reply(preview), ("text", "Nothing to fill.")])
    office.mine.page = preview
    office.mine.send({"act": "send"}, form="/reply")
    _, visit = office.run(visits.come_back(office.desk, receipt))
    (reply,) = [shown.reply for shown in office.run(visits.look(office.desk, visit)).replies]

    assert "square brackets" in preview.words
    assert "square brackets" not in filled.words
    assert 6 == len(links)
    assert f"/en/staff/requests/{request}/reply?template=waiting_office" in links.values()
    assert ("be", body) == (language, text.text_content().strip())
    assert ("be", body) == (letter.get("lang"), letter.text_content())
    assert ("be", body) == (reply.language, reply.text)


def test_a_plugin_s_template_comes_after_the_core_s(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, title, body in (("en", "Guest paper", "-"), ("be", "-", "Папера госця")):
        table = cast(dict[str, str], office.desk.texts.table(language))
        monkeypatch.setitem(table, "zz.template.guest.title", title)
        monkeypatch.setitem(table, "zz.template.guest.body", body)
    request, _ = office.ask(ASKED[4])
    link = office.open(request).tree.xpath("//details[@class='templates']//a")[-1]
    form = office.mine.go(link.get("href"))

    assert "Guest paper" == link.text_content()
    assert link.get("href").endswith("/reply?template=zz.guest")
    assert "Папера госця" == form.tree.xpath("//textarea[@name='text']")[0].text_content().strip()


@pytest.mark.parametrize("word", ["nonsense", "zz.nonsense", "a.b.c", "%00", "..", "Received"])
def test_a_word_that_names_no_template_fills_nothing(office: Office, word: str) -> None:
    request, _ = office.ask()
    page = office.open(request, f"/reply?template={word}")

    assert 200 == page.status
    assert "" == page.tree.xpath("//textarea[@name='text']")[0].text_content().strip()


def test_every_template_is_there_in_every_language(office: Office) -> None:
    names = ("appointment", "more_information", "not_possible", "received", "solved")
    for language in ("be", "ru", "en"):
        table = office.desk.texts.table(language)
        for name in (*names, "waiting_office"):
            assert table[f"core.template.{name}.title"]
            assert "\n" in table[f"core.template.{name}.body"]


def test_when_the_day_has_come_work_goes_on_by_one_button(office: Office) -> None:
    request, _ = office.ask()
    office.move(request, State.TRIAGE, State.ACTIVE, State.WAITING)
    before = office.open(request)
    office.embassy.clock.move(days=7)
    office.unlock(office.mine, office.embassy.account)
    page = office.open(request)
    (button,) = page.tree.xpath("//button[text()='Work goes on']")
    form = button.getparent()
    done = office.mine.post(form.action, form.form_values())

    assert "The day has come" not in before.words
    assert "The day has come" in page.words
    assert "It waited until December 1, 2026" in page.words
    assert "The request is now here: In work" in done.words
    assert "The day has come" not in done.words


def test_a_printed_request_says_all_of_it_and_is_in_the_trail(office: Office) -> None:
    request, _ = office.ask()
    office.run(sorting.add_note(office.desk, office.session(), request, NOTE))
    office.run(requests.reply(office.desk, office.session(), request, "Come at nine.", "en"))
    page = office.open(request, "/print")

    assert "Paper is not sealed" in page.words
    for words in (ASKED[2].typed["story"][0], NOTE, "Come at nine.", "busel", "English"):
        assert words in page.words
    assert 1 == len(page.forms()), "only the way out"
    assert [Act.PRINTED] == office.acts(request)[-1:]
    assert Act.OPENED in office.acts(request)


def test_how_a_request_came_is_said_where_it_is_not_the_portal(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:

    real = requests.open_original

    def by_phone(*given: Any) -> Any:
        box = office.session("zubr").box
        return msgspec.structs.replace(real(*given), channel=Channel.PHONE, entered_by=box)

    request, _ = office.ask()
    usual = office.open(request)
    monkeypatch.setattr(requests, "open_original", by_phone)
    page = office.open(request)

    assert "Came" not in usual.tree.xpath("//dl[@class='facts']")[0].text_content()
    facts = " ".join(page.tree.xpath("//dl[@class='facts']")[0].text_content().split())
    assert "CameBy phonewritten down by zubr" in facts
