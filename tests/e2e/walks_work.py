"""The way of somebody who offers help, and over every page of their own."""

from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from people import Colleague, Person

from pe_core.toolkit.invented import Account

AWAY = {
    **{f"first-{part}": typed for part, typed in (("day", "1"), ("month", "8"), ("year", "2030"))},
    **{f"last-{part}": typed for part, typed in (("day", "14"), ("month", "8"), ("year", "2030"))},
}
"""A holiday, far from whatever day it is."""


def offering(person: Person, handle: str) -> Generator[str, None, Colleague]:
    """Offer help up to an account of one's own; returns what was written down."""
    person.open("help")
    person.wait()
    person.press("core.help.begin_button")
    yield "own_account"
    wouk = Colleague(written_down(person, handle))
    person.press("core.apply.button")
    yield "own_account-wrong"
    person.fill("core.apply.handle", handle)
    person.fill("core.apply.passphrase", wouk.account.passphrase)
    person.fill("core.apply.code", wouk.code())
    person.press("core.apply.button")
    yield "unlock-offered"
    return wouk


def walk_work(person: Person, handle: str) -> Iterator[str]:
    """Offer help, unlock, and walk over every page that a volunteer has."""
    wouk = yield from offering(person, handle)
    enter(person, wouk)
    yield "my_work"
    person.press_at("work/me", "work.about.send")
    yield "about_me-missing"
    yield from _mistakes(person)
    yield from saying(person)
    person.press("work.about.send")
    yield "my_work-sent"
    person.open("work/me")
    yield "about_me-sent"
    person.press_at("work/agreement", "work.agreement.sign")
    yield "agreement-wrong"
    sign(person)
    person.open("work/agreement")
    yield "agreement-signed"
    person.open("work/messages")
    yield "messages"
    person.press("work.messages.send")
    yield "messages-wrong"
    write(person, "Магу гаварыць у чацвер увечары.")
    yield "messages-written"
    yield from _leaving(person, wouk)


def saying(person: Person) -> Iterator[str]:
    """Say everything of oneself, one page after the other, up to the whole."""
    person.open("work/me/languages")
    yield "languages"
    person.page.locator("[name=fluency-1]").select_option("4")
    person.page.locator("[name=language-5]").select_option("uk")
    person.page.locator("[name=fluency-5]").select_option("2")
    person.go_on()
    yield "skills"
    person.page.locator("[name=level-2]").select_option("3")
    person.go_on()
    yield "place"
    person.page.locator("[name=reach]").select_option("25")
    person.go_on()
    yield "zone"
    person.page.locator("[name=zone]").select_option("Europe/Vilnius")
    person.go_on()
    yield "hours"
    for cell in ("0-2", "5-0", "5-1"):
        person.page.locator(f"[name=hours][value='{cell}']").check(force=True)
    person.go_on()
    yield "away"
    for name, typed in AWAY.items():
        person.page.locator(f"[name={name}]").fill(typed)
    person.press("work.away.add")
    yield "away-added"
    person.follow("core.form.continue")
    yield "choice-load"
    person.go_on()
    yield "choice-gender"
    person.go_on()
    while not person.is_at("work.note.title"):
        yield "ways" if person.is_at("work.ways.title") else "asked_of_me"
        for answer in person.page.locator("[name=answer][value=yes]").all():
            answer.check(force=True)
        person.go_on()
    yield "note"
    person.fill("work.note.title", "Я з хору.")
    person.go_on()
    yield "about_me"


def sign(person: Person) -> None:
    """Read the agreement and sign it."""
    person.open("work/agreement")
    person.choose("work.agreement.agree")
    person.press("work.agreement.sign")
    person.sees("work.home.done_signed")


def write(person: Person, words: str) -> None:
    """Write to the coordinators."""
    person.open("work/messages")
    person.fill("work.messages.text", words)
    person.press("work.messages.send")


def _mistakes(person: Person) -> Iterator[str]:
    for step, path in (
        ("languages-wrong", "languages"),
        ("skills-wrong", "skills"),
        ("asked_of_me-wrong", "asked/1"),
    ):
        person.press_at(f"work/me/{path}", "core.form.continue")
        yield step
    person.open("work/me/place")
    person.page.locator("[name=remote]").uncheck(force=True)
    person.go_on()
    yield "place-wrong"
    person.press_at("work/me/away", "work.away.add")
    yield "away-wrong"


def _leaving(person: Person, wouk: Colleague) -> Iterator[str]:
    person.open("work/pause")
    yield "pause"
    person.press("work.pause.button")
    yield "pause-wrong"
    today = datetime.now(UTC).date()
    for part, typed in (("day", today.day), ("month", today.month), ("year", today.year)):
        person.page.locator(f"[name=until-{part}]").fill(str(typed))
    person.press("work.pause.button")
    yield "my_work-paused"
    person.press("work.pause.go_on")
    person.open("work/export")
    yield "export"
    person.press("work.export.button")
    yield "export-wrong"
    person.open("work/leave")
    yield "leave"
    person.press("work.leave.button")
    person.sees("staff.locked.left_title")
    person.open("staff/unlock")
    enter(person, wouk)
    yield "my_work-left"


def enter(person: Person, wouk: Colleague) -> None:
    """Unlock a volunteer's account on the page that is open."""
    person.fill("staff.unlock.name", wouk.account.handle)
    person.fill("staff.unlock.passphrase", wouk.account.passphrase)
    person.fill("staff.unlock.code", wouk.code())
    person.press("staff.unlock.button")
    person.sees("work.home.title")


def written_down(person: Person, handle: str) -> Account:
    """Return what the page shows, as somebody writes it down."""
    words = person.page.locator("ol.seven li").all_inner_texts()
    address = person.page.locator("a[href^='otpauth:']").get_attribute("href") or ""
    (secret,) = parse_qs(urlsplit(address).query)["secret"]
    return Account(handle=handle, passphrase=" ".join(words), totp_secret=secret)
