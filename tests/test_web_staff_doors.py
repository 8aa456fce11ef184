"""All staff pages at once: who gets in, what they look like, and what they never tell."""

import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import pytest
from tests.two_embassies import add_dead_letter, add_stranger

from between import begin_talk
from pe_core.desk import invites, listing, proposals, requests, visits
from pe_core.desk.files import CleanFile
from pe_core.desk.sessions import Session
from pe_core.model import Need, RequestId
from pe_core.store import VolunteerRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import (
    Asked,
    ask,
    hold_shift,
    look_for,
    offer_help,
    open_account,
    unlock_account,
)
from pe_core.web.staff import ROUTES

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
MARK = "Kryzavinka"
LANGUAGES = ("be", "ru", "en", "he")
LIGHT = 30_000
WAYS_IN = {"signed_out", "joining", "staff", "member", "writer", "coordinator"}


def paths(method: str, *guards: str) -> list[str]:
    found = [
        re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        for route in ROUTES
        if method in route.http_methods and route.opt["guard"] in guards
        for path in route.paths
    ]
    return sorted(set(found))


LOOKED_AT = paths("GET", "staff", "member", "coordinator")
SENT = paths("POST", "staff", "member", "coordinator")
PAGES = [path for path in LOOKED_AT if "/files/" not in path and not path.endswith("/keys")]
"""Not files; and keys are given back only to whom they are owed (test_web_staff_members)."""


class House:
    """A request with a file, and a browser that is unlocked."""

    def __init__(self, embassy: TestEmbassy, run: Run, browser: Browser) -> None:
        self.embassy = embassy
        self.browser = browser
        asked = Asked(
            form="zz.bed",
            language="en",
            typed={"people": ["2"], "nights": ["3"], "story": [MARK], "name": [MARK]},
        )
        self.receipt = run(ask(embassy.desk, asked))
        _, visit = run(visits.come_back(embassy.desk, self.receipt))
        photo = CleanFile(media_type="image/png", data=MARK.encode())
        run(visits.add_word(embassy.desk, visit, MARK, [photo]))
        embassy.clock.move(minutes=1)
        browser.go("/en/staff/unlock")
        account = embassy.account
        code = account.code(embassy.clock.now())
        browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
        session: Session = embassy.desk.sessions.items()[0]
        (entry,) = run(listing.list_requests(embassy.desk, session))
        self.request: RequestId = entry.id
        opened = run(requests.open_request(embassy.desk, session, entry.id))
        self.file = opened.thread[0][1].files[0].id
        self.need = run(look_for(embassy.desk, session, entry.id, MARK, Need(), MARK))
        self.shift = run(hold_shift(embassy.desk, session, MARK, MARK))
        self._meet_a_volunteer(run)
        self._meet_a_colleague(run, session)
        self.peer = add_stranger(run, embassy.desk)
        self.thread = run(begin_talk(embassy.desk, session))
        self.packet = add_dead_letter(run, embassy.desk)

    def _meet_a_volunteer(self, run: Run) -> None:
        """Let somebody offer help whom nobody knows yet."""
        run(offer_help(self.embassy.desk, self.embassy.clock, "wouk"))
        ((self.helper,),) = run(self.embassy.desk.store.pick(VolunteerRow, ("box",)))

    def _meet_a_colleague(self, run: Run, session: Session) -> None:
        """Let somebody join who invites somebody and proposes something."""
        desk, clock = self.embassy.desk, self.embassy.clock
        joined = run(open_account(desk, clock, run(invites.make_invite(desk, session)), "zubr"))
        self.colleague: Session = run(unlock_account(desk, clock, joined))
        run(invites.make_invite(desk, self.colleague))
        self.invite = run(invites.list_invites(desk, session))[0].locator
        self.proposal = run(proposals.propose(desk, self.colleague, "role", session.box, "editor"))

    def fill(self, path: str, language: str = "en") -> str:
        return path.format(
            language=language,
            request_id=self.request,
            file_id=self.file,
            box=self.helper if "/volunteers/" in path else self.colleague.box,
            need_id=self.need,
            shift_id=self.shift,
            locator=self.invite,
            proposal_id=self.proposal,
            guide="zz.guest-passport",
            tag="en",
            peer=self.peer,
            thread_id=self.thread,
            packet_id=self.packet,
            number=1,
        )


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> House:
    return House(pe_embassy, pe_run, pe_browser())


