"""Pages of shifts: a coordinator makes one, three are invited, some sign up, and it is counted."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pe_core.desk import briefs, shift_places, shifts
from pe_core.desk.sessions import Session
from pe_core.desk.shifts import ShiftView
from pe_core.model import Fluency, Spoken, Way
from pe_core.store import Delete, ShiftRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.invented import Account, active_volunteer

if TYPE_CHECKING:
    from rare import House

TITLES = {"be": "Чарга на консульскім дні", "en": "The queue at the consular day"}
DETAILS = {"be": "Сустракаемся каля фантана.", "en": "We meet at the fountain."}
HANDLES = ("dzik", "lasica", "wouk", "zubryca")
SPEAKS = (Spoken(tag="be", fluency=Fluency.NATIVE), Spoken(tag="ru", fluency=Fluency.FLUENT))


def shift_pages(house: "House", language: str) -> Iterator[tuple[str, Page]]:
    """Make a shift, invite to it, sign up and swap, count it, and call another one off."""
    house.come_again()
    accounts, people = _people(house, language)
    busel, at = house.busel, f"/{language}/staff/shifts"
    yield "shifts-none", busel.go(at)
    yield "shifts_print-none", busel.go(f"{at}/print")
    yield "shift_new", busel.go(f"{at}/new")
    yield "shift_new-wrong", busel.send({"places": "0", "place": "there"}, form="/new")
    _make(house, language, days=3)
    yield "shift-nobody", busel.page
    here = str(busel.page.path)
    yield "shift-ticked", busel.go(f"{here}?tick=all")
    yield "shift-invited", busel.send({"act": "invite"}, form=-1)
    view = _view(house)
    for session in people[:2]:
        house.run(briefs.accept(house.desk, session, view.states[session.box][0]))
    house.run(briefs.decline(house.desk, people[2], view.states[people[2].box][0]))
    swapping = view.states[people[0].box][0]
    house.run(shift_places.want_swap(house.desk, people[0], swapping))
    yield from _places(house, language, accounts)
    yield "shift", busel.go(here)
    yield "shift-rung", _press(busel, here, "ring")
    yield "shift-wrong", _press(busel, here, "invite")
    yield "shift-refused", _press(busel, here, "count", attended="1")
    yield "shifts", busel.go(at)
    yield "shifts_print", busel.go(f"{at}/print")
    yield "shift_off", busel.go(f"{here}/off")
    house.embassy.clock.move(days=4)
    house.come_again()
    busel = house.busel
    yield "shift-count", busel.go(here)
    yield "shift-count-wrong", _press(busel, here, "count", attended="many")
    yield "shift-counted", _press(busel, here, "count", attended="12")
    _make(house, language, days=2)
    busel.go(f"{busel.page.path}/off")
    yield "shift-off", busel.send(form="/off")
    yield "shifts-over", busel.go(at)
    house.run(house.desk.store.write([Delete(ShiftRow, {"id": shift}) for shift in _ids(house)]))


def _places(
    house: "House", language: str, accounts: Sequence[Account]
) -> Iterator[tuple[str, Page]]:
    """Look at a place that would be swapped, one that is held, and one that is offered."""
    looking = {"swapping": accounts[0], "held": accounts[1], "offered": accounts[3]}
    for step, account in looking.items():
        browser = house.unlock(account)
        home = browser.go(f"/{language}/work")
        (at,) = set(home.tree.xpath("//main//a[contains(@href, '/work/tasks/')]/@href"))
        yield f"task-shift-{step}", browser.go(at)


def _people(house: "House", language: str) -> tuple[list[Account], list[Session]]:
    """Invent four volunteers, who have other pseudonyms in each language."""
    coordinator = _coordinator(house)
    made = [
        house.run(
            active_volunteer(
                house.desk,
                house.embassy.clock,
                [coordinator],
                f"{handle}-{language}",
                languages=SPEAKS,
                ways=(Way(notifier="zz.bell", address=handle),) if handle != "lasica" else (),
            )
        )
        for handle in HANDLES
    ]
    return [account for account, _ in made], [session for _, session in made]


def _make(house: "House", language: str, days: int) -> None:
    """Make a shift through the form."""
    day = house.desk.now() + timedelta(days=days)
    house.busel.go(f"/{language}/staff/shifts/new")
    typed = {
        "title": TITLES.get(language, TITLES["en"]),
        "detail": DETAILS.get(language, DETAILS["en"]),
        "day-day": str(day.day),
        "day-month": str(day.month),
        "day-year": str(day.year),
        "start": "12",
        "end": "15:30",
        "place": "both",
        "city": house.desk.jurisdiction.cities[0].name,
        "languages": ["be", "ru"],
        "places": "2",
        "checklist": "core.checklist.office",
    }
    house.busel.send(typed, form="/new")


def _press(browser: Browser, path: str, act: str, **fields: str) -> Page:
    token = browser.go(path).tree.xpath("//input[@name='token']/@value")[0]
    return browser.post(path, [("token", token), ("act", act), *fields.items()])


def _view(house: "House") -> ShiftView:
    view: ShiftView = house.run(shifts.list_shifts(house.desk, _coordinator(house)))[0]
    return view


def _ids(house: "House") -> list[str]:
    return [row for (row,) in house.run(house.desk.store.pick(ShiftRow, ("id",)))]


def _coordinator(house: "House") -> Session:
    return next(s for s in house.desk.sessions.items() if s.handle == "busel")
