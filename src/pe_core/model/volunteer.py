"""A volunteer: what they say of themselves, what the embassy says, and what matching reads."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import NewType

from pe_core.model.request import Answer, Box
from pe_core.model.struct import Model

BriefId = NewType("BriefId", str)
Hours = tuple[int, int, int, int, int, int, int]
"""The week from Monday on, a whole number a day: bit n is the hour that begins at n o'clock."""

NEVER: Hours = (0, 0, 0, 0, 0, 0, 0)
ANYWHERE = 20_000
"""Kilometres of reach that are the whole world."""


class VolunteerState(StrEnum):
    """Where a volunteer stands with the embassy; sealed."""

    APPLIED = "applied"
    SCREENING = "screening"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    DECLINED = "declined"
    BLOCKED = "blocked"


class Skilled(IntEnum):
    """How well somebody can do a thing."""

    SOME = 1
    GOOD = 2
    EXPERT = 3


class Fluency(IntEnum):
    """How well somebody speaks a language."""

    BASIC = 1
    WORKING = 2
    FLUENT = 3
    NATIVE = 4


class Gender(StrEnum):
    """What an asker may wish of a helper; a volunteer may leave it unsaid."""

    UNSAID = ""
    WOMAN = "woman"
    MAN = "man"


class Skill(Model, array_like=True):
    """A skill of the vocabulary, such as ``core.skill.driving``, and how well it is mastered."""

    code: str
    level: Skilled = Skilled.SOME


class Spoken(Model, array_like=True):
    """A language by its tag, and how well it is spoken."""

    tag: str
    fluency: Fluency = Fluency.WORKING


class Gate(Model, array_like=True):
    """A qualification that a coordinator has seen proof of; it counts until ``until``."""

    code: str
    until: date | None = None


class Away(Model, array_like=True):
    """Days from ``first`` to ``last``, both included, on which the weekly hours do not hold.

    ``free`` says that the person is free all day instead of not at all.
    """

    first: date
    last: date
    free: bool = False


class Way(Model):
    """How a person wants to be rung: by which notifier, at which address.

    ``hours`` are when, on the person's own clocks. ``readable`` is the owner's word that the
    server may keep the address where a thief reads it; without it the address is sealed.
    """

    notifier: str
    address: str
    hours: Hours = NEVER
    readable: bool = False


class Agreement(Model):
    """The version of the volunteers' agreement that somebody signed, and when.

    ``text`` is the SHA-256 of the words as they were shown, ``signature`` the account's own.
    """

    version: int
    language: str
    text: bytes
    at: datetime
    signature: bytes


class Month(Model, array_like=True):
    """How much somebody has helped in a month; nothing says whom."""

    year: int
    month: int
    minutes: int
    tasks: int = 1


class Profile(Model):
    """What a volunteer says of themselves; signed inside, sealed to the roster and to them.

    ``public`` and ``verify_key`` are the account's own: b"" for somebody whom a coordinator
    entered and who has no account yet. ``sent`` is when it was given to the coordinators,
    None while it is being written. ``city`` is one of the jurisdiction's, '' for elsewhere;
    ``reach`` is in kilometres, 0 for remote only. ``load`` is how many tasks at once.
    ``support`` is when they last asked for somebody to talk to. ``wrote`` is when the first
    message was written that nobody had answered then.
    """

    box: Box
    handle: str
    public: bytes
    verify_key: bytes
    language: str
    began: datetime
    sent: datetime | None = None
    languages: tuple[Spoken, ...] = ()
    skills: tuple[Skill, ...] = ()
    city: str = ""
    reach: int = 0
    remote: bool = True
    gender: Gender = Gender.UNSAID
    zone: str = "Etc/UTC"
    hours: Hours = NEVER
    away: tuple[Away, ...] = ()
    paused_until: date | None = None
    left: datetime | None = None
    load: int = 1
    answers: tuple[Answer, ...] = ()
    note: str = ""
    agreement: Agreement | None = None
    ways: tuple[Way, ...] = ()
    helped: tuple[Month, ...] = ()
    support: datetime | None = None
    wrote: datetime | None = None


class Vouch(Model):
    """A coordinator's word, signed, that these keys are a person whom they know.

    ``after`` is the serial of the member list that the coordinator stood on.
    """

    signer: bytes
    signature: bytes
    after: int
    at: datetime


class Pending(Model):
    """A step that one coordinator took and a second one has to confirm."""

    to: VolunteerState
    reason: str
    by: Box
    at: datetime


class Standing(Model):
    """What the embassy says of a volunteer; signed by who wrote it, sealed like the profile.

    ``words`` are for the volunteer, ``reason`` is why they were declined or blocked: both are
    read by them. ``talked`` is when a coordinator has talked with them, ``supported`` when one
    last did because they had asked for it. ``answered`` is the ``wrote`` of the profile that
    somebody has answered, or found to need no answer.
    """

    state: VolunteerState = VolunteerState.APPLIED
    since: datetime
    vouches: tuple[Vouch, ...] = ()
    gates: tuple[Gate, ...] = ()
    talked: datetime | None = None
    paused_until: date | None = None
    reason: str = ""
    words: str = ""
    supported: datetime | None = None
    answered: datetime | None = None
    pending: Pending | None = None


class Card(Model, array_like=True, gc=False):
    """The compact form of a volunteer that lists and matching read; as for a request's summary.

    Sealed in the symmetric lane of the roster; ``revision`` is its row's. Days are ordinals
    (0: none): many cards are held at once, and whole numbers are small. ``ready`` is whether
    everything that *active* needs is there, the signatures verified. ``asks`` is the day since
    which a message waits for an answer. The garbage collector passes cards by (``gc=False``):
    nothing in one can hold the card itself.
    """

    box: Box
    revision: int
    state: VolunteerState
    handle: str
    ready: bool = False
    languages: tuple[tuple[str, int], ...] = ()
    skills: tuple[tuple[str, int], ...] = ()
    gates: tuple[tuple[str, int], ...] = ()
    city: str = ""
    reach: int = 0
    remote: bool = True
    gender: str = ""
    zone: str = "Etc/UTC"
    hours: Hours = NEVER
    away: tuple[tuple[int, int, bool], ...] = ()
    paused_until: int = 0
    load: int = 1
    began: int = 0
    pending: bool = False
    support: bool = False
    sent: bool = False
    account: bool = False
    asks: int = 0


class VolunteerNote(Model):
    """One entry of what a volunteer and the coordinators write to each other; signed inside.

    ``by`` is who wrote it; whose it is and its number are its row's, bound by the signature.
    """

    by: Box
    at: datetime
    text: str
    language: str
