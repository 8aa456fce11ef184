"""What holds on every public page: languages, weight, cookies, tokens, nothing personal outside."""

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from pe_core.desk.drafts import LONGER, ONE_PAGE
from pe_core.desk.shifts import KEEP_AFTER
from pe_core.model import Outcome, State, WaitingOn
from pe_core.network.posting import CASE_LASTS, WEEK
from pe_core.network.receiving import KEPT_LONGER
from pe_core.rules.retention import KEEP_TRAIL
from pe_core.rules.sharing import FIRST_DAY_AFTER
from pe_core.rules.texts import direction
from pe_core.rules.volunteering import KEEP_ACTIVE, KEEP_APPLIED, KEEP_BEGUN, KEEP_OVER
from pe_core.toolkit.asker import PAPER, Asker
from pe_core.toolkit.browser import ADDRESS, Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Clock, ask
from pe_core.upkeep import REPLY_LASTS
from pe_core.web import public
from pe_core.web.public.home import HOW_LONG

Run = Callable[[Awaitable[Any]], Any]
LANGUAGES = ("be", "ru", "en", "he")
READING = ("", "help", "safety", "privacy", "offices", "imprint", "exit-help", "bye", "ask", "code")
GUIDES = ("guides", "guides/zz.guest-passport", "guides/zz.harbour-beds")
READING_TOO = (
    *GUIDES,
    "letters/zz.passport-request",
    "ask/done",
    "ask/begin",
    "code/begin",
    "help/begin",
)
ASKING = ("where", "where/change", "1", "1/change", "files", "check")
MARKER = "Zzmarker"
PAGE_BYTES = 30_000
FOR_EVERYBODY = (
    "/en/ask",
    "/en/code",
    "/en/guides",
    "/en/help",
    "/en/help/code",
    "/en/letters/zz.passport-request",
)


@pytest.fixture
def asker(pe_browser: Callable[[], Browser], pe_clock: Clock) -> Asker:
    """Somebody who reads English."""
    return Asker(pe_browser(), pe_clock)


def posts() -> list[tuple[str, str, str, str]]:
    """Return guard, address and kind of every public page that takes a form."""
    found = []
    for route in public.ROUTES:
        if "POST" in route.http_methods:
            for path in sorted(route.paths):
                address = path.replace("{language:str}", "en").replace("{number:int}", "1")
                address = address.replace("{letter:str}", "zz.passport-request")
                upload = "upload" if address.endswith(("/files", "/word")) else "fields"
                found.append((route.opt["guard"], address, upload, path))
    return found


@pytest.mark.parametrize("path", [*READING, *READING_TOO])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_is_only_read_is_in_its_language_and_sets_no_cookie(
    asker: Asker, pe_embassy: TestEmbassy, language: str, path: str
) -> None:
    page = asker.browser.go(f"/{language}/{path}")

    root = page.tree.xpath("//html")[0]
    assert 200 == page.status
    assert (language, direction(language)) == (root.get("lang"), root.get("dir"))
    assert pe_embassy.desk.texts.text(language, "core.layout.title") == page.title
    assert "set-cookie" not in page.headers
    assert [] == list(asker.browser.client.cookies.jar)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_both_journeys_is_in_its_language_and_small(
    asker: Asker, pe_embassy: TestEmbassy, pe_run: Run, language: str
) -> None:
    receipt = pe_run(ask(pe_embassy.desk, ASKED[2]))
    asker.language = language
    pages = [asker.go(path) for path in (*READING, *READING_TOO)]
    pages += [asker.begin(where="inside"), asker.go("ask/where"), asker.begin()]
    asker.answer(PAPER)
    pages += [asker.go(f"ask/{step}") for step in ASKING]
    pages += [asker.browser.send(), asker.come_back(receipt), asker.act("withdraw")]

    for page in pages:
        root = page.tree.xpath("//html")[0]
        assert 200 == page.status
        assert (language, direction(language)) == (root.get("lang"), root.get("dir"))
        assert len(page.content) < PAGE_BYTES
        assert not re.search(r"<script|style=|<style|javascript:|\son[a-z]+=", page.text)
        assert [] == page.tree.xpath("//*[@src] | //iframe | //object")
        assert 1 == len(page.tree.xpath("//h1")) or page.path.endswith("/bye")
        ids = page.tree.xpath("//@id")
        assert sorted(set(ids)) == sorted(ids), "an id names one thing"
        described = " ".join(page.tree.xpath("//@aria-describedby")).split()
        assert set(described) <= set(ids)


