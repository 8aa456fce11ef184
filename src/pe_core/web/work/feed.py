"""The calendar feed: the page on which its owner makes, renews and ends it, and the feed itself."""

import base64
import binascii
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.briefs import begin_feed, end_feed, put_feed_right
from pe_core.desk.feeds import TOKEN_SIZE, feed_token, read_feed
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.headers import FILE_SECURITY
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.staff.address import query_of
from pe_core.web.work.calendar import MEDIA_TYPE, write_calendar

ENDING = ".ics"
DONE = ("made", "renewed", "stopped")


@get_page("/{language:str}/work/calendar", guard="volunteer")
async def show_feed(request: PageRequest) -> Response[str]:
    """Say what a feed is and who can see what, and show its address if there is one."""
    desk, session = desk_of(request), session_of(request)
    await put_feed_right(desk, session)
    token = await feed_token(desk, session)
    done = query_of(request).get("done", "")
    return render(
        request,
        "work/feed.html",
        here="home",
        feed=_address(request, token) if token else "",
        done=done if done in DONE else "",
    )


@post_page("/{language:str}/work/calendar", guard="volunteer")
async def take_feed(request: PageRequest) -> Response[Any]:
    """Make, renew or end the feed."""
    desk, session = desk_of(request), session_of(request)
    act = fields_of(request).one("act")
    if act == "stop":
        await end_feed(desk, session)
        done = "stopped"
    elif act == "make":
        done = "renewed" if await feed_token(desk, session) else "made"
        await begin_feed(desk, session)
    else:
        return redirect(f"/{language_of(request)}/work/calendar")
    return redirect(f"/{language_of(request)}/work/calendar?done={done}")


@get_page("/feed/{feed:str}", guard="public")
async def send_feed(request: PageRequest, feed: FromPath[str]) -> Response[bytes]:
    """Send a feed to whatever calendar brings its address; every other address is the same."""
    desk = desk_of(request)
    entries = await read_feed(desk, read_token(feed))
    if entries is None:
        raise refusal("not_found")
    return Response(
        write_calendar(entries, desk.now()),
        media_type=MEDIA_TYPE,
        headers={"Content-Security-Policy": FILE_SECURITY},
    )


def read_token(name: str) -> bytes:
    """Return what an address ends in as a token; one of nobody's for what is no token."""
    try:
        token = base64.b64decode(
            f"{name.removesuffix(ENDING)}=".encode(), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error):
        return b""
    return token if len(token) == TOKEN_SIZE and name.endswith(ENDING) else b""


def _address(request: PageRequest, token: bytes) -> str:
    """Return the feed's whole address, on the host by which its owner reaches us."""
    name = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
    host = request.headers.get("host", "")
    return f"{portal_of(request).scheme}://{host}/feed/{name}{ENDING}"


ROUTES: tuple[HTTPRouteHandler, ...] = (show_feed, take_feed, send_feed)
