"""What the head of every page about a request says of it."""

from typing import Any

from pe_core.model import Channel, HelpRequest, RequestId, State
from pe_core.rules.standing import is_open
from pe_core.rules.texts import direction, show_date
from pe_core.web.portal import PageRequest, language_of
from pe_core.web.staff.words import (
    name_language,
    say,
    show_last_day,
    show_moment,
    show_topic,
)


def request_address(request: PageRequest, request_id: RequestId) -> str:
    """Return the address of a request's page."""
    return f"/{language_of(request)}/staff/requests/{request_id}"


def topic_of(request: PageRequest, help_request: HelpRequest) -> str:
    """Return the topic that a request was sorted under, else the one that the asker chose."""
    original, topic = help_request.original, help_request.summary.topic
    return show_topic(request, topic or original.form, original.title)


def headlines(request: PageRequest, help_request: HelpRequest) -> dict[str, Any]:
    """Return what the head of every page about a request shows."""
    language = language_of(request)
    original, summary = help_request.original, help_request.summary
    waiting = help_request.state is State.WAITING
    whom = summary.waiting_on if waiting else None
    wake = summary.wake if waiting else None
    # What was opened again has not ended, whatever was said when it was closed.
    outcome = None if is_open(help_request.state) else summary.outcome
    due = help_request.withdrawal_due
    return {
        "at": request_address(request, help_request.id),
        "state": help_request.state,
        "topic": topic_of(request, help_request),
        "asked_as": show_topic(request, original.form, original.title) if summary.topic else "",
        "urgency": summary.urgency,
        "sensitivity": summary.sensitivity,
        "channel": "" if original.channel is Channel.PORTAL else original.channel,
        "asker_language": original.language,
        "asker_dir": direction(original.language),
        "asker_language_name": name_language(original.language),
        "where": original.where,
        "received": show_moment(request, original.submitted),
        "outcome": say(request, f"staff.outcome.{outcome}") if outcome else "",
        "waiting_on": say(request, f"staff.waiting_on.{whom}") if whom else "",
        "wake": show_date(wake, language) if wake else "",
        "kept": show_last_day(request, help_request.keep_until),
        "withdrawal": show_date(due, language) if due else "",
    }
