"""People with something open in memory: visitor, newcomer, applicant, unlocked account."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from pe_core.desk.drafts import Draft
from pe_core.desk.memory import Keeper
from pe_core.desk.shelf import Shelf
from pe_core.model import Box, BriefId, CallId, Card, NeedId, Profile, RequestId, Summary
from pe_core.model.struct import Model
from pe_core.model.trail import Entry
from pe_core.rules.crowd import Crowd
from pe_core.vault import InviteCertificate, Keys, Seed, Tags
from pe_core.vault.accounts import Kind

T = TypeVar("T")


class Visit:
    """An asker who came back with a receipt; the receipt itself is already forgotten."""

    def __init__(self, request: RequestId, keys: Keys) -> None:
        """Hold the request's id and the keys that open its replies."""
        self.request = request
        self.keys = keys


class Joining:
    """A newcomer who redeemed an invite and is being shown their passphrase and code."""

    def __init__(
        self,
        *,
        locator: bytes,
        invite: Keys,
        certificate: InviteCertificate,
        passphrase: str,
        totp_secret: bytes,
        seed: Seed,
    ) -> None:
        """Hold what becomes the account once the newcomer has typed it back."""
        self.locator = locator
        self.invite = invite
        self.certificate = certificate
        self.passphrase = passphrase
        self.totp_secret = totp_secret
        self.seed = seed


class Claim(Model):
    """A record that was brought in, as its owner finds it with their joining code.

    ``judged`` are the signed bytes of what the embassy says; ``revision`` is its row's.
    """

    locator: bytes
    revision: int
    profile: Profile
    judged: bytes


class Applicant:
    """Somebody who offers help and is being shown their passphrase and code.

    ``claim`` is the record that waits for them, if they came with a joining code.
    """

    def __init__(
        self,
        *,
        language: str,
        passphrase: str,
        totp_secret: bytes,
        seed: Seed,
        claim: Claim | None = None,
    ) -> None:
        """Hold what becomes the account once its owner has typed it back."""
        self.claim = claim
        self.language = language
        self.passphrase = passphrase
        self.totp_secret = totp_secret
        self.seed = seed
        self.done = False
        self.lock = asyncio.Lock()


class Renewing:
    """New words that a person is being shown, until they have typed them back.

    ``old`` is what their present passphrase derived, proved a moment ago.
    """

    def __init__(self, *, kind: Kind, words: str, old: bytes, tags: Tags, began: datetime) -> None:
        """Hold the words of a new passphrase of this kind."""
        self.kind = kind
        self.words = words
        self.old = old
        self.tags = tags
        self.began = began


class LetterMemory:
    """Which letters of other embassies a session knows already, so that each is opened once.

    Letters are named by their sender and id. ``done`` need no look any more. ``unread`` could
    not be read, with the day on which each came. ``unplaced`` belong to no conversation that
    there is; one may still begin.
    """

    def __init__(self) -> None:
        """Know of no letter yet."""
        self.done: set[tuple[str, str]] = set()
        self.unread: dict[tuple[str, str], int] = {}
        self.unplaced: set[tuple[str, str]] = set()


class Promise(NamedTuple):
    """Whose a task is, when, of which request if any, and since when it is offered."""

    box: Box
    span: tuple[datetime, datetime] | None
    request: RequestId | None
    at: datetime


class Session:
    """An unlocked account: its keys and its grants, in memory until the session ends.

    ``summaries`` are the compact forms that the list and search need, with the revision they
    were opened at, and ``shelf`` has them in order; nothing else that was decrypted outlives
    its request. ``looking`` is held while the shelf catches up. ``opened`` says which
    requests the trail already knows of, ``alerts`` what colleagues did that all should know,
    ``trail_whole`` the trail's front and end (number and link) as they were last found whole;
    ``entering`` is a request that is being written down for somebody. ``is_volunteer`` is
    whether this is a volunteer's account: it holds no compartment. ``cards`` are the compact
    forms of the volunteers, by box, as the row's revision has them; ``cards_look`` is how many
    touches and epochs the last whole look knew, ``cards_changed`` counts what changed in them,
    ``crowd`` is the same as matching reads it and ``crowd_at`` the count it was made at.
    ``promises`` are the tasks that are offered or were accepted. ``looked`` is when which of them
    was opened, or a page of them shown; ``read_volunteers`` whether the trail knows of it.
    ``calls`` are the calls of the open needs, which never change. ``letters`` are those of
    other embassies that this session looked at.
    """

    def __init__(self, *, box: Box, handle: str, keys: Keys) -> None:
        """Hold an account's keys; its grants are opened as they are needed."""
        self.box = box
        self.handle = handle
        self.keys = keys
        self.epochs: dict[str, Keys] = {}
        self.summaries: dict[RequestId, Summary] = {}
        self.shelf = Shelf(box)
        self.looking = asyncio.Lock()
        self.refused_epochs: set[str] = set()
        self.joined_since: tuple[Box, ...] = ()
        self.compartments: frozenset[str] = frozenset()
        self.began: datetime | None = None
        self.listed = False
        self.opened: dict[RequestId, datetime] = {}
        self.trail_seen = 0
        self.trail_link = bytes(32)
        self.trail_broken = False
        self.trail_whole: tuple[int, bytes, int, bytes] | None = None
        self.alerts: list[Entry] = []
        self.renewing: Renewing | None = None
        self.read_roster = False
        self.read_volunteers = False
        self.looked: dict[Box | frozenset[Box], datetime] = {}
        self.entering: Draft | None = None
        self.is_volunteer = False
        self.letters = LetterMemory()
        self.cards: dict[Box, Card] = {}
        self.cards_look: tuple[int, int] | None = None
        self.cards_changed = 0
        self.crowd: Crowd | None = None
        self.crowd_at = 0
        self.calls: dict[NeedId, CallId] = {}
        self.promises: dict[BriefId, Promise] = {}


def keep_visits(now: Callable[[], datetime]) -> Keeper[Visit]:
    """Return the keeper of visits: 10 minutes idle, one hour in all."""
    return Keeper(
        "visit",
        now,
        idle=lambda _: timedelta(minutes=10),
        absolute=timedelta(hours=1),
        limit=4096,
        forget=lambda _: None,
    )


def keep_newcomers(purpose: str, now: Callable[[], datetime], limit: int) -> Keeper[T]:
    """Return a keeper of people who begin an account: half an hour to write things down."""
    return Keeper(
        purpose,
        now,
        idle=lambda _: timedelta(minutes=30),
        absolute=timedelta(minutes=60),
        limit=limit,
        forget=lambda _: None,
    )


def keep_sessions(now: Callable[[], datetime]) -> Keeper[Session]:
    """Return the keeper of sessions: 15 minutes idle, 8 hours in all."""
    return Keeper(
        "staff",
        now,
        idle=lambda _: timedelta(minutes=15),
        absolute=timedelta(hours=8),
        limit=256,
        forget=_lock,
    )


def _lock(session: Session) -> None:
    session.epochs.clear()
    session.summaries.clear()
    session.shelf.clear()
    session.cards.clear()
    session.crowd = None
    session.promises.clear()
    if session.entering is not None:
        session.entering.answers.clear()
        session.entering = None
    session.renewing = None
