"""What a coordinator does about a volunteer, one button a form."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk import screening
from pe_core.desk.claiming import make_joining_code
from pe_core.desk.desk import today_of
from pe_core.desk.volunteer_notes import note_answered, write_note
from pe_core.desk.volunteers import Known
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Gate, VolunteerState
from pe_core.rules.receipts import show_receipt
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.moving import read_date
from pe_core.web.staff.step_up import Problems
from pe_core.web.staff.volunteer import TYPED, VOLUNTEER, read_known, volunteer_page
from pe_core.web.staff.words import say

Act = Callable[[PageRequest, Known], Awaitable[str]]
"""Does it, and returns the word for what was done."""
REVISION_DIGITS = 12


class Wrong(Exception):
    """A form of the page cannot be taken; ``field`` and the key of the words say why."""

    def __init__(self, field: str, key: str) -> None:
        """Name what is wrong; nothing that was typed."""
        super().__init__(key)
        self.field = field
        self.key = key


@post_page(VOLUNTEER, guard="coordinator")
async def take_volunteer(request: PageRequest, box: FromPath[int]) -> Response[Any]:
    """Do what the button says, if nothing has changed since the page was shown."""
    fields = fields_of(request)
    act = ACTS.get(fields.one("act"))
    if act is None and fields.one("act") != "code":
        raise refusal("bad_request")
    typed = {name: text_of(fields, name) for name in TYPED if fields.one(name)}
    try:
        known = await read_known(request, box, _revision(fields))
        if act is None:
            return await _show_code(request, known)
        done = await act(request, known)
    except Conflict:
        now = await read_known(request, box)
        return await volunteer_page(request, now, typed=typed, changed=True)
    except (Wrong, NotAllowed) as error:
        field = error.field if isinstance(error, Wrong) else ""
        problems: Problems = [(field, say(request, error.key))]
        return await volunteer_page(request, await read_known(request, box), problems, typed=typed)
    here = f"/{language_of(request)}/staff/volunteers/{box}"
    return redirect(address(here, done=done))


async def _show_code(request: PageRequest, known: Known) -> Response[str]:
    """Make a joining code and show it, this once."""
    code = await make_joining_code(desk_of(request), session_of(request), known)
    return render(
        request,
        "staff/volunteer_code.html",
        here="volunteers",
        at=f"/{language_of(request)}/staff/volunteers/{known.box}",
        handle=known.profile.handle,
        groups=show_receipt(code).split(),
    )


def text_of(fields: Fields, name: str) -> str:
    """Return what was typed into a field of several lines."""
    return fields.one(name).replace("\r\n", "\n").strip()


def _revision(fields: Fields) -> int:
    typed = fields.one("revision")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= REVISION_DIGITS
    return int(typed) if is_number else -1


def _plain(act: Callable[..., Awaitable[object]], done: str, **more: Any) -> Act:
    async def do(request: PageRequest, known: Known) -> str:
        await act(desk_of(request), session_of(request), known, **more)
        return done

    return do


async def _vouch(request: PageRequest, known: Known) -> str:
    if fields_of(request).one("sure") != "yes":
        raise Wrong("sure", "staff.problem.sure_required")
    after = await screening.vouch(desk_of(request), session_of(request), known)
    return "now_active" if after is VolunteerState.ACTIVE else "vouched"


async def _pause(request: PageRequest, known: Known) -> str:
    until = _day(fields_of(request), "until")
    if until is None:
        raise Wrong("until", "staff.problem.wake_no_such_day")
    try:
        await screening.pause(desk_of(request), session_of(request), known, until)
    except NotAllowed as error:
        raise Wrong("until", error.key) from None
    return "paused"


async def _gate(request: PageRequest, known: Known) -> str:
    desk, fields = desk_of(request), fields_of(request)
    code = fields.one("gate")
    if code not in desk.vocabulary.gates:
        raise Wrong("gate", "staff.problem.required")
    parts = _parts(fields, "ends")
    until = read_date(parts)
    if any(parts) and (until is None or until < today_of(desk)):
        raise Wrong("ends", "staff.problem.wake_no_such_day" if until is None else PAST)
    others = [gate for gate in known.standing.gates if gate.code != code]
    gates = [*others, Gate(code=code, until=until)]
    await screening.set_gates(desk, session_of(request), known, gates)
    return "gate_noted"


async def _ungate(request: PageRequest, known: Known) -> str:
    code = fields_of(request).one("gate")
    left = [gate for gate in known.standing.gates if gate.code != code]
    await screening.set_gates(desk_of(request), session_of(request), known, left)
    return "gate_removed"


async def _words(request: PageRequest, known: Known) -> str:
    words = text_of(fields_of(request), "words")
    if len(words) > screening.WORDS_LIMIT:
        raise Wrong("words", "staff.volunteers.words_length")
    await screening.set_words(desk_of(request), session_of(request), known, words)
    return "words_left"


async def _message(request: PageRequest, known: Known) -> str:
    desk, session, text = desk_of(request), session_of(request), text_of(fields_of(request), "text")
    problem = await write_note(desk, session, known, text, language_of(request))
    if problem is not None:
        key = "required" if not text else "message_length"
        raise Wrong("text", f"staff.problem.{key}")
    return "message_sent"


def _turn_away(to: VolunteerState) -> Act:
    async def do(request: PageRequest, known: Known) -> str:
        reason = text_of(fields_of(request), "reason")
        try:
            done = await screening.turn_away(
                desk_of(request), session_of(request), known, to, reason
            )
        except NotAllowed as error:
            raise Wrong("reason", error.key) from None
        return "turned_away" if done else "waits"

    return do


def _day(fields: Fields, name: str) -> date | None:
    return read_date(_parts(fields, name))


def _parts(fields: Fields, name: str) -> tuple[str, str, str]:
    day, month, year = (fields.one(f"{name}-{part}").strip() for part in ("day", "month", "year"))
    return (day, month, year)


PAST = "staff.problem.wake_past"
ACTS: Mapping[str, Act] = {
    "take_up": _plain(screening.take_up, "taken_up"),
    "talk": _plain(screening.note_talk, "talk_noted"),
    "untalk": _plain(screening.note_talk, "talk_removed", held=False),
    "vouch": _vouch,
    "unvouch": _plain(screening.take_back_vouch, "vouch_removed"),
    "accept": _plain(screening.accept, "accepted"),
    "pause": _pause,
    "go_on": _plain(screening.go_on, "gone_on"),
    "gate": _gate,
    "ungate": _ungate,
    "words": _words,
    "decline": _turn_away(VolunteerState.DECLINED),
    "block": _turn_away(VolunteerState.BLOCKED),
    "confirm": _plain(screening.confirm_pending, "turned_away"),
    "support": _plain(screening.note_support, "supported"),
    "message": _message,
    "answered": _plain(note_answered, "answered"),
    "refuse": _plain(screening.drop_pending, "refused"),
}

ROUTES: tuple[HTTPRouteHandler, ...] = (take_volunteer,)
