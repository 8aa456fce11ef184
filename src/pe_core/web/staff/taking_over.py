"""A guide that another embassy shared, on the page of its conversation: made into a draft here."""

from collections.abc import Sequence
from typing import Any

from pe_core.errors import NotAllowed
from pe_core.model import Guide
from pe_core.model.referral import Share
from pe_core.network.taking_over import look_at_shared, problems_of, take_over_shared
from pe_core.network.threads import ReferralView, Said
from pe_core.rules.guides import text_in
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.guides import at
from pe_core.web.staff.words import name_language, say

TAKE_OVER = "take_over"
"""The act of the form; it sends no letter, so it is none of the acts of a conversation."""
NEW, OURS = "new", "ours"
Problems = list[tuple[str, str]]
_FIELDS = {
    "staff.guides.problem.slug": "slug",
    "staff.guides.problem.slug_taken": "slug",
    "staff.share.being_changed": "into",
}
"""The fields that what a refusal says is about."""


async def offer_guide(
    request: PageRequest, view: ReferralView, said: Sequence[Said], typed: Fields
) -> dict[str, Any] | None:
    """Return what can become of the guide that a peer shared here; None where nothing can."""
    desk, session = desk_of(request), session_of(request)
    theirs = _shared(view, said)
    if theirs is None or "drafts" not in session.compartments:
        return None
    found = await look_at_shared(desk, session, view, theirs)
    return {
        "draft": at(request, found.draft) if found.draft else "",
        "before": at(request, found.before) if found.before else "",
        "languages": ", ".join(name_language(tag) for tag in found.languages),
        "wrong": _wrong(request, theirs),
        "choices": _choices(request, found.ours),
        "into": typed.one("into") or NEW,
        "slug": typed.one("slug") or found.slug,
    }


async def take_guide(
    request: PageRequest, view: ReferralView, said: Sequence[Said], fields: Fields
) -> tuple[str, Problems]:
    """Make a draft of the guide; returns the address of the draft, or what is wrong by field."""
    theirs = _shared(view, said)
    if theirs is None:
        raise NotAllowed("staff.referrals.gone")
    slug = None if fields.one("into") == OURS else fields.one("slug").strip()
    desk, session = desk_of(request), session_of(request)
    try:
        return at(request, await take_over_shared(desk, session, view, theirs, slug)), []
    except NotAllowed as error:
        if error.key not in _FIELDS:
            raise
        return "", [(_FIELDS[error.key], say(request, error.key))]


def _shared(view: ReferralView, said: Sequence[Said]) -> Guide | None:
    """Return the guide that a peer's letter carries, None if we sent it or it is gone."""
    first = said[0].body if said and not view.is_ours else None
    return first.guide if isinstance(first, Share) else None


def _choices(request: PageRequest, ours: Guide | None) -> list[tuple[str, str, str]]:
    """Return new or ours, where we have a guide of the same name; else there is no choice."""
    if ours is None or not ours.texts:
        return []
    title = text_in(ours.texts, language_of(request))[1].title
    return [
        (name, say(request, f"staff.share.into_{name}", title=title), "") for name in (NEW, OURS)
    ]


def _wrong(request: PageRequest, theirs: Guide) -> list[str]:
    """Return what our own people could not have typed, a line each."""
    return [
        say(
            request,
            "staff.share.wrong_in",
            part=name_language(tag) if tag else say(request, "staff.guides.facts"),
            problem=say(request, f"staff.guides.problem.{problem.code}"),
        )
        for tag, problem in problems_of(desk_of(request), theirs)
    ]
