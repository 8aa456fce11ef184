"""A volunteer: what they say of themselves, the steps done and missing, and what can be done."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.brief_keys import locked_tasks
from pe_core.desk.epochs import read_members
from pe_core.desk.pace import note_volunteer
from pe_core.desk.screening import WORDS_LIMIT, find_for, has_vouched
from pe_core.desk.sessions import Session
from pe_core.desk.volunteer_notes import NOTE_LIMIT, read_notes
from pe_core.desk.volunteers import Known, state_now, steps_left
from pe_core.model import Box, VolunteerState
from pe_core.model.struct import Model
from pe_core.model.week import Week
from pe_core.rules.texts import direction
from pe_core.rules.volunteering import Step, Who, asks_since, may_move
from pe_core.web.guards.caller import session_of
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import query_of
from pe_core.web.staff.step_up import Problems
from pe_core.web.staff.volunteer_words import (
    away_lines,
    code_words,
    day_words,
    gate_lines,
    hour_lines,
    language_words,
    place_words,
    skill_words,
)
from pe_core.web.staff.words import (
    name_language,
    name_of,
    read_names,
    say,
    show_day,
    show_last_day,
    show_moment,
)

APART, TOGETHER = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
"""Around a name, so that it does not turn what stands beside it."""
VOLUNTEER = "/{language:str}/staff/volunteers/{box:int}"
TYPED = (
    *("reason", "words", "text", "gate"),
    *(f"{name}-{part}" for name in ("ends", "until") for part in ("day", "month", "year")),
)
"""What stays on the page when a form was refused."""
DONE = (
    "taken_up",
    "talk_noted",
    "talk_removed",
    "vouched",
    "vouch_removed",
    "now_active",
    "accepted",
    "paused",
    "gone_on",
    "gate_noted",
    "gate_removed",
    "words_left",
    "waits",
    "turned_away",
    "refused",
    "supported",
    "message_sent",
    "answered",
)
V = VolunteerState
_OPEN = (V.APPLIED, V.SCREENING, V.ACTIVE, V.PAUSED)
_BEFORE = (V.APPLIED, V.SCREENING)


class NoteLine(Model):
    """An entry of what both sides write to each other."""

    by: str
    team: bool
    at: str
    text: str
    language: str
    dir: str


class StepLine(Model):
    """A step in words, and whether it is done; ``about`` says when or by whom."""

    name: str
    done: bool
    about: str


@get_page(VOLUNTEER, guard="coordinator")
async def show_volunteer(request: PageRequest, box: FromPath[int]) -> Response[str]:
    """Show a volunteer with all that can be done about them."""
    return await volunteer_page(request, await read_known(request, box))


async def read_known(request: PageRequest, box: int, revision: int | None = None) -> Known:
    """Return a record whose opening is in the trail; Conflict if it is another revision."""
    desk, session = desk_of(request), session_of(request)
    known = await find_for(desk, session, Box(box), revision)
    await note_volunteer(desk, session, known.box)
    return known


async def volunteer_page(
    request: PageRequest,
    known: Known,
    problems: Problems | None = None,
    *,
    typed: dict[str, str] | None = None,
    changed: bool = False,
) -> Response[str]:
    """Return the page; ``typed`` is what a form that was refused held.

    ``changed`` says that a colleague, or the volunteer, was faster.
    """
    done = query_of(request).get("done", "")
    return render(
        request,
        "staff/volunteer.html",
        status=409 if changed else 422 if problems else 200,
        here="volunteers",
        done=done if done in DONE and not problems and not changed else "",
        changed=changed,
        problems=problems or [],
        typed=dict.fromkeys(TYPED, "") | {"words": known.standing.words} | (typed or {}),
        text_limit=WORDS_LIMIT,
        message_limit=NOTE_LIMIT,
        locked=bool(await locked_tasks(desk_of(request), [known.box])),
        notes=await _notes(request, known),
        **_said(request, known),
        **await _judged(request, known),
        **_offers(request, known),
    )


async def _notes(request: PageRequest, known: Known) -> list[NoteLine]:
    written = await read_notes(desk_of(request), session_of(request), known)
    names = await read_names(request) if written else {}
    return [
        NoteLine(
            by=name_of(request, names, one.note.by) if one.team else known.profile.handle,
            team=one.team,
            at=show_moment(request, one.note.at),
            text=one.note.text,
            language=one.note.language,
            dir=direction(one.note.language),
        )
        for one in written
    ]


def _said(request: PageRequest, known: Known) -> dict[str, Any]:
    """Return what the volunteer says of themselves."""
    profile = known.profile
    skills = [(skill.code, int(skill.level)) for skill in profile.skills]
    spoken = [(item.tag, int(item.fluency)) for item in profile.languages]
    return {
        "at": f"/{language_of(request)}/staff/volunteers/{known.box}",
        "revision": known.row.revision,
        "handle": profile.handle,
        "has_account": bool(profile.verify_key),
        "own_language": profile.language,
        "own_language_name": name_language(profile.language),
        "own_dir": direction(profile.language),
        "began": show_day(request, profile.began),
        "sent": show_day(request, profile.sent) if profile.sent else "",
        "kept": show_last_day(request, Week(known.row.keep_until)),
        "spoken": language_words(request, spoken),
        "skills": skill_words(request, skills),
        "place": place_words(request, profile),
        "gender": profile.gender.value,
        "zone": profile.zone,
        "hours": hour_lines(request, profile.hours),
        "away": away_lines(request, profile),
        "load": profile.load,
        "answers": profile.answers,
        "note": profile.note,
        "own_pause": day_words(request, profile.paused_until),
    }


async def _judged(request: PageRequest, known: Known) -> dict[str, Any]:
    """Return what the embassy says of them, and the steps."""
    standing = known.standing
    names = await read_names(request)
    pending = standing.pending
    asks = asks_since(known.profile, standing)
    return {
        "state": state_now(desk_of(request), known).value,
        "steps": _steps(request, known, await _vouchers(request, known, names)),
        "gates": gate_lines(request, standing.gates),
        "support": _support_wish(request, known),
        "asks": show_day(request, asks) if asks is not None else "",
        "our_pause": day_words(request, standing.paused_until),
        "reason": standing.reason,
        "pending": None
        if pending is None
        else {
            "to": pending.to.value,
            "reason": pending.reason,
            "by": name_of(request, names, pending.by),
            "at": show_moment(request, pending.at),
            "mine": pending.by == session_of(request).box,
        },
    }


def _support_wish(request: PageRequest, known: Known) -> str:
    """Return the day on which they asked for support that nobody has given yet, '' if none."""
    wished, given = known.profile.support, known.standing.supported
    waits = wished is not None and (given is None or given < wished)
    return show_day(request, wished) if wished is not None and waits else ""


async def _vouchers(
    request: PageRequest, known: Known, names: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Return who vouched and on which day; who has left since has no name any more."""
    members = (await read_members(desk_of(request))).members
    boxes = {member.verify_key: Box(member.box) for member in members}
    return [
        (
            name_of(request, names, boxes[vouch.signer])
            if vouch.signer in boxes
            else say(request, "staff.volunteer.somebody"),
            show_day(request, vouch.at),
        )
        for vouch in known.standing.vouches
    ]


