"""What coordinators see: the requests, their colleagues, and the way in and out."""

from litestar.handlers import HTTPRouteHandler

from pe_core.web.staff.answering import ROUTES as ANSWERING
from pe_core.web.staff.emergency import ROUTES as EMERGENCY
from pe_core.web.staff.entering import ROUTES as ENTERING
from pe_core.web.staff.guide_forms import ROUTES as GUIDE_FORMS
from pe_core.web.staff.guides import ROUTES as GUIDES
from pe_core.web.staff.handing import ROUTES as HANDING
from pe_core.web.staff.join import ROUTES as JOIN
from pe_core.web.staff.matching import ROUTES as MATCHING
from pe_core.web.staff.me import ROUTES as ME
from pe_core.web.staff.members import ROUTES as MEMBERS
from pe_core.web.staff.members_acts import ROUTES as MEMBERS_ACTS
from pe_core.web.staff.members_invites import ROUTES as MEMBERS_INVITES
from pe_core.web.staff.members_proposals import ROUTES as MEMBERS_PROPOSALS
from pe_core.web.staff.moving import ROUTES as MOVING
from pe_core.web.staff.need import ROUTES as NEED
from pe_core.web.staff.needs import ROUTES as NEEDS
from pe_core.web.staff.on_the_way import ROUTES as ON_THE_WAY
from pe_core.web.staff.peer import ROUTES as PEER
from pe_core.web.staff.peers import ROUTES as PEERS
from pe_core.web.staff.plugins import ROUTES as PLUGINS
from pe_core.web.staff.printing import ROUTES as PRINTING
from pe_core.web.staff.refer import ROUTES as REFER
from pe_core.web.staff.referral import ROUTES as REFERRAL
from pe_core.web.staff.referral_file import ROUTES as REFERRAL_FILE
from pe_core.web.staff.referral_new import ROUTES as REFERRAL_NEW
from pe_core.web.staff.referrals import ROUTES as REFERRALS
from pe_core.web.staff.renewing import ROUTES as RENEWING
from pe_core.web.staff.request import ROUTES as REQUEST
from pe_core.web.staff.requests import ROUTES as REQUESTS
from pe_core.web.staff.setup import ROUTES as SETUP
from pe_core.web.staff.shares import ROUTES as SHARES
from pe_core.web.staff.shift import ROUTES as SHIFT
from pe_core.web.staff.shifts import ROUTES as SHIFTS
from pe_core.web.staff.trail import ROUTES as TRAIL
from pe_core.web.staff.unlock import ROUTES as UNLOCK
from pe_core.web.staff.volunteer import ROUTES as VOLUNTEER
from pe_core.web.staff.volunteer_acts import ROUTES as VOLUNTEER_ACTS
from pe_core.web.staff.volunteers import ROUTES as VOLUNTEERS
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
    *NEEDS,
    *NEED,
    *MATCHING,
    *SHIFTS,
    *SHIFT,
    *REFERRALS,
    *REFERRAL_NEW,
    *REFERRAL,
    *REFERRAL_FILE,
    *REFER,
    *PRINTING,
    *MEMBERS,
    *MEMBERS_ACTS,
    *MEMBERS_INVITES,
    *MEMBERS_PROPOSALS,
    *HANDING,
    *PEERS,
    *PEER,
    *ON_THE_WAY,
    *VOLUNTEERS,
    *VOLUNTEER,
    *VOLUNTEER_ACTS,
    *TRAIL,
    *SETUP,
    *SHARES,
    *GUIDES,
    *GUIDE_FORMS,
    *PLUGINS,
)
