"""A real desk on real files, the model beside it, and what every rule does alike."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import Bundle, RuleBasedStateMachine

from pe_core.desk import accounts
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import Box, MemberJoined
from pe_core.model.trail import ALERTS, Act
from pe_core.running import gather
from pe_core.store import open_store
from pe_core.toolkit.embassy import close_embassy, open_test_embassy
from pe_core.toolkit.invented import Account, Clock
from pe_core.vault import Keys, Seed, join_shares, keys_of
from stateful.model import Model, Person, Request, Unlocked

T = TypeVar("T")

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

asked = Bundle("asked")
people = Bundle("people")
codes = Bundle("codes")
proposed = Bundle("proposed")


class World(RuleBasedStateMachine):
    """An embassy of one coordinator; rules and checks come from the classes beside this one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock(START)
        self.runner = asyncio.Runner()
        self.embassy = self.run(open_test_embassy(self.folder / "embassy", self.clock))
        self.model = Model(self.clock)
        self.opened: dict[tuple[bytes, bytes], bool] = {}
        self.epoch_keys: dict[str, Keys] = {}
        self.count = 0
        self.model.recovery = self.desk.identity.recovery
        shares = self.embassy.opening.recovery_shares
        self.recoveries = [keys_of(Seed(join_shares(shares[:2])))]
        self.first = self.meet_first(self.embassy.account)

    def teardown(self) -> None:
        self.run(close_embassy(self.embassy))
        self.runner.close()
        shutil.rmtree(self.folder)

    @property
    def desk(self) -> Desk:
        return self.embassy.desk

    def run(self, act: Awaitable[T]) -> T:
        """Run an act on the loop that the desk lives on."""

        async def wait() -> T:
            return await act

        return self.runner.run(wait())

    def refused(self, act: Awaitable[Any], kind: type[Exception], key: str = "") -> None:
        """Carry out an act that the desk must refuse, with this key."""
        try:
            self.run(act)
        except kind as error:
            assert key in ("", getattr(error, "key", ""))
            return
        raise AssertionError(f"not refused: {key}")

    def meet_first(self, account: Account) -> Person:
        """Let the model know of who opened the embassy, and unlock them."""
        (member,) = self.run(read_members(self.desk)).members
        self.clock.move(minutes=1)
        cookie, session = self.run(self.unlocking(account))
        person = Person(account=account, box=Box(member.box), keys=[session.keys])
        model = self.model
        model.people.append(person)
        model.change_members([(person.box, 0)])
        model.roster[person.box] = model.current("roster")
        model.trace(person.box, Act.JOINED, person.box)
        model.tell(MemberJoined(box=person.box))
        self.note_unlocked(person, cookie)
        return person

    def unlocking(self, account: Account) -> Awaitable[tuple[bytes, Session]]:
        code = account.code(self.clock.now())
        return accounts.unlock(self.desk, account.handle, account.passphrase, code)

    def note_unlocked(self, person: Person, cookie: bytes) -> None:
        """Let the model know of a session: names move to the roster's current epoch."""
        model = self.model
        self.move_roster(person.box)
        now = model.now
        model.sessions[person.box] = Unlocked(cookie, began=now, touched=now)
        person.trail_seen = len(model.trail)
        model.trace(person.box, Act.UNLOCKED)

    def move_roster(self, box: int) -> None:
        model = self.model
        target = model.current("roster")
        for whose, epoch in model.roster.items():
            if model.opens(box, epoch):
                model.roster[whose] = target

    def unlock(self, person: Person) -> Session | None:
        """Unlock an account, or see it refused, as the model says."""
        self.clock.move(minutes=1)
        model = self.model
        if not person.has_account:
            self.refused(self.unlocking(person.account), NotAllowed, "staff.unlock.wrong")
            return None
        if model.frozen():
            self.refused(self.unlocking(person.account), NotAllowed, "staff.unlock.frozen")
            return None
        expected = self.alerts_for(person)
        cookie, session = self.run(self.unlocking(person.account))
        told = [(entry.act, entry.box) for entry in session.alerts]
        assert not session.trail_broken
        assert expected == told
        self.note_unlocked(person, cookie)
        return session

    def alerts_for(self, person: Person) -> list[tuple[Act, int]]:
        """Return what colleagues did since this person unlocked last, as far as they may know."""
        if person.trail_seen is None:
            return []
        return [
            (trace.act, trace.box)
            for trace in self.model.trail[person.trail_seen :]
            if trace.act in ALERTS
            and trace.box != person.box
            and trace.keep_until >= (self.model.upkeep_week or 0)
            and self.model.opens(person.box, trace.epoch)
        ]

    def at_work(self, person: Person) -> Session | None:
        """Return a person's session, unlocked anew if it is over; None if it cannot be."""
        known = self.model.unlocked(person.box)
        kept = self.model.sessions.get(person.box)
        session = self.desk.sessions.find(kept.cookie if kept else None)
        assert (known is not None) == (session is not None)
        if known is None or session is None:
            return self.unlock(person)
        known.touched = self.model.now
        return session

    def colleague_of(self, request: Request) -> Person | None:
        """Return who has claimed a request."""
        return None if request.claimed_by is None else self.model.person(request.claimed_by)

    def can_open(self, person: Person, request: Request) -> bool:
        return not request.erased and self.model.opens(person.box, request.epoch)

    def unreachable(self, person: Person, request: Request, act: Awaitable[Any]) -> bool:
        """Return whether the act was refused since this person has no grant to the request."""
        if self.can_open(person, request):
            return False
        self.refused(act, NotFound, "staff.request.not_found")
        return True

    def restart(self) -> None:
        """Close store and desk and open both again, as the end of a process does."""
        embassy, before = self.embassy, self.desk
        self.run(embassy.store.close())
        store = self.run(open_store(embassy.folder))
        running = self.run(
            gather(
                embassy.settings,
                embassy.folder,
                embassy.plugins,
                store,
                now=self.clock.now,
                passphrases=before.passphrases,
                config=embassy.folder / "pe.toml",
            )
        )
        running.desk.pause, running.desk.examine = before.pause, before.examine
        embassy.store, embassy.desk, embassy.courier = store, running.desk, running.courier
        self.model.sessions.clear()

    def next_word(self) -> str:
        """Return a word that nobody has typed yet."""
        self.count += 1
        return f"b{self.count:05d}"

    def pass_time(self, **by: float) -> None:
        self.clock.move(**by)
        # What upkeep does to memory each hour, so that tables of memory never run full here.
        self.desk.sweep()
