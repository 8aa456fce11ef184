"""What a volunteer says of themselves: page after page, its mistakes, the whole, and sending."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pe_core.courier import Rings
from pe_core.desk.own_record import change_own
from pe_core.desk.own_ways import WHEN
from pe_core.desk.ringing import ring_volunteer
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict
from pe_core.model import Fluency, Gender, Skill, Skilled, Spoken, VolunteerState
from pe_core.rules.week_grid import hours_of
from pe_core.store import OpenAddressRow
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.web.work import parts
from volunteering import SAID, Typed, Wouk, judge

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
ORDER = (
    "languages",
    "skills",
    "place",
    "zone",
    "hours",
    "away",
    "load",
    "gender",
    "asked/1",
    "asked/3",
    "ways",
    "note",
)
DAYS = {
    **{f"first-{part}": typed for part, typed in (("day", "1"), ("month", "12"), ("year", "2026"))},
    **{f"last-{part}": typed for part, typed in (("day", "5"), ("month", "12"), ("year", "2026"))},
}


@pytest.fixture
def wouk(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Wouk:
    return Wouk(pe_embassy, pe_run, pe_browser())


def test_continue_leads_over_every_part_to_the_whole(wouk: Wouk) -> None:
    said = {**dict(SAID), "away": {}, "asked/1": {"answer": "no"}}
    page = wouk.go("me/languages")
    seen = []
    while page.path != "/en/work/me":
        part = page.path.removeprefix("/en/work/me/")
        seen.append(part)
        if part == "away":
            (onward,) = page.tree.xpath("//div[@class='actions']/a/@href")
            page = wouk.browser.go(onward)
        else:
            page = wouk.browser.send(said[part], form=page.path)

    assert list(ORDER) == seen


def test_everything_that_was_said_is_kept(wouk: Wouk) -> None:
    wouk.say_all()
    profile = wouk.profile
    skills = wouk.embassy.desk.vocabulary.skills

    assert (
        Spoken(tag="be", fluency=Fluency.NATIVE),
        Spoken(tag="en", fluency=Fluency.WORKING),
    ) == profile.languages
    assert (
        Skill(code=skills[0], level=Skilled.GOOD),
        Skill(code=skills[5], level=Skilled.EXPERT),
    ) == profile.skills
    assert ("Hillham", 25, True) == (profile.city, profile.reach, profile.remote)
    assert ("Europe/Vilnius", hours_of([(0, 2), (5, 0), (6, 3)])) == (profile.zone, profile.hours)
    assert (2, Gender.WOMAN) == (profile.load, profile.gender)
    assert "Ask for me at the choir." == profile.note
    assert [
        ("zz.volunteer.boat", "Do you have a boat?", True, "Yes"),
        ("zz.volunteer.crossing", "How far does it go?", "bay", "Across the bay"),
    ] == [(a.field, a.question, a.value, a.shown) for a in profile.answers]


@pytest.mark.parametrize("part", [part for part, _ in SAID if part != "asked/3"])
def test_a_page_shows_again_what_was_said(wouk: Wouk, part: str) -> None:
    wouk.say_all()
    typed = dict(SAID)[part]
    page = wouk.go(f"me/{part}")
    form = next(f for f in page.forms() if f.action == page.path or not f.action)
    sent = form.form_values()

    for name, value in typed.items():
        assert sorted([value] if isinstance(value, str) else value) == sorted(
            found.strip() for field, found in sent if field == name
        )


WRONG: tuple[tuple[str, Typed, str], ...] = (
    ("languages", {}, "fluency-1"),
    ("languages", {"fluency-1": "9"}, "fluency-1"),
    ("languages", {"language-6": "xx", "fluency-6": "2"}, "language-6"),
    ("languages", {"language-6": "uk"}, "fluency-6"),
    ("languages", {"fluency-1": "1", "language-6": "be", "fluency-6": "2"}, "language-6"),
    ("skills", {}, "level-1"),
    ("skills", {"level-2": "7"}, "level-2"),
    ("place", {"city": "Nowhere", "reach": "5"}, "city"),
    ("place", {"reach": "6"}, "reach"),
    ("place", {"reach": "0", "remote": ""}, "reach"),
    ("zone", {"zone": "Mars/Base"}, "zone"),
    ("hours", {"hours": ["7-0"]}, "hours"),
    ("load", {"load": "100"}, "load"),
    ("gender", {"gender": "other"}, "gender"),
    ("asked/1", {"answer": ""}, "answer"),
    ("asked/3", {"answer": "x" * 21}, "answer"),
    ("note", {"note": "x" * 2001}, "note"),
    ("ways", {"address-1": "no desk"}, "address-1"),
    ("ways", {"address-1": "7" * 301}, "address-1"),
    ("ways", {"address-1": "7", "when-1": "never"}, "address-1"),
    ("away", {**DAYS, "first-day": "31", "first-month": "2"}, "first"),
    ("away", {**DAYS, "last-year": "next"}, "last"),
    ("away", {**DAYS, "last-month": "11"}, "last"),
    ("away", {**DAYS, "first-year": "2025", "last-year": "2025"}, "last"),
    ("away", {**DAYS, "last-year": "2028"}, "last"),
)


@pytest.mark.parametrize(("part", "typed", "field"), WRONG)
def test_what_does_not_fit_is_shown_with_its_reason_and_nothing_is_kept(
    wouk: Wouk, part: str, typed: Typed, field: str
) -> None:
    before = wouk.profile
    page = wouk.go(f"me/{part}")
    if part == "place":
        typed = {"remote": "", **typed}
    page = wouk.browser.send(typed, form=page.path)

    assert (422, "Error: Portal") == (page.status, page.title)
    assert [f"#field-{field}"] == page.tree.xpath("//div[@id='error-summary']//a/@href")
    assert page.tree.xpath(f"//*[@id='field-{field}']")
    assert before == wouk.profile


def test_where_no_cities_are_named_only_reach_and_help_from_afar_are_asked(wouk: Wouk) -> None:
    desk = wouk.embassy.desk
    desk.jurisdiction = msgspec.structs.replace(desk.jurisdiction, cities=())
    page = wouk.go("me/place")
    asked = [select.get("name") for select in page.tree.xpath("//main//select")]
    wouk.browser.send({"reach": "25", "remote": "yes"}, form=page.path)
    profile = wouk.profile
    summary = wouk.go("me").words

    assert ["reach"] == asked
    assert ("", 25, True) == (profile.city, profile.reach, profile.remote)
    assert "Up to 25 km" in summary
    assert "Somewhere else" not in summary


def test_a_language_of_the_world_gets_a_row_and_can_be_taken_away(wouk: Wouk) -> None:
    wouk.say("languages", {"fluency-1": "4", "language-6": "ka", "fluency-6": "3"})
    page = wouk.go("me/languages")
    (label,) = page.tree.xpath("//label[@for='field-fluency-5']/text()")

    assert ("ka", "ქართული") == (wouk.profile.languages[1].tag, label)

    wouk.say("languages", {"fluency-5": ""})

    assert ["be"] == [spoken.tag for spoken in wouk.profile.languages]


def test_days_that_are_different_are_added_sorted_and_removed(wouk: Wouk) -> None:
    later = {name: value.replace("12", "11") for name, value in DAYS.items() if "day" not in name}
    wouk.say("away", DAYS)
    wouk.say("away", {**DAYS, **later, "first-day": "28", "last-day": "29", "free": "yes"})
    page = wouk.go("me/away")
    shown = page.tree.xpath("//ul[@class='people']//li/span/text()")

    assert [(28, True), (1, False)] == [(a.first.day, a.free) for a in wouk.profile.away]
    assert shown[0].startswith("Time all day")

    wouk.browser.send({"remove": "0"}, form=page.path)

    assert [1] == [away.first.day for away in wouk.profile.away]
    assert "/en/work/me/away" == wouk.browser.page.path


def test_a_question_that_is_no_longer_asked_takes_its_answer_along(wouk: Wouk) -> None:
    wouk.say_all()
    page = wouk.say("asked/1/change", {"answer": "no"})

    assert ["zz.volunteer.boat"] == [answer.field for answer in wouk.profile.answers]
    assert "/en/work/me" == page.path
    assert 404 == wouk.go("me/asked/2").status

    page = wouk.say("asked/1/change", {"answer": "yes"})

    assert "/en/work/me/asked/2/change" == page.path, "what is newly asked comes first"


def test_a_change_leads_back_to_the_whole(wouk: Wouk) -> None:
    wouk.say_all()
    page = wouk.go("me")
    links = page.tree.xpath("//dd[@class='change']/a/@href")

    assert {f"/en/work/me/{part}/change" for part in (*ORDER, "asked/2")} == set(links)
    assert "/en/work/me" == wouk.say("load/change", {"load": "5"}).path
    assert ["/en/work/me"] == wouk.go("me/load/change").tree.xpath("//a[@class='back']/@href")


def test_the_whole_shows_everything_in_words(wouk: Wouk) -> None:
    wouk.say_all()
    words = wouk.go("me").words

    for shown in (
        "Беларуская: It is my own language",
        "Up to 25 km",
        "Europe/Vilnius",
        "Monday: Evening",
        "Sunday: Night",
        "A woman",
        "Across the bay",
        "Ask for me at the choir.",
    ):
        assert shown in words


def test_sending_too_early_says_what_is_missing_and_where(wouk: Wouk) -> None:
    wouk.go("me")
    page = wouk.browser.send(form="/work/me")
    links = page.tree.xpath("//div[@id='error-summary']//a/@href")

    assert (422, None) == (page.status, wouk.profile.sent)
    assert [
        "/en/work/me/languages/change",
        "/en/work/me/skills/change",
        "/en/work/me/asked/1/change",
    ] == links


def test_what_was_brought_in_from_a_table_outlives_continue(wouk: Wouk) -> None:
    wouk.say_all()
    hours = (1 << 18 | 1 << 19 | 1 << 20, 0, 0, 0, 0, 1 << 9, 0)
    brought = {"reach": 70, "remote": False, "hours": hours, "load": 4}
    own = msgspec.structs.replace(wouk.profile, **brought)
    wouk.run(change_own(wouk.embassy.desk, wouk.session, lambda _: own))
    shown = wouk.go("me").words
    for part in ("place", "hours", "load"):
        wouk.go(f"me/{part}")
        wouk.browser.send({}, form=f"/en/work/me/{part}")

    assert own == wouk.profile
    assert "Monday: Evening" in shown
    assert "Saturday: Morning" in shown


def test_who_waits_for_the_coordinators_is_told_when_they_are_rung(wouk: Wouk) -> None:
    wouk.say("ways", {"address-1": "7"})
    page = wouk.send()

    assert "/en/work" == page.path
    assert 'you are rung only if you chose a way to be rung under "About me".' in page.words


def test_what_was_sent_is_sent_once_and_can_be_changed(wouk: Wouk) -> None:
    page = wouk.send()
    sent = wouk.profile.sent

    assert ("/en/work", True) == (page.path, "It is with the coordinators now" in page.words)
    assert sent == wouk.embassy.clock.now()

    wouk.embassy.clock.move(minutes=5)
    wouk.say("load/change", {"load": "1"})

    assert (sent, 1) == (wouk.profile.sent, wouk.profile.load)
    assert ["/en/staff/leave"] == [form.action for form in wouk.go("me").forms()]


def test_what_changed_in_the_same_moment_is_told_and_what_was_typed_stays(
    wouk: Wouk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed(desk: Any, session: Any, change: Any) -> None:
        change(wouk.profile)
        raise Conflict("changed meanwhile")

    page = wouk.go("me/note")
    before = wouk.profile
    monkeypatch.setattr(parts, "change_own", changed)
    monkeypatch.setattr(Wouk, "profile", before)
    page = wouk.browser.send({"note": "Still here"}, form=page.path)

    assert 409 == page.status
    assert "Something changed on this page" in page.words
    assert "Still here" in page.text


@pytest.mark.parametrize("language", ["be", "ru", "he"])
def test_every_page_is_in_its_language_and_small(
    pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open, language: str
) -> None:
    wouk = Wouk(pe_embassy, pe_run, pe_browser(), language=language)
    wouk.say_all()
    pages = [wouk.go(f"me/{part}") for part in (*ORDER, "asked/2")]
    pages += [wouk.go(path) for path in ("", "me", "agreement", "messages", "pause", "leave")]
    pages.append(wouk.go("export"))

    for page in pages:
        (root,) = page.tree.xpath("//html")
        assert 200 == page.status
        assert (language, "rtl" if language == "he" else "ltr") == (
            root.get("lang"),
            root.get("dir"),
        )
        assert len(page.content) < 30_000, page.path
        assert [] == page.tree.xpath("//script | //@style | //@*[starts-with(name(), 'on')]")
        ids = page.tree.xpath("//@id")
        assert sorted(set(ids)) == sorted(ids)
        assert 1 == len(page.tree.xpath("//h1"))
        assert "/staff/leave" in page.forms()[0].action
        for part in page.tree.xpath("//@aria-describedby | //label/@for"):
            assert set(part.split()) <= set(ids), part


def addresses(wouk: Wouk) -> list[tuple[str, str]]:
    rows = wouk.run(wouk.embassy.desk.store.select(OpenAddressRow))
    return [(row.notifier, row.address) for row in rows]


def test_an_address_lies_in_clear_only_while_its_owner_agrees(
    wouk: Wouk, pe_staff: Session
) -> None:
    wouk.send()
    judge(wouk, pe_staff, state=VolunteerState.ACTIVE)
    wouk.say("ways", {"address-1": "7", "when-1": "day"})
    sealed = addresses(wouk)
    wouk.say("ways", {"address-1": "7", "when-1": "day", "readable-1": "yes"})
    agreed = addresses(wouk)
    (way,) = wouk.profile.ways
    wouk.say("ways", {"address-1": "8", "readable-1": []})

    assert [] == sealed
    assert [("zz.desk", "7")] == agreed
    assert ("zz.desk", "7", WHEN["day"], True) == (
        way.notifier,
        way.address,
        way.hours,
        way.readable,
    )
    assert [] == addresses(wouk)

    wouk.say("ways", {"address-1": "8", "readable-1": "yes"})
    wouk.say("ways", {"address-1": ""})

    assert ([], ()) == (addresses(wouk), wouk.profile.ways)

    wouk.say("ways", {"address-1": "8", "readable-1": "yes"})
    wouk.go("leave")
    wouk.browser.send(form="/work/leave")

    assert [] == addresses(wouk), "leaving forgets it at once"


@pytest.mark.parametrize("act", ["change", "remove", "leave", "stay"])
def test_a_ring_that_waits_goes_to_no_address_that_its_owner_took_back(
    wouk: Wouk, act: str
) -> None:
    desk = wouk.embassy.desk
    rings = Rings(desk)
    desk.ring, desk.forget_ring = rings.ring, rings.forget
    wouk.say("ways", {"address-1": "7"})
    ring_volunteer(desk, wouk.profile)
    waited = len(rings)
    if act == "leave":
        wouk.go("leave")
        wouk.browser.send(form="/work/leave")
    else:
        wouk.say("ways", {"address-1": {"change": "8", "remove": "", "stay": "7"}[act]})

    assert (1, int(act == "stay")) == (waited, len(rings))


def test_a_notifier_that_fails_is_switched_off_and_the_page_says_so(
    wouk: Wouk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(address: str) -> str | None:
        raise ZeroDivisionError(address)

    (notifier,) = wouk.embassy.desk.plugins.notifiers.values()
    monkeypatch.setattr(notifier, "check", fail)
    page = wouk.say("ways", {"address-1": "7"})

    assert (422, True) == (page.status, "switched off for now" in page.words)
    assert "/en/work/me/note" == wouk.say("ways", {"address-1": ""}).path


def test_an_address_of_whom_nobody_has_accepted_is_sealed(wouk: Wouk, pe_staff: Session) -> None:
    wouk.send()
    wouk.say("ways", {"address-1": "7", "readable-1": "yes"})
    applied = addresses(wouk)
    judge(wouk, pe_staff, state=VolunteerState.ACTIVE)
    accepted = addresses(wouk)
    judge(wouk, pe_staff, state=VolunteerState.DECLINED, reason="Not now.")

    assert ([], [("zz.desk", "7")], []) == (applied, accepted, addresses(wouk))


def test_without_a_notifier_there_is_no_such_page(
    wouk: Wouk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = msgspec.structs.replace(wouk.embassy.desk.plugins, notifiers={})
    monkeypatch.setattr(wouk.embassy.desk, "plugins", bare)

    assert 404 == wouk.go("me/ways").status
    assert "/en/work/me/note" == wouk.say("asked/3", {"answer": ""}).path


def test_an_address_whose_plugin_is_gone_is_shown_and_kept_until_its_owner_deletes_it(
    wouk: Wouk, pe_staff: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    wouk.send()
    judge(wouk, pe_staff, state=VolunteerState.ACTIVE)
    wouk.say("ways", {"address-1": "7", "readable-1": "yes"})
    bare = msgspec.structs.replace(wouk.embassy.desk.plugins, notifiers={})
    monkeypatch.setattr(wouk.embassy.desk, "plugins", bare)
    summed_up = wouk.go("me").words
    page = wouk.go("me/ways")
    untouched = wouk.browser.send(form="me/ways")
    kept = addresses(wouk)
    wouk.say("ways", {"forget": "zz.desk"})

    assert "Not used any more: 7" in summed_up
    assert [] == page.tree.xpath("//input[@name='address-1']"), "nothing rings, nothing to type"
    assert "The server can read it." in page.words
    assert "/en/work/me/note" == untouched.path
    assert [("zz.desk", "7")] == kept
    assert ([], ()) == (addresses(wouk), wouk.profile.ways)
    assert 404 == wouk.go("me/ways").status
