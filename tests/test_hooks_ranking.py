"""The order of suggestions: a plugin's preference is heard, and its faults cost nobody a place."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core import Instance, hookimpl
from pe_core.hooks import Plugins, load_plugins
from pe_core.hooks.ranking import MOST, add_reasons, part_of, rank
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.model import (
    Box,
    Candidate,
    Card,
    Need,
    Reason,
    Suggestion,
    Verdict,
    VolunteerState,
)
from pe_core.rules.catalogue import Catalogue, Compiled
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from test_hooks import found, module_with

Rank = Callable[..., Any]
NEED = Need(city="Coastville")
SECRET = "Zlata the singer"
CORE = Reason(code="load", verdict=Verdict.FOR)
TOWN = Reason(code="aa.rank.town", verdict=Verdict.FOR)
ASKED: list[Any] = []


def now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


def somebody(box: int, city: str = "") -> Candidate:
    """Return a candidate with a handle that no log may hold."""
    card = Card(box=Box(box), revision=1, state=VolunteerState.ACTIVE, handle=SECRET, city=city)
    return Candidate(card=card)


PEOPLE = [somebody(30), somebody(10, "Coastville"), somebody(20)]


def named(*boxes: int, reasons: tuple[Reason, ...] = ()) -> list[Suggestion]:
    return [Suggestion(box=Box(box), reasons=reasons) for box in boxes]


def plugins_with(**rankers: Rank) -> Plugins:
    """Return loaded plugins, each of which ranks with a function of its own."""
    modules = {
        name: module_with(rank_volunteers=hookimpl(ranker)) for name, ranker in rankers.items()
    }
    instance = Instance(embassy_of(example_settings()), "http://127.0.0.1:8000", now, {})
    return load_plugins(list(rankers), instance, found(**modules))


TEXTS = Catalogue(
    ("en",),
    {
        "en": [
            Compiled(
                texts={
                    TOWN.code: "Same town",
                    "aa.rank.far": "{km} km away",
                    "bb.rank.town": "Same town",
                },
                plurals={},
                rule="0",
            )
        ]
    },
)
"""The texts of a plugin's two reasons, one of them with a gap, and of another plugin's."""


@pytest.fixture
def troubles() -> Troubles:
    """Nothing is off, and no time passes."""
    return Troubles(now, clock=lambda: 0.0)


def order(ranked: Sequence[Suggestion] | None) -> list[int]:
    assert ranked is not None
    return [one.box for one in ranked]


def test_where_no_plugin_has_an_order_the_cores_holds(troubles: Troubles) -> None:
    assert rank(plugins_with(), NEED, PEOPLE, troubles, TEXTS) is None
    assert rank(plugins_with(aa=lambda need: None), NEED, PEOPLE, troubles, TEXTS) is None
    assert () == troubles.all()


def test_the_first_plugin_of_the_configuration_that_has_an_order_is_heard(
    troubles: Troubles,
) -> None:
    plugins = plugins_with(
        aa=lambda need: None, bb=lambda need: named(20), cc=lambda need: named(30)
    )

    ranked = rank(plugins, NEED, PEOPLE, troubles, TEXTS)

    assert [20, 30, 10] == order(ranked)


def test_it_is_told_the_need_and_the_people_in_the_cores_order(troubles: Troubles) -> None:
    ASKED.clear()

    rank(plugins_with(aa=_note), NEED, PEOPLE, troubles, TEXTS)

    assert [(NEED, tuple(PEOPLE))] == ASKED


def _note(need: Need, candidates: Sequence[Candidate]) -> None:
    ASKED.append((need, candidates))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], [30, 10, 20]),
        (named(20), [20, 30, 10]),
        (named(20, 10, 30), [20, 10, 30]),
        (named(20, 20, 10), [20, 10, 30]),
        (named(99, 20), [20, 30, 10]),
        (tuple(named(10)), [10, 30, 20]),
        (named(99) * 900 + named(20), [20, 30, 10]),
        (named(99) * 5000 + named(20), [30, 10, 20]),
    ],
)
def test_everybody_is_suggested_once_whomever_a_plugin_names(
    troubles: Troubles, answer: Any, expected: list[int]
) -> None:
    ranked = rank(plugins_with(aa=lambda need: answer), NEED, PEOPLE, troubles, TEXTS)

    assert expected == order(ranked)
    assert () == troubles.all()


def _raise(candidates: Sequence[Candidate]) -> None:
    raise ValueError(f"no place for {candidates[0].card.handle}")


def _end(candidates: Sequence[Candidate]) -> None:
    raise SystemExit(candidates[0].card.handle)


def _print(candidates: Sequence[Candidate]) -> list[Suggestion]:
    print(candidates[0].card.handle)  # noqa: T201
    return named(20)


def _mutter(candidates: Sequence[Candidate]) -> list[Suggestion]:
    sys.stderr.write(candidates[0].card.handle)
    return named(20)


def _generate(need: Need) -> Iterator[Suggestion]:
    yield from named(20)


class _Odd(Suggestion):
    """A suggestion whose box cannot be a key."""

    box: Any


def _because(reason: Any) -> Rank:
    return lambda need: [Suggestion(box=Box(20), reasons=reason)]


@pytest.mark.parametrize(
    ("ranker", "what"),
    [
        (_raise, "ValueError"),
        (_end, "SystemExit"),
        (_print, "printed"),
        (_mutter, "printed"),
        (_generate, "no_suggestions"),
        (lambda need: 7, "no_suggestions"),
        (lambda need: "20", "no_suggestions"),
        (lambda need: [20], "no_suggestions"),
        (lambda need: {"20": 1}, "no_suggestions"),
        (lambda candidates: list(candidates), "no_suggestions"),
        (lambda need: [_Odd(box=[])], "TypeError"),
        (_because(None), "no_suggestions"),
        (_because("because"), "no_suggestions"),
        (_because((TOWN, "because")), "no_suggestions"),
        (_because((Reason(code=TOWN.code, verdict=Verdict.BARS),)), "no_suggestions"),
        (_because((Reason(code="load", verdict=Verdict.FOR),)), "no_reason_text"),
        (_because((Reason(code="bb.rank.town", verdict=Verdict.FOR),)), "no_reason_text"),
        (_because((Reason(code="aa.rank.other", verdict=Verdict.FOR),)), "no_reason_text"),
        (_because((Reason(code="aa.rank.far", verdict=Verdict.FOR),)), "KeyError"),
        (
            _because((Reason(code=TOWN.code, verdict=Verdict.FOR, values={"a": "b" * 61}),)),
            "no_suggestions",
        ),
        (
            _because((Reason(code=TOWN.code, verdict=Verdict.FOR, values={"day": -1}),)),
            "no_suggestions",
        ),
        (
            _because((Reason(code=TOWN.code, verdict=Verdict.FOR, values={"a": []}),)),  # type: ignore[dict-item]
            "no_suggestions",
        ),
    ],
)
def test_a_ranking_that_fails_in_any_way_is_off_and_the_next_one_is_asked(
    troubles: Troubles,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    ranker: Rank,
    what: str,
) -> None:
    plugins = plugins_with(aa=ranker, bb=lambda need: named(20))

    ranked = rank(plugins, NEED, PEOPLE, troubles, TEXTS)

    (off,) = troubles.all()
    assert [20, 30, 10] == order(ranked)
    assert (Kind.RANKING, "aa.rank_volunteers", "aa", what) == (
        off.kind,
        off.part,
        off.plugin,
        off.what,
    )
    assert SECRET not in caplog.text
    assert ("", "") == capfd.readouterr()


def test_the_log_names_the_line_and_never_a_person(
    troubles: Troubles, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert rank(plugins_with(aa=_raise), NEED, PEOPLE, troubles, TEXTS) is None

    line = _raise.__code__.co_firstlineno + 1
    assert [
        "plugin aa: the ranking of aa.rank_volunteers is switched off "
        f"(ValueError at tests/test_hooks_ranking.py:{line}); see the plugin page"
    ] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(("seconds", "is_off"), [(1.0, False), (1.01, True)])
def test_a_ranking_that_takes_longer_than_a_second_is_switched_off(
    seconds: float, is_off: bool
) -> None:
    ticks = iter((0.0, seconds))
    slow = Troubles(now, clock=lambda: next(ticks))

    ranked = rank(plugins_with(aa=lambda need: named(20)), NEED, PEOPLE, slow, TEXTS)

    assert is_off is (ranked is None)
    assert is_off is slow.is_off(Kind.RANKING, part_of("aa"))


def test_what_is_off_is_not_asked_until_it_is_on_again(troubles: Troubles) -> None:
    ASKED.clear()
    plugins = plugins_with(aa=_note_and_raise)

    for _ in range(3):
        rank(plugins, NEED, PEOPLE, troubles, TEXTS)
    once = len(ASKED)
    troubles.switch_on("aa.rank_volunteers")
    rank(plugins, NEED, PEOPLE, troubles, TEXTS)

    assert (1, 2) == (once, len(ASKED))


def _note_and_raise(need: Need) -> None:
    ASKED.append(need)
    raise ValueError


def test_a_plugin_is_shown_two_hundred_people_and_the_rest_keep_their_order(
    troubles: Troubles,
) -> None:
    ASKED.clear()
    crowd = [somebody(box) for box in range(MOST + 3)]

    def last_first(candidates: Sequence[Candidate]) -> list[Suggestion]:
        ASKED.append(len(candidates))
        return [Suggestion(box=one.card.box) for one in reversed(candidates)]

    ranked = rank(plugins_with(aa=last_first), NEED, crowd, troubles, TEXTS)

    assert [200] == ASKED
    assert [*reversed(range(MOST)), 200, 201, 202] == order(ranked)


def test_a_reason_of_a_plugin_stands_after_those_of_the_core(troubles: Troubles) -> None:
    suggested = named(30, 10, 20, reasons=(CORE,))
    far = Reason(code="aa.rank.far", verdict=Verdict.AGAINST, values={"km": 30})
    plugins = plugins_with(aa=lambda need: named(20, reasons=(TOWN, far)))

    ranked = rank(plugins, NEED, PEOPLE, troubles, TEXTS)

    assert ranked is not None
    joined = add_reasons(ranked, suggested)
    assert [20, 30, 10] == order(joined)
    assert ((CORE, TOWN, far), (CORE,), (CORE,)) == tuple(one.reasons for one in joined)


def test_of_a_person_who_is_named_twice_the_first_reasons_count(troubles: Troubles) -> None:
    twice = [*named(20, reasons=(TOWN,)), *named(20)]

    ranked = rank(plugins_with(aa=lambda need: twice), NEED, PEOPLE, troubles, TEXTS)

    assert ranked is not None
    assert (TOWN,) == ranked[0].reasons


def test_no_more_than_five_reasons_of_a_plugin_are_read(troubles: Troubles) -> None:
    ranked = rank(plugins_with(aa=_because((TOWN,) * 6)), NEED, PEOPLE, troubles, TEXTS)

    assert ranked is not None
    assert (TOWN,) * 5 == ranked[0].reasons


def test_whoever_the_core_does_not_suggest_is_not_brought_back_by_an_order() -> None:
    joined = add_reasons(named(10, 20, 30), named(30, 10, reasons=(CORE,)))

    assert [10, 30] == order(joined)


def test_a_plugin_cannot_change_afterwards_what_it_gave(troubles: Troubles) -> None:
    values: dict[str, str | int] = {"km": 30}
    far = Reason(code="aa.rank.far", verdict=Verdict.FOR, values=values)

    ranked = rank(plugins_with(aa=_because((far,))), NEED, PEOPLE, troubles, TEXTS)
    values["km"] = SECRET

    assert ranked is not None
    assert {"km": 30} == ranked[0].reasons[0].values


@given(st.integers(0, 12), st.lists(st.integers(-3, 15), max_size=30), st.integers(1, 12))
def test_whatever_is_named_everybody_stands_there_once_and_alike_again(
    people: int, boxes: list[int], step: int
) -> None:
    crowd = [somebody(box * step % 13) for box in range(people)]
    plugins = plugins_with(aa=lambda need: named(*boxes))

    ranked = rank(plugins, NEED, crowd, Troubles(now), TEXTS)
    again = rank(plugins, NEED, crowd, Troubles(now), TEXTS)

    there = [one.card.box for one in crowd]
    known = [box for box in dict.fromkeys(boxes) if box in there]
    assert sorted(there) == sorted(order(ranked))
    assert known == order(ranked)[: len(known)]
    assert again == ranked
