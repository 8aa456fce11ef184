"""What a volunteer says of themselves, one part a page: the way through, and how one is kept."""

from collections.abc import Callable, Iterable
from typing import Any

from litestar import Response

from pe_core.desk.own_answers import asked_of
from pe_core.desk.own_record import change_own
from pe_core.desk.volunteers import read_own
from pe_core.errors import Conflict
from pe_core.model import Problem, Profile
from pe_core.rules.profiles import Read
from pe_core.web.guards.caller import session_of
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.words import say

ME = "/{language:str}/work/me"
CHANGE = "/change"
"""The end of a part's address on the way from *Check what you said*, and back to it."""
FIRST = "languages"
_BEFORE_ASKED = (FIRST, "skills", "place", "zone", "hours", "away", "load", "gender")

Problems = tuple[Problem, ...]
Page = Callable[[Profile, Problems], Response[Any]]


def paths_of(part: str) -> list[str]:
    """Return both addresses of a part's page."""
    return [f"{ME}/{part}", f"{ME}/{part}{CHANGE}"]


def parts_of(request: PageRequest, profile: Profile) -> tuple[str, ...]:
    """Return the parts in their order; those that plugins ask are ``asked/<number>``."""
    asked = (f"asked/{one.number}" for one in asked_of(desk_of(request), profile))
    ways = ("ways",) if profile.ways or desk_of(request).plugins.notifiers else ()
    return (*_BEFORE_ASKED, *asked, *ways, "note")


async def own_profile(request: PageRequest) -> Profile:
    """Return what the caller has said so far."""
    return (await read_own(desk_of(request), session_of(request))).profile


def part_page(
    request: PageRequest,
    part: str,
    template: str,
    profile: Profile,
    problems: Problems,
    **context: Any,
) -> Response[str]:
    """Return the page of one part, with what is wrong on top; ``words`` may say it otherwise."""
    words = context.pop("words", None) or explain(request, problems)
    parts = parts_of(request, profile)
    conflict = any(problem.code == "conflict" for problem in problems)
    return render(
        request,
        f"work/{template}.html",
        status=409 if conflict else 422 if problems else 200,
        here="me",
        part=part,
        back=_before(request, parts, part),
        changing=_changing(request),
        problems=words,
        wrong=dict(words),
        **context,
    )


async def keep_part(
    request: PageRequest,
    part: str,
    read: Callable[[Profile], Read],
    page: Page,
    *,
    stay: bool = False,
) -> Response[Any]:
    """Keep what was typed and go on; what does not fit is shown again with the reason.

    ``stay`` comes back to the same page, where more can be said.
    """
    found: list[Problem] = []
    kept: list[Profile] = []
    seen: list[Profile] = []

    def change(profile: Profile) -> Profile:
        changed, problems = read(profile)
        seen.append(profile)
        found.extend(problems)
        kept.append(changed)
        return changed

    try:
        await change_own(desk_of(request), session_of(request), change)
    except Conflict:
        return page(seen[-1], (Problem(field="", code="conflict"),))
    if found:
        return page(kept[-1], tuple(found))
    if stay:
        return redirect(str(request.scope["path"]))
    return redirect(next_address(request, part, kept[-1]))


def next_address(request: PageRequest, part: str, profile: Profile) -> str:
    """Return where *Continue* leads: the next part, or back to all of them."""
    if _changing(request):
        return _next_unanswered(request, part, profile)
    parts = parts_of(request, profile)
    # A part that an answer has taken away is followed by whatever came after it.
    later = parts[parts.index(part) + 1 :] if part in parts else ()
    return _at(request, later[0] if later else "")


def explain(request: PageRequest, problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Return problems as (field, words): ``work.problem.<code>``, else the core's own words."""
    texts, language = desk_of(request).texts, language_of(request)
    found = []
    for problem in problems:
        own = f"work.problem.{problem.code}"
        key = own if texts.has(language, own) else f"core.problem.{problem.code}"
        found.append((problem.field, say(request, key, **problem.limits)))
    return found


def _next_unanswered(request: PageRequest, part: str, profile: Profile) -> str:
    """Return the page of what is newly asked because of an answer, else all of them."""
    if part.startswith("asked/"):
        number = int(part.partition("/")[2])
        answered = {answer.field for answer in profile.answers}
        for asked in asked_of(desk_of(request), profile):
            is_new = asked.question.ask_if is not None and asked.key not in answered
            if asked.number > number and is_new:
                return _at(request, f"asked/{asked.number}{CHANGE}")
    return _at(request, "")


def _before(request: PageRequest, parts: tuple[str, ...], part: str) -> str:
    if _changing(request):
        return _at(request, "")
    place = parts.index(part) if part in parts else 0
    return _at(request, parts[place - 1]) if place else f"/{language_of(request)}/work"


def _at(request: PageRequest, part: str) -> str:
    return f"/{language_of(request)}/work/me{f'/{part}' if part else ''}"


def _changing(request: PageRequest) -> bool:
    return str(request.scope["path"]).endswith(CHANGE)
