"""Entering a request for somebody who called, came, wrote a letter or a message.

The draft lives in memory with the coordinator's session and is wiped with it; what is sent is
a request like any other, and its receipt is read out to the asker.
"""

from collections.abc import Iterable

from pe_core.desk.desk import Desk
from pe_core.desk.drafts import Draft
from pe_core.desk.intake import set_where, shown_receipt, submit
from pe_core.desk.sessions import Session
from pe_core.errors import NotFound
from pe_core.model import Channel, Problem, Where
from pe_core.model.struct import Model

SPOKEN = (Channel.PHONE, Channel.IN_PERSON, Channel.LETTER, Channel.MESSENGER)
"""The ways on which a request can come to be entered."""


class Beginning(Model):
    """What a coordinator says before the questions; ``agreed``: the asker wants it kept."""

    topic: str = ""
    language: str = ""
    where: Where | None = None
    channel: Channel | None = None
    agreed: bool = False


def begin_entry(desk: Desk, session: Session, beginning: Beginning) -> tuple[Problem, ...]:
    """Start a draft for somebody; returns what is missing, or nothing when it is started.

    Without the asker's word that this may be written down nothing is. An earlier draft of this
    session is wiped.
    """
    problems = tuple(_missing(desk, beginning))
    if problems or beginning.where is None or beginning.channel is None:
        return problems
    drop_entry(session)
    # Nobody types groups back here: the receipt is read out, not written down by who sees it.
    draft = Draft(desk.forms[beginning.topic], beginning.language, (1, 2))
    draft.channel = beginning.channel
    draft.entered_by = session.box
    set_where(draft, beginning.where)
    session.entering = draft
    return ()


def entry_of(session: Session) -> Draft:
    """Return the draft that this session is entering and has not sent; NotFound without one."""
    draft = session.entering
    if draft is None or draft.receipt is not None:
        raise NotFound("staff.enter.over")
    return draft


async def submit_entry(desk: Desk, session: Session) -> str:
    """Seal what was entered and return the receipt to read out; raises as ``submit`` does."""
    draft = session.entering
    if draft is None:
        raise NotFound("staff.enter.over")
    return await submit(desk, draft)


def entered(desk: Desk, session: Session) -> tuple[Draft, str] | None:
    """Return what was sent and its receipt, while that may still be shown: 15 minutes."""
    draft = session.entering
    receipt = shown_receipt(desk, draft) if draft is not None else None
    return (draft, receipt) if draft is not None and receipt is not None else None


def drop_entry(session: Session) -> None:
    """Wipe what this session was entering, or the receipt that it was shown."""
    if session.entering is not None:
        session.entering.answers.clear()
        session.entering.receipt = None
        session.entering = None


def _missing(desk: Desk, beginning: Beginning) -> Iterable[Problem]:
    if beginning.topic not in desk.forms:
        yield Problem(field="topic", code="required")
    if beginning.language not in desk.embassy.languages:
        yield Problem(field="language", code="required")
    if beginning.where is None:
        yield Problem(field="where", code="required")
    if beginning.channel not in SPOKEN:
        yield Problem(field="channel", code="required")
    if not beginning.agreed:
        yield Problem(field="agreed", code="required")
