"""A request on paper: everything that its page says, plainly, and that paper is not sealed."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.trail import record
from pe_core.model.trail import Act
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.need_words import names_about, paper_needs
from pe_core.web.staff.request import contents, read_request
from pe_core.web.staff.words import show_moment


@get_page("/{language:str}/staff/requests/{request_id:str}/print", guard="coordinator")
async def show_print(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show a request for the printer; the trail knows of it."""
    desk, session = desk_of(request), session_of(request)
    help_request = await read_request(request, request_id)
    await record(desk, session.box, Act.PRINTED, help_request.id)
    return render(
        request,
        "staff/print.html",
        here="requests",
        printed=show_moment(request, desk.now()),
        printed_by=session.handle,
        needs=await paper_needs(request, help_request),
        **contents(request, help_request, await names_about(request, help_request)),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_print,)