def _steps(request: PageRequest, known: Known, vouchers: list[tuple[str, str]]) -> list[StepLine]:
    left = steps_left(known)
    standing, profile = known.standing, known.profile
    about = {
        Step.PROFILE: show_day(request, profile.sent) if profile.sent else "",
        Step.AGREEMENT: show_day(request, profile.agreement.at) if profile.agreement else "",
        Step.TALK: show_day(request, standing.talked) if standing.talked else "",
        Step.VOUCHES: ", ".join(f"{APART}{name}{TOGETHER} ({day})" for name, day in vouchers),
    }
    return [StepLine(name=step.value, done=step not in left, about=about[step]) for step in Step]


def _offers(request: PageRequest, known: Known) -> dict[str, Any]:
    """Return which acts the page offers now."""
    desk, session = desk_of(request), session_of(request)
    now, left = state_now(desk, known), steps_left(known)
    quiet = known.standing.pending is None
    held = {gate.code for gate in known.standing.gates}
    return {
        "may_take_up": may_move(now, V.SCREENING, Who.STAFF),
        "may_note": now in _OPEN,
        "may_untalk": now in _BEFORE and known.standing.talked is not None,
        "may_vouch": _may_vouch(session, known, now),
        "may_unvouch": now in _BEFORE and has_vouched(session, known),
        "may_accept": may_move(now, V.ACTIVE, Who.STAFF) and now in _BEFORE and not left,
        "may_pause": now in (V.ACTIVE, V.PAUSED),
        "may_go_on": now is V.PAUSED and known.standing.paused_until is not None,
        "may_decline": quiet and may_move(now, V.DECLINED, Who.TWO),
        "may_block": quiet and may_move(now, V.BLOCKED, Who.TWO),
        "gate_choices": [
            (code, code_words(request, code)) for code in desk.vocabulary.gates if code not in held
        ],
    }


def _may_vouch(session: Session, known: Known, now: VolunteerState) -> bool:
    return now in _OPEN and bool(known.profile.verify_key) and not has_vouched(session, known)


ROUTES: tuple[HTTPRouteHandler, ...] = (show_volunteer,)