def test_nothing_personal_is_in_any_title_address_or_redirect(
    asker: Asker,
) -> None:
    seen: list[str] = []

    async def watch(response: Any) -> None:
        await response.aread()
        seen.extend([str(response.url), repr(response.headers)])
        seen.extend(re.findall(r"<title>.*?</title>", response.text))
        seen.extend(re.findall(r"(?:href|action)=\"([^\"]*)\"", response.text))

    asker.browser.client.event_hooks["response"] = [watch]
    answers = {**PAPER, 6: {"answer": MARKER}, 7: {"answer": MARKER}, 8: {"answer": MARKER}}
    receipt = asker.ask(answers=answers)
    asker.type_back()
    asker.come_back(receipt)
    asker.add_word(MARKER)
    asker.act("withdraw")
    asker.go("exit")
    outside = "\n".join(seen)

    assert len(seen) > 100
    assert MARKER not in outside
    assert not any(group in outside for group in receipt.split(" "))
    assert "zz.paper" not in outside and "paper" not in outside, "nor the topic"
    assert {"Portal"} == {re.sub("<.*?>", "", text) for text in seen if "<title>" in text}


def test_the_public_pages_take_forms_at_all_these_addresses() -> None:
    assert 28 == len(posts())
    assert {"public", "asker", "visit", "applicant"} == {guard for guard, *_ in posts()}


class Inside:
    """A browser with an open draft and an open visit, and what it would send."""

    def __init__(self, asker: Asker, receipt: str) -> None:
        asker.come_back(receipt)
        self.tokens = {"visit": self._token(asker)}
        asker.begin()
        self.tokens["asker"] = self._token(asker)
        asker.go("help")
        asker.clock.move(seconds=6)
        asker.browser.send()
        self.tokens["applicant"] = self._token(asker)
        asker.go("ask")
        asker.clock.move(seconds=6)
        self.tokens["public"] = self._token(asker)
        self.asker = asker

    @staticmethod
    def _token(asker: Asker) -> str:
        return str(asker.page.tree.xpath("//main//input[@name='token']/@value")[0])

    def post(self, address: str, kind: str, token: str, **headers: str) -> int:
        browser = self.asker.browser
        if kind == "fields":
            return browser.post(address, [("token", token)], **headers).status
        sent = browser.client.post(
            address,
            files=[("token", (None, token.encode())), ("words", (None, b"A word."))],
            headers={"Origin": ADDRESS, **headers},
        )
        return int(browser._run(sent).status_code)


@pytest.fixture
def inside(asker: Asker, pe_embassy: TestEmbassy, pe_run: Run) -> Iterator[Inside]:
    """Everything is open, so that only the token or the origin can be what refuses."""
    yield Inside(asker, pe_run(ask(pe_embassy.desk, ASKED[2])))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_form_is_taken_from_elsewhere(inside: Inside, headers: dict[str, str]) -> None:
    refused = {
        address: inside.post(address, kind, inside.tokens[guard], **headers)
        for guard, address, kind, _ in posts()
    }

    assert dict.fromkeys(refused, 403) == refused


@pytest.mark.parametrize("token", ["", "x", "A" * 44])
def test_no_form_is_taken_without_its_token(inside: Inside, token: str) -> None:
    refused = {address: inside.post(address, kind, token) for _, address, kind, _ in posts()}

    assert dict.fromkeys(refused, 403) == refused


def test_a_token_of_one_cookie_does_not_open_the_forms_of_another(inside: Inside) -> None:
    other = {"visit": "asker", "asker": "visit", "public": "visit", "applicant": "asker"}
    refused = {
        address: inside.post(address, kind, inside.tokens[other[guard]])
        for guard, address, kind, _ in posts()
    }

    assert dict.fromkeys(refused, 403) == refused


ONCE = ("/word", "/reopen")
"""Forms that need one more token, for one use, so that pressed twice they are taken once."""


def test_with_its_own_token_no_form_is_refused(inside: Inside) -> None:
    order = sorted(posts(), key=lambda post: post[1].endswith("/leave"))
    statuses = {
        address: inside.post(address, kind, inside.tokens[guard])
        for guard, address, kind, _ in order
        if guard != "public" and not address.endswith(ONCE)
    }

    assert {200, 422} == set(statuses.values())


@pytest.mark.parametrize("address", [address for _, address, _, _ in posts()])
def test_without_a_cookie_nothing_of_others_is_reached(
    pe_browser: Callable[[], Browser], address: str
) -> None:
    page = pe_browser().go(address)

    assert page.status == (200 if address in FOR_EVERYBODY else 403)


def test_exit_ends_draft_and_visit_and_lands_on_an_empty_page(
    asker: Asker, inside: Inside, pe_embassy: TestEmbassy
) -> None:
    before = (len(pe_embassy.desk.drafts), len(pe_embassy.desk.visits))
    link = asker.go("ask/1").tree.xpath("//a[@class='out']/@href")[0]
    asker.browser.client.follow_redirects = False
    answer = asker.browser.go(link)
    asker.browser.client.follow_redirects = True
    page = asker.browser.go(answer.headers["location"])

    after = (len(pe_embassy.desk.drafts), len(pe_embassy.desk.visits))
    assert (before[0] - 1, before[1] - 1) == after
    assert '"cache", "cookies", "storage"' == answer.headers["clear-site-data"]
    assert [] == list(asker.browser.client.cookies.jar)
    assert "/en/bye" == page.path
    assert "What this does not erase" == page.words
    assert ["/en/exit-help"] == page.tree.xpath("//a/@href")
    assert 403 == asker.go("ask/1").status == asker.go("mine").status


