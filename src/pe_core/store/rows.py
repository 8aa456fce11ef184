"""What is on disk: one row type per table.

Columns hold text, whole numbers, bytes or nothing. What stands in clear is listed in the
design page *vault* ("What is in clear"); every ``body`` is an envelope. A week is a
``model.Week``, a day is the ordinal of a date.
"""

from pe_core.model.struct import Model


class Row(Model):
    """The root of all rows; a field is a column of the same name."""


class RequestRow(Row):
    """A help request. ``locator`` is the hash of its receipt; ``summary`` can be made anew."""

    id: str
    locator: bytes
    state: str
    week: int
    keep_until: int
    epoch: str
    bucket: int
    body: bytes
    summary: bytes | None
    revision: int


class MessageRow(Row):
    """An entry of a request's thread, for staff; ``number`` is its place in the thread."""

    id: str
    request: str
    number: int
    epoch: str
    bucket: int
    body: bytes


class ReplyRow(Row):
    """What the asker reads under their receipt; ``opened`` is the day of the first reading."""

    id: str
    request: str
    number: int
    bucket: int
    body: bytes
    opened: int | None


class FileRow(Row):
    """A cleaned file of a request."""

    id: str
    request: str
    epoch: str
    bucket: int
    body: bytes


class EpochRow(Row):
    """A compartment's dated key, public half; made under the member list ``serial``."""

    id: str
    compartment: str
    week: int
    ends: int
    public: bytes
    serial: int


class GrantRow(Row):
    """An epoch's seed, sealed to one account."""

    epoch: str
    box: int
    body: bytes


class AccountRow(Row):
    """An account: its two slots, and what is sealed under its own key.

    ``tags`` are two bytes for each slot that let most wrong passphrases be refused without the
    slow hash (docs/decisions/0007); None in accounts made before they were known.
    """

    box: int
    first: bytes
    second: bytes
    private: bytes
    tags: bytes | None = None


class MemberListRow(Row):
    """A signed member list."""

    serial: int
    body: bytes


class RosterRow(Row):
    """Who has a box, sealed to the roster."""

    box: int
    epoch: str
    body: bytes


class InviteRow(Row):
    """An invite, sealed to its own code; ``day`` is the last day on which it is good."""

    locator: bytes
    body: bytes
    day: int


class ProposalRow(Row):
    """What one coordinator proposed and another has to confirm, sealed to the roster.

    ``day`` is the last day on which it can be confirmed.
    """

    id: str
    epoch: str
    body: bytes
    day: int


class GuideDraftRow(Row):
    """A change to a guide that a second person has not approved, sealed to ``drafts``.

    ``day`` is the last day on which it waits.
    """

    id: str
    epoch: str
    day: int
    body: bytes


class GuideRow(Row):
    """An edition of a guide that this embassy published: public, so in clear; nobody's name.

    ``body`` is the msgpack of a ``model.Guide``, or of nothing where it was withdrawn.
    """

    name: str
    edition: int
    week: int
    body: bytes


class ShareRow(Row):
    """A recovery share on its way to its holder, sealed to that account; gone once confirmed."""

    box: int
    body: bytes
    day: int


class TrailRow(Row):
    """An entry of the trail; ``before`` is the chain's hash before it (design: vault, "Trail")."""

    number: int
    keep_until: int
    epoch: str
    before: bytes
    body: bytes


class VolunteerRow(Row):
    """A volunteer: what they say, what the embassy says, and the compact form of both.

    ``body`` is a signed Profile and ``standing`` a signed Standing, each sealed to the roster
    and to the volunteer; ``card`` can be made anew from them, as a request's summary can.
    """

    box: int
    epoch: str
    keep_until: int
    revision: int
    body: bytes
    standing: bytes
    card: bytes | None


class VolunteerNoteRow(Row):
    """An entry of what a volunteer and the coordinators write to each other."""

    id: str
    box: int
    number: int
    epoch: str
    bucket: int
    body: bytes


class NeedRow(Row):
    """Whom a request looks for; sealed to the request's compartment."""

    id: str
    request: str
    state: str
    epoch: str
    bucket: int
    revision: int
    body: bytes


class CallRow(Row):
    """How many places were offered together, and how many are taken.

    It ties the briefs of one need to each other and to nothing else: which need it is of is
    sealed.
    """

    id: str
    keep_until: int
    places: int
    taken: int


class BriefRow(Row):
    """A task as it was offered to one volunteer; no column says what it is about.

    ``day`` is the last day to answer while it is offered, then the day of the last step.
    ``own`` is the brief's seed sealed to the volunteer, ``team`` the same sealed to ``epoch``;
    both go when it is over, with ``detail``. ``stub`` is for the team alone.
    """

    id: str
    call: str
    box: int
    state: str
    day: int
    keep_until: int
    epoch: str
    own: bytes | None
    team: bytes | None
    card: bytes
    detail: bytes | None
    stub: bytes


class BriefNoteRow(Row):
    """An entry of a brief's thread, sealed to the brief's own key."""

    id: str
    brief: str
    number: int
    bucket: int
    body: bytes


class ShiftRow(Row):
    """Hours at which several volunteers are wanted, sealed to the roster."""

    id: str
    epoch: str
    keep_until: int
    bucket: int
    revision: int
    body: bytes


class FeedRow(Row):
    """A volunteer's calendar, without content, sealed to a key that only its address holds."""

    box: int
    locator: bytes
    body: bytes


class OpenAddressRow(Row):
    """An address in clear: its owner agreed that a ring which nobody unlocked may use it."""

    box: int
    notifier: str
    address: str
    hours: str


class OutboxRow(Row):
    """An event that waits to be told; ``due`` is the day from which on, 0 for at once.

    ``event`` is the msgpack of a ``model.Event``; ``id`` grows and is never used twice.
    """

    id: int
    event: bytes
    due: int
    tries: int


class HeardRow(Row):
    """A listener that has heard an event which others still wait for."""

    event: int
    listener: str


class CountRow(Row):
    """How many requests a week brought, the only statistic kept in clear."""

    week: int
    number: int


class MetaRow(Row):
    """A thing of which the instance has one, such as its salt."""

    key: str
    value: bytes
