"""Offering help: what volunteers do, and from there to an account of one's own."""

from datetime import timedelta
from typing import Any

from litestar import Response

from pe_core.desk.applying import applicant_words, apply, begin_applying
from pe_core.model import Problem
from pe_core.web.guards.caller import applicant_of, fields_of
from pe_core.web.guards.cookies import clear_cookie, read_cookie, set_cookie
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.new_account import show_new_account
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of, portal_of

BEGINS = 20
"""Accounts that the whole door begins in an hour: each of them costs the coordinators a look."""
HOUR = timedelta(hours=1)


@get_page("/{language:str}/help", guard="public")
async def show_help(request: PageRequest) -> Response[str]:
    """Say what volunteers do, what it asks of them, and where it begins."""
    desk = desk_of(request)
    return render(
        request,
        "public/help.html",
        contact=desk.embassy.contact,
        open=desk.is_live,
        token=form_token(request, "help"),
    )


@post_page("/{language:str}/help", guard="public", form="help")
async def begin_helping(request: PageRequest) -> Response[Any]:
    """Make the words of a new account; those that this browser was shown before are forgotten."""
    desk, language = desk_of(request), language_of(request)
    portal_of(request).quotas.take("apply", limit=BEGINS, window=HOUR)
    old = read_cookie(request, "pe_apply")
    if old is not None:
        desk.applicants.drop(old)
    cookie, _ = begin_applying(desk, language)
    return set_cookie(request, redirect(f"/{language}/help/begin"), "pe_apply", cookie)


@get_page("/{language:str}/help/begin", guard="public")
async def check_helping_cookie(request: PageRequest) -> Response[Any]:
    """Go on if the browser brought the cookie back, and say so if it keeps none."""
    if desk_of(request).applicants.find(read_cookie(request, "pe_apply")) is not None:
        return redirect(f"/{language_of(request)}/help/account")
    return render(request, "public/cookies.html", again="/help")


@get_page("/{language:str}/help/account", guard="applicant")
async def show_own_account(request: PageRequest) -> Response[str]:
    """Show passphrase and authenticator until they are typed back."""
    return _account_page(request)


@post_page("/{language:str}/help/account", guard="applicant")
async def take_own_account(request: PageRequest) -> Response[Any]:
    """Open the account, or say all that is still wrong."""
    desk, applicant, fields = desk_of(request), applicant_of(request), fields_of(request)
    handle, passphrase, code = (fields.one(name) for name in ("handle", "passphrase", "code"))
    problems = await apply(desk, applicant, handle, passphrase, code)
    if problems:
        return _account_page(request, problems, handle, passphrase)
    response = redirect(f"/{language_of(request)}/staff/unlock?offered=1")
    return clear_cookie(request, response, "pe_apply")


def _account_page(
    request: PageRequest,
    problems: tuple[Problem, ...] = (),
    handle: str = "",
    passphrase: str = "",
) -> Response[str]:
    applicant = applicant_of(request)
    desk, language = desk_of(request), language_of(request)
    words = {
        problem.field: desk.texts.text(language, f"core.apply.problem_{problem.code}")
        for problem in problems
    }
    return render(
        request,
        "public/own_account.html",
        status=422 if problems else 200,
        **show_new_account(applicant.passphrase, *applicant_words(applicant)),
        handle=handle,
        passphrase=passphrase,
        problems=list(words.items()),
        wrong=words,
    )
