"""A task in the words of its volunteer's page: their language, and the clocks they live by."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pe_core.desk.briefs import BriefView
from pe_core.model import BriefCard, BriefNote, Reason, Verdict
from pe_core.model.struct import Model
from pe_core.rules.texts import direction, show_clock, show_time
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import name_language, say

WHY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "language": ("language",),
        "skill": ("skill",),
        "wished": ("skill",),
        "gate": ("gate",),
        "here": (),
        "near": ("km",),
        "remote": (),
        "hours": (),
    }
)
"""Reasons that are told to whom they are about, and the values that their words need.

Not told: how many tasks somebody has, when they were last asked, and what an asker wishes of
the person who comes.
"""


class Task(Model):
    """A task as lists and its own page show it; ``when`` is '' for a time that is free to choose.

    ``look`` is the badge's.
    """

    address: str
    title: str
    language: str
    dir: str
    state: str
    look: str
    when: str
    where: str
    languages: str
    why: tuple[str, ...]
    answer_by: str
    places: int
    is_offer: bool
    is_idle: bool
    is_shift: bool


class Word(Model):
    """A message between a helper and who asked."""

    who: str
    when: str
    is_own: bool
    text: str
    language: str
    dir: str


def tell_task(request: PageRequest, view: BriefView, card: BriefCard, zone: str) -> Task:
    """Return a task in words; times are on the clocks of ``zone``."""
    language = language_of(request)
    return Task(
        address=task_address(request, view.id),
        title=card.title,
        language=card.language,
        dir=direction(card.language),
        state=say(request, f"work.task.state_{view.state.value}"),
        look="new" if not view.is_taken else "waiting" if view.is_idle else "done",
        when=_when(request, card, zone),
        where=_where(request, card),
        languages=", ".join(name_language(tag) for tag in card.languages),
        why=tuple(_why(request, card.reasons)),
        answer_by=show_time(card.answer_by, zone, language),
        places=card.places,
        is_offer=not view.is_taken,
        is_idle=view.is_idle,
        is_shift=card.shift,
    )


def tell_words(request: PageRequest, notes: Iterable[BriefNote], zone: str) -> list[Word]:
    """Return the conversation of a task, as it was written."""
    return [_word(request, note, zone) for note in notes if note.text]


def ticked_of(notes: Iterable[BriefNote]) -> tuple[str, ...]:
    """Return which items of the checklist are done, as they were last marked."""
    marks = [note.ticked for note in notes if note.ticked is not None]
    return marks[-1] if marks else ()


def task_address(request: PageRequest, brief: str) -> str:
    """Return the address of a task's page."""
    return f"/{language_of(request)}/work/tasks/{brief}"


def show_spent(request: PageRequest, minutes: int) -> str:
    """Return how long something took, such as "1 h 30 min"."""
    return say(request, "work.time.spent", hours=minutes // 60, minutes=minutes % 60)


def _when(request: PageRequest, card: BriefCard, zone: str) -> str:
    if card.start is None or card.end is None:
        return ""
    language = language_of(request)
    same_day = _day(card.start, zone) == _day(card.end, zone)
    show_end = show_clock if same_day else show_time
    start = show_time(card.start, zone, language)
    return say(request, "work.time.span", start=start, end=show_end(card.end, zone, language))


def _day(moment: datetime, zone: str) -> object:
    return moment.astimezone(ZoneInfo(zone)).date()


def _where(request: PageRequest, card: BriefCard) -> str:
    if not card.city:
        return say(request, "work.where.remote")
    if card.remote:
        return say(request, "work.where.either", city=card.city)
    return card.city


def _why(request: PageRequest, reasons: Iterable[Reason]) -> Iterable[str]:
    for reason in reasons:
        needed = WHY.get(reason.code)
        if reason.verdict is Verdict.FOR and needed is not None:
            values = {name: _value(request, name, reason) for name in needed}
            if all(values.values()):
                yield say(request, f"work.why.{reason.code}", **values)


def _value(request: PageRequest, name: str, reason: Reason) -> str:
    """Return a value in words; '' for what is not there, such as a skill that a plugin took away.

    Skills and gates are the keys of their own words.
    """
    value = str(reason.values.get(name, ""))
    if name == "language":
        return name_language(value) if value else ""
    if name in ("skill", "gate"):
        return say_if_known(request, value)
    return value


def say_if_known(request: PageRequest, key: str) -> str:
    """Return a text of a plugin's, '' once the plugin is gone."""
    return say(request, key) if desk_of(request).texts.has(language_of(request), key) else ""


def _word(request: PageRequest, note: BriefNote, zone: str) -> Word:
    own = note.box == session_of(request).box
    who = "you" if own else "asker" if note.box is None else "team"
    return Word(
        who=say(request, f"work.words.{who}"),
        when=show_time(note.at, zone, language_of(request)),
        is_own=own,
        text=note.text,
        language=note.language,
        dir=direction(note.language) if note.language else "auto",
    )
