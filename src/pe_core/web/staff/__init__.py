"""What coordinators see: the requests, their colleagues, and the way in and out."""

from litestar.handlers import HTTPRouteHandler

from pe_core.web.staff.answering import ROUTES as ANSWERING
from pe_core.web.staff.emergency import ROUTES as EMERGENCY
from pe_core.web.staff.entering import ROUTES as ENTERING
from pe_core.web.staff.guide_forms import ROUTES as GUIDE_FORMS
from pe_core.web.staff.guides import ROUTES as GUIDES
from pe_core.web.staff.handing import ROUTES as HANDING
from pe_core.web.staff.join import ROUTES as JOIN
from pe_core.web.staff.me import ROUTES as ME
from pe_core.web.staff.members import ROUTES as MEMBERS
from pe_core.web.staff.members_acts import ROUTES as MEMBERS_ACTS
from pe_core.web.staff.members_invites import ROUTES as MEMBERS_INVITES
from pe_core.web.staff.members_proposals import ROUTES as MEMBERS_PROPOSALS
from pe_core.web.staff.moving import ROUTES as MOVING
from pe_core.web.staff.plugins import ROUTES as PLUGINS
from pe_core.web.staff.printing import ROUTES as PRINTING
from pe_core.web.staff.renewing import ROUTES as RENEWING
from pe_core.web.staff.request import ROUTES as REQUEST
from pe_core.web.staff.requests import ROUTES as REQUESTS
from pe_core.web.staff.setup import ROUTES as SETUP
from pe_core.web.staff.shares import ROUTES as SHARES
from pe_core.web.staff.trail import ROUTES as TRAIL
from pe_core.web.staff.unlock import ROUTES as UNLOCK
from pe_core.web.staff.working import ROUTES as WORKING

ROUTES: tuple[HTTPRouteHandler, ...] = (
    *UNLOCK,
    *JOIN,
    *ME,
    *RENEWING,
    *EMERGENCY,
    *REQUESTS,
    *REQUEST,
    *ENTERING,
    *ANSWERING,
    *MOVING,
    *WORKING,
    *PRINTING,
    *MEMBERS,
    *MEMBERS_ACTS,
    *MEMBERS_INVITES,
    *MEMBERS_PROPOSALS,
    *HANDING,
    *TRAIL,
    *SETUP,
    *SHARES,
    *GUIDES,
    *GUIDE_FORMS,
    *PLUGINS,
)
