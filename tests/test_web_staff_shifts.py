"""Shifts through the coordinator's pages: made, invited to, swapped, counted, called off."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from looking_for import Office, offers, suggested, wrong
from pe_core.desk import briefs, shift_places
from pe_core.desk.locking import lock_account
from pe_core.desk.shifts import ShiftView, list_shifts
from pe_core.desk.volunteers import read_own, write_own
from pe_core.errors import Conflict
from pe_core.model import Away, Fluency, Skill, Skilled, Way
from pe_core.store import BriefRow, Delete, ShiftRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
TITLE = "A stall <b>at</b> the fair"
DETAIL = "Meet at the fountain."
AT = "/en/staff/shifts"


class Fair(Office):
    """A coordinator in a browser, three volunteers, and shifts made through the form."""

    def typed(self, days: int = 3, **typed: Any) -> dict[str, Any]:
        day = self.desk.now() + timedelta(days=days)
        return {
            "title": TITLE,
            "detail": DETAIL,
            "day-day": str(day.day),
            "day-month": str(day.month),
            "day-year": str(day.year),
            "start": "12",
            "end": "14:30",
            "place": "afar",
            "places": "2",
            **typed,
        }

    def make(self, days: int = 3, **typed: Any) -> Page:
        """Make a shift through the form and return its page."""
        self.browser.go(f"{AT}/new")
        page = self.browser.send(self.typed(days, **typed), form="/shifts/new")
        assert 200 == page.status, page.words
        self.at = page.path
        return page

    def shift(self) -> ShiftView:
        """Return the one shift that there is."""
        (view,) = self.run(list_shifts(self.desk, self.session))
        found: ShiftView = view
        return found

    def act(self, act: str, *handles: str, **typed: str) -> Page:
        """Press a button of the shift's page, with these people ticked."""
        page = self.browser.go(self.at)
        token = page.tree.xpath("//input[@name='token']/@value")[0]
        who = [("who", str(self.people[handle].box)) for handle in handles]
        return self.browser.post(self.at, [("token", token), ("act", act), *who, *typed.items()])

    def swap(self, handle: str) -> None:
        brief = self.brief(handle)
        self.run(shift_places.want_swap(self.desk, self.people[handle], brief))

    def said(self, handle: str, **said: Any) -> None:
        """Change what a volunteer says of themselves."""
        session = self.people[handle]
        known = self.run(read_own(self.desk, session))
        changed = msgspec.structs.replace(known.profile, **said)
        self.run(write_own(self.desk, session, known, changed))

    def look(self) -> Page:
        return self.browser.go(self.at)


