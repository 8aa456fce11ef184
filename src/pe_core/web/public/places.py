"""Pages that are only read: the offices of the place, and who is behind the site."""

import asyncio
from datetime import date, timedelta
from typing import Any

from litestar import Response

from pe_core.desk.desk import today_of
from pe_core.model import Office
from pe_core.rules.places import holidays_between, show_address, show_phone
from pe_core.rules.texts import show_date
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of

AHEAD = timedelta(days=183)
"""Half a year of holidays; appointments and deadlines seldom lie further away."""


@get_page("/{language:str}/offices", guard="public")
async def show_offices(request: PageRequest) -> Response[str]:
    """Show who decides here, where they are, and on which days they are closed."""
    law, language = desk_of(request).jurisdiction, language_of(request)
    today = today_of(desk_of(request))
    # The libraries are large and read when the first visitor comes: not on the loop.
    closed = await asyncio.to_thread(
        holidays_between, law.holidays, today, today + AHEAD, language.partition("-")[0]
    )
    offices = await asyncio.to_thread(
        lambda: [_shown(office, law.territory) for office in law.offices]
    )
    checked = law.checked_on
    return render(
        request,
        "public/offices.html",
        law=law,
        local=law.languages[0],
        offices=offices,
        closed=[(show_date(each.day, language), each.name, each.language) for each in closed],
        checked=show_date(date.fromisoformat(checked), language) if checked else "",
    )


@get_page("/{language:str}/imprint", guard="public")
async def show_imprint(request: PageRequest) -> Response[str]:
    """Say who answers for the site, in the words of pe.toml."""
    desk = desk_of(request)
    return render(
        request,
        "public/imprint.html",
        lines=desk.embassy.imprint,
        law=desk.jurisdiction.imprint,
        contact=desk.embassy.contact,
    )


def _shown(office: Office, territory: str) -> dict[str, Any]:
    return {
        "name": office.name,
        "local_name": office.local_name,
        "address": show_address(office, territory),
        "phone": show_phone(office.phone) if office.phone else "",
        "dial": office.phone,
        "url": office.url,
    }
