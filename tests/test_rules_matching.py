"""Matching: who fits a need, in which order, and what is said for and against each."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from matchmaking import CITIES, HERE, NEARNESS, NOW, TODAY, at, facts, one, said
from pe_core.model import (
    Candidate,
    City,
    Fluency,
    Gender,
    Need,
    Reason,
    Skill,
    Skilled,
    Verdict,
    VolunteerState,
)
from pe_core.model.volunteer import ANYWHERE, NEVER, Hours
from pe_core.rules.crowd import Crowd
from pe_core.rules.matching import POINTS, fits, judge, rank_key, suggest, text_key
from pe_core.rules.nearness import BANDS, Nearness, band_of
from pe_core.rules.texts import Source, load_catalogue

LOCALES = Path(__file__).parent.parent / "src" / "pe_core" / "locales"
DRIVE = Skill(code="zz.skill.driving", level=Skilled.GOOD)
LAW = Skill(code="zz.skill.law")
CARE = Skill(code="zz.skill.care")
OFFICE_HOURS: Hours = (0x01FE00,) * 5 + (0, 0)
"""From nine to five, Monday to Friday."""
LIFT = Need(required=(DRIVE,), city="Inventown", remote=False)
PAPERS = Need(languages=("be",), fluency=Fluency.FLUENT, wished=(LAW, CARE))
VISIT = Need(city="Inventown", remote=False, start=at(1, 10), end=at(1, 12))
"""A Tuesday from ten to twelve."""


def points(need: Need, candidate: Candidate) -> dict[str, Verdict]:
    """Return the verdict of each point."""
    return {reason.code: reason.verdict for reason in judge(need, candidate, NEARNESS, NOW)}


def law(level: int) -> tuple[tuple[str, int], ...]:
    """Return the skills of somebody who knows the law so well."""
    return (("zz.skill.law", level),)


FIRST_FIVE = {
    "skill comes before nearness": (
        LIFT,
        [
            one(1, skills=(("zz.skill.driving", 2),)),
            one(2, skills=(("zz.skill.driving", 3),), city="Midway", reach=200),
            one(3, skills=(("zz.skill.driving", 3),)),
            one(4, skills=(("zz.skill.driving", 1),)),
            one(5, skills=(("zz.skill.driving", 2),), city="Nearby"),
            one(6, skills=()),
            one(7, skills=(("zz.skill.driving", 2),), city="Faraway", reach=ANYWHERE),
        ],
        [3, 2, 1, 5, 7],
    ),
    "wishes come before fluency": (
        PAPERS,
        [
            one(1, languages=(("be", 4),)),
            one(2, languages=(("be", 3),), skills=(*law(1), ("zz.skill.care", 1))),
            one(3, languages=(("be", 3),), skills=law(3)),
            one(4, languages=(("be", 4),), skills=law(1)),
            one(5, languages=(("be", 2),), skills=law(3)),
            one(6, languages=(("be-tarask", 3),)),
        ],
        [2, 4, 3, 1, 6],
    ),
    "then light load, then who was not asked lately, then the box": (
        Need(city="Inventown"),
        [
            one(9, tasks=1),
            one(7, asked=TODAY - 13),
            one(8, asked=TODAY - 14),
            one(6, tasks=2),
            one(5, tasks=1, asked=TODAY),
            one(4),
            one(3, tasks=1),
        ],
        [4, 8, 7, 3, 9],
    ),
    "near, further, from afar; who has not said their place comes last": (
        Need(city="Inventown"),
        [
            one(1, city="", reach=20, remote=False, skills=law(3)),
            one(2, city="Faraway", reach=100),
            one(3, city="Midway", reach=100),
            one(4, city="Nearby", reach=10),
            one(5, city="Inventown", reach=0),
            one(6, city="Midway", reach=10, remote=False),
        ],
        [4, 3, 2, 5, 1],
    ),
    "free at that time, or not known to be": (
        VISIT,
        [
            one(1, hours=NEVER),
            one(2, hours=OFFICE_HOURS),
            one(3, hours=(0x000C00, 0, 0, 0, 0, 0, 0)),
            one(4, hours=(0, 0x000C00, 0, 0, 0, 0, 0), tasks=1),
            one(5, hours=(0, 0x000400, 0, 0, 0, 0, 0)),
            one(6, busy=((at(1, 11, 59), at(1, 14)),)),
            one(7, busy=((at(1, 9), at(1, 10)), (at(1, 12), at(1, 13))), asked=TODAY),
            one(8, away=((at(1, 0).toordinal(), at(2, 0).toordinal(), False),)),
            one(9, hours=NEVER, away=((at(1, 0).toordinal(), at(1, 0).toordinal(), True),)),
        ],
        [2, 9, 7, 4, 1],
    ),
    "nobody": (LIFT, [one(1, skills=()), one(2, ready=False)], []),
}


@pytest.mark.parametrize("case", FIRST_FIVE)
def test_the_first_five_are_these(case: str) -> None:
    need, people, expected = FIRST_FIVE[case]
    crowd = Crowd(NEARNESS)
    for person in people:
        crowd.put(person.card)
    found = suggest(need, people, NEARNESS, NOW)

    assert expected == [suggestion.box for suggestion in found]
    assert found == crowd.suggest(need, **facts(people), now=NOW)


SAID = {
    "everything": (
        Need(
            required=(DRIVE,),
            wished=(LAW, CARE),
            languages=("be", "pl"),
            gates=("zz.gate.sworn",),
            gender=Gender.WOMAN,
            city="Inventown",
            start=at(1, 10),
            end=at(1, 12),
        ),
        one(
            skills=(("zz.skill.driving", 3), *law(2)),
            languages=(("pl", 4), ("be", 3)),
            gates=(("zz.gate.sworn", at(1, 0).toordinal()),),
            gender="woman",
            city="Nearby",
            tasks=1,
            asked=TODAY - 3,
            pending=True,
        ),
        [
            ("pending", "against", {}),
            ("language", "for", {"language": "pl", "fluency": 4}),
            ("skill", "for", {"skill": "zz.skill.driving", "level": 3}),
            ("wished", "for", {"skill": "zz.skill.law", "level": 2}),
            ("wished", "against", {"skill": "zz.skill.care", "level": 1}),
            ("gate", "for", {"gate": "zz.gate.sworn"}),
            ("gender", "for", {}),
            ("near", "for", {"km": 7}),
            ("hours", "for", {}),
            ("load", "against", {"tasks": 1, "limit": 2}),
            ("asked", "against", {"days": 3}),
        ],
    ),
    "nothing": (
        Need(
            required=(DRIVE,),
            languages=("he",),
            gates=("zz.gate.sworn",),
            gender=Gender.MAN,
            city="Faraway",
            remote=False,
            start=at(1, 10),
            end=at(1, 12),
            excluded=(one().card.box,),
        ),
        one(
            skills=(("zz.skill.driving", 1),),
            gates=(("zz.gate.sworn", at(1, 0).toordinal() - 1),),
            hours=(0, 0x000400, 0, 0, 0, 0, 0),
            busy=((at(1, 11), at(1, 13)),),
            state=VolunteerState.BLOCKED,
            ready=False,
            tasks=2,
        ),
        [
            ("state", "bars", {}),
            ("ready", "bars", {}),
            ("excluded", "bars", {}),
            ("language", "bars", {}),
            ("skill", "bars", {"skill": "zz.skill.driving", "level": 2}),
            ("gate", "bars", {"gate": "zz.gate.sworn"}),
            ("gender", "bars", {}),
            ("far", "bars", {"km": 300, "reach": 50}),
            ("hours", "bars", {}),
            ("overlap", "bars", {}),
            ("load", "bars", {"tasks": 2, "limit": 2}),
            ("asked", "for", {}),
        ],
    ),
    "hardly anything": (
        Need(),
        one(away=((TODAY - 1, TODAY + 4, False),)),
        [
            ("remote", "for", {}),
            ("away", "against", {"day": TODAY + 4}),
            ("load", "for", {}),
            ("asked", "for", {}),
        ],
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_every_point_is_told_with_its_figures(case: str) -> None:
    need, candidate, expected = SAID[case]
    found = judge(need, candidate, NEARNESS, NOW)

    assert expected == [(reason.code, reason.verdict, reason.values) for reason in found]
    assert fits(found) is (case != "nothing")


@pytest.mark.parametrize(
    ("state", "paused_until", "expected"),
    [
        (VolunteerState.ACTIVE, 0, None),
        (VolunteerState.ACTIVE, TODAY - 1, None),
        (VolunteerState.ACTIVE, TODAY, "paused"),
        (VolunteerState.PAUSED, TODAY, "paused"),
        (VolunteerState.PAUSED, TODAY - 1, "state"),
        (VolunteerState.PAUSED, 0, "state"),
        (VolunteerState.APPLIED, 0, "state"),
        (VolunteerState.SCREENING, 0, "state"),
        (VolunteerState.LEFT, TODAY - 1, "state"),
        (VolunteerState.DECLINED, 0, "state"),
        (VolunteerState.BLOCKED, 0, "state"),
    ],
)
def test_only_who_is_active_is_suggested_and_a_pause_holds_on_its_last_day(
    state: VolunteerState, paused_until: int, expected: str | None
) -> None:
    found = judge(Need(), one(state=state, paused_until=paused_until), NEARNESS, NOW)
    barred = [reason.code for reason in found if reason.verdict is Verdict.BARS]

    assert ([expected] if expected else []) == barred


@pytest.mark.parametrize(
    ("spoken", "wanted", "fluency", "expected"),
    [
        ((("be", 2),), ("be",), Fluency.WORKING, Verdict.FOR),
        ((("be", 1),), ("be",), Fluency.WORKING, Verdict.BARS),
        ((("be", 1), ("be", 3)), ("be",), Fluency.FLUENT, Verdict.FOR),
        ((("be", 4),), ("be-tarask",), Fluency.NATIVE, Verdict.FOR),
        ((("be-Latn", 4),), ("be",), Fluency.NATIVE, Verdict.FOR),
        ((("ru", 4),), ("be", "ru"), Fluency.NATIVE, Verdict.FOR),
        ((("ru", 4),), ("be",), Fluency.BASIC, Verdict.BARS),
        ((), ("be",), Fluency.BASIC, Verdict.BARS),
        ((), (), Fluency.NATIVE, None),
    ],
)
def test_one_of_the_languages_must_be_spoken_well_enough(
    spoken: tuple[tuple[str, int], ...],
    wanted: tuple[str, ...],
    fluency: Fluency,
    expected: Verdict | None,
) -> None:
    need = Need(languages=wanted, fluency=fluency)

    assert expected == points(need, one(languages=spoken)).get("language")


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (0, Verdict.FOR),
        (at(3, 0).toordinal(), Verdict.FOR),
        (at(2, 0).toordinal(), Verdict.FOR),
        (at(1, 0).toordinal(), Verdict.BARS),
    ],
)
def test_a_gate_must_be_held_on_the_last_day_of_the_window(until: int, expected: Verdict) -> None:
    need = Need(gates=("zz.gate.sworn",), start=at(1, 22), end=at(2, 1))

    assert expected == points(need, one(gates=(("zz.gate.sworn", until),)))["gate"]


@pytest.mark.parametrize(("ends", "expected"), [(0, Verdict.FOR), (1, Verdict.BARS)])
def test_what_ends_at_midnight_needs_no_gate_of_the_next_day(ends: int, expected: Verdict) -> None:
    need = Need(gates=("zz.gate.sworn",), start=at(1, 18), end=at(2, 0, ends))
    gates = (("zz.gate.sworn", at(1, 0).toordinal()),)

    assert expected == points(need, one(gates=gates))["gate"]


def test_the_day_of_a_gate_is_that_of_the_embassys_clocks() -> None:
    # Eight in the evening here is four in the morning of the next day there.
    end = at(1, 20).astimezone(ZoneInfo("Asia/Tokyo"))
    need = Need(gates=("zz.gate.sworn",), start=at(1, 19), end=end)

    assert end.toordinal() == at(2, 0).toordinal()
    assert (
        Verdict.FOR == points(need, one(gates=(("zz.gate.sworn", at(1, 0).toordinal()),)))["gate"]
    )


@pytest.mark.parametrize(
    ("until", "expected"), [(TODAY, Verdict.FOR), (TODAY - 1, Verdict.BARS), (0, Verdict.FOR)]
)
def test_without_a_window_a_gate_must_be_held_today(until: int, expected: Verdict) -> None:
    need = Need(gates=("zz.gate.sworn",))
    gates = (("zz.gate.lawyer", 0), ("zz.gate.sworn", until), ("zz.gate.sworn", TODAY - 9))

    assert expected == points(need, one(gates=gates))["gate"]


@pytest.mark.parametrize(
    ("wish", "is_", "expected"),
    [
        (Gender.UNSAID, "man", None),
        (Gender.WOMAN, "woman", Verdict.FOR),
        (Gender.WOMAN, "man", Verdict.BARS),
        (Gender.MAN, "", Verdict.BARS),
    ],
)
def test_what_is_not_said_does_not_meet_the_wish_for_a_woman_or_a_man(
    wish: Gender, is_: str, expected: Verdict | None
) -> None:
    assert expected == points(Need(gender=wish), one(gender=is_)).get("gender")


@pytest.mark.parametrize(
    ("city", "remote", "home", "reach", "from_afar", "expected"),
    [
        ("Inventown", False, "Inventown", 1, False, "here_for"),
        ("Inventown", False, "Inventown", 0, True, "place_bars"),
        ("Inventown", True, "Inventown", 0, True, "remote_for"),
        ("Inventown", True, "Inventown", 0, False, "place_bars"),
        ("Inventown", False, "Nearby", 7, False, "near_for"),
        ("Inventown", False, "Nearby", 6, False, "far_bars"),
        ("Inventown", True, "Nearby", 6, True, "remote_for"),
        ("Inventown", False, "Faraway", ANYWHERE, False, "near_for"),
        ("Inventown", False, "", 30, False, "near_unknown"),
        ("Inventown", False, "Unheard", ANYWHERE, False, "near_unknown"),
        ("Inventown", True, "", 30, True, "remote_for"),
        ("Unheard", False, "Inventown", 30, True, "near_unknown"),
        ("Unheard", False, "Unheard", 30, True, "here_for"),
        ("", False, "", 30, True, "near_unknown"),
        ("", True, "Inventown", 30, True, "remote_for"),
        ("", True, "Inventown", 30, False, "remote_bars"),
    ],
)
def test_a_need_is_done_in_reach_or_from_afar(
    city: str, remote: bool, home: str, reach: int, from_afar: bool, expected: str
) -> None:
    candidate = one(city=home, reach=reach, remote=from_afar)
    found = judge(Need(city=city, remote=remote), candidate, NEARNESS, NOW)

    assert [expected] == said(found)[:1]


@pytest.mark.parametrize(
    ("one_end", "other_end", "expected"),
    [
        (at(1, 9), at(1, 10), False),
        (at(1, 9), at(1, 10, 1), True),
        (at(1, 11), at(1, 11, 30), True),
        (at(1, 9), at(1, 13), True),
        (at(1, 12), at(1, 13), False),
        (at(1, 11, 59), at(1, 13), True),
        (
            datetime(2026, 12, 1, 6, tzinfo=ZoneInfo("America/New_York")),
            datetime(2026, 12, 1, 7, tzinfo=ZoneInfo("America/New_York")),
            False,
        ),
        (
            datetime(2026, 12, 1, 5, 30, tzinfo=ZoneInfo("America/New_York")),
            datetime(2026, 12, 1, 7, tzinfo=ZoneInfo("America/New_York")),
            True,
        ),
    ],
)
def test_a_promise_shuts_out_where_it_overlaps(
    one_end: datetime, other_end: datetime, expected: bool
) -> None:
    assert expected is ("overlap" in points(VISIT, one(busy=((one_end, other_end),))))


def test_the_hour_that_comes_twice_overlaps_only_with_its_own_turn() -> None:
    # Two o'clock in the autumn night, then again an hour later.
    first, again, after = (
        datetime(2026, 10, 25, hour, tzinfo=UTC).astimezone(HERE) for hour in (0, 1, 2)
    )
    need = Need(start=again, end=after)

    assert (first.hour, again.hour) == (2, 2)
    assert "overlap" not in points(need, one(busy=((first, again),)))
    assert "overlap" in points(need, one(busy=((again, after),)))


def test_somebody_who_is_free_on_days_away_may_also_be_away_on_one_of_them() -> None:
    day = at(1, 0).toordinal()
    both = one(away=((day - 3, day + 3, True), (day, day, False)))

    assert {"away": Verdict.BARS} == {
        code: verdict for code, verdict in points(VISIT, both).items() if code == "away"
    }
    assert Verdict.FOR == points(VISIT, one(hours=NEVER, away=((day, day, True),)))["hours"]


def test_a_zone_that_does_not_exist_leaves_the_hours_unknown() -> None:
    assert Verdict.UNKNOWN == points(VISIT, one(zone="Nowhere/At_All"))["hours"]


def test_the_order_is_made_of_what_is_shown() -> None:
    need, candidate, _ = SAID["everything"]
    reasons = judge(need, candidate, NEARNESS, NOW)

    assert (0, -3, -1, -4, 0, 1, 1, 1) == rank_key(candidate.card.box, reasons)


@pytest.mark.parametrize("language", ["en", "be", "ru", "pl"])
def test_every_point_has_words_with_just_the_figures_that_it_gives(language: str) -> None:
    texts = load_catalogue([Source(domain="core", directory=LOCALES)], [language], None)
    given = {
        (reason.code, reason.verdict): reason.values
        for need, candidate, _ in SAID.values()
        for reason in judge(need, candidate, NEARNESS, NOW)
    }
    for code, verdicts in POINTS.items():
        for verdict in verdicts:
            reason = Reason(code=code, verdict=verdict, values=given.get((code, verdict), {}))
            if (code, verdict) in given:
                said = texts.text(language, text_key(reason), **reason.values)

                assert "{" not in said
            assert texts.has(language, text_key(reason))


@pytest.mark.parametrize(
    ("km", "band"), [(0, 0), (10, 0), (11, 1), (50, 1), (51, 2), (150, 2), (500, 3), (501, 4)]
)
def test_distances_come_in_bands(km: int, band: int) -> None:
    assert (10, 50, 150, 500) == BANDS
    assert band == band_of(km)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0), (0, 1), 111),
        ((0, 179.5), (0, -179.5), 111),
        ((90, 0), (-90, 50), 20015),
        ((52, 21), (52, 21), 0),
        ((52, 21), (54, 18), 300),
    ],
)
def test_a_distance_is_that_of_the_great_circle(
    first: tuple[float, float], second: tuple[float, float], expected: int
) -> None:
    nearness = Nearness(
        City(name=name, latitude=latitude, longitude=longitude)
        for name, (latitude, longitude) in (("a", first), ("b", second))
    )

    assert expected == nearness.km("a", "b") == nearness.km("b", "a")


def test_no_distance_is_invented_for_a_city_that_is_not_known() -> None:
    assert NEARNESS.km("Inventown", "Unheard") is None
    assert NEARNESS.km("", "") is None
    assert 0 == NEARNESS.km("Unheard", "Unheard")
    assert 4 == len(CITIES)


def test_a_reason_of_a_plugin_is_said_in_the_plugins_own_words() -> None:
    reason = Reason(code="zz.rank.same_town", verdict=Verdict.FOR)

    assert "zz.rank.same_town" == text_key(reason)
