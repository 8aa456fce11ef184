"""The desk: what every act of the embassy needs, gathered once when the process starts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import msgspec

from pe_core.desk.drafts import Draft, DraftFolder, keep_drafts
from pe_core.desk.memory import Keeper
from pe_core.desk.sessions import (
    Applicant,
    Joining,
    Session,
    Visit,
    keep_newcomers,
    keep_sessions,
    keep_visits,
)
from pe_core.desk.touched import Touched, touched_request, touched_volunteer
from pe_core.door import Door, Pace
from pe_core.errors import StoreError
from pe_core.hooks import Plugins
from pe_core.hooks.troubles import Troubles
from pe_core.model import (
    Box,
    Edition,
    Embassy,
    Form,
    Guide,
    Hours,
    Jurisdiction,
    Letter,
    RequestId,
    VolunteerForm,
)
from pe_core.model.finding import Finding
from pe_core.model.struct import Model
from pe_core.rules.texts import Catalogue
from pe_core.rules.vocabulary import join_vocabulary
from pe_core.store import Change, EpochRow, MetaRow, Store, VolunteerRow
from pe_core.vault import Keys, Passphrases, keys_of, new_seed, seal


class Identity(Model):
    """What never changes in the life of an instance; public, but for the salt's sake kept here.

    ``salt`` joins every receipt and handle before hashing; ``root`` verifies the first member
    list; ``recovery`` is the first public key that every epoch is also sealed to, until a
    signed member list names another.
    """

    salt: bytes
    root: bytes
    recovery: bytes


class Dummy(Model):
    """What is opened when a receipt leads nowhere, so that both ways cost the same."""

    keys: Keys
    envelope: bytes


NO_PLUGINS = Plugins(names=(), jurisdictions={}, forms={}, listeners=(), folders={})
"""What a desk has that nobody put together from a pe.toml."""


class Turn:
    """Whose turn it is, of those who try to unlock under one name."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self.lock = asyncio.Lock()
        self.waiting = 0


