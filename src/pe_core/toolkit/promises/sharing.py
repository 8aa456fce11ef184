"""A rule about what may leave answers the same request alike, and keeps nothing of it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from pe_core.errors import NotAllowed
from pe_core.hooks import Plugins
from pe_core.hooks.sharing import narrow
from pe_core.hooks.troubles import Troubles
from pe_core.model import (
    Answer,
    FileNote,
    Form,
    HelpRequest,
    Original,
    RequestId,
    Sharing,
    State,
    Summary,
    Where,
)
from pe_core.model.peer import PeerCode
from pe_core.model.week import week_of
from pe_core.rules import forms
from pe_core.toolkit.examples import Given, ways
from pe_core.toolkit.promises.ranking import held_by

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MARK = "invented-answer-"
PEERS = (PeerCode("xx"), PeerCode("yy"))
_WHAT = {
    "slow": "takes longer than a second; meanwhile nobody else is served",
    "printed": "prints; leave that out, answers would stand in the log",
    "TypeError": "returns something else; return Sharing(fields=(...,)) or None",
}


def sharing_faults(plugin: str, plugins: Plugins, given: Given) -> Iterator[str]:
    """Yield a line for each thing that is wrong with what a plugin holds back.

    All is asked twice with other questions in between: what has no memory answers alike.
    """
    own = tuple((name, caller) for name, caller in plugins.sharers if name == plugin)
    if not own:
        return
    alone = msgspec.structs.replace(plugins, sharers=own)
    asked = [
        (request, peer)
        for form in plugins.forms.values()
        for request in _requests(form, given)
        for peer in PEERS
    ]
    troubles = Troubles(lambda: START)
    once, again = ([_answer(alone, *one, troubles) for one in asked] for _ in range(2))
    for trouble in troubles.all():
        at = f" at {trouble.place}" if trouble.place else ""
        raised = f"raises {trouble.what}{at}; return None where there is no rule"
        yield f"{plugin}: may_share {_WHAT.get(trouble.what, raised)}"
    if not troubles.all() and once != again:
        yield (
            f"{plugin}: may_share holds back other fields of the same request when it is asked "
            "again; let it depend on nothing but the request and the peer"
        )
    (hook,) = own[0][1].get_hookimpls()
    if MARK in held_by(hook.function.__module__.partition(".")[0]):
        yield (
            f"{plugin}: may_share keeps what it was shown; let its modules hold nothing of the "
            "request"
        )


def _answer(
    plugins: Plugins, request: HelpRequest, peer: PeerCode, troubles: Troubles
) -> Sharing | None:
    try:
        return narrow(plugins, request, peer, troubles)
    except NotAllowed:
        return None  # the troubles tell why


def _requests(form: Form, given: Given) -> Iterator[HelpRequest]:
    """Yield a request for each way through a form, every answer marked."""
    for way in ways(form, given):
        answers = tuple(
            Answer(
                field=question.field,
                question=f"{MARK}{question.field}",
                value=way[question.field],
                shown=f"{MARK}{question.field}",
                personal=question.personal,
            )
            for question in forms.questions(form)
            if question.field in way
        )
        yield _request(form, answers)


def _request(form: Form, answers: tuple[Answer, ...]) -> HelpRequest:
    week = week_of(START.date())
    original = Original(
        form=form.name,
        form_version=forms.form_version(form),
        title=form.name,
        language="en",
        where=Where.ABROAD,
        answers=answers,
        reply_key=b"",
        submitted=START,
        keep_weeks=form.keep_weeks,
        files=(FileNote(id=f"{MARK}file", media_type="image/jpeg", size=1),),
    )
    summary = Summary(
        revision=1,
        form=form.name,
        title=form.name,
        language="en",
        where=Where.ABROAD,
        submitted=START,
    )
    return HelpRequest(
        id=RequestId(f"{MARK}id"),
        state=State.TRIAGE,
        week=week,
        keep_until=week,
        original=original,
        summary=summary,
    )
