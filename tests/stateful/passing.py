"""Time passes: minutes and weeks, upkeep, the courier, a process that ends and starts again."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from pe_core.errors import UpkeepRefused
from pe_core.model import Author, ClosingFellDue, RequestErased, State, WithdrawalFellDue
from pe_core.model.trail import HOST, Act
from pe_core.model.week import Week, week_start
from pe_core.rules.lifecycle import may_move
from pe_core.store import AtMost, RequestRow
from pe_core.upkeep import do_upkeep
from stateful.agreeing import Agreeing
from stateful.model import Request


class Passing(Agreeing):
    """What happens by itself."""

    @rule(minutes=st.sampled_from([1, 9, 14, 15, 61]))
    def minutes_pass(self, minutes: int) -> None:
        self.pass_time(minutes=minutes)

    @rule(hours=st.sampled_from([7, 8, 24]))
    def hours_pass(self, hours: int) -> None:
        self.pass_time(hours=hours)

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        for _ in range(days):
            self.pass_time(days=1)
            self.deliver()

    @rule(weeks=st.sampled_from([1, 1, 1, 2, 4, 5, 13, 27]))
    def weeks_pass(self, weeks: int) -> None:
        """A process that runs: the courier and upkeep each week."""
        for _ in range(weeks):
            self.pass_time(weeks=1)
            self.deliver()
            self.keep_up(confirmed=False)

    @rule(weeks=st.sampled_from([2, 2, 3, 31]))
    def stand_still(self, weeks: int) -> None:
        """A process that does not run, for weeks."""
        self.pass_time(weeks=weeks)

    @rule(confirmed=st.booleans())
    def keep_up(self, confirmed: bool) -> None:
        if not confirmed and self.is_strange():
            self.refused(do_upkeep(self.desk), UpkeepRefused)
            return
        self.run(do_upkeep(self.desk, confirmed=confirmed))
        self.erase()
        if confirmed:
            self.model.trace(HOST, Act.UPKEEP_CONFIRMED)

    def is_strange(self) -> bool:
        model = self.model
        ending = sum(epoch.ends < model.week for epoch in model.epochs.values())
        last = model.upkeep_week
        jumped = last is not None and model.week > last + 2
        return jumped or ending * 4 > len(model.epochs)

    def erase(self) -> None:
        """Take out of the model what was to be kept until a week before this one."""
        model, week = self.model, self.model.week
        model.current("intake")
        oldest = model.today.toordinal() - 14
        for request in model.requests:
            request.replies = [
                told for told in request.replies if told.opened is None or told.opened > oldest
            ]
        model.epochs = {name: e for name, e in model.epochs.items() if e.ends >= week}
        model.grants = {key: v for key, v in model.grants.items() if key[0] in model.epochs}
        self.erase_requests()
        day = week_start(Week(week)).toordinal()
        for invite in model.invites:
            invite.gone = invite.gone or invite.until.date().toordinal() < day
        for proposal in model.proposals:
            proposal.gone = proposal.gone or proposal.day < day
        if model.shares and model.shares.day < day:
            model.shares.waiting.clear()
        model.upkeep_week = week

    def erase_requests(self) -> None:
        over = [r for r in self.model.requests if not r.erased and r.keep_until < self.model.week]
        for request in sorted(over, key=lambda request: request.id):
            request.erased = True
            self.model.tell(RequestErased(request=request.id))

    @rule()
    def deliver(self) -> None:
        model = self.model
        today = model.today.toordinal()
        told = [item for item in model.outbox if item[1] <= today]
        model.outbox = [item for item in model.outbox if item[1] > today]

        assert len(told) == self.run(self.embassy.courier.deliver())
        for event, _ in told:
            if isinstance(event, WithdrawalFellDue):
                self.fall_due(self.known(event.request), Author.ASKER, 4)
            elif isinstance(event, ClosingFellDue):
                self.fall_due(self.known(event.request), Author.SYSTEM, 12)

    def known(self, name: str) -> Request:
        return next(request for request in self.model.requests if request.id == name)

    def fall_due(self, request: Request, by: Author, weeks: int) -> None:
        """Close a request while nobody is there, unless it has moved on."""
        if by is Author.ASKER:
            request.withdrawal = None
        if request.erased or not may_move(request.state, State.CLOSED, by):
            return
        self.keep_within_epoch(request, weeks)
        self.model.forget(ClosingFellDue(request=request.id))
        self.forget_withdrawal(request)
        self.moved(request, State.CLOSED)

    @rule()
    def end_and_start_again(self) -> None:
        self.restart()

    @rule()
    def nothing_outlives_its_week(self) -> None:
        self.keep_up(confirmed=True)
        late = {"keep_until": AtMost(self.model.week - 1)}

        assert self.run(self.desk.store.count(RequestRow, late)) == 0
