"""What anybody types is text on every page that shows it, of staff and public, and on paper."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from hostile import Run
from pe_core.desk import invites, listing, requests, visits
from pe_core.desk.sessions import Session
from pe_core.store import AccountRow
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import open_account
from pe_core.vault import totp_at
from pe_core.web import staff
from pe_core.web.guards.routes import TRAP

Open = Callable[[], Browser]
MARK = "zq7mark"
FACTOR = 104729  # a prime whose square has too many digits to stand in a drawn id by chance
BREAKS = (
    f"\"'><img id={MARK} src=x onerror=x>",
    f"</textarea></title><b id={MARK}>",
    f"--></style><svg id={MARK} onload=x>",
    f"{{{{{FACTOR}*{FACTOR}}}}}{{% raw %}}<b id={MARK}>",
    f"&lt;b id={MARK}&gt;<b id={MARK}",
    f"javascript:x//<b id={MARK}>",
)
SHORT = f"'\"><b id={MARK}>"


def check(page: Page, where: str) -> bool:
    """Fail if something that was typed became markup; returns whether it is on the page."""
    tree = html.fromstring(page.text)
    assert [] == tree.xpath(f"//*[@id='{MARK}' or @src or starts-with(@href, 'javascript')]"), where
    assert [] == tree.xpath("//script | //style | //base | //iframe | //object | //*[@style]"), (
        where
    )
    handlers = [name for element in tree.iter() for name in element.keys() if name[:2] == "on"]
    assert [] == handlers, where
    assert str(FACTOR**2) not in page.text, where
    assert page.status < 500, where
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    title = "".join(tree.xpath("//title/text()"))
    assert MARK not in title, where
    assert not any(MARK in value for name, value in page.headers.items()), where
    return MARK in page.text


def fill(form: Any, text: str) -> dict[str, str]:
    """Return what is typed into every field of a form that takes words, token and hidden apart."""
    typed = {}
    for field in form.inputs:
        kind = field.get("type", "text") if field.tag == "input" else field.tag
        if (
            field.name
            and field.name != TRAP
            and kind in ("text", "textarea", "search", "password", "tel", "email")
        ):
            typed[field.name] = text
    return typed


class Staff:
    """An unlocked coordinator with a colleague, an invite, and requests full of markup."""

    def __init__(self, embassy: TestEmbassy, run: Run, browser: Browser, asker: Asker) -> None:
        """Ask, come back, answer, note, hand over: each with markup in every word."""
        self.embassy, self.run, self.browser = embassy, run, browser
        answers = {
            1: {"answer": "permit"},
            2: {"answer-day": "20", "answer-month": "12", "answer-year": "2026"},
            3: {"answer": "coast"},
            4: {"answer": ["stays"]},
            5: {"answer": "yes"},
            6: {"answer": BREAKS[0]},
            7: {"answer": BREAKS[1]},
            8: {"answer": SHORT},
            9: {"answer": SHORT},
        }
        self.asked = asker.ask(answers=answers)
        self.asker = asker
        desk, clock = embassy.desk, embassy.clock
        _, visit = run(visits.come_back(desk, self.asked))
        run(visits.add_word(desk, visit, BREAKS[2], ()))
        clock.move(minutes=1)
        self.unlock()
        session = desk.sessions.items()[0]
        self.session = session
        invite = run(invites.make_invite(desk, session))
        colleague = run(open_account(desk, clock, invite, "zubr"))
        self.colleague = colleague
        (entry,) = run(listing.list_requests(desk, session))
        self.request = entry.id
        run(requests.reply(desk, session, entry.id, BREAKS[3], "en"))
        browser.go(f"/en/staff/requests/{entry.id}")
        browser.send({"note": BREAKS[4]}, form="/note")

    def unlock(self) -> None:
        """Unlock as a browser does."""
        account = self.embassy.account
        self.browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        self.browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})

    def addresses(self) -> list[str]:
        """Return every staff page that is looked at, but files and what ends the session."""
        box = next(s.box for s in self.embassy.desk.sessions.items())
        found = []
        for route in staff.ROUTES:
            for path in sorted(route.paths):
                if "GET" in route.http_methods and "/files/" not in path:
                    path = path.replace("{language:str}", "en").replace("{box:int}", str(box))
                    path = path.replace("{request_id:str}", self.request)
                    found.append(re.sub(r"\{\w+:str\}", "0" * 64, path))
        return sorted(set(found))


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Staff:
    """A desk full of markup."""
    asker = Asker(pe_browser(), pe_embassy.clock)
    return Staff(pe_embassy, pe_run, pe_browser(), asker)


def test_what_was_typed_is_text_on_every_staff_page(team: Staff) -> None:
    shown = {path for path in team.addresses() if check(team.browser.go(path), path)}

    # The page of the request and its printed form show all of it.
    request = f"/en/staff/requests/{team.request}"
    assert {request, f"{request}/print"} <= shown
    page = team.browser.go(request)
    for text in (*BREAKS[:5], SHORT):
        assert " ".join(text.split()) in page.words, text


def test_what_was_typed_is_text_on_every_page_of_the_asker(team: Staff) -> None:
    asker = team.asker
    page = asker.come_back(team.asked)

    assert check(page, "mine")
    assert BREAKS[3] in page.words
    for end in ("word", "solved", "reopen"):
        for text in (*BREAKS, f"{BREAKS[0]}\x00"):
            asker.come_back(team.asked)
            for at, form in enumerate(asker.page.forms()):
                if (form.action or "").endswith(end):
                    page = asker.browser.upload(fill(form, text), form=at)
                    check(page, end)


def test_what_is_typed_into_any_public_form_comes_back_as_text(
    team: Staff, pe_browser: Open
) -> None:
    asker = Asker(pe_browser(), team.embassy.clock)
    shown = set()
    for text in (*BREAKS, SHORT):
        asker.begin()
        for path in ("code", *(f"ask/{number}" for number in range(1, 10)), "ask/all", "ask/check"):
            page = asker.go(path)
            check(page, path)
            for at, form in enumerate(page.forms()):
                typed = fill(form, text)
                # Too long for its field too, so that it comes back with the reason.
                for value in (text, f"{text}{' x' * 4_500}"):
                    if typed and check(
                        asker.browser.send(dict.fromkeys(typed, value), form=at), path
                    ):
                        shown.add(path)
                    asker.go(path)
                    if len(asker.page.forms()) <= at:
                        break
        asker.go("exit")

    assert {"code", "ask/7", "ask/8", "ask/all"} <= shown


LEAVING = ("/leave", "/staff/emergency", "/me/burn", "/staff/lift", "/staff/unlock", "/staff/join")


def test_what_is_typed_into_any_staff_form_comes_back_as_text(team: Staff) -> None:
    shown, tried = set(), 0
    for text in (BREAKS[0], BREAKS[1], SHORT):
        for path in team.addresses():
            page = team.browser.go(path)
            check(page, path)
            for at in range(len(page.forms())):
                team.browser.go(path)
                if len(team.browser.page.forms()) <= at:
                    break
                form = team.browser.page.forms()[at]
                action = form.action or path
                if action.endswith(LEAVING):
                    continue
                typed = fill(form, text)
                if not typed:
                    continue
                tried += 1
                if check(team.browser.send(typed, form=at), action):
                    shown.add(action)

    request = f"/en/staff/requests/{team.request}"
    assert tried > 25
    assert {"/en/staff/search", f"{request}/reply", f"{request}/note"} <= shown


NO_NAMES = (
    *(*BREAKS, SHORT, "a\u202eb", "a\u200bb", "a\tb", "a\x00b", "a/b", "a b", "a\u0301\u0301"),
    *("=1+1", "@zubr", "", "x" * 41),
)


def test_no_name_of_a_colleague_can_be_markup_or_play_with_direction(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run, pe_browser: Open
) -> None:
    desk, browser = pe_embassy.desk, pe_browser()
    browser.go("/en/staff/join")
    browser.send({"code": pe_run(invites.make_invite(desk, pe_staff))})
    (joining,) = desk.joinings.items()
    for name in NO_NAMES:
        code = totp_at(joining.totp_secret, pe_embassy.clock.now())
        typed = {"handle": name, "passphrase": joining.passphrase, "code": code}
        page = browser.send(typed, form="/account")

        assert 422 == page.status, name
        check(page, name)
    assert 1 == len(pe_run(desk.store.select(AccountRow)))