@pytest.fixture
def fair(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Fair:
    return Fair(pe_embassy, pe_run, pe_browser)


def titles(page: Page) -> list[str]:
    return [link.text_content() for link in page.tree.xpath("//ul[@class='needs']//a")]


def test_the_empty_page_says_what_a_shift_is_and_leads_to_the_form(fair: Fair) -> None:
    page = fair.browser.go(AT)
    (link,) = page.tree.xpath("//main//a[contains(@href, '/shifts/new')]/@href")

    assert fair.words("staff.shifts.empty_title") in page.words
    assert fair.words("staff.shifts.empty_after") in page.words
    assert page.tree.xpath("//nav//a[@aria-current='page' and contains(@href, '/shifts')]")
    assert 200 == fair.browser.go(link).status


def test_a_shift_holds_what_was_typed_on_the_clocks_of_the_embassy(fair: Fair) -> None:
    city = fair.desk.jurisdiction.cities[0].name
    page = fair.make(
        language="ru",
        languages=["be", "en"],
        fluency="3",
        gates=["core.gate.first_aid"],
        **{"skill-1": ["core.skill.driving:required:2", "core.skill.papers:wished:1"]},
        place="there",
        city=city,
        checklist="core.checklist.translation",
    )
    body, need = fair.shift().body, fair.shift().body.need

    assert (TITLE, DETAIL, "ru") == (body.title, body.detail, body.language)
    assert (Skill(code="core.skill.driving", level=Skilled.GOOD),) == need.required
    assert (Skill(code="core.skill.papers"),) == need.wished
    assert {"be", "en"} == set(need.languages)
    assert (Fluency.FLUENT, ("core.gate.first_aid",)) == (need.fluency, need.gates)
    assert (city, False, 2) == (need.city, need.remote, need.places)
    assert "core.checklist.translation" == body.checklist
    assert fair.words("staff.shift.done_made") in page.words
    assert TITLE in page.words
    assert need.start is not None and need.end is not None
    assert (12, timedelta(minutes=150)) == (need.start.hour, need.end - need.start)
    assert (fair.desk.now() + timedelta(days=3)).date() == body.day


def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_is_kept(fair: Fair) -> None:
    fair.browser.go(f"{AT}/new")
    typed: dict[str, Any] = {
        "title": "",
        "day-day": "31",
        "day-month": "2",
        "start": "25",
        "places": "0",
    }
    page = fair.browser.send(fair.typed(**typed, place="there"), form="/shifts/new")

    assert 422 == page.status
    expected = ["title", "city", "day", "start", "places"]
    assert sorted(f"#field-{name}" for name in expected) == sorted(wrong(page))
    assert all(page.tree.xpath(f"//*[@id='{link[1:]}']") for link in wrong(page))
    assert DETAIL == page.tree.xpath("//textarea[@name='detail']")[0].text.strip()
    assert 0 == fair.run(fair.desk.store.count(ShiftRow))


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"day-year": "2020"}, "start"), ({"end": "12"}, "end"), ({"end": ""}, "end")],
)
def test_a_time_that_cannot_be_is_refused_where_it_stands(
    fair: Fair, typed: dict[str, Any], field: str
) -> None:
    fair.browser.go(f"{AT}/new")
    page = fair.browser.send(fair.typed(**typed), form="/shifts/new")

    assert [f"#field-{field}"] == wrong(page)


def test_everybody_who_fits_is_suggested_and_can_be_ticked_at_once(fair: Fair) -> None:
    fair.team()
    fair.make(**{"skill-1": "core.skill.translating:required:2"})
    page = fair.look()
    ticked = page.tree.xpath("//input[@type='checkbox' and @checked]")
    (link,) = page.tree.xpath("//a[contains(@href, 'tick=all')]/@href")
    all_ticked = fair.browser.go(link)
    page = fair.browser.send({"act": "invite"}, form=-1)

    assert ["dzik", "lasica"] == suggested(all_ticked)
    assert [] == ticked
    assert 2 == len(all_ticked.tree.xpath("//input[@type='checkbox' and @checked]"))
    assert fair.words("staff.shift.done_invited") in page.words
    asked = fair.words("staff.shift.state_offered")
    assert {"dzik": asked, "lasica": asked} == offers(page)
    assert fair.words("staff.shift.nobody") in page.words


def test_the_page_says_who_has_a_place_who_would_swap_and_who_said_no(fair: Fair) -> None:
    fair.team()
    fair.make()
    fair.act("invite", "dzik", "lasica", "wouk")
    fair.accept("dzik")
    fair.accept("lasica")
    full = fair.look()
    fair.swap("dzik")
    fair.run(briefs.decline(fair.desk, fair.people["wouk"], fair.brief("wouk")))
    page = fair.look()

    said = fair.words
    assert {
        "lasica": said("staff.shift.state_accepted"),
        "dzik": said("staff.shift.state_swapping"),
        "wouk": said("staff.shift.state_declined"),
    } == offers(page)
    assert list(offers(page)) == ["lasica", "dzik", "wouk"]
    assert said("staff.shift.stage_full") in full.words
    assert said("staff.shifts.taken", taken=2, places=2) in page.words
    assert fair.desk.texts.plural("en", "staff.shifts.swaps", 1) in page.words


