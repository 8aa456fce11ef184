"""Pages of needs that a walk does not come to: nothing to look for, and nobody to find."""

from collections.abc import Iterator
from typing import Any

from pe_core.desk.listing import list_requests
from pe_core.desk.offering import drop_need
from pe_core.model import Need
from pe_core.toolkit.browser import Page
from pe_core.toolkit.invented import ASKED, ask, look_for


def needs_pages(house: Any, language: str) -> Iterator[tuple[str, Page]]:
    """Nothing is looked for; then somebody is whom nobody can be; then it is stopped."""
    house.come_again()
    at = f"/{language}/staff/matching"
    yield "matching-none", house.busel.go(at)
    yield "matching-none-unanswered", house.busel.go(f"{at}?show=unanswered")
    session = next(s for s in house.desk.sessions.items() if s.handle == "busel")
    house.run(ask(house.desk, ASKED[0]))
    request = house.run(list_requests(house.desk, session))[0].id
    need = house.run(look_for(house.desk, session, request, "Translate a page", Need()))
    page = house.busel.go(f"/{language}/staff/requests/{request}/needs/{need}")
    yield "need-nobody", page
    yield "matching-nobody", house.busel.go(at)
    house.run(drop_need(house.desk, session, need))
