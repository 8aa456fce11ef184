"""A look at *Requests*, and what is made up for then since nobody was unlocked meanwhile.

Each of these passes over a row that nobody can read, or that a colleague changes in this
moment: none of them keeps a coordinator from the list.
"""

from pe_core.desk.desk import Desk
from pe_core.desk.leaving import unclaim
from pe_core.desk.listing import look_over
from pe_core.desk.need_moves import keep_needs
from pe_core.desk.reminding import remind
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Shelf


async def look_at_requests(desk: Desk, session: Session) -> Shelf:
    """Return the requests as this account may know them now, once the rest is made up for.

    Whoever has a shift tomorrow is reminded at every look; what colleagues who have left hold,
    and tasks that would outlive their request, are seen to at a session's first.
    """
    await remind(desk, session)
    is_first = not session.listed
    shelf = await look_over(desk, session)
    if is_first:
        await unclaim(desk, session)
        await keep_needs(desk, session)
        shelf = await look_over(desk, session)
    return shelf
