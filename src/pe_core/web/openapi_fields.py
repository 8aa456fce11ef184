"""What the forms of the portal hold, for their description: fields by handler, as pages send them.

Handlers read fields one by one, so this is written by hand; ``tests/test_openapi_schemathesis.py``
walks the pages and finds every field that a form sends and this does not name.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pe_core.desk.setup import CONFIRMED
from pe_core.model import (
    Channel,
    Outcome,
    Proof,
    Sensitivity,
    State,
    Status,
    Urgency,
    WaitingOn,
    Where,
)
from pe_core.rules.retention import ROLES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FILE: Schema = {"type": "string", "format": "binary"}


def one_of(values: Sequence[str]) -> Schema:
    """Return the schema of a choice; '' is what a form sends when nothing was chosen."""
    return {"type": "string", "enum": ["", *values]}


def many(schema: Schema) -> Schema:
    """Return the schema of a field that may be sent several times."""
    return {"type": "array", "items": schema}


def act_of(*buttons: str) -> Schema:
    """Return the schema of the button that was pressed."""
    return {**one_of(buttons), "description": "The button that was pressed"}


PASSPHRASE = {"passphrase": {"type": "string", "format": "password"}}
CREDENTIALS = {"name": TEXT, **PASSPHRASE, "code": TEXT}
TWO_WORDS = {"first": TEXT, "second": TEXT}
DAY = {f"answer-{part}": TEXT for part in ("day", "month", "year")}
MOVING: Mapping[str, Schema] = {
    "text": TEXT,
    "language": TEXT,
    "word": TEXT,
    "word_language": TEXT,
    "length": {"type": "string", "description": "How long the thread was when it was read"},
    "state": one_of([state.value for state in State]),
    "was": one_of([state.value for state in State]),
    "outcome": one_of([outcome.value for outcome in Outcome]),
    "waiting_on": one_of([who.value for who in WaitingOn]),
    **{f"wake-{part}": TEXT for part in ("day", "month", "year")},
    "act": act_of("change", "preview", "send"),
}

FIELDS: Mapping[str, Mapping[str, Schema]] = MappingProxyType(
    {
        "public.ask.take_topic": {"topic": TEXT},
        "public.ask._take_where": {"where": one_of([where.value for where in Where])},
        "public.ask._take_warning": {},
        "public.questions._take_answer": {"answer": many(TEXT), **DAY},
        "public.whole.take_whole": {"send": act_of("1")},
        "public.attachments.take_file": {
            "photo": FILE,
            "file": FILE,
            "add": act_of("1"),
            "continue": act_of("1"),
        },
        "public.attachments.remove_file": {"file": TEXT},
        "public.sending.send_request": {},
        "public.sending.take_groups": TWO_WORDS,
        "public.comeback.take_code": {"code": TEXT},
        "public.acts.take_word": {"words": TEXT, "once": TEXT, "photo": FILE, "file": FILE},
        "public.acts.take_read": {"reply": TEXT},
        "public.acts.take_solved": {"solved": one_of(["yes", "no"]), "remark": TEXT},
        "public.acts.take_withdrawal": {},
        "public.acts.take_keep": {},
        "public.acts.take_reopening": {"remark": TEXT},
        "public.acts.take_leave": {},
        "public.guides.search_guides": {"query": TEXT},
        "public.letters.fill_letter": {},
        "staff.unlock.take_unlock": CREDENTIALS,
        "staff.unlock.lock": {},
        "staff.join.take_invite": {"code": TEXT},
        "staff.join.take_account": {"handle": TEXT, **PASSPHRASE, "code": TEXT},
        "staff.me.burn": PASSPHRASE,
        "staff.renewing.take_passphrase": PASSPHRASE,
        "staff.renewing.take_new_passphrase": {"words": TEXT, "act": act_of("stop")},
        "staff.renewing.take_second": {**PASSPHRASE, "act": act_of("drop")},
        "staff.renewing.take_new_second": {"words": TEXT, "act": act_of("stop")},
        "staff.emergency.take_emergency": {"act": act_of("lock")},
        "staff.emergency.take_lift": CREDENTIALS,
        "staff.requests.search_requests": {"query": TEXT},
        "staff.entering.take_beginning": {
            "topic": TEXT,
            "language": TEXT,
            "where": one_of([where.value for where in Where]),
            "channel": one_of([channel.value for channel in Channel]),
            "agreed": one_of(["yes"]),
        },
        "staff.entering.take_questions": {"send": act_of("1")},
        "staff.entering.forget_receipt": {},
        "staff.entering.drop_questions": {},
        "staff.answering.take_reply": MOVING,
        "staff.moving.take_move": MOVING,
        "staff.working.take_claim": {"act": act_of("claim", "release"), "holder": TEXT},
        "staff.working.take_sorting": {
            "topic": TEXT,
            "urgency": one_of([urgency.value for urgency in Urgency]),
            "sensitivity": one_of([sensitivity.value for sensitivity in Sensitivity]),
        },
        "staff.working.take_note": {"note": TEXT},
        "staff.working.take_extension": {"weeks": TEXT},
        "staff.working.take_duplicate": {"act": TEXT, "other": TEXT},
        "staff.members.change_members": {
            "act": act_of("take_back", "withdraw", "end_session"),
            "invite": TEXT,
            "proposal": TEXT,
            "box": TEXT,
        },
        "staff.members_acts.take_leave": PASSPHRASE,
        "staff.members_acts.take_role": {"role": one_of(tuple(ROLES)), **PASSPHRASE},
        "staff.members_acts.take_return": {"checked": one_of(["yes"]), **PASSPHRASE},
        "staff.members_acts.take_keys": PASSPHRASE,
        "staff.members_invites.take_invite_form": {"role": one_of(tuple(ROLES)), **PASSPHRASE},
        "staff.members_invites.take_sign": PASSPHRASE,
        "staff.members_proposals.take_proposal": PASSPHRASE,
        "staff.handing.take_give": {"to": TEXT},
        "staff.handing.take_give_all": PASSPHRASE,
        "staff.setup.change_setup": {"act": act_of(*CONFIRMED, "live", "close"), **PASSPHRASE},
        "staff.plugins.take_again": {"part": TEXT},
        "staff.shares.take_making": {"holder": many(TEXT), **PASSPHRASE},
        "staff.shares.take_own": {"act": act_of("show", "confirm"), **TWO_WORDS},
        "staff.guides.take_new": {"slug": TEXT},
        "staff.guides.take_act": {
            "version": TEXT,
            "word": TEXT,
            "edition": TEXT,
            "act": act_of("ready", "approve", "return", "drop", "checked", "withdraw", "restore"),
        },
        "staff.guide_forms.take_facts": {
            "version": TEXT,
            "topics": many(TEXT),
            "letters": many(TEXT),
            "authority": TEXT,
            "document": TEXT,
            "proof": one_of([proof.value for proof in Proof]),
            **{f"checked-{part}": TEXT for part in ("day", "month", "year")},
            **{f"valid-{part}": TEXT for part in ("day", "month", "year")},
            "sources": TEXT,
        },
        "staff.guide_forms.take_text": {
            "version": TEXT,
            **{name: TEXT for name in ("title", "summary", "body", "permits", "fee", "wait")},
            "status": one_of([status.value for status in Status]),
            "act": act_of("save", "preview"),
        },
    }
)
"""Beside the token, which every form has; '' and missing are the same to all of them."""

WHOLE = frozenset({"public.whole.take_whole", "staff.entering.take_questions"})
"""Forms that hold all questions of a request at once: ``answer-<field>`` for each."""

LETTERS = frozenset({"public.letters.fill_letter"})
"""Forms that hold the blanks of a letter: ``answer-<blank>`` for each."""

UPLOADS = frozenset({"public.attachments.take_file", "public.acts.take_word"})
"""Forms that are sent as multipart, because a file may be among them; the token comes first."""

QUERIES: Mapping[str, Mapping[str, Schema]] = MappingProxyType(
    {
        "staff.requests.show_requests": {
            "state": one_of([state.value for state in State]),
            "topic": TEXT,
            "show": TEXT,
            "urgency": one_of([urgency.value for urgency in Urgency]),
            "fresh": one_of(["1"]),
            "page": TEXT,
        },
        "staff.request.show_request": {
            "done": TEXT,
            "was": one_of([state.value for state in State]),
        },
        "staff.answering.show_reply": {"template": TEXT},
        "staff.trail.show_trail": {"by": TEXT, "act": TEXT, "until": TEXT},
        "staff.members.show_members": {"done": TEXT},
        "staff.setup.show_setup": {"done": TEXT},
        "staff.plugins.show_plugins": {"done": TEXT},
        "staff.guides.show_list": {"done": TEXT},
        "staff.guides.show_guide": {"done": TEXT},
        "staff.shares.show_own": {"done": TEXT},
        "staff.me.show_me": {"done": TEXT},
        "staff.unlock.show_locked": {"after": TEXT},
    }
)
"""What may stand behind the question mark; what makes no sense there is left out of account."""
