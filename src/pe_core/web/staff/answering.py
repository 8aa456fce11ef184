"""Answering the asker: write, look at it once more, send."""

import re
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.requests import reply
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import HelpRequest, Problem
from pe_core.rules.texts import direction
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.facts import headlines, request_address
from pe_core.web.staff.offers import TEXT_LIMIT, Typed, pick_language, read_typed, reply_offer
from pe_core.web.staff.request import read_request
from pe_core.web.staff.templates import template_text
from pe_core.web.staff.words import explain, name_language, say

PATH = "/{language:str}/staff/requests/{request_id:str}/reply"
_GAP = re.compile(r"\[[^\[\]\n]+\]")
"""What a template leaves to be filled in stands in square brackets."""


@get_page(PATH, guard="coordinator")
async def show_reply(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show the form alone, filled from the template that the address names, if it names one.

    The text is in the asker's language, whichever language this page is in.
    """
    help_request = await read_request(request, request_id)
    language = pick_language(request, help_request, "")
    text = template_text(request, query_of(request).get("template", ""), language)
    return _form(request, help_request, Typed(text=text))


@post_page(PATH, guard="coordinator")
async def take_reply(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Show the answer as the asker will read it, go back to change it, or send it."""
    typed = read_typed(fields_of(request))
    act = fields_of(request).one("act")
    help_request = await read_request(request, request_id)
    if act == "change":
        return _form(request, help_request, typed)
    problems = tuple(text_problems("text", typed.text, required=True))
    if problems:
        return _form(request, help_request, typed, problems)
    if typed.length != str(len(help_request.thread)):
        return _preview(request, help_request, typed, changed=True)
    if act != "send":
        return _preview(request, help_request, typed)
    return await _send(request, help_request, typed)


def text_problems(field: str, text: str, *, required: bool) -> list[Problem]:
    """Return what is wrong with a text to the asker."""
    if required and not text:
        return [Problem(field=field, code="required")]
    if len(text) > TEXT_LIMIT:
        return [Problem(field=field, code="too_long", limits={"most": TEXT_LIMIT})]
    return []


async def _send(request: PageRequest, help_request: HelpRequest, typed: Typed) -> Response[Any]:
    language = pick_language(request, help_request, typed.language)
    desk, session = desk_of(request), session_of(request)
    try:
        await reply(desk, session, help_request.id, typed.text, language)
    except Conflict:
        now = await read_request(request, help_request.id)
        return _preview(request, now, typed, changed=True)
    except NotAllowed as error:
        return _form(request, help_request, typed, refused=say(request, error.key))
    at = request_address(request, help_request.id)
    return redirect(address(at, done="replied"))


def _form(
    request: PageRequest,
    help_request: HelpRequest,
    typed: Typed,
    problems: tuple[Problem, ...] = (),
    refused: str = "",
) -> Response[str]:
    return render(
        request,
        "staff/reply.html",
        status=403 if refused else 422 if problems else 200,
        here="requests",
        refused=refused,
        problems=explain(request, problems),
        **headlines(request, help_request),
        **reply_offer(request, help_request, typed),
    )


def _preview(
    request: PageRequest, help_request: HelpRequest, typed: Typed, *, changed: bool = False
) -> Response[str]:
    language = pick_language(request, help_request, typed.language)
    return render(
        request,
        "staff/preview.html",
        status=409 if changed else 200,
        here="requests",
        changed=changed,
        reply=typed,
        unfilled=_GAP.search(typed.text) is not None,
        length=len(help_request.thread),
        reply_language=language,
        reply_dir=direction(language),
        reply_language_name=name_language(language),
        **headlines(request, help_request),
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_reply, take_reply)
