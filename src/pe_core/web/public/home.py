"""Pages that are only read: home, what is protected, how long it is kept."""

from litestar import Response

from pe_core.rules.retention import DEFAULT_KEEP, KEEP_OPEN, LONGEST_KEEP, SHORTEST_KEEP
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of


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
        open_weeks=KEEP_OPEN,
        closed_weeks=DEFAULT_KEEP,
        shortest=SHORTEST_KEEP,
        longest=LONGEST_KEEP,
    )
