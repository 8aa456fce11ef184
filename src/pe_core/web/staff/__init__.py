"""What coordinators see: the requests, their colleagues, and the way in and out."""

from litestar.handlers import HTTPRouteHandler

from pe_core.web.staff.answering import ROUTES as ANSWERING
from pe_core.web.staff.join import ROUTES as JOIN
from pe_core.web.staff.members import ROUTES as MEMBERS
from pe_core.web.staff.moving import ROUTES as MOVING
from pe_core.web.staff.request import ROUTES as REQUEST
from pe_core.web.staff.requests import ROUTES as REQUESTS
from pe_core.web.staff.unlock import ROUTES as UNLOCK

ROUTES: tuple[HTTPRouteHandler, ...] = (
    *UNLOCK,
    *JOIN,
    *REQUESTS,
    *REQUEST,
    *ANSWERING,
    *MOVING,
    *MEMBERS,
)
