"""*I have a code*: open a request by its receipt and see where it stands."""

from datetime import timedelta
from typing import Any, Literal, get_args

import msgspec
from litestar import Response
from litestar.params import FromPath

from pe_core.desk.visits import Shown, View, come_back, look
from pe_core.errors import NotFound
from pe_core.model import MessageKind, State
from pe_core.model.struct import Model
from pe_core.model.week import week_start
from pe_core.network.consenting import read_asked
from pe_core.rules.receipts import read_receipt
from pe_core.rules.sharing import first_day
from pe_core.rules.texts import direction, show_date, show_number
from pe_core.web.guards.caller import fields_of, visit_of
from pe_core.web.guards.cookies import read_cookie, set_cookie
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of
from pe_core.web.public.wording import day_words

TYPED_LIMIT = 64
"""Longer than any receipt, however it is typed; no more is shown again."""
Done = Literal[
    "word",
    "read",
    "solved",
    "unsolved",
    "withdrawn",
    "kept",
    "reopened",
    "helper",
    "shared",
    "not_shared",
    "unshared",
]
DONE: tuple[Done, ...] = get_args(Done)
"""What can be confirmed in one line; part of an address, so it names the act and no more."""
_LOOKS: dict[State, str] = {
    State.WAITING: "warning",
    State.RESOLVED: "good",
    State.CLOSED: "good",
}


class Answered(Model):
    """A reply as the page shows it; ``day`` is in the page's language.

    ``is_helper`` is whether a helper wrote it, and not the team.
    """

    id: str
    day: str
    text: str
    language: str
    direction: str
    is_helper: bool


class Wrong(Model):
    """What was wrong with something sent from the page, and the words that are kept.

    ``words`` and ``photo`` belong to the word, ``helper`` and ``message`` to what is written to
    a helper, ``share`` to what may go to another embassy, ``solved`` and ``remark`` to the others.
    """

    field: Literal["", "words", "photo", "solved", "remark", "helper", "message", "share"] = ""
    key: str = ""
    typed: str = ""
    limit: int = 0
    status: int = 422


@get_page("/{language:str}/code", guard="public")
async def show_code(request: PageRequest) -> Response[str]:
    """Ask for the code."""
    return _code_page(request)


@post_page("/{language:str}/code", guard="public", form="code")
async def take_code(request: PageRequest) -> Response[Any]:
    """Open a visit.

    A slip is told as one. Unknown, wrong and erased codes get one and the same page; they are
    counted by their one-use token only, because a count of the whole door would let a flood
    keep everybody out (vault.md, "Receipt").
    """
    desk, typed = desk_of(request), fields_of(request).one("code")
    try:
        cookie, _ = await come_back(desk, typed)
    except NotFound as error:
        return _code_page(request, typed, error.key)
    old = read_cookie(request, "pe_visit")
    if old is not None:
        desk.visits.drop(old)
    response = redirect(f"/{language_of(request)}/code/begin")
    return set_cookie(request, response, "pe_visit", cookie)


@get_page("/{language:str}/code/begin", guard="public")
async def check_visit_cookie(request: PageRequest) -> Response[Any]:
    """Go on if the browser brought the cookie back, and say so if it keeps none."""
    if desk_of(request).visits.find(read_cookie(request, "pe_visit")) is not None:
        return redirect(f"/{language_of(request)}/mine")
    return render(request, "public/cookies.html", again="/code")


@get_page("/{language:str}/mine", guard="visit")
async def show_mine(request: PageRequest) -> Response[str]:
    """Show where the request stands and what was answered."""
    return await mine_page(request)


@get_page("/{language:str}/mine/done/{what:str}", guard="visit")
async def show_mine_done(request: PageRequest, what: FromPath[str]) -> Response[str]:
    """Show the same page with one line that confirms what was just done."""
    done = next((known for known in DONE if known == what), None)
    if done is None:
        raise refusal("not_found")
    return await mine_page(request, done=done)


