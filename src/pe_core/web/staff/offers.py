"""The forms about a request, as they stand before and after somebody typed."""

from enum import StrEnum
from typing import Any

from pe_core.desk.working import OVER
from pe_core.model import (
    Author,
    HelpRequest,
    Outcome,
    Sensitivity,
    State,
    Urgency,
    WaitingOn,
)
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_of
from pe_core.rules.lifecycle import TABLE, Move
from pe_core.rules.retention import keep_at_closing
from pe_core.web.guards.body import Fields
from pe_core.web.portal import PageRequest, desk_of, portal_of
from pe_core.web.staff.templates import template_links
from pe_core.web.staff.words import count, name_language, say, show_last_day, show_topic

TEXT_LIMIT = 8000
"""Characters of an answer, as many as an asker's longest."""
LONGER = (4, 8, 12, 26)
"""Weeks from now that a request can be kept longer for."""


class Typed(Model):
    """What a coordinator typed about a request, in either form."""

    text: str = ""
    language: str = ""
    length: str = ""
    word: str = ""
    word_language: str = ""
    state: str = ""
    outcome: str = ""
    waiting_on: str = ""
    wake: tuple[str, str, str] = ("", "", "")
    was: str = ""


def read_typed(fields: Fields) -> Typed:
    """Return what was typed; line ends as they are stored, no space around."""
    day, month, year = (fields.one(f"wake-{part}").strip() for part in ("day", "month", "year"))
    return Typed(
        text=_text(fields, "text"),
        language=fields.one("language"),
        length=fields.one("length"),
        word=_text(fields, "word"),
        word_language=fields.one("word_language"),
        state=fields.one("state"),
        outcome=fields.one("outcome"),
        waiting_on=fields.one("waiting_on"),
        wake=(day, month, year),
        was=fields.one("was"),
    )


def reply_offer(
    request: PageRequest, help_request: HelpRequest, typed: Typed | None = None
) -> dict[str, Any]:
    """Return what the reply form shows."""
    return {
        "may_reply": help_request.state not in OVER,
        "templates": template_links(request, help_request.id),
        "reply": typed or Typed(),
        "length": len(help_request.thread),
        "language_chosen": pick_language(request, help_request, typed.language if typed else ""),
        "language_options": _languages(request, help_request),
        "text_limit": TEXT_LIMIT,
    }


def move_offer(
    request: PageRequest, help_request: HelpRequest, typed: Typed | None = None
) -> dict[str, Any]:
    """Return what the form that moves a request shows."""
    offered = moves_of(help_request.state)
    language = typed.word_language if typed else ""
    if typed is None and help_request.summary.duplicate_of is not None:
        typed = Typed(outcome=Outcome.DUPLICATE.value)
    return {
        "moves": [_state_option(request, move.to) for move in offered],
        "outcomes": _options(request, "staff.outcome", Outcome, offered, "needs_outcome"),
        "waitings": _options(request, "staff.waiting_on", WaitingOn, offered, "needs_waiting"),
        "move": typed or Typed(),
        "move_language": pick_language(request, help_request, language),
        "language_options": _languages(request, help_request),
        "text_limit": TEXT_LIMIT,
    }


def sort_offer(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return what the form that sorts a request shows."""
    original, summary = help_request.original, help_request.summary
    topics = {form: show_topic(request, form, form) for form in desk_of(request).forms}
    topics[original.form] = show_topic(request, original.form, original.title)
    return {
        "sort_topics": sorted(topics.items(), key=lambda item: item[1]),
        "sort_topic": summary.topic or original.form,
        "urgencies": _words(request, "staff.urgency", Urgency),
        "sensitivities": _words(request, "staff.sensitivity", Sensitivity),
    }


def keep_offer(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return what the form that keeps a request longer shows: the weeks that are longer."""
    week = week_of(desk_of(request).now().date())
    ends = {weeks: keep_at_closing(week, weeks) for weeks in LONGER}
    return {
        "longer": [
            (str(weeks), _until(request, weeks, end))
            for weeks, end in ends.items()
            if end > help_request.keep_until
        ]
    }


def moves_of(state: State) -> tuple[Move, ...]:
    """Return the moves that a coordinator may make, in the table's order."""
    return tuple(move for move in TABLE if move.now is state and Author.STAFF in move.by)


def pick_language(request: PageRequest, help_request: HelpRequest, typed: str) -> str:
    """Return the language of a text to the asker: the one chosen, else the asker's own."""
    offered = [tag for tag, _ in _languages(request, help_request)]
    return typed if typed in offered else help_request.original.language


def _text(fields: Fields, name: str) -> str:
    return fields.one(name).replace("\r\n", "\n").strip()


def _languages(request: PageRequest, help_request: HelpRequest) -> list[tuple[str, str]]:
    tags = dict.fromkeys((help_request.original.language, *portal_of(request).languages))
    return [(tag, name_language(tag)) for tag in tags]


def _state_option(request: PageRequest, state: State) -> tuple[str, str, str]:
    key = state.value
    return (key, say(request, f"staff.state.{key}"), say(request, f"staff.move.{key}"))


def _options(
    request: PageRequest,
    root: str,
    kind: type[Outcome] | type[WaitingOn],
    offered: tuple[Move, ...],
    needed: str,
) -> list[tuple[str, str]]:
    if not any(getattr(move, needed) for move in offered):
        return []
    return _words(request, root, kind)


def _words(request: PageRequest, root: str, kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(item.value, say(request, f"{root}.{item.value}")) for item in kind]


def _until(request: PageRequest, weeks: int, end: Week) -> str:
    length = count(request, "staff.extend.weeks", weeks)
    return say(request, "staff.extend.until", weeks=length, date=show_last_day(request, end))
