"""Pages that are only read: home, what is protected, how long it is kept."""

from collections.abc import Mapping
from types import MappingProxyType

from litestar import Response

from pe_core.desk.drafts import LONGER, ONE_PAGE
from pe_core.desk.shifts import KEEP_AFTER
from pe_core.network.posting import CASE_LASTS, WEEK
from pe_core.network.receiving import KEPT_LONGER
from pe_core.rules.retention import (
    DEFAULT_KEEP,
    KEEP_OPEN,
    KEEP_TRAIL,
    LONGEST_KEEP,
    SHORTEST_KEEP,
)
from pe_core.rules.sharing import FIRST_DAY_AFTER
from pe_core.rules.volunteering import KEEP_ACTIVE, KEEP_APPLIED, KEEP_BEGUN, KEEP_OVER
from pe_core.upkeep import REPLY_LASTS
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of

HOW_LONG: Mapping[str, int] = MappingProxyType(
    {
        "draft_minutes": ONE_PAGE.seconds // 60,
        "longest_draft": LONGER.seconds // 60,
        "open_weeks": KEEP_OPEN,
        "closed_weeks": DEFAULT_KEEP,
        "shortest": SHORTEST_KEEP,
        "longest": LONGEST_KEEP,
        "reply_days": REPLY_LASTS.days,
        "consent_days": FIRST_DAY_AFTER.days,
        "there_weeks": CASE_LASTS // WEEK + KEPT_LONGER,
        "begun_weeks": KEEP_BEGUN,
        "applied_weeks": KEEP_APPLIED,
        "active_weeks": KEEP_ACTIVE,
        "shift_weeks": KEEP_AFTER,
        "over_weeks": KEEP_OVER,
        "trail_weeks": KEEP_TRAIL,
    }
)
"""The figures of the page on what is kept, as the code keeps to them."""


@get_page("/{language:str}/", guard="public")
async def show_home(request: PageRequest) -> Response[str]:
    """Show the two doors and the country's emergency numbers."""
    return render(request, "public/home.html")


@get_page("/{language:str}/safety", guard="public")
async def show_safety(request: PageRequest) -> Response[str]:
    """Say what is protected and what is not (vault.md, "What a thief gets")."""
    return render(request, "public/safety.html")


@get_page("/{language:str}/privacy", guard="public")
async def show_privacy(request: PageRequest) -> Response[str]:
    """Say what is kept how long, and who watches over it in this country."""
    desk = desk_of(request)
    return render(
        request,
        "public/privacy.html",
        contact=desk.embassy.contact,
        board=desk.jurisdiction.data_protection,
        local=desk.jurisdiction.languages[0],
        kept=dict(HOW_LONG),
    )
