"""Begin a conversation that is about nobody: a question, who can help, a guide, a notice.

What will be sent is shown first, made from the bytes that are sent.
"""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from pe_core.desk.reading import guides_of
from pe_core.errors import Conflict, NotAllowed, NotFound, PeerClosed
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.referral import About
from pe_core.model.struct import Model
from pe_core.network import referring
from pe_core.network.preparing import (
    LINE_LIMIT,
    WORDS_LIMIT,
    Prepared,
    prepare_ask,
    prepare_consult,
    prepare_notice,
    prepare_share,
    still_the_same,
)
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address
from pe_core.web.staff.ask_form import (
    TypedAsk,
    ask_fields,
    ask_offer,
    compose_ask,
    read_ask_form,
)
from pe_core.web.staff.referral import LETTER_BYTES, words_of
from pe_core.web.staff.referral_preview import show_prepared
from pe_core.web.staff.referral_words import (
    kind_words,
    open_peers,
    peer_names,
    referral_address,
)
from pe_core.web.staff.words import say

KINDS = (Kind.CONSULT, Kind.ASK, Kind.SHARE, Kind.NOTICE)
PATHS = [f"/{{language:str}}/staff/referrals/{kind.value}" for kind in KINDS]
Problems = list[tuple[str, str]]


class Typed(Model):
    """What was typed into the form of a new conversation."""

    kind: Kind
    peers: tuple[str, ...] = ()
    words: str = ""
    topic: str = ""
    ask: TypedAsk = TypedAsk()
    guide: str = ""
    about: str = ""
    urgent: bool = False


@get_page(PATHS, guard="coordinator")
async def show_new_referral(request: PageRequest) -> Response[str]:
    """Show the form."""
    return await _form(request, Typed(kind=_kind(request)))


@post_page(PATHS, guard="coordinator", limit=LETTER_BYTES)
async def take_new_referral(request: PageRequest) -> Response[Any]:
    """Show what will be sent, and send it once that was seen."""
    fields = fields_of(request)
    typed = _read(request, fields)
    problems = _problems(request, typed)
    if problems:
        return await _form(request, typed, problems)
    try:
        prepared = [_prepare(request, typed, PeerCode(peer)) for peer in typed.peers]
        shown = fields.one("shown")
        if fields.one("act") != "send" or not still_the_same(prepared[0], shown):
            return await _preview(request, typed, prepared[0], changed=bool(shown))
        desk, session = desk_of(request), session_of(request)
        threads = await referring.begin_all(desk, session, prepared, press=fields.one("press"))
    except (Conflict, NotAllowed, NotFound) as error:
        return await _form(request, typed, refused=await _refused(request, typed, error))
    if len(threads) == 1:
        return redirect(address(referral_address(request, threads[0]), done="sent"))
    return redirect(address(f"/{language_of(request)}/staff/referrals", show="out"))


async def _refused(
    request: PageRequest, typed: Typed, error: Conflict | NotAllowed | NotFound
) -> str:
    """Return why nothing was sent, and which of several embassies it was."""
    if isinstance(error, Conflict):
        return say(request, "staff.referrals.changed")
    why = say(request, error.key)
    if len(typed.peers) == 1 or not isinstance(error, PeerClosed):
        return why
    name = (await peer_names(request)).get(PeerCode(error.peer), error.peer.upper())
    return say(request, "staff.referrals.none_sent", peer=name, why=why)


def _kind(request: PageRequest) -> Kind:
    last = request.scope["path"].rstrip("/").rpartition("/")[2]
    return next(kind for kind in KINDS if kind.value == last)


def _read(request: PageRequest, fields: Fields) -> Typed:
    return Typed(
        kind=_kind(request),
        peers=tuple(dict.fromkeys(fields.all("peer"))),
        words=words_of(fields.one("words")),
        topic=" ".join(fields.one("topic").split())[:LINE_LIMIT],
        ask=read_ask_form(fields),
        guide=fields.one("guide"),
        about=fields.one("about"),
        urgent=fields.one("urgent") == "yes",
    )


def _problems(request: PageRequest, typed: Typed) -> Problems:
    required = say(request, "staff.problem.required")
    choose = say(request, "core.problem.required_choice")
    found = [] if typed.peers else [("peer", choose)]
    if typed.kind in (Kind.CONSULT, Kind.NOTICE) and not typed.words:
        found.append(("words", required))
    if typed.kind is Kind.ASK:
        found += compose_ask(request, typed.ask, typed.words, urgent=typed.urgent)[1]
        if len(typed.words) > LINE_LIMIT or "\n" in typed.words:
            found.append(("words", say(request, "staff.ask.one_line")))
    if typed.kind is Kind.SHARE and not typed.guide:
        found.append(("guide", choose))
    if typed.kind is Kind.NOTICE and not typed.about:
        found.append(("about", choose))
    return found


def _prepare(request: PageRequest, typed: Typed, peer: PeerCode) -> Prepared:
    desk, language = desk_of(request), language_of(request)
    match typed.kind:
        case Kind.CONSULT:
            return prepare_consult(
                desk, peer, typed.words, language, topic=typed.topic, urgent=typed.urgent
            )
        case Kind.ASK:
            words, _ = compose_ask(request, typed.ask, typed.words, urgent=typed.urgent)
            return prepare_ask(desk, peer, words)
        case Kind.SHARE:
            return prepare_share(desk, peer, typed.guide, typed.words, language)
    about = next((one for one in About if one.value == typed.about), About.OTHER)
    return prepare_notice(peer, about, typed.words, language)


async def _preview(
    request: PageRequest, typed: Typed, prepared: Prepared, *, changed: bool
) -> Response[str]:
    peers = dict(await open_peers(request))
    at = f"/{language_of(request)}/staff/referrals"
    return show_prepared(
        request,
        prepared,
        here="referrals",
        to=[peers[code] for code in typed.peers if code in peers],
        action=f"{at}/{typed.kind.value}",
        back=at,
        fields=[
            *(("peer", peer) for peer in typed.peers),
            ("words", typed.words),
            ("topic", typed.topic),
            *ask_fields(typed.ask),
            ("guide", typed.guide),
            ("about", typed.about),
            ("urgent", "yes" if typed.urgent else ""),
        ],
        changed=changed,
    )


async def _form(
    request: PageRequest, typed: Typed, problems: Problems | None = None, *, refused: str = ""
) -> Response[str]:
    desk, language = desk_of(request), language_of(request)
    guides = sorted(guides_of(desk).values(), key=lambda guide: guide.name)
    return render(
        request,
        "staff/referral_new.html",
        status=403 if refused else 422 if problems else 200,
        here="referrals",
        problems=problems or (),
        refused=refused,
        kind=typed.kind.value,
        title=kind_words(request, typed.kind),
        typed=typed,
        peers=await open_peers(request),
        **ask_offer(request, typed.ask),
        guides=[
            (one.name, (one.texts.get(language) or next(iter(one.texts.values()))).title)
            for one in guides
            if one.texts
        ],
        abouts=[(one.value, say(request, f"staff.notice.{one.value}")) for one in About],
        text_limit=WORDS_LIMIT,
        line_limit=LINE_LIMIT,
    )


ROUTES: tuple[HTTPRouteHandler, ...] = (show_new_referral, take_new_referral)
