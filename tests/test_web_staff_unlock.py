"""The way in and out of a coordinator's pages: invite, account, unlock, lock."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import invites
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, TooMany
from pe_core.rules.receipts import show_receipt
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, open_account, unlock_account

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]


def unlock(browser: Browser, embassy: TestEmbassy, account: Account, **other: str) -> Page:
    embassy.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    right = {
        "name": account.handle,
        "passphrase": account.passphrase,
        "code": account.code(embassy.clock.now()),
    }
    return browser.send({**right, **other})


def read_account(page: Page, handle: str) -> Account:
    words = page.tree.xpath("//ol[@class='seven']/li/text()")
    secret = "".join(page.tree.xpath("//p[contains(@class, 'groups')]/span/text()"))
    return Account(handle=handle, passphrase=" ".join(words), totp_secret=secret)


def redeem(browser: Browser, code: str) -> Page:
    browser.go("/en/staff/join")
    return browser.send({"code": code})


def shape(page: Page) -> tuple[Any, ...]:
    """Return everything about an answer but the random part of its token."""
    text = re.sub(r'name="token" value="[^"]+"', "", page.text)
    return page.status, sorted(page.headers.items()), len(page.content), text


@pytest.fixture
def invite(pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run) -> str:
    code: str = pe_run(invites.make_invite(pe_embassy.desk, pe_staff))
    return code


def test_a_second_person_joins_from_their_invite_and_unlocks(
    pe_embassy: TestEmbassy, pe_browser: Open, invite: str
) -> None:
    browser = pe_browser()
    page = redeem(browser, show_receipt(invite).lower())
    account = read_account(page, "Zubr-2")
    code = account.code(pe_embassy.clock.now())
    page = browser.send({"handle": "Zubr-2", "passphrase": account.passphrase, "code": code})

    assert ("/en/staff/unlock", 200) == (page.path, page.status)
    assert "Your account is open. Now unlock it" in page.words
    assert "/en/staff" == unlock(browser, pe_embassy, account).path
    assert "No requests yet" in browser.page.words


def test_what_is_shown_to_a_newcomer_stays_until_it_is_typed_back(
    pe_embassy: TestEmbassy, pe_browser: Open, invite: str
) -> None:
    browser = pe_browser()
    first = read_account(redeem(browser, invite), "zubr")
    again = read_account(browser.go("/en/staff/join/account"), "zubr")
    code = again.code(pe_embassy.clock.now())
    browser.send({"handle": "zubr", "passphrase": again.passphrase, "code": code})
    after = browser.go("/en/staff/join/account")

    assert first == again
    assert 7 == len(first.passphrase.split())
    assert 403 == after.status
    assert first.passphrase.split()[0] not in after.words


def test_the_square_code_is_markup_without_style_or_script(pe_browser: Open, invite: str) -> None:
    page = redeem(pe_browser(), invite)

    assert 1 == len(page.tree.xpath("//svg[@class='qr']/path"))
    assert [] == page.tree.xpath("//@style | //script")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("handle", "", "Choose a name of 1 to 40"),
        ("handle", "-x", "Choose a name of 1 to 40"),
        ("handle", "two words", "Choose a name of 1 to 40"),
        ("passphrase", "", "These are not the seven words"),
        ("passphrase", "one two three four five six seven", "These are not the seven words"),
        ("code", "", "This is not the code"),
        ("code", "000", "This is not the code"),
    ],
)
def test_what_is_typed_back_wrongly_is_listed_and_kept(
    pe_embassy: TestEmbassy, pe_browser: Open, invite: str, field: str, typed: str, words: str
) -> None:
    browser = pe_browser()
    account = read_account(redeem(browser, invite), "zubr")
    right = {
        "handle": "zubr",
        "passphrase": account.passphrase,
        "code": account.code(pe_embassy.clock.now()),
    }
    page = browser.send({**right, field: typed})
    summary = page.tree.xpath("//*[@id='error-summary']//a")
    kept = {**right, field: typed, "code": ""}

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert [f"#field-{field}"] == [link.get("href") for link in summary]
    assert words in summary[0].text_content()
    assert kept == {name: page.forms()[0].fields[name] for name in kept}


@pytest.mark.parametrize("typed", ["", "nonsense", "0000 0000 0000 0000 0000 0001"])
def test_a_code_with_a_slip_is_called_a_slip(pe_browser: Open, typed: str) -> None:
    page = redeem(pe_browser(), typed)

    assert 422 == page.status
    assert "One character is missing" in page.words


def test_unknown_used_taken_back_and_old_invites_look_alike(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_browser: Open, pe_run: Run
) -> None:
    desk = pe_embassy.desk
    unknown = "0" * 24
    taken_back = pe_run(invites.make_invite(desk, pe_staff))
    (view,) = pe_run(invites.list_invites(desk, pe_staff))
    pe_run(invites.drop_invite(desk, pe_staff, view.locator))
    old = pe_run(invites.make_invite(desk, pe_staff))
    pe_embassy.clock.move(hours=24)
    pages = [redeem(pe_browser(), code) for code in (unknown, pe_embassy.opening.invite)]
    pages += [redeem(pe_browser(), code) for code in (taken_back, old)]

    assert "This invitation does not work" in pages[0].words
    assert [shape(pages[0])] * 4 == [shape(page) for page in pages]


def test_an_invite_that_runs_out_while_it_is_used_lets_nobody_in(
    pe_embassy: TestEmbassy, pe_browser: Open, invite: str
) -> None:
    browser = pe_browser()
    pe_embassy.clock.move(hours=23, minutes=50)
    account = read_account(redeem(browser, invite), "zubr")
    pe_embassy.clock.move(minutes=10)
    code = account.code(pe_embassy.clock.now())
    page = browser.send({"handle": "zubr", "passphrase": account.passphrase, "code": code})

    assert 404 == page.status
    assert "This invitation does not work" in page.words


@pytest.mark.parametrize(
    "other",
    [
        {"name": "somebody"},
        {"name": ""},
        {"name": "x" * 3000},
        {"passphrase": "one two three four five six seven"},
        {"passphrase": ""},
        {"code": "000000"},
        {"code": ""},
        {"code": "не лічбы"},
    ],
)
def test_whatever_part_is_wrong_the_answer_is_the_same(
    pe_embassy: TestEmbassy, pe_browser: Open, other: dict[str, str]
) -> None:
    expected = unlock(pe_browser(), pe_embassy, pe_embassy.account, name="nobody", code="1")
    page = unlock(pe_browser(), pe_embassy, pe_embassy.account, **other)

    assert 403 == page.status
    assert "Name, passphrase or code is wrong" in page.words
    assert shape(expected) == shape(page)


def test_a_code_unlocks_once(pe_embassy: TestEmbassy, pe_browser: Open) -> None:
    unlock(pe_browser(), pe_embassy, pe_embassy.account)
    used = pe_embassy.account.code(pe_embassy.clock.now())
    browser = pe_browser()
    browser.go("/en/staff/unlock")
    account = pe_embassy.account
    page = browser.send({"name": account.handle, "passphrase": account.passphrase, "code": used})

    assert (403, "/en/staff/unlock") == (page.status, page.path)


def test_the_unlock_form_helps_password_keepers_and_hides_what_is_typed(pe_browser: Open) -> None:
    page = pe_browser().go("/en/staff/unlock")
    fields = {
        name: (field.get("type"), field.get("autocomplete"), field.get("inputmode"))
        for name in ("name", "passphrase", "code")
        for field in page.tree.xpath(f"//input[@name='{name}']")
    }
    expected = {
        "name": ("text", "username", None),
        "passphrase": ("password", "current-password", None),
        "code": ("text", "one-time-code", "numeric"),
    }

    assert expected == fields
    assert "No one person can reset your passphrase" in page.words


def test_who_is_unlocked_is_led_past_the_forms_to_unlock_and_join(
    pe_embassy: TestEmbassy, pe_browser: Open
) -> None:
    browser = pe_browser()
    unlock(browser, pe_embassy, pe_embassy.account)

    for path in ("/en/staff/unlock", "/en/staff/join", "/en/staff/locked"):
        assert "/en/staff" == browser.go(path).path


@pytest.mark.parametrize(
    ("seconds", "path"), [(899, "/en/staff/members"), (900, "/en/staff/unlock")]
)
def test_a_session_ends_after_fifteen_quiet_minutes(
    pe_embassy: TestEmbassy, pe_browser: Open, seconds: int, path: str
) -> None:
    browser = pe_browser()
    unlock(browser, pe_embassy, pe_embassy.account)
    pe_embassy.clock.move(seconds=seconds)

    assert path == browser.go("/en/staff/members").path


def test_a_second_unlock_ends_the_first_session(pe_embassy: TestEmbassy, pe_browser: Open) -> None:
    first, second = pe_browser(), pe_browser()
    unlock(first, pe_embassy, pe_embassy.account)
    unlock(second, pe_embassy, pe_embassy.account)

    assert "/en/staff/unlock" == first.go("/en/staff").path
    assert "/en/staff" == second.go("/en/staff").path


def test_lock_now_ends_the_session_and_asks_the_browser_to_forget(
    pe_embassy: TestEmbassy, pe_browser: Open
) -> None:
    browser = pe_browser()
    page = unlock(browser, pe_embassy, pe_embassy.account)
    cookie = dict(browser.client.cookies)
    answers: list[Any] = []

    async def keep(answer: Any) -> None:
        answers.append(answer)

    browser.client.event_hooks["response"].append(keep)
    assert "Lock now" in page.forms()[0].text_content()
    page = browser.send()

    assert ("/en/staff/locked", 200) == (page.path, page.status)
    assert '"cache", "cookies", "storage"' == answers[0].headers["clear-site-data"]
    assert {} == dict(browser.client.cookies)
    browser.client.cookies.update(cookie)
    assert "/en/staff/unlock" == browser.go("/en/staff").path


def test_a_list_of_members_that_was_exchanged_is_told_to_who_unlocks(
    pe_embassy: TestEmbassy, pe_browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise NotAllowed("staff.unlock.members_changed")

    monkeypatch.setattr("pe_core.desk.accounts._verify_members", refuse)
    page = unlock(pe_browser(), pe_embassy, pe_embassy.account)

    assert 403 == page.status
    assert "speak" not in page.title
    assert "is not the one that you last saw" in page.words


def test_too_many_at_once_are_asked_to_wait(
    pe_embassy: TestEmbassy, pe_browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise TooMany("staff.busy")

    monkeypatch.setattr(pe_embassy.desk.passphrases, "derive", refuse)
    page = unlock(pe_browser(), pe_embassy, pe_embassy.account)

    assert 429 == page.status
    assert "Many people are unlocking right now" in page.words


def test_who_came_since_is_named_on_the_list(
    pe_embassy: TestEmbassy, pe_browser: Open, pe_run: Run, invite: str
) -> None:
    second = pe_run(open_account(pe_embassy.desk, pe_embassy.clock, invite, "zubr"))
    page = unlock(pe_browser(), pe_embassy, pe_embassy.account)

    assert "New in the team since you last unlocked" in page.words
    assert ["zubr"] == page.tree.xpath("//ul[@class='names']//b/text()")
    pe_run(unlock_account(pe_embassy.desk, pe_embassy.clock, second))
    again = unlock(pe_browser(), pe_embassy, pe_embassy.account)
    assert "New in the team" not in again.words