def test_one_press_rings_the_invited_when_somebody_would_swap(fair: Fair) -> None:
    for handle in ("dzik", "lasica", "wouk"):
        fair.volunteer(handle, ways=(Way(notifier="zz.bell", address=handle),))
    fair.make(places="1")
    fair.act("invite", "dzik", "lasica", "wouk")
    fair.accept("dzik")
    fair.run(briefs.decline(fair.desk, fair.people["wouk"], fair.brief("wouk")))
    quiet, no_figure = fair.look(), swaps_figure(fair.browser.go("/en/staff"))
    fair.swap("dzik")
    figure = swaps_figure(fair.browser.go("/en/staff"))
    rung: list[str] = []
    fair.desk.ring = lambda notifier, address, *_: rung.append(address)
    offered = fair.look()
    done = fair.act("ring")
    again = fair.act("ring")

    said = fair.words
    assert said("staff.shift.swap_title") not in quiet.words
    assert ([], [f"1 {said('staff.requests.figure_swaps')}"]) == (no_figure, figure)
    assert ["ring"] == offered.tree.xpath("//section[@aria-labelledby='swap']//button/@value")
    assert ["lasica"] == rung
    assert said("staff.shift.done_swap_rung") in done.words
    assert said("staff.shift.swap_rung") in done.words
    assert [] == done.tree.xpath("//button[@value='ring']")
    assert (403, True) == (again.status, said("staff.shifts.no_swap") in again.words)


def test_where_nobody_can_be_rung_for_a_swap_the_page_says_so(fair: Fair) -> None:
    fair.volunteer("dzik")
    fair.volunteer("lasica")
    fair.make(places="1")
    fair.act("invite", "dzik", "lasica")
    fair.accept("dzik")
    fair.swap("dzik")
    silent = fair.act("ring")
    fair.run(briefs.decline(fair.desk, fair.people["lasica"], fair.brief("lasica")))

    assert fair.words("staff.shift.done_swap_no_way") in silent.words
    assert fair.words("staff.shift.swap_nobody") in fair.look().words


def swaps_figure(page: Page) -> list[str]:
    links = page.tree.xpath(f"//ul[@class='figures']//a[@href='{AT}']")
    return [" ".join(link.text_content().split()) for link in links]


def test_whoever_cannot_come_that_day_is_marked(fair: Fair) -> None:
    day = (fair.desk.now() + timedelta(days=3)).date()
    fair.volunteer("dzik")
    fair.make()
    fair.act("invite", "dzik")
    fair.accept("dzik")
    before = fair.look()
    fair.said("dzik", away=(Away(first=day, last=day),))
    page = fair.look()

    assert fair.words("staff.shift.away") not in before.words
    assert fair.words("staff.shift.away") in page.words


def test_whoever_does_not_fit_or_is_nobody_is_not_invited(fair: Fair) -> None:
    fair.team()
    fair.make(**{"skill-1": "core.skill.translating:required:2"})
    refused = fair.act("invite", "wouk")
    nobody = fair.act("invite", who="999999")
    nonsense = fair.act("invite", who="x")

    assert (403, 403, 422) == (refused.status, nobody.status, nonsense.status)
    assert fair.words("staff.offers.does_not_fit") in refused.words
    assert ["#field-who"] == wrong(nonsense)
    assert {} == fair.states()


def test_more_than_fifty_at_once_are_refused(fair: Fair) -> None:
    fair.volunteer("dzik")
    page = fair.make()
    token = page.tree.xpath("//main//input[@name='token']/@value")[0]
    who = [("who", str(number)) for number in range(1, 52)]
    page = fair.browser.post(fair.at, [("token", token), ("act", "invite"), *who])

    assert 422 == page.status
    assert ["#field-who"] == wrong(page)


