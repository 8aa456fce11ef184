"""What the forms of the portal hold, for their description: fields by handler, as pages send them.

Handlers read fields one by one, so this is written by hand; ``tests/test_openapi_schemathesis.py``
walks the pages and finds every field that a form sends and this does not name.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pe_core.desk.own_ways import WHEN
from pe_core.desk.setup import CONFIRMED
from pe_core.desk.volunteer_list import Tab
from pe_core.model import (
    Channel,
    Fluency,
    Gender,
    Outcome,
    Proof,
    Sensitivity,
    State,
    Status,
    Urgency,
    WaitingOn,
    Where,
)
from pe_core.rules.profiles import LANGUAGES_LIMIT, LOADS, REACHES
from pe_core.rules.retention import ROLES
from pe_core.web.work.skills import SKILLS_LIMIT
from pe_core.web.work.ways import WAYS_LIMIT

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

VOLUNTEER_ACTS = (
    "take_up",
    "talk",
    "untalk",
    "vouch",
    "unvouch",
    "accept",
    "pause",
    "go_on",
    "gate",
    "ungate",
    "words",
    "decline",
    "block",
    "confirm",
    "refuse",
    "support",
    "message",
    "answered",
    "code",
)

LANGUAGE_ROWS = range(1, LANGUAGES_LIMIT + 1)
SKILL_ROWS = range(1, SKILLS_LIMIT + 1)
NEED_FIELDS: Mapping[str, Schema] = MappingProxyType(
    {
        "title": TEXT,
        "detail": TEXT,
        "language": TEXT,
        "checklist": TEXT,
        **{f"skill-{number}": TEXT for number in SKILL_ROWS},
        "gates": many(TEXT),
        "languages": many(TEXT),
        "language-more": TEXT,
        "fluency": one_of([str(int(fluency)) for fluency in Fluency]),
        "places": TEXT,
        "place": one_of(["afar", "there", "both"]),
        "city": TEXT,
        **{f"day-{part}": TEXT for part in ("day", "month", "year")},
        "start": TEXT,
        "end": TEXT,
    }
)
"""What is looked for, by a need or a shift."""
FIELDS: Mapping[str, Mapping[str, Schema]] = MappingProxyType(
    {
        "public.ask.take_topic": {"topic": TEXT},
        "public.ask.take_where": {"where": one_of([where.value for where in Where])},
        "public.ask.take_warning": {},
        "public.questions.take_answer": {"answer": many(TEXT), **DAY},
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
        "public.helping.begin_helping": {},
        "public.helping.take_own_account": {"handle": TEXT, **PASSPHRASE, "code": TEXT},
        "public.comeback.take_code": {"code": TEXT},
        "public.claiming.take_claim_code": {"code": TEXT},
        "public.acts.take_word": {"words": TEXT, "once": TEXT, "photo": FILE, "file": FILE},
        "public.acts.take_to_helper": {"message": TEXT, "helper": TEXT, "once": TEXT},
        "public.acts.take_read": {"reply": TEXT},
        "public.acts.take_solved": {"solved": one_of(["yes", "no"]), "remark": TEXT, "once": TEXT},
        "public.acts.take_withdrawal": {},
        "public.acts.take_keep": {},
        "public.acts.take_reopening": {"remark": TEXT, "once": TEXT},
        "public.acts.take_leave": {},
        "public.guides.search_guides": {"query": TEXT},
        "public.letters.fill_letter": {},
        "work.about_me.take_about_me": {},
        "work.skills.take_languages": {
            name: TEXT for n in LANGUAGE_ROWS for name in (f"language-{n}", f"fluency-{n}")
        },
        "work.skills.take_skills": {
            name: TEXT for n in SKILL_ROWS for name in (f"skill-{n}", f"level-{n}")
        },
        "work.place_time.take_place": {
            "city": TEXT,
            "reach": one_of([str(reach) for reach in REACHES]),
            "remote": one_of(["yes"]),
        },
        "work.place_time.take_zone": {"zone": TEXT},
        "work.place_time.take_hours": {"hours": many(TEXT)},
        "work.place_time.take_away": {
            **{f"first-{part}": TEXT for part in ("day", "month", "year")},
            **{f"last-{part}": TEXT for part in ("day", "month", "year")},
            "free": one_of(["yes"]),
            "remove": TEXT,
        },
        "work.wishes.take_load": {"load": one_of([str(load) for load in LOADS])},
        "work.wishes.take_gender": {"gender": one_of([one.value for one in Gender if one])},
        "work.wishes.take_asked": {"answer": many(TEXT), **DAY},
        "work.ways.take_ways": {
            name: schema
            for n in range(1, WAYS_LIMIT + 1)
            for name, schema in (
                (f"address-{n}", TEXT),
                (f"when-{n}", one_of(tuple(WHEN))),
                (f"readable-{n}", one_of(["yes"])),
            )
        },
        "work.wishes.take_note": {"note": TEXT},
        "work.agreement.take_agreement": {"agreed": one_of(["yes"]), "text": TEXT},
        "work.messages.take_message": {"text": TEXT},
        "work.leaving.take_pause": {
            **{f"until-{part}": TEXT for part in ("day", "month", "year")},
            "act": act_of("pause", "go_on"),
        },
        "work.leaving.take_leave": {},
        "work.leaving.take_again": {},
        "work.leaving.take_export": PASSPHRASE,
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
        "staff.needs.take_new_need": {
            **NEED_FIELDS,
            "answers": many(TEXT),
            "gender": one_of([gender.value for gender in Gender if gender.value]),
            "time": one_of(["free", "fixed"]),
        },
        "staff.shifts.take_new_shift": NEED_FIELDS,
        "staff.shift.take_shift_act": {
            "act": act_of("invite", "take_back", "ring", "count"),
            "who": many(TEXT),
            "attended": TEXT,
        },
        "staff.shift.take_call_off": {},
        "staff.need.take_offer": {"who": many(TEXT)},
        "staff.need.take_why": {"handle": TEXT},
        "staff.need.take_need_act": {
            "brief": TEXT,
            "act": act_of("take_back", "no_show", "stopped", "again"),
        },
        "staff.matching.take_matching": {"offer": many(TEXT)},
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
        "staff.peers.take_new_peer": {"address": TEXT},
        "staff.on_the_way.take_on_the_way": {
            "packet": TEXT,
            "number": TEXT,
            "act": act_of("again"),
        },
        "staff.on_the_way.take_drop": {"number": TEXT},
        "staff.peer.take_peer": {
            "act": act_of("confirm", "pause", "resume", "forget"),
            "words": TEXT,
            **PASSPHRASE,
        },
        "staff.peer.take_block": PASSPHRASE,
        "staff.shares.take_making": {"holder": many(TEXT), **PASSPHRASE},
        "staff.shares.take_own": {"act": act_of("show", "confirm"), **TWO_WORDS},
        "staff.volunteers.search_volunteers": {"query": TEXT},
        "staff.volunteer_acts.take_volunteer": {
            "act": act_of(*VOLUNTEER_ACTS),
            "revision": TEXT,
            "sure": one_of(["yes"]),
            "gate": TEXT,
            **{f"ends-{part}": TEXT for part in ("day", "month", "year")},
            **{f"until-{part}": TEXT for part in ("day", "month", "year")},
            "words": TEXT,
            "reason": TEXT,
            "text": TEXT,
        },
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
        "work.tasks.take_answer": {"act": act_of("accept", "decline", "swap", "keep")},
        "work.tasks.take_words": {"words": TEXT, "language": TEXT},
        "work.tasks.take_marks": {"item": many(TEXT)},
        "work.ending.take_give_back": {},
        "work.ending.take_done": {
            "hours": TEXT,
            "minutes": TEXT,
            "line": TEXT,
            "support": one_of(["yes"]),
        },
        "work.feed.take_feed": {"act": act_of("make", "stop")},
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
        "staff.need.show_need": {"done": TEXT},
        "staff.shift.show_shift": {"done": TEXT, "tick": one_of(["all"])},
        "staff.matching.show_matching": {"show": one_of(["unanswered"])},
        "staff.answering.show_reply": {"template": TEXT},
        "staff.trail.show_trail": {"by": TEXT, "act": TEXT, "until": TEXT},
        "staff.members.show_members": {"done": TEXT},
        "staff.volunteers.show_volunteers": {
            "tab": one_of([tab.value for tab in Tab]),
            "language": TEXT,
            "skill": TEXT,
            "city": TEXT,
            "page": TEXT,
        },
        "staff.volunteer.show_volunteer": {"done": TEXT},
        "staff.setup.show_setup": {"done": TEXT},
        "staff.plugins.show_plugins": {"done": TEXT},
        "staff.peers.show_peers": {"done": TEXT},
        "staff.on_the_way.show_on_the_way": {"done": TEXT},
        "staff.peer.show_peer": {"done": TEXT},
        "staff.guides.show_list": {"done": TEXT},
        "staff.guides.show_guide": {"done": TEXT},
        "staff.shares.show_own": {"done": TEXT},
        "staff.me.show_me": {"done": TEXT},
        "work.home.show_work": {"done": TEXT},
        "staff.unlock.show_locked": {"after": TEXT},
        "work.tasks.show_task": {"done": TEXT},
        "work.feed.show_feed": {"done": TEXT},
    }
)
"""What may stand behind the question mark; what makes no sense there is left out of account."""
