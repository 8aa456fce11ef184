"""The Exampleland plugin: its check, its stop page, its bell and its one setting."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from pe_core import (
    UNSET,
    Candidate,
    Card,
    Embassy,
    Event,
    Instance,
    MessageAdded,
    Need,
    ReplySent,
    RequestErased,
    RequestSubmitted,
)
from pe_core.errors import SettingsError
from pe_core.model import Box, MessageId, RequestId, VolunteerState
from pe_embassy_zz import (
    rank_volunteers,
    register_forms,
    register_jurisdictions,
    register_listeners,
    register_notifiers,
)
from pe_embassy_zz.bell import Bell, DeskBell
from pe_embassy_zz.forms import PAPER, PaperAnswers, check_paper

REQUEST = RequestId("invented-request")
MESSAGE = MessageId("invented-message")


def instance(**settings: Any) -> Instance:
    """Return an instance whose pe.toml has these settings of the plugin."""
    embassy = Embassy(
        code="example",
        names={"en": "Example embassy"},
        languages=("en",),
        zone="Etc/UTC",
        contact="",
        jurisdiction="zz",
    )
    return Instance(embassy, "", lambda: datetime(2026, 11, 24, tzinfo=UTC), {"zz": settings})


@pytest.mark.parametrize(
    ("offices", "codes"),
    [
        ([], []),
        (["none"], []),
        (["stays", "shelter"], []),
        (["stays", "none"], ["none_and_some"]),
    ],
)
def test_nobody_was_at_an_office_and_at_none(offices: list[Any], codes: list[str]) -> None:
    answers = PaperAnswers(
        paper="passport",
        region="coast",
        offices=offices,
        refused=False,
        story="I need a passport.",
        permit_ends=UNSET,
    )

    assert codes == [problem.code for problem in check_paper(answers)]


def test_visitors_are_sent_to_the_embassy_where_they_live() -> None:
    (stop,) = PAPER.stop_if

    assert ("region", ("visiting",)) == (stop.condition.field, stop.condition.values)


def test_all_that_it_brings_is_called_after_it() -> None:
    brought = instance()

    assert ["zz"] == [law.code for law in register_jurisdictions(brought)]
    assert ["zz.paper", "zz.bed", "zz.other", "zz.volunteer"] == [
        form.name for form in register_forms(brought)
    ]
    assert ["zz.bell"] == [listener.name for listener in register_listeners(brought)]
    assert ["zz.desk"] == [notifier.name for notifier in register_notifiers(brought)]


def test_the_bell_can_be_taken_off() -> None:
    assert [] == list(register_listeners(instance(bell=False)))


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean 'bell'"):
        register_listeners(instance(bel=False))


@pytest.mark.parametrize(
    ("heard", "dings"),
    [
        ([RequestSubmitted(request=REQUEST)], 1),
        ([RequestSubmitted(request=REQUEST)] * 2, 1),
        ([RequestSubmitted(request=REQUEST), MessageAdded(request=REQUEST, message=MESSAGE)], 2),
        ([ReplySent(request=REQUEST)], 0),
        (
            [
                RequestSubmitted(request=REQUEST),
                RequestErased(request=REQUEST),
                RequestSubmitted(request=REQUEST),
            ],
            2,
        ),
    ],
)
def test_the_bell_rings_once_for_each_thing_and_says_no_more(
    heard: list[Event], dings: int, caplog: pytest.LogCaptureFixture
) -> None:
    bell = Bell(logging.getLogger("pe.plugin.zz"))

    with caplog.at_level(logging.INFO, "pe.plugin.zz"):
        for event in heard:
            asyncio.run(bell.hear(event))

    assert ["ding"] * dings == [record.message for record in caplog.records]


@pytest.mark.parametrize(
    ("town", "boxes"),
    [
        ("Coastville", [2, 4, 1, 3]),
        ("Hillham", [1, 2, 3, 4]),
        ("Elsewhere", [1, 2, 3, 4]),
        ("", None),
    ],
)
def test_whoever_lives_in_the_town_of_a_task_is_asked_first(
    town: str, boxes: list[int] | None
) -> None:
    cities = ("Hillham", "Coastville", "", "Coastville")
    people = [
        Candidate(
            card=Card(
                box=Box(number),
                revision=1,
                state=VolunteerState.ACTIVE,
                handle="invented",
                city=city,
            )
        )
        for number, city in enumerate(cities, start=1)
    ]

    ranked = rank_volunteers(Need(city=town), people)

    assert boxes == (None if ranked is None else [one.box for one in ranked])
    assert all(bool(one.reasons) is (cities[one.box - 1] == town) for one in ranked or ())


@pytest.mark.parametrize(
    ("desk", "problem"),
    [("1", None), ("99", None), ("0", "no_desk"), ("100", "no_desk"), ("٣", "no_desk")],
)
def test_a_desk_has_a_number_from_1_to_99(desk: str, problem: str | None) -> None:
    assert problem == DeskBell(logging.getLogger()).check(desk)


def test_the_bell_on_a_desk_names_neither_the_desk_nor_the_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bell = DeskBell(logging.getLogger("pe.plugin.zz"))

    with caplog.at_level(logging.INFO, "pe.plugin.zz"):
        asyncio.run(bell.ring("17", "There is something new."))

    assert ["ding"] == [record.message for record in caplog.records]