def test_an_invitation_is_taken_back_and_given_again(fair: Fair) -> None:
    fair.volunteer("dzik")
    fair.make()
    fair.act("invite", "dzik")
    page = fair.act("take_back", "dzik")
    back = offers(page)
    again = fair.act("invite", "dzik")

    assert {"dzik": fair.words("staff.shift.state_withdrawn")} == back
    assert {"dzik": fair.words("staff.shift.state_offered")} == offers(again)
    fair.act("take_back", "dzik")
    assert 404 == fair.act("take_back", "dzik").status


def test_who_locked_in_an_emergency_is_marked_among_the_invited(fair: Fair) -> None:
    fair.team()
    fair.make()
    fair.act("invite", "dzik", "lasica")
    fair.accept("dzik")
    fair.run(lock_account(fair.desk, fair.people["dzik"].box))
    marked = "//ul[contains(@class, 'offers')]/li[contains(., $mark)]//b"
    page = fair.look()
    found = page.tree.xpath(marked, mark=fair.words("staff.offer.locked"))
    after = fair.act("take_back", "dzik")

    assert ["dzik"] == [item.text_content() for item in found]
    assert fair.words("staff.offer.locked_about") in page.words
    assert fair.words("staff.offer.locked") not in after.words


def test_who_has_no_way_to_be_rung_is_named_before_the_day(fair: Fair) -> None:
    fair.volunteer("dzik", ways=(Way(notifier="zz.bell", address="dzik"),))
    fair.volunteer("lasica")
    fair.make(days=1)
    fair.act("invite", "dzik", "lasica")
    none = fair.look()
    fair.accept("dzik")
    fair.accept("lasica")
    before = bells(fair.look())
    rung = fair.browser.go(AT)
    again = fair.browser.go(AT)
    after = bells(fair.look())

    assert fair.words("staff.shift.bell_none") in none.words
    no_way = {fair.words("staff.shift.bell_no_way"): ["lasica"]}
    assert {fair.words("staff.shift.bell_waits"): ["dzik"], **no_way} == before
    assert {fair.words("staff.shift.bell_rung"): ["dzik"], **no_way} == after
    told = fair.desk.texts.plural("en", "staff.shifts.reminded", 1)
    assert [True, False] == [told in page.words for page in (rung, again)]


def test_whoever_looks_at_the_requests_reminds_as_well(fair: Fair) -> None:
    fair.volunteer("dzik", ways=(Way(notifier="zz.bell", address="dzik"),))
    fair.make(days=1)
    fair.act("invite", "dzik")
    fair.accept("dzik")
    rung: list[str] = []
    fair.desk.ring = lambda notifier, address, *_: rung.append(address)
    fair.browser.go("/en/staff")

    assert ["dzik"] == rung


def test_how_many_came_is_a_number_and_the_names_go(fair: Fair) -> None:
    fair.volunteer("dzik")
    fair.make()
    fair.act("invite", "dzik")
    fair.accept("dzik")
    early = fair.act("count", attended="1")
    fair.embassy.clock.move(days=4)
    fair.unlock()
    page = fair.look()
    wrongs = [fair.act("count", attended=typed) for typed in ("", "many", "-1", "100001")]
    page = fair.act("count", attended=" 7 ")
    listed = fair.browser.go(AT)

    assert 403 == early.status
    assert [["#field-attended"]] * 4 == [wrong(each) for each in wrongs]
    assert fair.words("staff.shift.done_counted") in page.words
    came = fair.desk.texts.plural("en", "staff.shifts.came", 7)
    assert came in page.words and came in listed.words
    assert "dzik" not in page.words
    assert 0 == fair.run(fair.desk.store.count(BriefRow))