class Desk:
    """The embassy at work. Functions of this room take it first; nothing else is global.

    ``address`` is the origin of its portal, ``door`` its way out. ``at_unlock`` is what rooms
    above do when a member has unlocked. ``own`` is who the embassy is to others, as the network
    last read it, and ``own_changed`` counts how often that changed. ``wrong_words`` are the day
    and number of wrong tries to confirm another embassy, by its code. ``acting`` is held while a
    volunteer takes or ends a task, so that they do one after another, by their box.
    """

    def __init__(
        self,
        *,
        embassy: Embassy,
        jurisdiction: Jurisdiction,
        forms: Mapping[str, Form],
        texts: Catalogue,
        store: Store,
        identity: Identity,
        passphrases: Passphrases,
        folder: Path,
        now: Callable[[], datetime],
        guides: Mapping[str, Guide] = MappingProxyType({}),
        letters: Mapping[str, Letter] = MappingProxyType({}),
        volunteering: Mapping[str, VolunteerForm] = MappingProxyType({}),
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Gather the parts; ``folder`` is where the ciphertext of drafts may lie."""
        self.embassy = embassy
        self.jurisdiction = jurisdiction
        self.forms = forms
        self.guides = guides
        self.letters = letters
        self.volunteering = volunteering
        self.vocabulary = join_vocabulary(volunteering.values())
        self.local_guides: dict[str, Edition] = {}
        self.texts = texts
        self.store = store
        self.identity = identity
        self.passphrases = passphrases
        self.now = now
        self.pause = pause
        self.draft_files = DraftFolder(folder)
        self.drafts: Keeper[Draft] = keep_drafts(now, self.draft_files)
        self.visits: Keeper[Visit] = keep_visits(now)
        self.joinings: Keeper[Joining] = keep_newcomers("joining", now, limit=64)
        self.applicants: Keeper[Applicant] = keep_newcomers("apply", now, limit=256)
        self.sessions: Keeper[Session] = keep_sessions(now)
        self._keepers: tuple[Keeper[Any], ...] = (
            self.drafts,
            self.visits,
            self.joinings,
            self.applicants,
            self.sessions,
        )
        self.touched = Touched(touched_request)
        self.touched_volunteers = Touched(touched_volunteer, erased_from=VolunteerRow)
        self.hears: list[Callable[[Sequence[Change]], None]] = [
            self.touched.note,
            self.touched_volunteers.note,
        ]
        store.on_write(self._note)
        self.epoch_lock = asyncio.Lock()
        self.trail_lock = asyncio.Lock()
        self.epochs_now: dict[str, EpochRow] = {}
        self.wrong_tries: dict[bytes, int] = {}
        self.turns: dict[bytes, Turn] = {}
        self.thread_turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = (
            WeakValueDictionary()
        )
        self.acting: WeakValueDictionary[Box, asyncio.Lock] = WeakValueDictionary()
        self.looking: dict[RequestId, dict[Box, datetime]] = {}
        self.paces: dict[Box, list[datetime]] = {}
        self.paces_told: dict[Box, datetime] = {}
        self.is_live = False
        self.plugins = NO_PLUGINS
        self.troubles = Troubles(now)
        self.reads = Pace()
        self.locked_times = 0
        self.reminded: dict[str, bool] = {}
        self.swaps_rung: set[str] = set()
        self.address = ""
        self.door = Door()
        self.at_unlock: list[Callable[[Session], Awaitable[None]]] = []
        self.own: object | None = None
        self.own_changed = 0
        self.wrong_words: dict[str, tuple[int, int]] = {}
        self.ring: Callable[[str, str, str, Hours, str], None] = ring_nobody
        self.forget_ring: Callable[[str, str], None] = forget_nobody
        self.peer_away: Callable[[str], float | None] = nobody_away
        self.examine: Callable[[], Awaitable[Sequence[Finding]]] = find_nothing
        self.dummy = _make_dummy(embassy.code)

    def context(self, purpose: str, object_id: str) -> tuple[str, str, str]:
        """Return the context that binds an envelope to its purpose, embassy and object."""
        return (purpose, self.embassy.code, object_id)

    def _note(self, changes: Sequence[Change]) -> None:
        """Tell what is kept in memory of each commit, before whoever made it goes on."""
        for hear in self.hears:
            hear(changes)

    def sweep(self) -> None:
        """Forget drafts, visits and sessions whose time is over."""
        for keeper in self._keepers:
            keeper.sweep()


def here_and_now(desk: Desk) -> datetime:
    """Return the time on the embassy's own clocks."""
    return desk.now().astimezone(ZoneInfo(desk.embassy.zone))


def today_of(desk: Desk) -> date:
    """Return today where the embassy is."""
    return here_and_now(desk).date()


async def read_identity(store: Store) -> Identity:
    """Return the instance's identity; StoreError if `pe init` never ran here."""
    row = await store.get(MetaRow, "identity")
    if row is None:
        raise StoreError("this data folder holds no embassy yet; run `pe init` first")
    return msgspec.msgpack.decode(row.value, type=Identity)


def ring_nobody(notifier: str, address: str, language: str, hours: Hours, zone: str) -> None:
    """Ring nobody: a desk that nobody put together has nothing to ring with."""


def forget_nobody(notifier: str, address: str) -> None:
    """Forget no ring: a desk that nobody put together has none that waits."""


def nobody_away(peer: str) -> float | None:
    """Say that a peer is there: a desk that nobody put together has not spoken to any."""
    return None


async def find_nothing() -> Sequence[Finding]:
    """Find nothing: a desk that nobody put together has no machine to look at."""
    return ()


def _make_dummy(embassy: str) -> Dummy:
    keys = keys_of(new_seed())
    envelope = seal(bytes(600), to=[keys.public], context=("reply", embassy, "dummy"))
    return Dummy(keys=keys, envelope=envelope)
