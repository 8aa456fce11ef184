"""Needs, offers and reasons in words: on the page of a need, of a request, and of all needs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from pe_core.desk.brief_keys import TAKEN
from pe_core.desk.cards import read_handles
from pe_core.desk.needs import NeedView, read_needs
from pe_core.desk.offering import OfferView, read_offers
from pe_core.desk.working import OVER
from pe_core.model import (
    Author,
    Box,
    BriefId,
    BriefState,
    Gender,
    HelpRequest,
    Need,
    NeedState,
    Reason,
    State,
    Suggestion,
    Verdict,
)
from pe_core.model.struct import Model
from pe_core.rules.matching import text_key
from pe_core.rules.needs import answer_by
from pe_core.rules.texts import direction, show_date, show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.facts import request_address
from pe_core.web.staff.volunteer_words import code_words
from pe_core.web.staff.words import name_of, read_names, say, show_moment, spoken_name

S = BriefState
ENDED = (S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.NO_SHOW)
"""States after which somebody can be asked once more."""
FOUND = (*TAKEN, S.DONE)
"""States of whoever has a place."""


class Points(Model):
    """The reasons of one kind, in words."""

    verdict: Verdict
    words: tuple[str, ...]


class Person(Model):
    """Somebody who could help: their pseudonym, and what speaks for and against them."""

    box: Box
    name: str
    points: tuple[Points, ...]


class OfferLine(Model):
    """What became of one offer; ``until`` is until when it waits for an answer.

    ``locked`` is that its volunteer cannot open it since an emergency lock.
    """

    brief: BriefId
    box: Box
    name: str
    state: BriefState
    since: str
    locked: bool
    until: str = ""


class NeedLine(Model):
    """A need with what became of its offers."""

    address: str
    title: str
    language: str
    dir: str
    state: NeedState
    offers: tuple[OfferLine, ...]


class PaperNeed(Model):
    """A need on paper: whom it looks for and how many were found, and nobody by name."""

    title: str
    language: str
    state: NeedState
    skills: tuple[str, ...]
    taken: str


async def names_about(request: PageRequest, help_request: HelpRequest) -> Mapping[int, str]:
    """Return the names of colleagues and of the volunteers who are in a request's thread."""
    boxes = {
        message.box
        for _, message in help_request.thread
        if message.author is Author.VOLUNTEER and message.box is not None
    }
    return {**await read_names(request), **await _pseudonyms(request, boxes)}


def may_seek(help_request: HelpRequest) -> bool:
    """Return whether somebody can be looked for: not once a request is solved or over."""
    return help_request.state not in (*OVER, State.RESOLVED)


async def need_line(request: PageRequest, view: NeedView) -> NeedLine:
    """Return a need with its offers, by pseudonym."""
    offers = await read_offers(desk_of(request), session_of(request), view)
    names = await _pseudonyms(request, (one.box for one in offers))
    return NeedLine(
        address=need_address(request, view),
        title=view.body.title,
        language=view.body.language,
        dir=direction(view.body.language),
        state=view.state,
        offers=tuple(_offer_line(request, view, one, names) for one in offers),
    )


async def paper_needs(request: PageRequest, help_request: HelpRequest) -> list[PaperNeed]:
    """Return the needs of a request for its print."""
    desk, session, language = desk_of(request), session_of(request), language_of(request)
    found = []
    for view in await read_needs(desk, session, help_request.id):
        need = view.body.need
        taken = sum(one.state in FOUND for one in await read_offers(desk, session, view))
        shown = {
            "taken": show_number(taken, language),
            "places": show_number(need.places, language),
        }
        found.append(
            PaperNeed(
                title=view.body.title,
                language=view.body.language,
                state=view.state,
                skills=tuple(skill_words(request, s.code, s.level) for s in need.required),
                taken=say(request, "staff.shifts.taken", **shown),
            )
        )
    return found


def need_address(request: PageRequest, view: NeedView) -> str:
    """Return the address of a need's page."""
    return f"{request_address(request, view.request)}/needs/{view.id}"


async def people_of(request: PageRequest, suggestions: Sequence[Suggestion]) -> list[Person]:
    """Return suggested people by pseudonym, each with their reasons in words."""
    names = await _pseudonyms(request, (one.box for one in suggestions))
    return [
        Person(
            box=one.box,
            name=name_of(request, names, one.box),
            points=points_of(request, one.reasons),
        )
        for one in suggestions
    ]


