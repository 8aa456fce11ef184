"""The emergency lock, what people see while it holds, and lifting it."""

from datetime import timedelta
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.lifting import lift
from pe_core.desk.locking import lock_account, read_frozen
from pe_core.errors import NotAllowed
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of
from pe_core.web.staff.me import gone
from pe_core.web.staff.words import say, show_moment


@get_page("/{language:str}/staff/emergency", guard="member")
async def show_emergency(request: PageRequest) -> Response[str]:
    """Say what the lock does and cannot undo, with the first of its two buttons."""
    return render(request, "staff/emergency.html", here="emergency", sure=False)


@post_page("/{language:str}/staff/emergency", guard="member")
async def take_emergency(request: PageRequest) -> Response[Any]:
    """Ask once more, or lock; no passphrase, because there may be no time to type one."""
    if fields_of(request).one("act") != "lock":
        return render(request, "staff/emergency.html", here="emergency", sure=True)
    froze = await lock_account(desk_of(request), session_of(request).box)
    return gone(request, "emergency" if froze else "again")


@get_page("/{language:str}/staff/lift", guard="signed_out")
async def show_lift(request: PageRequest) -> Response[str]:
    """Ask a coordinator for all three parts; frozen or not, the page is the same."""
    return _lift_page(request)


@post_page("/{language:str}/staff/lift", guard="signed_out", form="lift")
async def take_lift(request: PageRequest) -> Response[Any]:
    """Lift the freeze, or say why not."""
    fields = fields_of(request)
    name, passphrase, code = (fields.one(field) for field in ("name", "passphrase", "code"))
    try:
        await lift(desk_of(request), name, passphrase, code)
    except NotAllowed as error:
        return _lift_page(request, error.key)
    return redirect(f"/{language_of(request)}/staff/unlock?lifted=1")


async def frozen_page(request: PageRequest) -> Response[str]:
    """Return what somebody with the right words sees while the embassy is frozen."""
    freeze = await read_frozen(desk_of(request))
    until = show_moment(request, freeze.until) if freeze is not None and freeze.until else ""
    return render(request, "staff/frozen.html", status=403, until=until)


def _lift_page(request: PageRequest, wrong: str = "") -> Response[str]:
    return render(
        request,
        "staff/lift.html",
        status=403 if wrong else 200,
        token=form_token(request, "lift", timedelta(0)),
        problems=[("name", say(request, wrong))] if wrong else [],
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_emergency, take_emergency, show_lift, take_lift)