def test_calling_off_takes_two_presses_and_rings(fair: Fair) -> None:
    fair.volunteer("dzik", ways=(Way(notifier="zz.bell", address="dzik"),))
    fair.make()
    fair.act("invite", "dzik")
    fair.accept("dzik")
    rung: list[str] = []
    fair.desk.ring = lambda notifier, address, *_: rung.append(address)
    (link,) = fair.look().tree.xpath("//a[contains(@href, '/off')]/@href")
    asked = fair.browser.go(link)
    still = fair.states()
    page = fair.browser.send(form="/off")

    assert fair.words("staff.shift.off_sure") in asked.words
    assert {"dzik": "accepted"} == still
    assert {"dzik": "withdrawn"} == fair.states()
    assert ["dzik"] == rung
    assert fair.words("staff.shift.stage_off") in page.words
    assert fair.at == fair.browser.go(link).path
    token = page.tree.xpath("//input[@name='token']/@value")[0]
    assert 403 == fair.browser.post(link, [("token", token)]).status


def test_the_next_comes_first_and_what_is_over_stands_below(fair: Fair) -> None:
    fair.make(days=9, title="late")
    fair.make(days=5, title="soon")
    fair.make(days=4, title="off")
    fair.browser.go(f"{fair.at}/off")
    fair.browser.send(form="/off")
    page = fair.browser.go(AT)

    assert ["soon", "late", "off"] == titles(page)
    assert fair.words("staff.shifts.over_title") in page.words


def test_the_plan_for_printing_has_times_and_numbers_and_nothing_else(fair: Fair) -> None:
    none = fair.browser.go(f"{AT}/print")
    fair.volunteer("dzik")
    city = fair.desk.jurisdiction.cities[0].name
    fair.make(place="both", city=city)
    fair.act("invite", "dzik")
    fair.accept("dzik")
    page = fair.browser.go(f"{AT}/print")

    assert fair.words("staff.shifts.print_none") in none.words
    cells = [cell.text_content() for cell in page.tree.xpath("//tbody//td")]
    assert ["2", "1"] == cells
    said = " ".join(page.tree.xpath("//div[@class='paper']")[0].text_content().split())
    assert not [word for word in ("dzik", TITLE, DETAIL, city) if word in said]
    assert fair.words("staff.shifts.print_why") in said


def test_a_press_that_no_button_has_does_nothing(fair: Fair) -> None:
    fair.make()
    before = fair.run(fair.desk.store.select(ShiftRow))
    page = fair.act("burn")

    assert 200 == page.status
    assert before == fair.run(fair.desk.store.select(ShiftRow))


def test_a_colleague_who_is_faster_is_told_of(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(*_: object) -> None:
        raise Conflict

    fair.volunteer("dzik")
    fair.make()
    monkeypatch.setattr("pe_core.web.staff.shift.invite", lose)
    page = fair.act("invite", "dzik")

    assert 409 == page.status
    assert fair.words("staff.request.changed_title") in page.words


def test_a_shift_that_is_not_there_is_not_found(fair: Fair) -> None:
    fair.make()
    fair.run(fair.desk.store.write([Delete(ShiftRow, {"id": fair.shift().id})]))

    assert [404, 404] == [fair.look().status, fair.browser.go(f"{fair.at}/off").status]


def test_the_trail_leads_to_a_shift_and_says_when_it_is_erased(fair: Fair) -> None:
    fair.make()
    shift = fair.shift().id
    page = fair.browser.go("/en/staff/trail")
    links = page.tree.xpath(f"//a[contains(@href, '/shifts/{shift}')]")
    fair.run(fair.desk.store.write([Delete(ShiftRow, {"id": shift})]))
    gone = fair.browser.go("/en/staff/trail")

    assert fair.words("staff.trail.shift", id=shift[:6]) in {one.text_content() for one in links}
    assert fair.words("staff.trail.shift_gone", id=shift[:6]) in gone.words


def bells(page: Page) -> dict[str, list[str]]:
    """Return who stands under each line of the reminder."""
    return {
        group.xpath("dt")[0].text_content(): [dd.text_content() for dd in group.xpath("dd")]
        for group in page.tree.xpath("//section[@aria-labelledby='bell']//dl/div")
    }
