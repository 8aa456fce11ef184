"""From a request to people who could help: the coordinator's pages of needs and matching."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from looking_for import TITLE, Office, offers, points, suggested, thread, wrong
from pe_core.desk import brief_threads, briefs, requests
from pe_core.desk.locking import lock_account
from pe_core.desk.timers import close_unattended, reopen_unattended
from pe_core.errors import Conflict
from pe_core.model import (
    Fluency,
    Gender,
    Outcome,
    Report,
    Skill,
    Skilled,
    Spoken,
    State,
)
from pe_core.rules.retention import SHORTEST_KEEP
from pe_core.store import BriefNoteRow, BriefRow, CallRow, NeedRow, RequestRow
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED
from pe_core.upkeep import do_upkeep

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
MORE = "//select[@name='language-more']"


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


def test_a_request_that_nobody_is_looked_for_says_how_to_begin(office: Office) -> None:
    page = office.go()
    (link,) = page.tree.xpath("//a[contains(@href, '/needs/new')]/@href")

    assert office.words("staff.need.none") in page.words
    assert 200 == office.browser.go(link).status


def test_whoever_does_not_know_the_askers_wish_is_led_to_asking_them(office: Office) -> None:
    page = office.go("/needs/new")
    before = "//fieldset[.//input[@name='gender']]/ancestor::div[1]/following-sibling::*[1]//a"
    (link,) = page.tree.xpath(f"{before}/@href")

    assert office.words("staff.need.gender") in page.words
    assert office.words("staff.need.gender_unknown") in page.words
    assert f"/en/staff/requests/{office.request}/reply" == link
    assert office.words("staff.reply.title") in office.browser.go(link).words


def test_where_no_cities_are_named_a_sentence_stands_in_place_of_an_empty_list(
    office: Office,
) -> None:
    law = office.desk.jurisdiction
    office.desk.jurisdiction = replace(law, cities=())
    office.go("/needs/new")
    page = office.browser.page
    need = office.need().body.need

    assert [] == page.tree.xpath("//*[@name='city' or @name='place']")
    assert office.words("staff.need.no_cities") in page.words
    assert ("", True) == (need.city, need.remote)


def test_a_need_holds_what_was_typed_and_the_asker_reads_that_somebody_is_looked_for(
    office: Office,
) -> None:
    city = office.desk.jurisdiction.cities[0].name
    day = office.desk.now() + timedelta(days=3)
    view = office.need(
        detail="Two pages.",
        language="ru",
        languages=["be", "en"],
        fluency="3",
        gates=["core.gate.first_aid"],
        skills=["core.skill.translating:required:2", "core.skill.papers:wished:1"],
        place="both",
        city=city,
        time="fixed",
        **{"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)},
        start="9:30",
        end="11",
        places="2",
        gender="woman",
        checklist="core.checklist.translation",
    )
    body, need = view.body, view.body.need

    assert (TITLE, "Two pages.", "ru") == (body.title, body.detail, body.language)
    assert (Skill(code="core.skill.translating", level=Skilled.GOOD),) == need.required
    assert (Skill(code="core.skill.papers"),) == need.wished
    assert {"be", "en"} == set(need.languages)
    assert (Fluency.FLUENT, ("core.gate.first_aid",)) == (need.fluency, need.gates)
    assert (city, True, 2, Gender.WOMAN) == (need.city, need.remote, need.places, need.gender)
    assert "core.checklist.translation" == body.checklist
    assert need.start is not None and need.end is not None
    assert (9, 30, timedelta(minutes=90)) == (
        need.start.hour,
        need.start.minute,
        need.end - need.start,
    )
    assert (
        State.MATCHING.value == office.run(office.desk.store.get(RequestRow, office.request)).state
    )


def test_a_language_that_a_volunteer_speaks_can_be_asked_for_beside_those_of_the_country(
    office: Office,
) -> None:
    alone = office.go("/needs/new").tree.xpath(MORE)
    spoken = (Spoken(tag="be", fluency=Fluency.FLUENT), Spoken(tag="ko", fluency=Fluency.FLUENT))
    office.volunteer("lasica", languages=spoken)
    offered = office.go("/needs/new").tree.xpath(f"{MORE}/option")

    chosen = {"title": "", "languages": ["be"], "language-more": "ko"}
    refused = office.browser.send(chosen, form="/needs/new")
    view = office.need(languages=["be"], **{"language-more": "ko"})

    assert [] == alone
    assert [("", "none"), ("ko", "Korean")] == [(one.get("value"), one.text) for one in offered]
    assert ["be", "ko"] == refused.tree.xpath("//input[@name='languages' and @checked]/@value")
    assert ("be", "ko") == view.body.need.languages
    assert "Korean" in office.go(f"/needs/{view.id}").words


def test_languages_stand_in_the_order_of_the_readers_alphabet(office: Office) -> None:
    spoken = tuple(Spoken(tag=tag, fluency=Fluency.WORKING) for tag in ("ko", "es", "is", "zu"))
    office.volunteer("lasica", languages=spoken)
    page = office.browser.go(f"/be/staff/requests/{office.request}/needs/new")

    assert ["зулу", "ісландская", "іспанская", "карэйская"] == [
        name.lower() for name in page.tree.xpath(f"{MORE}/option/text()")[1:]
    ]


def test_a_task_over_midnight_ends_on_the_next_day(office: Office) -> None:
    day = office.desk.now() + timedelta(days=3)
    parts = {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)}
    need = office.need(time="fixed", start="22:00", end="02:00", **parts).body.need

    assert need.start is not None and need.end is not None
    assert timedelta(hours=4) == need.end - need.start


def test_all_that_is_wrong_with_a_need_is_said_at_once_and_what_was_typed_is_kept(
    office: Office,
) -> None:
    office.go("/needs/new")
    page = office.browser.send(
        {
            "detail": "Keep <me>",
            "skill-1": ["core.skill.papers:wished:3"],
            "place": "there",
            "time": "fixed",
            "day-day": "31",
            "day-month": "2",
            "day-year": "2027",
            "start": "25:00",
            "end": "",
            "places": "many",
        },
        form="/needs/new",
    )

    assert 422 == page.status
    expected = ["title", "places", "city", "day", "start", "end"]
    assert [f"#field-{name}" for name in expected] == wrong(page)
    assert all(page.tree.xpath(f"//*[@id='{link[1:]}']") for link in wrong(page))
    assert "Keep <me>" == page.tree.xpath("//textarea[@name='detail']")[0].text.strip()
    assert ["core.skill.papers:wished:3"] == page.tree.xpath("//option[@selected]/@value")[-2:-1]
    assert "31" == page.tree.xpath("//input[@name='day-day']/@value")[0]
    assert [] == office.needs()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (
            {"day-day": "1", "day-month": "1", "day-year": "2020", "start": "9", "end": "10"},
            "start",
        ),
        ({"day-day": "1", "day-month": "1", "day-year": "2030", "start": "9", "end": "9"}, "end"),
        ({"day-day": "", "start": "9", "end": "10"}, "day"),
        ({"day-year": "9999", "start": "9", "end": "10"}, "day"),
        (
            {
                "day-day": "31",
                "day-month": "12",
                "day-year": "9999",
                "start": "23",
                "end": "1",
            },
            "day",
        ),
        ({"day-year": "1", "start": "0", "end": "1"}, "day"),
        (
            {"day-day": "1", "day-month": "1", "day-year": "2030", "start": "9:60", "end": "10"},
            "start",
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused_where_it_stands(
    office: Office, typed: dict[str, str], field: str
) -> None:
    office.go("/needs/new")
    day = {"day-day": "1", "day-month": "1"}
    page = office.browser.send({"title": "x", "time": "fixed", **day, **typed}, form="/needs/new")

    assert [f"#field-{field}"] == wrong(page)


def test_what_no_form_offers_is_left_out(office: Office) -> None:
    view = office.need(
        skills=["core.skill.translating:required:9", "nothing:required:1", "x"],
        languages=["xx"],
        gates=["nothing"],
        fluency="9",
        gender="bird",
        place="moon",
        city="Atlantis",
        checklist="nothing",
        language="xx",
    )
    need = view.body.need

    assert ((), (), (), "", True) == (
        need.required,
        need.languages,
        need.gates,
        need.city,
        need.remote,
    )
    assert (Fluency.WORKING, Gender.UNSAID) == (need.fluency, need.gender)
    assert ("", "en") == (view.body.checklist, view.body.language)


def test_answers_go_to_the_details_only_if_they_are_ticked(office: Office) -> None:
    page = office.go("/needs/new")
    offered = page.tree.xpath("//input[@name='answers']")
    ticked = page.tree.xpath("//input[@name='answers' and @checked]")
    view = office.need(detail="Please.", answers=["story"])

    assert "name" in [box.get("value") for box in offered]
    assert [] == ticked
    assert view.body.detail.startswith("Please.\n\n")
    assert ASKED[1].typed["story"][0] in view.body.detail
    assert ASKED[1].typed["name"][0] not in view.body.detail


def test_a_request_that_is_solved_looks_for_nobody(office: Office) -> None:
    for state in (State.TRIAGE, State.ACTIVE):
        office.run(
            requests.move(office.desk, office.session, office.request, requests.Moving(to=state))
        )
    office.go("/needs/new")
    resolved = requests.Moving(to=State.RESOLVED, outcome=Outcome.HELPED, text="x", language="en")
    office.run(requests.move(office.desk, office.session, office.request, resolved))
    page = office.browser.send({"title": "Kept"}, form="/needs/new")

    assert 403 == page.status
    assert office.words("staff.needs.closed") in page.words
    assert "Kept" == page.tree.xpath("//input[@name='title']/@value")[0]
    assert [] == office.go().tree.xpath("//a[contains(@href, '/needs/new')]")
    assert 403 == office.go("/needs/new").status


def test_a_colleague_who_is_faster_costs_nothing_that_was_typed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object) -> None:
        raise Conflict

    office.go("/needs/new")
    monkeypatch.setattr("pe_core.web.staff.needs.seek", lose)
    page = office.browser.send({"title": "Kept"}, form="/needs/new")

    assert 409 == page.status
    assert "Kept" == page.tree.xpath("//input[@name='title']/@value")[0]


def test_those_who_fit_are_suggested_with_reasons_the_best_first(office: Office) -> None:
    office.team()
    office.need()
    page = office.browser.page

    assert ["dzik", "lasica"] == suggested(page)
    assert office.words(
        "staff.match.skill_for",
        skill=office.words("core.skill.translating"),
        level=office.words("staff.skilled.3"),
    ) in points(page, "for")
    assert "<b>one</b>" in page.words
    assert office.words("staff.need.done_added") in page.words


def test_why_not_says_every_point_about_whoever_has_the_pseudonym(office: Office) -> None:
    office.team()
    office.need()
    page = office.browser.send({"handle": "Wouk"}, form="/why")

    needed = office.words(
        "staff.match.skill_bars",
        skill=office.words("core.skill.translating"),
        level=office.words("staff.skilled.2"),
    )
    assert [needed] == points(page, "bars")
    assert "wouk" not in str(page.path)
    assert [] == page.tree.xpath("//div[contains(@class, 'answer')]//button")
    assert 422 == office.browser.send({"handle": "nobody"}, form="/why").status
    assert ["#field-handle"] == wrong(office.browser.page)
    assert ["#field-handle"] == wrong(office.browser.send({"handle": " "}, form="/why"))


def test_whoever_fits_but_is_not_among_the_five_can_be_asked_from_why_not(office: Office) -> None:
    office.team()
    office.need()
    office.browser.send({"handle": "lasica"}, form="/why")
    form = office.browser.page.tree.xpath("//div[contains(@class, 'answer')]//form")[0]
    token = form.xpath(".//input[@name='token']/@value")[0]
    office.browser.post(
        form.get("action"), [("token", token), ("who", form.xpath(".//button/@value")[0])]
    )

    assert {"lasica": "offered"} == office.states()


def test_two_are_asked_and_the_first_to_accept_has_it(office: Office) -> None:
    office.team()
    office.need()
    page = office.offer("dzik", "lasica")
    both = offers(page)
    office.accept("lasica")
    page = office.go(f"/needs/{office.needs()[0].id}")

    asked, said = office.words("staff.offer.state_offered"), office.words
    assert {"dzik": asked, "lasica": asked} == both
    assert {
        "dzik": said("staff.offer.state_withdrawn"),
        "lasica": said("staff.offer.state_accepted"),
    } == offers(page)
    assert said("staff.need.state_met") in page.words
    assert [] == suggested(page)


def test_nobody_chosen_is_nobody_asked(office: Office) -> None:
    office.team()
    office.need()
    page = office.browser.send({}, form="/offer")

    assert 422 == page.status
    assert ["#field-who"] == wrong(page)
    assert {} == office.states()


def test_who_does_not_fit_is_not_asked_whatever_is_sent(office: Office) -> None:
    office.team()
    office.need()
    page = office.offer("wouk")
    refused = page.words
    page = office.browser.send({"who": ["999999", "x", "-1"]}, form="/offer")

    assert 403 == page.status
    assert office.words("staff.offers.does_not_fit") in refused
    assert {} == office.states()


def test_after_a_no_the_next_is_asked_with_one_press(office: Office) -> None:
    office.team()
    office.need()
    office.offer("dzik")
    office.run(briefs.decline(office.desk, office.people["dzik"], office.brief("dzik")))
    page = office.go(f"/needs/{office.needs()[0].id}")
    (button,) = page.tree.xpath("//div[contains(@class, 'notice')]//button")
    form = button.xpath("./ancestor::form")[0]
    token = form.xpath(".//input[@name='token']/@value")[0]
    office.browser.post(form.get("action"), [("token", token), ("who", button.get("value"))])

    assert office.words("staff.need.next", name="lasica") == button.text_content()
    assert {"dzik": "declined", "lasica": "offered"} == office.states()


def test_an_offer_that_nobody_answered_in_a_day_says_so_before_any_upkeep(office: Office) -> None:
    office.team()
    office.need()
    waiting = office.offer("dzik").words
    office.embassy.clock.move(hours=25)
    office.unlock()
    page = office.go(f"/needs/{office.needs()[0].id}")

    assert "until" in waiting
    assert {"dzik": office.words("staff.offer.state_expired")} == offers(page)
    assert office.words("staff.need.next", name="lasica") in page.words


def test_once_its_time_has_begun_nobody_is_suggested_and_the_page_says_why(office: Office) -> None:
    office.team()
    day = office.desk.now() + timedelta(days=1)
    parts = {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)}
    need = office.need(time="fixed", start="10:00", end="12:00", **parts)
    before = office.go(f"/needs/{need.id}")
    office.embassy.clock.move(days=2)
    office.unlock()
    page = office.go(f"/needs/{need.id}")
    why = office.words("staff.offers.too_late")

    assert [False, True] == [why in shown.words for shown in (before, page)]
    assert [True, False] == [
        bool(shown.tree.xpath("//h2[@id='suggested']")) for shown in (before, page)
    ]
    assert page.tree.xpath("//button[@value='stopped']")


@pytest.mark.parametrize(("act", "state"), [("take_back", "withdrawn"), ("no_show", "no_show")])
def test_a_task_that_was_accepted_is_taken_back_and_can_be_offered_anew(
    office: Office, act: str, state: str
) -> None:
    office.team()
    office.need()
    office.offer("dzik")
    office.accept("dzik")
    page = office.go(f"/needs/{office.needs()[0].id}")
    (token,) = page.tree.xpath("//ul[contains(@class, 'offers')]//input[@name='token']/@value")
    at = f"{page.path}/act"
    fields = [("token", token), ("brief", office.brief("dzik")), ("act", act)]
    page = office.browser.post(at, fields)

    assert {"dzik": state} == office.states()
    assert office.words("staff.need.state_open") in page.words
    assert ["lasica"] == suggested(page)
    again = page.tree.xpath("//ul[contains(@class, 'offers')]//form")[0]
    token = again.xpath(".//input[@name='token']/@value")[0]
    box = str(office.people["dzik"].box)
    page = office.browser.post(again.get("action"), [("token", token), ("who", box)])
    assert 2 == len(office.needs()[0].body.briefs)
    assert office.words("staff.offer.state_offered") in page.words


def test_what_was_stopped_goes_on_with_one_press(office: Office) -> None:
    office.team()
    office.need(places="1")
    office.offer("dzik")
    office.accept("dzik")
    office.go(f"/needs/{office.needs()[0].id}")
    page = office.browser.send({"act": "stopped"}, form=-1)
    stopped, state = page.words, office.states()
    office.browser.send({"act": "again"}, form=-1)
    office.offer("lasica")
    office.accept("lasica")

    assert office.words("staff.need.done_stopped") in stopped
    assert {"dzik": "withdrawn"} == state
    assert {"dzik": "withdrawn", "lasica": "accepted"} == office.states()


def test_a_press_that_no_button_has_does_nothing(office: Office) -> None:
    office.need()
    before = office.run(office.desk.store.select(NeedRow))
    page = office.browser.send({"act": "burn"}, form="/act")

    assert 200 == page.status
    assert before == office.run(office.desk.store.select(NeedRow))


def test_when_nobody_fits_the_page_says_what_shuts_most_people_out(office: Office) -> None:
    office.team()
    office.need(skills=["core.skill.driving:required:1"])
    page = office.browser.page

    assert [] == suggested(page)
    assert office.words("staff.need.nobody_title") in page.words
    skill = office.words("staff.hurdle.skill", what=office.words("core.skill.driving"))
    people = office.desk.texts.plural("en", "staff.need.hurdle_people", 3)
    assert f"{skill} · {people}" in page.words


def test_when_all_who_fit_were_asked_nobody_is_told_to_stop_looking(office: Office) -> None:
    office.team()
    office.need()
    office.offer("dzik", "lasica")
    waits = office.go(f"/needs/{office.needs()[0].id}")

    assert [] == suggested(waits)
    assert office.words("staff.need.nobody_else_title") in waits.words
    assert office.words("staff.need.nobody_else_after") in waits.words
    assert office.words("staff.need.nobody_after") not in waits.words


def test_without_any_volunteer_the_page_says_that(office: Office) -> None:
    office.need()

    assert office.words("staff.need.nobody_at_all") in office.browser.page.words


def test_the_thread_tells_in_words_what_became_of_the_task(office: Office) -> None:
    office.team()
    office.need()
    office.offer("dzik")
    office.accept("dzik")
    dzik, brief = office.people["dzik"], office.brief("dzik")
    office.run(brief_threads.write_asker(office.desk, dzik, brief, "I begin.", "en"))
    done = Report(minutes=95, line="All <i>done</i>.")
    office.run(briefs.report_done(office.desk, dzik, brief, done))
    page, said = office.go(), office.words
    lines = thread(page)

    assert [
        "busel" in lines[0] and TITLE in lines[0],
        any(said("staff.thread.accepted") in line and "dzik" in line for line in lines),
        any(
            "I begin." in line and office.words("staff.thread.asker_too") in line for line in lines
        ),
        any(
            said("staff.thread.hours", hours=1, minutes=35) in line
            and "All <i>done</i>." in line
            and said("staff.thread.team_only") in line
            for line in lines
        ),
    ] == [True] * 4
    assert "dzik" in " ".join(page.tree.xpath("//section[@aria-labelledby='helps']")[0].itertext())
    assert "dzik" in office.go("/print").words


def test_a_need_of_another_request_is_not_found_under_this_one(office: Office) -> None:
    office.team()
    view = office.need()
    other = office.ask(ASKED[0])
    page = office.go()
    token = page.tree.xpath("//input[@name='token']/@value")[0]
    at = f"/en/staff/requests/{other}/needs/{view.id}"
    statuses = [office.browser.go(at).status] + [
        office.browser.post(f"{at}/{act}", [("token", token), ("act", "stopped")]).status
        for act in ("offer", "why", "act")
    ]

    assert [404] * 4 == statuses
    assert [view.state] == [each.state for each in office.needs()]


def test_a_brief_of_another_need_is_not_touched_from_this_one(office: Office) -> None:
    office.team()
    office.need()
    office.offer("dzik")
    brief = office.brief("dzik")
    office.need(title="Another")
    token = office.browser.page.tree.xpath("//input[@name='token']/@value")[0]
    fields = [("token", token), ("brief", brief), ("act", "take_back")]
    page = office.browser.post(f"{office.browser.page.path}/act", fields)

    assert 404 == page.status
    assert {"dzik": "offered"} == office.states()


def test_a_checklist_whose_plugin_is_gone_is_left_out_of_the_page(office: Office) -> None:
    office.need(checklist="core.checklist.office")
    at, title = office.browser.page.path, office.words("core.checklist.office.title")
    before = office.browser.go(at).words
    office.desk.vocabulary = replace(office.desk.vocabulary, checklists={})
    page = office.browser.go(at)

    assert title in before
    assert (200, False) == (page.status, title in page.words)


def test_a_task_and_its_words_are_erased_with_a_request_that_its_asker_withdrew(
    office: Office,
) -> None:
    desk, run = office.desk, office.run
    office.volunteer("lasica")
    office.need()
    office.offer("lasica")
    office.accept("lasica")
    lasica, brief = office.people["lasica"], office.brief("lasica")
    run(brief_threads.write_asker(desk, lasica, brief, "I come on Monday.", "en"))
    row = run(desk.store.get(RequestRow, office.request))
    run(desk.store.write(run(close_unattended(desk, row, SHORTEST_KEEP))))
    office.unlock()
    office.browser.go("/en/staff")
    for _ in range(SHORTEST_KEEP + 1):
        office.embassy.clock.move(weeks=1)
        run(do_upkeep(desk))

    assert run(desk.store.get(RequestRow, office.request)) is None
    assert 0 == sum(run(desk.store.count(table)) for table in (CallRow, BriefRow, BriefNoteRow))


def test_on_paper_stands_whom_a_request_looks_for_and_nobody_who_helps(office: Office) -> None:
    none = office.go("/print")
    office.team()
    office.need(places="2")
    office.offer("dzik", "lasica")
    office.accept("dzik")
    page = office.go("/print")
    (listed,) = page.tree.xpath("//div[@class='paper']//ul[@class='needs']/li")

    assert [] == none.tree.xpath("//ul[@class='needs']")
    assert office.words("staff.need.helps") not in none.words
    said = " ".join(listed.text_content().split())
    assert said.startswith(TITLE)
    assert office.words("staff.need.state_open") in said
    assert office.words("staff.shifts.taken", taken=1, places=2) in said
    assert office.words("core.skill.translating") in said
    assert not {"dzik", "lasica"} & set(said.split())


def test_a_task_whose_helper_locked_is_marked_until_it_is_taken_back(office: Office) -> None:
    office.volunteer("lasica")
    view = office.need()
    office.offer("lasica")
    office.accept("lasica")
    box = office.people["lasica"].box
    office.run(lock_account(office.desk, box))
    own = office.run(briefs.list_briefs(office.desk, office.people["lasica"]))
    marked = [
        office.words(key) in office.browser.go(where).words
        for where, key in (
            (f"/en/staff/requests/{office.request}", "staff.offer.locked"),
            (f"/en/staff/volunteers/{box}", "staff.volunteer.locked_title"),
            (f"/en/staff/requests/{office.request}/needs/{view.id}", "staff.offer.locked_about"),
        )
    ]
    after = office.browser.send({"act": "take_back"}, form="/act")
    again = office.browser.send({"who": str(box)}, form="/offer")

    assert [] == own
    assert [True, True, True] == marked
    assert office.words("staff.offer.locked") not in after.words
    assert office.words("staff.offer.locked") not in again.words
    assert office.words("staff.need.done_offered") in again.words
    record = office.browser.go(f"/en/staff/volunteers/{box}").words
    assert office.words("staff.volunteer.locked_title") not in record
    offered = office.run(briefs.list_briefs(office.desk, office.people["lasica"]))
    assert ["offered"] == [view.row.state for view in offered if view.card is not None]


def test_a_task_is_kept_on_with_a_request_that_its_asker_opened_again(office: Office) -> None:
    desk, run = office.desk, office.run
    office.volunteer("lasica")
    office.need()
    office.offer("lasica")
    office.accept("lasica")
    office.embassy.clock.move(weeks=3)
    row = run(desk.store.get(RequestRow, office.request))
    run(desk.store.write(run(close_unattended(desk, row))))
    row = run(desk.store.get(RequestRow, office.request))
    run(desk.store.write(run(reopen_unattended(desk, row))))
    office.unlock()
    office.browser.go("/en/staff")
    kept = run(desk.store.get(RequestRow, office.request)).keep_until

    assert row.keep_until < kept
    assert [(kept,)] == run(desk.store.pick(BriefRow, ("keep_until",)))
    assert [(kept,)] == run(desk.store.pick(CallRow, ("keep_until",)))


def test_a_lock_that_shut_tasks_is_told_to_all_and_one_that_shut_none_is_in_the_trail(
    office: Office,
) -> None:
    words = "Volunteer account locked in an emergency"
    office.volunteer("lasica")
    box = office.people["lasica"].box
    office.run(lock_account(office.desk, box))
    idle = office.browser.go("/en/staff").words
    trail = office.browser.go("/en/staff/trail").words
    office.need()
    office.offer("lasica")
    office.run(lock_account(office.desk, box))
    told = office.browser.go("/en/staff")

    assert words not in idle
    assert words in trail
    assert f"box {box}: {words}" in told.words
    assert told.tree.xpath(f"//main//a[@href='/en/staff/volunteers/{box}']")
    assert "Locked the desk" not in told.words
