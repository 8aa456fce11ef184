"""A coordinator, a request and volunteers who are active, for tests of what becomes of a need."""

from collections.abc import Awaitable, Callable
from typing import Any

from pe_core.desk import briefs, needs, offering, visits
from pe_core.desk.desk import Desk
from pe_core.desk.seeking import seek
from pe_core.desk.sessions import Session
from pe_core.model import Box, BriefId, CallId, Need, OpenNeed, RequestId, Skill
from pe_core.store import BriefRow, RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Asked, active_volunteer, ask, unlock_account

Run = Callable[[Awaitable[Any]], Any]


def body(desk: Desk, session: Session, **changed: Any) -> OpenNeed:
    """Return a need for somebody who translates, at no fixed time unless said."""
    need = Need(required=(Skill(code="core.skill.translating"),), **changed)
    return OpenNeed(
        title="Translate a page",
        detail="It is a refusal of the office.",
        language="en",
        need=need,
        by=session.box,
        at=desk.now(),
        call=CallId(""),
        checklist="core.checklist.translation",
    )


class Team:
    """A coordinator, a request, and three volunteers who are active."""

    def __init__(self, embassy: TestEmbassy, run: Run, asked: Asked = ASKED[2]) -> None:
        self.run, self.desk, self.clock = run, embassy.desk, embassy.clock
        self.receipt = run(ask(self.desk, asked))
        self.account = embassy.account
        self.busel = run(unlock_account(self.desk, self.clock, embassy.account))
        (self.request,) = [
            RequestId(row) for (row,) in run(self.desk.store.pick(RequestRow, ("id",)))
        ]
        joined = {
            handle: run(active_volunteer(self.desk, self.clock, [self.busel], handle))
            for handle in ("dzik", "lasica", "wouk")
        }
        self.accounts = {handle: account for handle, (account, _) in joined.items()}
        self.people = {handle: session for handle, (_, session) in joined.items()}

    def box(self, handle: str) -> Box:
        return self.people[handle].box

    def need(self, **changed: Any) -> needs.NeedView:
        """Add a need and return it."""
        self.clock.move(minutes=1)
        problems = self.run(
            seek(self.desk, self.busel, self.request, body(self.desk, self.busel, **changed))
        )
        assert () == problems
        found: list[needs.NeedView] = self.run(
            needs.read_needs(self.desk, self.busel, self.request)
        )
        return found[-1]

    def offer(self, view: needs.NeedView, *handles: str) -> None:
        chosen: Any = {self.box(handle): () for handle in handles}
        self.run(offering.offer(self.desk, self.busel, view.id, chosen))

    def brief(self, handle: str) -> BriefId:
        """Return the one brief that somebody was offered last."""
        rows = self.run(self.desk.store.select(BriefRow, {"box": self.box(handle)}))
        (row,) = [row for row in rows if row.own is not None]
        return BriefId(row.id)

    def accept(self, handle: str) -> None:
        self.run(briefs.accept(self.desk, self.people[handle], self.brief(handle)))

    def states(self) -> dict[str, str]:
        """Return the state of everybody's last brief."""
        rows = self.run(self.desk.store.pick(BriefRow, ("box", "state")))
        names = {session.box: handle for handle, session in self.people.items()}
        return {names[Box(box)]: state for box, state in rows}

    def state(self) -> str:
        row = self.run(self.desk.store.get(RequestRow, self.request))
        return str(row.state)

    def visit(self) -> Any:
        return self.run(visits.come_back(self.desk, self.receipt))[1]
