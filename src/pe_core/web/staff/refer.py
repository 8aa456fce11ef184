"""Refer a request to another embassy: ask its asker first, look at what leaves, then send it."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import today_of
from pe_core.desk.working import OVER, take_up
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import HelpRequest, MessageKind, State
from pe_core.model.consent import Consent
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.struct import Model
from pe_core.network import consenting, referring
from pe_core.network.enclosing import may_travel, named_in, read_files
from pe_core.network.preparing import (
    WORDS_LIMIT,
    CaseWords,
    Prepared,
    answers_for,
    file_items,
    files_for,
    files_leaving,
    prepare_case,
    prepare_wish,
    still_the_same,
)
from pe_core.network.preparing import (
    fields_of as ticked,
)
from pe_core.network.threads import read_referrals
from pe_core.rules.sharing import asked_first, first_day
from pe_core.rules.texts import show_date
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.facts import headlines, request_address
from pe_core.web.staff.referral import LETTER_BYTES, words_of
from pe_core.web.staff.referral_preview import show_prepared
from pe_core.web.staff.referral_words import (
    kind_words,
    open_peers,
    peer_names,
    referral_address,
    referral_line,
)
from pe_core.web.staff.request import read_request
from pe_core.web.staff.thread import kind_of_file
from pe_core.web.staff.words import say

PATH = "/{language:str}/staff/requests/{request_id:str}/refer"
KINDS = (Kind.REFER, Kind.TRANSFER)
Problems = list[tuple[str, str]]


class Typed(Model):
    """What was chosen and typed; ``fields`` are the answers and files that were ticked."""

    peer: str = ""
    kind: Kind = Kind.REFER
    fields: tuple[str, ...] = ()
    asked: str = ""
    urgent: bool = False
    agreed: bool = False


@get_page(PATH, guard="coordinator")
async def show_refer(request: PageRequest, request_id: FromPath[str]) -> Response[str]:
    """Show the form, with nothing personal ticked."""
    help_request = await read_request(request, request_id)
    peers = await open_peers(request)
    only = peers[0][0] if len(peers) == 1 else ""
    fields = asked_first(help_request.original.answers)
    return await _form(request, help_request, Typed(peer=only, fields=fields))


@post_page(PATH, guard="coordinator", limit=LETTER_BYTES)
async def take_refer(request: PageRequest, request_id: FromPath[str]) -> Response[Any]:
    """Ask the asker, note that they agreed, show what leaves, or send it."""
    help_request = await read_request(request, request_id)
    fields = fields_of(request)
    typed = _read(fields)
    act = fields.one("act")
    problems = _problems(request, typed, act)
    if problems:
        return await _form(request, help_request, typed, problems)
    try:
        return await _do(request, help_request, typed, act, fields.one("shown"))
    except (Conflict, NotAllowed, NotFound) as error:
        key = "staff.referrals.changed" if isinstance(error, Conflict) else error.key
        return await _form(request, help_request, typed, refused=say(request, key))


async def _do(
    request: PageRequest, help_request: HelpRequest, typed: Typed, act: str, shown: str
) -> Response[Any]:
    desk, session, peer = desk_of(request), session_of(request), PeerCode(typed.peer)
    words = _case_words(request, typed)
    at = request_address(request, help_request.id)
    take_over = typed.kind is Kind.TRANSFER
    if act == "ask":
        wish = await prepare_wish(desk, help_request, peer, words, take_over=take_over)
        work = await take_up(desk, session, help_request.id)
        await consenting.ask_consent(desk, session, work, wish)
        return redirect(address(at, done="consent_asked"))
    if act == "spoken":
        may = ticked(typed.fields, answers_for(desk, help_request, peer))
        files = named_in(files_for(desk, help_request, peer), typed.fields)
        named = file_items(desk, help_request, files)
        work = await take_up(desk, session, help_request.id)
        await consenting.note_spoken(desk, session, work, peer, may, named, take_over=take_over)
        return redirect(address(at, done="consent_noted"))
    leaving = files_leaving(desk, help_request, peer, words)
    carried = await read_files(desk, session, help_request, leaving)
    prepared = prepare_case(desk, help_request, peer, typed.kind, words, carried)
    if act != "send" or not still_the_same(prepared, shown):
        return await _preview(request, help_request, typed, prepared, changed=bool(shown))
    press = fields_of(request).one("press")
    thread = await referring.begin(desk, session, prepared, press=press, request=help_request.id)
    return redirect(address(referral_address(request, thread), done="sent"))


def _read(fields: Fields) -> Typed:
    kind = next((one for one in KINDS if one.value == fields.one("kind")), Kind.REFER)
    return Typed(
        peer=fields.one("peer"),
        kind=kind,
        fields=tuple(fields.all("field") or fields.one("fields").split()),
        asked=words_of(fields.one("asked")),
        urgent=fields.one("urgent") == "yes",
        agreed=fields.one("agreed") == "yes",
    )


def _problems(request: PageRequest, typed: Typed, act: str) -> Problems:
    choose = say(request, "core.problem.required_choice")
    found = [] if typed.peer else [("peer", choose)]
    if not typed.fields:
        found.append(("field", say(request, "staff.refer.nothing_chosen")))
    if act != "spoken" and not typed.asked:
        found.append(("asked", say(request, "staff.problem.required")))
    if act == "spoken" and not typed.agreed:
        found.append(("agreed", say(request, "staff.refer.agreed_required")))
    return found


def _case_words(request: PageRequest, typed: Typed) -> CaseWords:
    return CaseWords(
        asked=typed.asked,
        language=language_of(request),
        urgent=typed.urgent,
        fields=typed.fields,
    )


async def _preview(
    request: PageRequest,
    help_request: HelpRequest,
    typed: Typed,
    prepared: Prepared,
    *,
    changed: bool,
) -> Response[str]:
    at = f"{request_address(request, help_request.id)}/refer"
    names = await peer_names(request)
    return show_prepared(
        request,
        prepared,
        here="requests",
        to=[names.get(prepared.peer, prepared.peer.upper())],
        action=at,
        back=at,
        fields=[
            ("peer", typed.peer),
            ("kind", typed.kind.value),
            ("fields", " ".join(typed.fields)),
            ("asked", typed.asked),
            ("urgent", "yes" if typed.urgent else ""),
        ],
        changed=changed,
    )


async def _form(
    request: PageRequest,
    help_request: HelpRequest,
    typed: Typed,
    problems: Problems | None = None,
    *,
    refused: str = "",
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    names = await peer_names(request)
    views = await read_referrals(desk, session, help_request.id)
    return render(
        request,
        "staff/refer.html",
        status=403 if refused else 422 if problems else 200,
        here="requests",
        problems=problems or (),
        refused=refused,
        halted=_halted(help_request),
        typed=typed,
        peers=await open_peers(request),
        kinds=[
            (one.value, kind_words(request, one), say(request, f"staff.refer.about_{one.value}"))
            for one in KINDS
        ],
        options=[
            (one.field, one.question, one.shown, one.personal)
            for one in help_request.original.answers
        ],
        files=_files(request, help_request),
        files_stay=not all(may_travel(note) for note in help_request.files),
        consents=_consents(request, help_request, names),
        sent=[referral_line(request, view, None, names) for view in views],
        text_limit=WORDS_LIMIT,
        **headlines(request, help_request),
    )


def _halted(help_request: HelpRequest) -> str:
    """Return the key of why nothing of a request goes to others now, '' if it may."""
    if help_request.state in (*OVER, State.RESOLVED):
        return "staff.refer.closed"
    return "staff.refer.withdrawing" if help_request.withdrawal_due else ""


def _files(request: PageRequest, help_request: HelpRequest) -> list[tuple[str, str, str]]:
    """Return the files that may be ticked: name, number, and what it is."""
    return [
        (
            note.item,
            say(request, "core.ask.files.number", number=number),
            kind_of_file(request, note.media_type, note.size),
        )
        for number, note in enumerate(help_request.files, 1)
        if may_travel(note)
    ]


def _consents(
    request: PageRequest, help_request: HelpRequest, names: dict[PeerCode, str]
) -> list[tuple[str, str, list[str]]]:
    """Return what was agreed to or asked: the embassy, how it stands, the questions."""
    questions = {one.field: one.question for one in help_request.original.answers}
    questions |= dict(file_items(desk_of(request), help_request, help_request.files))
    known = {one.peer: one for one in consenting.consents_of(help_request)}
    asked = [
        message.peer
        for _, message in help_request.thread
        if message.kind is MessageKind.CONSENT_ASKED and message.peer is not None
    ]
    lines = []
    for peer in dict.fromkeys((*known, *asked)):
        consent = known.get(peer)
        fields = consent.fields if consent is not None else ()
        lines.append(
            (
                names.get(peer, peer.upper()),
                _stands(request, consent),
                [questions[field] for field in fields if field in questions],
            )
        )
    return lines


def _stands(request: PageRequest, consent: Consent | None) -> str:
    language = language_of(request)
    if consent is None:
        return say(request, "staff.refer.stands_asked")
    if not consent.fields:
        return say(request, "staff.refer.stands_no")
    day, today = first_day(consent), today_of(desk_of(request))
    if day > today:
        stands = say(request, "staff.refer.stands_from", date=show_date(day, language))
    else:
        until = show_date(consent.until, language)
        stands = say(request, f"staff.refer.stands_{consent.how.value}", until=until)
    return f"{stands}; {say(request, 'staff.refer.may_take_over')}" if consent.take_over else stands


ROUTES: tuple[HTTPRouteHandler, ...] = (show_refer, take_refer)
