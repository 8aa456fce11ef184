"""The Exampleland plugin: its check, its stop page, its bell and its one setting."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from pe_core import (
    UNSET,
    Embassy,
    Event,
    Instance,
    MessageAdded,
    ReplySent,
    RequestErased,
    RequestSubmitted,
)
from pe_core.errors import SettingsError
from pe_core.model import MessageId, RequestId
from pe_embassy_zz import (
    register_forms,
    register_jurisdictions,
    register_listeners,
)
from pe_embassy_zz.bell import Bell
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
    assert ["zz.paper", "zz.bed", "zz.other"] == [form.name for form in register_forms(brought)]
    assert ["zz.bell"] == [listener.name for listener in register_listeners(brought)]


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