def fresh_token(page: Page) -> str:
    return str(page.tree.xpath("//input[@name='token']/@value")[0])


def test_every_route_has_a_guard_of_its_own() -> None:
    assert WAYS_IN == {route.opt["guard"] for route in ROUTES}
    assert {
        "/{language}/staff/unlock",
        "/{language}/staff/join",
        "/{language}/staff/locked",
        "/{language}/staff/lift",
    } == set(paths("GET", "signed_out"))


def test_without_a_session_pages_lead_to_unlock_and_forms_are_refused(
    house: House, pe_browser: Open
) -> None:
    stranger = pe_browser()

    for path in LOOKED_AT:
        page = stranger.go(house.fill(path))
        assert ("/en/staff/unlock", 200) == (page.path, page.status), path
    for path in SENT:
        page = stranger.post(house.fill(path), [("token", "x")])
        assert 403 == page.status, path
        assert MARK not in page.text


def test_without_an_invite_the_page_of_a_newcomer_is_closed(pe_browser: Open) -> None:
    stranger = pe_browser()

    for path in paths("GET", "joining"):
        assert 403 == stranger.go(path.format(language="en")).status
    for path in paths("POST", "joining"):
        assert 403 == stranger.post(path.format(language="en"), []).status


def test_what_an_asker_or_a_newcomer_holds_opens_nothing_here(
    house: House, pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open
) -> None:
    desk = pe_embassy.desk
    session = desk.sessions.items()[0]
    invite = pe_run(invites.make_invite(desk, session))
    for view in pe_run(invites.list_invites(desk, house.colleague)):
        if not view.mine:
            pe_run(invites.sign_invite(desk, house.colleague, view.locator))
    visit_cookie, _ = pe_run(visits.come_back(desk, house.receipt))
    joining = pe_browser()
    joining.go("/en/staff/join")
    joining.send({"code": invite})
    visitor = pe_browser()
    text = urlsafe_b64encode(visit_cookie).rstrip(b"=").decode()
    for name in ("pe_visit", "pe_staff", "pe_ask", "pe_join"):
        visitor.client.cookies.set(name, text)
    newcomer = pe_browser()
    for name in ("pe_staff", "pe_join"):
        newcomer.client.cookies.set(name, joining.client.cookies["pe_join"])

    for browser in (visitor, newcomer):
        for path in LOOKED_AT:
            assert "/en/staff/unlock" == browser.go(house.fill(path)).path
        for path in SENT:
            assert 403 == browser.post(house.fill(path), [("token", "x")]).status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_right_token(
    house: House, headers: dict[str, str]
) -> None:
    token = fresh_token(house.browser.go("/en/staff"))

    for path in SENT:
        page = house.browser.post(house.fill(path), [("token", token)], **headers)
        assert 403 == page.status, path
    assert "/en/staff" == house.browser.go("/en/staff").path


@pytest.mark.parametrize("token", [None, "", "x", "a" * 43])
def test_a_form_without_the_session_s_token_is_refused(house: House, token: str | None) -> None:
    fields = [] if token is None else [("token", token)]

    for path in SENT:
        assert 403 == house.browser.post(house.fill(path), fields).status, path
    assert "/en/staff" == house.browser.go("/en/staff").path


