"""The two forms about a request, as they stand before and after somebody typed."""

from typing import Any

from pe_core.model import Author, HelpRequest, Outcome, State, WaitingOn
from pe_core.model.struct import Model
from pe_core.rules.lifecycle import TABLE, Move
from pe_core.web.guards.body import Fields
from pe_core.web.portal import PageRequest, portal_of
from pe_core.web.staff.words import name_language, say

TEXT_LIMIT = 8000
"""Characters of an answer, as many as an asker's longest."""


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
        "may_reply": help_request.state not in (State.CLOSED, State.TRANSFERRED),
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
    return {
        "moves": [_state_option(request, move.to) for move in offered],
        "outcomes": _options(request, "staff.outcome", Outcome, offered, "needs_outcome"),
        "waitings": _options(request, "staff.waiting_on", WaitingOn, offered, "needs_waiting"),
        "move": typed or Typed(),
        "move_language": pick_language(request, help_request, language),
        "language_options": _languages(request, help_request),
        "text_limit": TEXT_LIMIT,
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
    return [(item.value, say(request, f"{root}.{item.value}")) for item in kind]
