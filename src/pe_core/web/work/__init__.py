"""A volunteer's own pages: what they say of themselves, their work, and how they leave."""

from litestar.handlers import HTTPRouteHandler

from pe_core.web.work.about_me import ROUTES as ABOUT_ME
from pe_core.web.work.agreement import ROUTES as AGREEMENT
from pe_core.web.work.ending import ROUTES as ENDING
from pe_core.web.work.feed import ROUTES as FEED
from pe_core.web.work.home import ROUTES as HOME
from pe_core.web.work.leaving import ROUTES as LEAVING
from pe_core.web.work.messages import ROUTES as MESSAGES
from pe_core.web.work.place_time import ROUTES as PLACE_TIME
from pe_core.web.work.skills import ROUTES as SKILLS
from pe_core.web.work.tasks import ROUTES as TASKS
from pe_core.web.work.ways import ROUTES as WAYS
from pe_core.web.work.wishes import ROUTES as WISHES

ROUTES: tuple[HTTPRouteHandler, ...] = (
    *HOME,
    *ABOUT_ME,
    *SKILLS,
    *PLACE_TIME,
    *WISHES,
    *WAYS,
    *AGREEMENT,
    *MESSAGES,
    *LEAVING,
    *TASKS,
    *ENDING,
    *FEED,
)
