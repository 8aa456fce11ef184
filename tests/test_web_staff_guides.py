"""Guides on the desk: one writes, the page shows the difference, another publishes."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.desk import invites
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, Clock, open_account

Run = Callable[[Awaitable[Any]], Any]
NAME = "own.lighthouse-office"
AT = f"/en/staff/guides/{NAME}"
WORDS = {
    "title": "The lighthouse office",
    "summary": "Where it is and what it wants.",
    "body": "Go there.\n\n## What to bring\n\n- a photo\n- [the form](https://lighthouse.zz.example/)",
    "permits": "anybody\n\neverybody",
    "fee": "nothing",
    "wait": "",
    "status": "human",
}
FACTS = {
    "topics": ["zz.paper"],
    "authority": "Lighthouse Office",
    "proof": "case_by_case",
    "checked-day": "20",
    "checked-month": "11",
    "checked-year": "2026",
    "sources": "https://lighthouse.zz.example/rules The rules of the lighthouse",
}


class House:
    """Coordinators and an editor, each in a browser of their own."""

    def __init__(self, embassy: TestEmbassy, clock: Clock, run: Run, new: Any) -> None:
        self.embassy, self.clock, self.run, self.new = embassy, clock, run, new
        self.desk = embassy.desk
        self.busel = self.unlock(embassy.account)

    def unlock(self, account: Account) -> Browser:
        browser: Browser = self.new()
        browser.go("/en/staff/unlock")
        self.clock.move(seconds=31)
        browser.send(
            {
                "name": account.handle,
                "passphrase": account.passphrase,
                "code": account.code(self.clock.now()),
            }
        )
        return browser

    def join(self, handle: str, role: str, sign: Any = None) -> Browser:
        from pe_core.toolkit.invented import unlock_account

        session = self.run(unlock_account(self.desk, self.clock, self.embassy.account))
        code = self.run(invites.make_invite(self.desk, session, role))
        if sign is not None:
            second = self.run(unlock_account(self.desk, self.clock, sign))
            (view,) = self.run(invites.list_invites(self.desk, second))
            self.run(invites.sign_invite(self.desk, second, view.locator))
        account = self.run(open_account(self.desk, self.clock, code, handle))
        self.account = account
        self.busel = self.unlock(self.embassy.account)
        return self.unlock(account)


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_clock: Clock, pe_run: Run, pe_browser: Any) -> House:
    return House(pe_embassy, pe_clock, pe_run, pe_browser)


def write(browser: Browser) -> Page:
    """Write a guide up to the moment when a colleague is asked."""
    browser.go("/en/staff/guides/new")
    browser.send({"slug": "lighthouse-office"}, form="/new")
    browser.send({**WORDS, "act": "save"}, form="/text/en")
    browser.go(f"{AT}/facts")
    return browser.send(FACTS, form="/facts")


def act(browser: Browser, name: str, **typed: str) -> Page:
    """Press a button on the page of the guide."""
    browser.go(AT)
    for form in browser.page.forms():
        if form.xpath(f".//button[@name='act' and @value='{name}']"):
            kept = [(k, v) for k, v in form.form_values() if k not in {"act", *typed}]
            return browser.post(AT, [*kept, *typed.items(), ("act", name)])
    raise AssertionError(f"no button {name}")


def test_a_guide_goes_from_one_hand_to_another_and_then_to_the_public(house: House) -> None:
    zubr = house.join("zubr", "coordinator")
    page = write(house.busel)
    assert 200 == page.status and "Draft" in page.words
    assert 404 == house.new().go(f"/en/guides/{NAME}").status
    page = act(house.busel, "ready")
    assert "Waits for a second person" in page.words
    assert "Somebody else has to approve it" in page.words
    seen = zubr.go(AT)
    assert "Added: The lighthouse office" in seen.words and "busel" in seen.words
    assert "Published." in act(zubr, "approve").words

    public = house.new().go(f"/en/guides/{NAME}")
    assert ["the form"] == public.tree.xpath("//a[@href='https://lighthouse.zz.example/']/text()")
    assert "Lighthouse Office" in public.words and "busel" not in public.words
    assert "The lighthouse office" in house.new().go("/en/guides").words


def test_an_editor_approves_too_and_sees_nothing_else(house: House) -> None:
    editor = house.join("bocian", "editor")
    write(house.busel)
    act(house.busel, "ready")

    assert "Published." in act(editor, "approve").words
    assert {"Guides", "My account"} == set(editor.page.tree.xpath("//nav[@class='menu']/a/text()"))
    assert 403 == editor.go("/en/staff/members").status


def test_the_author_cannot_approve_even_by_hand(house: House) -> None:
    write(house.busel)
    page = act(house.busel, "ready")
    form = page.forms()[-1]
    fields = [(k, v) for k, v in form.form_values() if k != "act"]
    page = house.busel.post(AT, [*fields, ("act", "approve")])

    assert 409 == page.status
    assert "Whoever wrote in it cannot approve it" in page.words


def test_what_is_missing_is_named_before_anybody_is_asked(house: House) -> None:
    house.busel.go("/en/staff/guides/new")
    house.busel.send({"slug": "lighthouse-office"}, form="/new")
    house.busel.send({**WORDS, "act": "save"}, form="/text/en")
    page = act(house.busel, "ready")

    assert 422 == page.status
    assert "The office is missing." in page.words and "A source is missing." in page.words


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", "", "This must not be empty."),
        ("title", "x" * 91, "This is too long"),
        ("body", "<script>alert(1)</script>", "would not be shown"),
        ("body", "[here](javascript:alert)", "would not be shown"),
        ("body", "![x](https://a.example/x.png)", "would not be shown"),
        ("body", "", "This must not be empty."),
        ("body", "x" * 40_001, "This is too long"),
    ],
)
def test_words_that_are_wrong_are_refused_and_kept(
    house: House, field: str, typed: str, said: str
) -> None:
    house.busel.go(f"{AT}/text/en")
    page = house.busel.send({**WORDS, field: typed, "act": "save"}, form="/text/en")

    assert 422 == page.status and said in page.words
    assert WORDS["summary"] in page.tree.xpath("//textarea[@name='summary']")[0].text_content()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("checked-day", "31", "There is no such day."),
        ("checked-year", "2027", "Nobody can have checked it"),
        ("valid-day", "1", "There is no such day."),
        ("sources", "http://a.example/ x", "Each line begins with an address"),
        ("sources", "javascript:alert x", "Each line begins with an address"),
        ("authority", "x" * 301, "This is too long"),
    ],
)
def test_facts_that_are_wrong_are_refused_and_kept(
    house: House, field: str, typed: str, said: str
) -> None:
    write(house.busel)
    house.busel.go(f"{AT}/facts")
    page = house.busel.send({**FACTS, field: typed}, form="/facts")

    assert 422 == page.status and said in page.words


@pytest.mark.parametrize("slug", ["", "x", "Большой", "a/b", "a b", "x" * 41, "-a"])
def test_an_address_that_makes_none_is_refused(house: House, slug: str) -> None:
    house.busel.go("/en/staff/guides/new")
    page = house.busel.send({"slug": slug}, form="/new")

    assert 422 == page.status and "two to forty small Latin letters" in page.words


def test_a_preview_shows_what_the_public_would_see_and_keeps_nothing(house: House) -> None:
    house.busel.go(f"{AT}/text/en")
    page = house.busel.send({**WORDS, "act": "preview"}, form="/text/en")

    assert ["What to bring"] == page.tree.xpath("//article//div[@class='told']/h2/text()")
    assert 404 == house.busel.go(AT).status


def test_two_who_write_at_once_overwrite_nothing(house: House) -> None:
    zubr = house.join("zubr", "coordinator")
    write(house.busel)
    zubr.go(f"{AT}/text/en")
    house.busel.go(f"{AT}/text/en")
    house.busel.send({**WORDS, "fee": "ten coins", "act": "save"}, form="/text/en")
    page = zubr.send({**WORDS, "fee": "two coins", "act": "save"}, form="/text/en")

    assert 409 == page.status and "Somebody changed this meanwhile" in page.words
    assert ["two coins"] == page.tree.xpath("//input[@name='fee']/@value")
    assert "ten coins" in zubr.go(AT).words


def test_given_back_forgotten_renewed_withdrawn_and_brought_back(house: House) -> None:
    zubr = house.join("zubr", "coordinator")
    write(house.busel)
    act(house.busel, "ready")
    act(zubr, "return", word="Look at the fee.")
    assert "Look at the fee." in house.busel.go(AT).words
    act(house.busel, "ready")
    act(zubr, "approve")
    assert "Waits for a second person" in act(house.busel, "checked").words
    assert "November 24, 2026" in zubr.go(AT).words
    act(zubr, "approve")
    act(house.busel, "withdraw")
    assert "The guide would be withdrawn." in zubr.go(AT).words
    act(zubr, "approve")
    assert 404 == house.new().go(f"/en/guides/{NAME}").status
    page = act(house.busel, "restore", edition="1")
    assert 200 == page.status
    act(zubr, "approve")

    assert 200 == house.new().go(f"/en/guides/{NAME}").status


def test_who_writes_no_guides_finds_none(house: House) -> None:
    for session in house.desk.sessions.items():
        session.compartments = frozenset({"intake"})

    assert 403 == house.busel.go("/en/staff/guides").status
    assert 403 == house.busel.go(AT).status


def test_an_empty_list_teaches(house: House) -> None:
    house.desk.guides = {}

    assert "No guides yet" in house.busel.go("/en/staff/guides").words
