"""The start of asking: the topic, where the asker is, and the warning for those in danger."""

from datetime import timedelta
from typing import Any

from litestar import Response

from pe_core.desk.drafts import Draft
from pe_core.desk.intake import begin, drop_file, set_where
from pe_core.desk.reading import guides_of
from pe_core.model import Where
from pe_core.web.guards.caller import draft_of, fields_of
from pe_core.web.guards.cookies import read_cookie, set_cookie
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.guards.tokens import SHORTEST
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of, portal_of
from pe_core.web.public.told import maybe_answers
from pe_core.web.public.way import CHANGE, needed_first, step_after

BEGINS = 90
"""New drafts that the whole door takes in a minute; their memory has a limit of its own."""
MINUTE = timedelta(minutes=1)
WHERE = ["/{language:str}/ask/where", "/{language:str}/ask/where/change"]
WARNING = ["/{language:str}/ask/warning", "/{language:str}/ask/warning/change"]


@get_page("/{language:str}/ask", guard="public")
async def show_topics(request: PageRequest) -> Response[str]:
    """Ask what it is about."""
    return _topics_page(request)


@post_page("/{language:str}/ask", guard="public", form="ask")
async def take_topic(request: PageRequest) -> Response[Any]:
    """Begin a draft, or go on with the one there is if its topic is the same.

    It goes on under a new cookie: at a shared machine somebody else may have noted the old one.
    """
    desk, language = desk_of(request), language_of(request)
    topic = fields_of(request).one("topic")
    if topic not in desk.forms:
        return _topics_page(request, wrong=True)
    there, old = _draft_there(request), read_cookie(request, "pe_ask")
    if old and there is not None and there.form.name == topic and there.receipt is None:
        again = redirect(f"/{language}/ask/where")
        return set_cookie(request, again, "pe_ask", desk.drafts.renew(old))
    portal_of(request).quotas.take("begin", limit=BEGINS, window=MINUTE)
    if old is not None:
        desk.drafts.drop(old)
    cookie, _ = begin(desk, topic, language)
    return set_cookie(request, redirect(f"/{language}/ask/begin"), "pe_ask", cookie)


@get_page("/{language:str}/ask/begin", guard="public")
async def check_cookie(request: PageRequest) -> Response[Any]:
    """Go on if the browser brought the cookie back, and say so if it keeps none."""
    if _draft_there(request) is not None:
        return redirect(f"/{language_of(request)}/ask/where")
    return render(request, "public/cookies.html", again="/ask")


@get_page(WHERE, guard="asker")
async def show_where(request: PageRequest) -> Response[Any]:
    """Ask where the asker is."""
    if draft_of(request).receipt is not None:
        return redirect(f"/{language_of(request)}/ask/receipt")
    return _where_page(request)


@post_page(WHERE, guard="asker")
async def take_where(request: PageRequest) -> Response[Any]:
    """Note where the asker is; in Belarus or on the way there, the warning comes next."""
    draft = draft_of(request)
    if draft.receipt is not None:
        return _to(request, "receipt")
    typed = fields_of(request).one("where")
    if typed not in {where.value for where in Where}:
        return _where_page(request, wrong=True)
    set_where(draft, Where(typed))
    if draft.limited:
        for file in tuple(draft.files):
            drop_file(desk_of(request), draft, file.id)
        return _to(request, f"warning{_change(request)}")
    return _to(request, "check" if _change(request) else step_after(draft, 0))


@get_page(WARNING, guard="asker")
async def show_warning(request: PageRequest) -> Response[Any]:
    """Say what is risky and what the limited mode leaves out."""
    draft = draft_of(request)
    if needed_first(draft) not in (None, "warning"):
        return _to(request, str(needed_first(draft)))
    if not draft.limited:
        return _to(request, step_after(draft, 0))
    return render(request, "public/warning.html", back=f"where{_change(request)}")


@post_page(WARNING, guard="asker")
async def take_warning(request: PageRequest) -> Response[Any]:
    """Go on in the limited mode."""
    draft = draft_of(request)
    if needed_first(draft) not in (None, "warning"):
        return _to(request, str(needed_first(draft)))
    draft.warned = True
    return _to(request, "check" if _change(request) else step_after(draft, 0))


def _topics_page(request: PageRequest, *, wrong: bool = False) -> Response[str]:
    desk, language = desk_of(request), language_of(request)
    text = desk.texts.text
    there = _draft_there(request)
    words = text(language, "core.ask.topic_required") if wrong else ""
    return render(
        request,
        "public/topics.html",
        status=422 if wrong else 200,
        exit=True,
        token=form_token(request, "ask", timedelta(0) if there is not None else SHORTEST),
        topics=[
            (name, text(language, f"{name}.title"), text(language, f"{name}.summary"))
            for name in desk.forms
        ],
        chosen=there.form.name if there is not None else "",
        maybe=maybe_answers(request, there.form.name) if there is not None else (),
        readable=bool(guides_of(desk)),
        problems=[("topic", words)] if wrong else [],
        wrong=words,
    )


def _where_page(request: PageRequest, *, wrong: bool = False) -> Response[str]:
    desk, language = desk_of(request), language_of(request)
    words = desk.texts.text(language, "core.problem.required_choice") if wrong else ""
    where = draft_of(request).where
    return render(
        request,
        "public/where.html",
        status=422 if wrong else 200,
        back="/ask/check" if _change(request) else "/ask",
        places=[
            (place.value, desk.texts.text(language, f"core.ask.where.{place}")) for place in Where
        ],
        chosen=where.value if where is not None else "",
        maybe=() if _change(request) else maybe_answers(request, draft_of(request).form.name),
        problems=[("where", words)] if wrong else [],
        wrong=words,
    )


def _draft_there(request: PageRequest) -> Draft | None:
    return desk_of(request).drafts.find(read_cookie(request, "pe_ask"))


def _change(request: PageRequest) -> str:
    return CHANGE if request.scope["path"].endswith(CHANGE) else ""


def _to(request: PageRequest, step: str) -> Response[Any]:
    return redirect(f"/{language_of(request)}/ask/{step}")
