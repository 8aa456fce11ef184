"""Links to requests that are the same as another one, or may be."""

from typing import Any

from pe_core.desk.duplicates import duplicates_of, suggest_duplicates
from pe_core.model import HelpRequest, RequestId
from pe_core.model.struct import Model
from pe_core.rules.texts import show_number
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.facts import request_address
from pe_core.web.staff.words import say, show_day, show_topic


class Other(Model):
    """Another request: the way there, its topic and day, and how alike it is."""

    id: RequestId
    address: str
    words: str
    alike: str = ""


async def duplicate_links(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return the request that this one repeats, those that repeat it, and those that may."""
    session = session_of(request)
    same_as = help_request.summary.duplicate_of
    found = await suggest_duplicates(desk_of(request), session, help_request.id)
    return {
        "same_as": _other(request, same_as) if same_as is not None else None,
        "repeats": [_other(request, other) for other in duplicates_of(session, help_request.id)],
        "alike": [_other(request, other, likeness) for other, likeness in found],
    }


def _other(request: PageRequest, other: RequestId, likeness: float = 0.0) -> Other:
    return Other(
        id=other,
        address=request_address(request, other),
        words=_words(request, other),
        alike=show_number(round(likeness * 100), language_of(request)) if likeness else "",
    )


def _words(request: PageRequest, other: RequestId) -> str:
    """Return topic and day of a request, as far as this session has listed it; never its text."""
    summary = session_of(request).summaries.get(other)
    if summary is None:
        return say(request, "staff.duplicate.another")
    topic = show_topic(request, summary.topic or summary.form, summary.title)
    return say(
        request, "staff.duplicate.words", topic=topic, date=show_day(request, summary.submitted)
    )
