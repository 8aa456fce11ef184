"""What happens at other embassies when a request ends here while nobody is unlocked."""

from pe_core.desk.desk import Desk
from pe_core.desk.working import OVER
from pe_core.errors import Conflict
from pe_core.model import (
    Event,
    RequestErased,
    RequestId,
    State,
    StateChanged,
    WithdrawalFellDue,
)
from pe_core.network.erasing import take_back_all

TRIES = 4
"""Times that it is looked at anew because somebody acted in the same conversation."""


class TakingBack:
    """A listener like any other that takes back what was sent about a request that is gone."""

    name = "core.taking_back"

    def __init__(self, desk: Desk) -> None:
        """Act on this desk."""
        self.desk = desk

    async def hear(self, event: Event) -> None:
        """Take everything back when a withdrawal took effect, and when a request was erased.

        A withdrawal reaches also whoever has taken the case over since its asker asked for it.
        When it was closed, called solved or handed over, what still waits for an answer: whoever
        took such a case later would have nobody to answer to, and its asker no way to them.
        """
        if isinstance(event, WithdrawalFellDue):
            await self._take_back(RequestId(event.request), taken=True)
        elif isinstance(event, RequestErased):
            await self._take_back(RequestId(event.request))
        elif isinstance(event, StateChanged) and event.state in (*OVER, State.RESOLVED):
            await self._take_back(RequestId(event.request), unanswered=True)

    async def _take_back(
        self, request: RequestId, *, unanswered: bool = False, taken: bool = False
    ) -> None:
        for _ in range(TRIES - 1):
            try:
                return await self._once(request, unanswered, taken)
            except Conflict:
                continue
        await self._once(request, unanswered, taken)

    async def _once(self, request: RequestId, unanswered: bool, taken: bool) -> None:
        changes = await take_back_all(self.desk, request, unanswered=unanswered, taken=taken)
        if changes:
            await self.desk.store.write(changes)
            await self.desk.store.shred()