async def mine_page(
    request: PageRequest, *, done: Done | None = None, wrong: Wrong | None = None
) -> Response[str]:
    """Render the asker's page; with ``wrong``, what they typed is still there."""
    desk, language = desk_of(request), language_of(request)
    view = await look(desk, visit_of(request))
    wrong = _placed(view, wrong) if wrong is not None else None
    limit = show_number(wrong.limit, language) if wrong is not None else ""
    words = desk.texts.text(language, wrong.key, limit=limit) if wrong is not None else ""
    over = view.state in (State.CLOSED, State.TRANSFERRED)
    return render(
        request,
        "public/mine.html",
        status=wrong.status if wrong is not None else 200,
        view=view,
        look=_LOOKS.get(view.state, ""),
        asked=show_date(week_start(view.week), language),
        answers=_answers(request, view),
        helpers=_helpers(request, view),
        had_helper=any(_is_helpers(shown) for shown in view.replies),
        withdrawal=(
            show_date(view.withdrawal_due, language) if view.withdrawal_due and not over else ""
        ),
        done=done or "",
        once=form_token(request, "word", timedelta(0)),
        **await _elsewhere(request, over=over),
        wrong=wrong or Wrong(),
        words=words,
        problems=[(wrong.field, words)] if wrong is not None else [],
    )


def _placed(view: View, wrong: Wrong) -> Wrong:
    """Return what was wrong at a field that the page still has, so that no words are lost.

    The request may have moved on in another tab, or at the desk, since the form was opened.
    """
    has = {
        "": True,
        "words": view.may_write,
        "photo": view.may_write,
        "solved": view.asks_solved,
        "remark": view.asks_solved or view.may_reopen,
        "helper": bool(view.helpers),
        "message": bool(view.helpers),
        "share": True,
    }
    if has[wrong.field]:
        return wrong
    return msgspec.structs.replace(wrong, field="remark" if view.may_reopen else "words")


async def _elsewhere(request: PageRequest, *, over: bool) -> dict[str, Any]:
    """Return what the page says of other embassies: wishes, what was agreed to, where it went.

    Nothing more is asked about a request that is over.
    """
    desk, language = desk_of(request), language_of(request)
    asked = await read_asked(desk, visit_of(request))
    wishes = [] if over else asked.wishes
    # What the embassy has that took the request is taken back there.
    there = asked.moved.peer if asked.moved else ""
    given = [(name, one) for name, one in asked.given if one.consent.peer != there]
    return {
        "wishes": [(name, wish, direction(wish.asked_language)) for name, wish in wishes],
        "given": [(name, one, show_date(first_day(one.consent), language)) for name, one in given],
        "moved": asked.moved,
        "moved_groups": _groups(asked.moved.receipt) if asked.moved else [],
    }


def _groups(receipt: str) -> list[str]:
    """Return a receipt in its groups of four, none for what is no receipt."""
    read = read_receipt(receipt)
    return [read[start : start + 4] for start in range(0, len(read), 4)] if read else []


def _answers(request: PageRequest, view: View) -> list[Answered]:
    """Return the replies, the newest first."""
    desk, language = desk_of(request), language_of(request)
    return [
        Answered(
            id=shown.id,
            day=day_words(desk, shown.reply.at, language),
            text=shown.reply.text,
            language=shown.reply.language,
            direction=direction(shown.reply.language) if shown.reply.language else "auto",
            is_helper=_is_helpers(shown),
        )
        for shown in reversed(view.replies)
    ]


def _helpers(request: PageRequest, view: View) -> list[tuple[str, str]]:
    """Return whom one can write to: the task, and "Helper 1" where there are several."""
    desk, language = desk_of(request), language_of(request)
    return [
        (brief, desk.texts.text(language, "core.mine.helper_number", number=number))
        for number, brief in enumerate(view.helpers, start=1)
    ]


def _is_helpers(shown: Shown) -> bool:
    return shown.reply.kind is MessageKind.HELPER


def _code_page(request: PageRequest, typed: str = "", key: str = "") -> Response[str]:
    words = desk_of(request).texts.text(language_of(request), key) if key else ""
    return render(
        request,
        "public/code.html",
        status=422 if key else 200,
        exit=True,
        token=form_token(request, "code", timedelta(0)),
        typed=typed[:TYPED_LIMIT],
        problems=[("code", words)] if key else [],
        wrong=words,
    )