def points_of(request: PageRequest, reasons: Iterable[Reason]) -> tuple[Points, ...]:
    """Return reasons in words, what shuts out first."""
    found: dict[Verdict, list[str]] = {
        verdict: [] for verdict in (Verdict.BARS, Verdict.AGAINST, Verdict.UNKNOWN, Verdict.FOR)
    }
    for reason in reasons:
        found[reason.verdict].append(_reason_words(request, reason))
    return tuple(
        Points(verdict=verdict, words=tuple(words)) for verdict, words in found.items() if words
    )


def need_facts(request: PageRequest, need: Need) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a need asks for: the key of each label, and the words beside it."""
    wish = say(request, f"staff.need.gender_{need.gender}") if need.gender else ""
    facts = [
        ("required", tuple(skill_words(request, s.code, s.level) for s in need.required)),
        ("wished", tuple(skill_words(request, s.code, s.level) for s in need.wished)),
        ("gates", tuple(code_words(request, gate) for gate in need.gates)),
        ("languages", tuple(spoken_name(request, tag) for tag in need.languages)),
        ("fluency", (fluency_words(request, need.fluency),) if need.languages else ()),
        ("place", _place_words(request, need)),
        ("time", _time_words(request, need)),
        ("places", (show_number(need.places, language_of(request)),)),
        ("gender", (wish,) if need.gender is not Gender.UNSAID else ()),
    ]
    return [(label, words) for label, words in facts if words]


def known_checklist(request: PageRequest, name: str) -> str:
    """Return the name of a checklist, '' once the plugin that brought it is gone."""
    return name if name in desk_of(request).vocabulary.checklists else ""


def skill_words(request: PageRequest, code: str, level: int) -> str:
    """Return a skill of the vocabulary with how well it is wanted."""
    named = {"skill": code_words(request, code), "level": level_words(request, level)}
    return say(request, "staff.need.skill_at", **named)


def level_words(request: PageRequest, level: int) -> str:
    """Return how well a thing is mastered, from 1 to 3."""
    return say(request, f"staff.skilled.{level}")


def fluency_words(request: PageRequest, fluency: int) -> str:
    """Return how well a language is spoken, from 1 to 4."""
    return say(request, f"staff.fluency.{fluency}")


def _reason_words(request: PageRequest, reason: Reason) -> str:
    values = {name: _value(request, name, value) for name, value in reason.values.items()}
    return say(request, text_key(reason), **values)


def _value(request: PageRequest, name: str, value: str | int) -> str:
    match name, value:
        case "language", str(tag):
            return spoken_name(request, tag)
        case "fluency", int(fluency):
            return fluency_words(request, fluency)
        case "level", int(level):
            return level_words(request, level)
        case "skill" | "gate", str(code):
            return code_words(request, code)
        case "day", int(ordinal):
            return show_date(date.fromordinal(ordinal), language_of(request))
        case _, int(number):
            return show_number(number, language_of(request))
    return str(value)


def _place_words(request: PageRequest, need: Need) -> tuple[str, ...]:
    if not need.city:
        return (say(request, "staff.need.place_afar"),)
    return (need.city, say(request, "staff.need.afar_too")) if need.remote else (need.city,)


def _time_words(request: PageRequest, need: Need) -> tuple[str, ...]:
    if need.start is None or need.end is None:
        return (say(request, "staff.need.time_free"),)
    moments = {"start": show_moment(request, need.start), "end": show_moment(request, need.end)}
    return (say(request, "staff.need.from_to", **moments),)


def _offer_line(
    request: PageRequest, view: NeedView, offer: OfferView, names: Mapping[int, str]
) -> OfferLine:
    until = show_moment(request, answer_by(view.body.need, offer.stub.at))
    return OfferLine(
        brief=offer.brief,
        box=offer.box,
        name=name_of(request, names, offer.box),
        state=offer.state,
        since=_day_words(request, offer),
        locked=offer.locked,
        until=until if offer.state is S.OFFERED else "",
    )


def _day_words(request: PageRequest, offer: OfferView) -> str:
    """Return the day of the last step; while it is offered its row has another day."""
    if offer.state is S.OFFERED:
        return show_moment(request, offer.stub.at)
    day = datetime.fromordinal(offer.day).replace(tzinfo=UTC).date()
    return show_date(day, language_of(request))


async def _pseudonyms(request: PageRequest, boxes: Iterable[Box]) -> dict[int, str]:
    known = await read_handles(desk_of(request), session_of(request), boxes)
    return {int(box): handle for box, handle in known.items()}
