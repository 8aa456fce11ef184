"""A file that came along with a case of another embassy."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.network.gathering import open_enclosed
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.attachment import attachment


@get_page("/{language:str}/staff/referrals/{thread_id:str}/files/{number:int}", guard="coordinator")
async def send_enclosed(
    request: PageRequest, thread_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """Send a file as our own cleaning leaves it; the trail knows of each."""
    file = await open_enclosed(desk_of(request), session_of(request), thread_id, number)
    return attachment(f"{thread_id}-{number}", file.media_type, file.data)


ROUTES: tuple[HTTPRouteHandler, ...] = (send_enclosed,)