def test_forms_of_people_without_a_cookie_need_their_one_use_token(pe_browser: Open) -> None:
    browser = pe_browser()
    unlock_token = fresh_token(browser.go("/en/staff/unlock"))

    for path in paths("POST", "signed_out"):
        address = path.format(language="en")
        assert 403 == browser.post(address, []).status
        foreign = [("token", fresh_token(browser.go(address)))]
        assert 403 == browser.post(address, foreign, Origin="null").status
    assert 403 == browser.post("/en/staff/join", [("token", unlock_token)]).status
    machine = [("token", unlock_token), ("website", "x")]
    assert 403 == browser.post("/en/staff/unlock", machine).status


def test_a_newcomer_s_form_needs_its_token(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_browser: Open
) -> None:
    code = pe_run(invites.make_invite(pe_embassy.desk, pe_staff))
    browser = pe_browser()
    browser.go("/en/staff/join")
    page = browser.send({"code": code})
    token = fresh_token(page)

    assert 403 == browser.post(page.path, []).status
    assert 403 == browser.post(page.path, [("token", token)], Origin="null").status
    assert 422 == browser.post(page.path, [("token", token)]).status


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_every_language(
    house: House, pe_browser: Open, language: str
) -> None:
    stranger = pe_browser()
    pages = [stranger.go(path.format(language=language)) for path in paths("GET", "signed_out")]
    pages += [house.browser.go(house.fill(path, language)) for path in PAGES]

    for page in pages:
        assert 200 == page.status, page.path
        (root,) = page.tree.xpath("//html")
        assert (language, "rtl" if language == "he" else "ltr") == (
            root.get("lang"),
            root.get("dir"),
        )
        assert len(page.content) < LIGHT
        assert [] == page.tree.xpath("//script | //@style | //@*[starts-with(name(), 'on')]")
        ids = page.tree.xpath("//@id")
        assert sorted(set(ids)) == sorted(ids)
        assert 1 == len(page.tree.xpath("//h1"))
        for part in page.tree.xpath("//@aria-labelledby | //@aria-describedby | //label/@for"):
            assert set(part.split()) <= set(ids), part


def test_every_page_of_a_session_can_lock_it(house: House) -> None:
    for path in PAGES:
        page = house.browser.go(house.fill(path))
        actions = [form.action for form in page.forms()]
        assert "/en/staff/leave" == actions[0]


def test_an_unknown_language_is_not_found(house: House) -> None:
    for path in LOOKED_AT:
        assert 404 == house.browser.go(house.fill(path, "xx")).status


def test_nothing_personal_is_in_titles_addresses_redirects_or_logs(
    pe_embassy: TestEmbassy,
    pe_run: Run,
    pe_browser: Open,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen: list[str] = []

    async def note(answer: Any) -> None:
        seen.append(unquote(str(answer.url)))
        seen.append(unquote(answer.headers.get("location", "")))

    browser = pe_browser()
    browser.client.event_hooks["response"].append(note)
    caplog.set_level(logging.DEBUG)
    house = House(pe_embassy, pe_run, browser)
    titles = set()
    for path in LOOKED_AT:
        page = browser.go(house.fill(path))
        if "/files/" not in path:
            titles.add(page.title)
    at = f"/en/staff/requests/{house.request}"
    browser.go(at)
    browser.send({"text": MARK}, form="/reply")
    browser.send({"act": "send"}, form="/reply")
    browser.send({"state": "closed", "outcome": "spam", "word": MARK}, form="/move")
    titles.add(browser.page.title)
    browser.send({"text": MARK}, form="/move")
    browser.go("/en/staff/members/invite")
    browser.send({"role": MARK, "passphrase": MARK}, form="/invite")
    browser.go("/en/staff")
    browser.send()
    secrets = (MARK, pe_embassy.account.handle, pe_embassy.account.passphrase, house.receipt)
    logged = [
        r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))
    ]

    assert titles <= {"Portal", "Error: Portal"}
    for secret in secrets:
        assert [] == [address for address in seen if secret in address]
        assert [] == [line for line in logged if secret in line]