def test_a_foreign_page_cannot_end_anybodys_draft(
    asker: Asker, inside: Inside, pe_embassy: TestEmbassy
) -> None:
    before = (len(pe_embassy.desk.drafts), len(pe_embassy.desk.visits))
    asker.browser.client.follow_redirects = False
    answer = asker.go("exit", **{"Sec-Fetch-Site": "cross-site"})

    assert "/en/bye" == answer.headers["location"]
    assert "clear-site-data" not in answer.headers
    assert before == (len(pe_embassy.desk.drafts), len(pe_embassy.desk.visits))


def test_the_way_out_is_on_every_page_of_a_journey_and_its_help_is_there(asker: Asker) -> None:
    asker.to_check()
    pages = [asker.go(f"ask/{step}") for step in ASKING]
    pages += [asker.go("ask"), asker.go("code"), asker.go("ask/done")]
    help_link = pages[0].tree.xpath("//a[@class='about']/@href")[0]
    path, _, anchor = help_link.partition("#")

    assert all(["/en/exit"] == page.tree.xpath("//a[@class='out']/@href") for page in pages)
    assert 1 == len(asker.browser.go(path).tree.xpath(f"//*[@id='{anchor}']"))


def test_every_link_of_the_reading_pages_leads_somewhere(asker: Asker) -> None:
    links = set()
    for path in READING:
        links |= set(asker.go(path).tree.xpath("//a[starts-with(@href, '/en')]/@href"))
    ours = sorted(link for link in links if not link.startswith("/en/staff"))

    assert dict.fromkeys(ours, 200) == {link: asker.browser.go(link).status for link in ours}


def test_privacy_names_the_authority_and_the_law_of_the_country(asker: Asker) -> None:
    words = asker.go("privacy").words

    assert "Exampleland Privacy Board" in words
    assert "Exampleland Privacy Act" in words
    assert "26 weeks" in words and "Usually 12 weeks more; 4 to 26" in words
    assert "desk@zz.example" in words


def test_privacy_shows_the_figures_that_the_code_keeps_to(asker: Asker) -> None:
    words = asker.go("privacy").words

    assert {str(number) for number in HOW_LONG.values()} <= set(re.findall(r"\d+", words))
    assert f"for {ONE_PAGE.seconds // 60} to {LONGER.seconds // 60} minutes" in words
    assert f"or {REPLY_LASTS.days} days after you first opened them" in words
    assert f"{FIRST_DAY_AFTER.days} days later at the earliest" in words
    assert f"At most {CASE_LASTS // WEEK + KEPT_LONGER} weeks after the last letter" in words
    for kept in (f"{KEEP_BEGUN} week", f"{KEEP_APPLIED} weeks", f"{KEEP_ACTIVE} weeks"):
        assert f"{kept} after you were last here" in words
    assert f"{KEEP_APPLIED} weeks, unless you take it over" in words
    assert f"Who signed up, {KEEP_AFTER} weeks after the day" in words
    assert f"{KEEP_OVER} weeks: time to come back or to object" in words
    assert f"{KEEP_TRAIL} weeks, sealed, with your number" in words


def test_who_offers_help_finds_what_is_kept_of_volunteers(asker: Asker) -> None:
    link = asker.go("help").tree.xpath("//main//a[contains(@href, '/privacy')]/@href")[0]
    path, _, anchor = link.partition("#")
    tree = asker.browser.go(path).tree

    assert "If you help us" == tree.xpath(f"//main//h2[@id='{anchor}']")[0].text_content()
    assert tree.xpath("//main/ul//a/@href") == [f"#{id_}" for id_ in tree.xpath("//h2/@id")]


def test_who_wants_to_help_is_told_to_write_first(asker: Asker) -> None:
    page = asker.go("help")

    links = [
        *("/en/privacy#volunteers", "/en/help/code", "/en/staff/unlock"),
        "mailto:desk@zz.example",
    ]

    assert links == page.tree.xpath("//main//a/@href")
    assert "Two coordinators vouch for you." in page.words


def test_the_home_page_has_the_two_doors_and_the_emergency_numbers(asker: Asker) -> None:
    page = asker.go("")

    assert ["I need help", "I can help"] == [
        door.text_content().strip() for door in page.tree.xpath("//a[contains(@class,'door')]/b")
    ]
    assert ["tel:112", "tel:000-1", "tel:000-2", "tel:000-3"] == page.tree.xpath(
        "//a[starts-with(@href, 'tel:')]/@href"
    )


def test_every_text_of_states_outcomes_and_waiting_is_there(pe_embassy: TestEmbassy) -> None:
    keys = [f"core.state.{state}" for state in State]
    keys += [f"core.outcome.{outcome}" for outcome in Outcome]
    keys += [f"core.waiting_on.{waiting}" for waiting in WaitingOn]

    assert [] == [key for key in keys if not pe_embassy.desk.texts.has("en", key)]
