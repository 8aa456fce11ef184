"""A need, who could meet it and why, and the brief that a volunteer gets."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pe_core.model.request import Box, RequestId
from pe_core.model.struct import Model
from pe_core.model.volunteer import BriefId, Card, Fluency, Gender, Skill

NeedId = NewType("NeedId", str)
CallId = NewType("CallId", str)
ShiftId = NewType("ShiftId", str)


class NeedState(StrEnum):
    """Where a need stands."""

    OPEN = "open"
    MET = "met"
    DROPPED = "dropped"


class BriefState(StrEnum):
    """Where a task stands with the volunteer who was asked; ``swapping`` is accepted still."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    SWAPPING = "swapping"
    DONE = "done"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"


class Need(Model):
    """Whom a request, or a shift, looks for: nothing in it names the asker.

    ``required`` must be met at these levels, ``wished`` counts for the order. One of
    ``languages`` must be spoken at ``fluency``; none means that any will do. ``gates`` must
    all be held on the day. ``start`` and ``end`` are aware moments, both or neither: without
    them the time is free to choose. ``city`` is where it happens ('' with ``remote``); with
    ``remote`` it can be done from afar as well.
    """

    required: tuple[Skill, ...] = ()
    wished: tuple[Skill, ...] = ()
    languages: tuple[str, ...] = ()
    fluency: Fluency = Fluency.WORKING
    gates: tuple[str, ...] = ()
    city: str = ""
    remote: bool = True
    start: datetime | None = None
    end: datetime | None = None
    places: int = 1
    gender: Gender = Gender.UNSAID
    excluded: tuple[Box, ...] = ()


class Candidate(Model):
    """Somebody before a need: their card, and what is known of them today.

    ``load`` is how many tasks they have, ``asked`` the ordinal of the last day on which they
    were offered one (0: never), ``busy`` the times that they have promised.
    """

    card: Card
    load: int = 0
    asked: int = 0
    busy: tuple[tuple[datetime, datetime], ...] = ()


class Verdict(StrEnum):
    """Whether a point speaks for somebody, against them, shuts them out, or is not known."""

    FOR = "for"
    AGAINST = "against"
    BARS = "bars"
    UNKNOWN = "unknown"


class Reason(Model):
    """One point: ``code`` is the last part of its text key, ``values`` fill its placeholders.

    A plugin's code is the whole key, such as ``zz.rank.same_town``. ``values`` hold codes,
    numbers and names of the vocabulary, never what a person wrote.
    """

    code: str
    verdict: Verdict
    values: Mapping[str, str | int] = {}


class Suggestion(Model):
    """A ranked volunteer with the reasons for and against."""

    box: Box
    reasons: tuple[Reason, ...] = ()


class OpenNeed(Model):
    """A need as the team keeps it, sealed to the request's compartment.

    ``title`` is what the card says, ``detail`` what is shown once somebody has accepted; both
    are in ``language``. ``briefs`` are whom it was offered to. ``checklist`` is the name of one
    of a plugin's, '' for none.
    """

    title: str
    detail: str
    language: str
    need: Need
    by: Box
    at: datetime
    call: CallId
    checklist: str = ""
    briefs: tuple[tuple[BriefId, Box], ...] = ()


class BriefCard(Model):
    """What somebody reads before they accept: nothing in it is about a person.

    ``reasons`` are why they were asked; ``answer_by`` is a moment. ``gates`` are the
    qualifications that must still be held when it is accepted.
    """

    title: str
    language: str
    languages: tuple[str, ...] = ()
    city: str = ""
    remote: bool = True
    start: datetime | None = None
    end: datetime | None = None
    places: int = 1
    answer_by: datetime
    reasons: tuple[Reason, ...] = ()
    shift: bool = False
    gates: tuple[str, ...] = ()


class BriefDetail(Model):
    """What is shown once it was accepted.

    ``request``, ``need`` and ``reply_key`` are the way to the asker, for the portal alone: no
    page shows them. A shift has none of them.
    """

    text: str
    language: str
    checklist: tuple[str, ...] = ()
    request: RequestId | None = None
    need: NeedId | None = None
    reply_key: bytes = b""


class BriefNote(Model):
    """One entry of a brief's thread; ``box`` is who wrote it, None for the asker.

    ``ticked`` are the items of the checklist that are done by then; such an entry has no words.
    """

    at: datetime
    text: str = ""
    language: str = ""
    box: Box | None = None
    ticked: tuple[str, ...] | None = None


class Stub(Model):
    """What the team keeps of an offer, sealed to the request's compartment.

    It ties a brief to its need, which no column does.
    """

    brief: BriefId
    box: Box
    need: NeedId | None
    request: RequestId | None
    by: Box
    at: datetime
    reasons: tuple[Reason, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    shift: ShiftId | None = None


class Report(Model):
    """What a volunteer says when a task is done; the line and the wish for support are optional."""

    minutes: int = 0
    line: str = ""
    support: bool = False


class Shift(Model):
    """Hours at a rally, a fair, a consular day, sealed to the roster.

    ``attended`` is how many came, a number and no list; None before anybody has counted.
    """

    title: str
    detail: str
    language: str
    need: Need
    call: CallId
    by: Box
    at: datetime
    day: date
    checklist: str = ""
    briefs: tuple[tuple[BriefId, Box], ...] = ()
    attended: int | None = None
    over: bool = False
