"""Guides on the desk: all of them, one with its changes, and what a second person decides."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import today_of
from pe_core.desk.guide_drafts import (
    WORD_LIMIT,
    OpenDraft,
    approve_draft,
    drop_draft,
    list_drafts,
    return_draft,
    save_draft,
)
from pe_core.desk.local_guides import editions_of
from pe_core.desk.reading import guides_of, letters_of
from pe_core.errors import NotAllowed
from pe_core.model import Box, Edition, Freshness, Guide, Letter
from pe_core.model.struct import Model
from pe_core.model.week import Week, week_start
from pe_core.rules.guide_edits import OWN, SLUG, changes_between, guide_problems, settle
from pe_core.rules.guides import freshness, text_in
from pe_core.rules.texts import direction, show_date
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.address import address, query_of
from pe_core.web.staff.words import name_language, name_of, read_names, say, show_moment, show_topic

LIST = "/{language:str}/staff/guides"
ONE = "/{language:str}/staff/guides/{guide:str}"


class Line(Model):
    """A guide in the list; ``state`` names its badge, ``peer`` who shared what is a draft now."""

    name: str
    title: str
    language: str
    direction: str
    languages: tuple[str, ...]
    state: str
    fresh: str
    own: bool
    peer: str


class Difference(Model):
    """A part of a guide that a draft changes, and its lines."""

    title: str
    language: str
    lines: tuple[tuple[str, str], ...]


@get_page(LIST, guard="writer")
async def show_list(request: PageRequest) -> Response[str]:
    """Show all guides, what needs somebody first."""
    drafts = {each.draft.name: each for each in await drafts_of(request)}
    guides = guides_of(desk_of(request))
    lines = [_line(request, name, guides.get(name), drafts.get(name)) for name in guides]
    lines += [_line(request, name, None, drafts[name]) for name in drafts if name not in guides]
    order = ("ready", "returned", "draft", "published")
    lines.sort(key=lambda line: (order.index(line.state), line.fresh == "fresh", line.name))
    return render(
        request,
        "staff/own_guides.html",
        here="guides",
        lines=lines,
        done=query_of(request).get("done"),
    )


@get_page(LIST + "/new", guard="writer")
async def show_new(request: PageRequest) -> Response[str]:
    """Ask for the address of a new guide."""
    await drafts_of(request)
    return render(request, "staff/own_guide_new.html", here="guides", slug="")


@post_page(LIST + "/new", guard="writer")
async def take_new(request: PageRequest) -> Response[Any]:
    """Go on to the words of a new guide; nothing is kept before they are."""
    drafts = {each.draft.name for each in await drafts_of(request)}
    slug = fields_of(request).one("slug").strip()
    name = f"{OWN}.{slug}"
    taken = name in drafts or name in desk_of(request).local_guides
    code = "slug_taken" if taken else "slug" if not SLUG.fullmatch(slug) else ""
    if code:
        words = say(request, f"staff.guides.problem.{code}")
        return render(
            request,
            "staff/own_guide_new.html",
            status=422,
            here="guides",
            slug=slug[:40],
            problems=[("slug", words)],
        )
    return redirect(f"{at(request, name)}/text/{language_of(request)}")


@get_page(ONE, guard="writer")
async def show_guide(request: PageRequest, guide: FromPath[str]) -> Response[str]:
    """Show one guide: what is published, what would change, and who may decide."""
    return await _page(request, guide)


@post_page(ONE, guard="writer")
async def take_act(request: PageRequest, guide: FromPath[str]) -> Response[Any]:
    """Ask for a look, approve, give back, forget, renew, withdraw or bring back."""
    fields = fields_of(request)
    act, version = fields.one("act"), fields.one("version")
    problems: Sequence[tuple[str, str]] = ()
    try:
        if act == "ready":
            problems = await _ask_for_a_look(request, guide, version)
        else:
            await _act(request, guide, act, version)
    except NotAllowed as error:
        return await _page(request, guide, refused=say(request, error.key))
    if problems:
        return await _page(request, guide, problems=problems)
    gone = (await working_copy(request, guide)) is None
    back = f"/{language_of(request)}/staff/guides" if gone else at(request, guide)
    return redirect(address(back, done=act))


async def drafts_of(request: PageRequest) -> list[OpenDraft]:
    """Return the open drafts that this account can open."""
    return await list_drafts(desk_of(request), session_of(request))


async def working_copy(
    request: PageRequest, name: str
) -> tuple[OpenDraft | None, Guide | None] | None:
    """Return the draft of a guide and the state to go on from; None if there is no such guide.

    A guide that is not there yet has neither, if its address is one that the embassy may use.
    """
    drafts = {each.draft.name: each for each in await drafts_of(request)}
    draft, published = drafts.get(name), guides_of(desk_of(request)).get(name)
    if draft is not None:
        return draft, draft.draft.guide
    known = published is not None or name in desk_of(request).local_guides
    return (None, published) if known else None


async def copy_or_404(request: PageRequest, name: str) -> tuple[OpenDraft | None, Guide | None]:
    """Return what ``working_copy`` does; 404 if there is no such guide."""
    copy = await working_copy(request, name)
    if copy is None:
        raise refusal("not_found")
    return copy


def at(request: PageRequest, name: str) -> str:
    """Return the address of a guide on the desk."""
    return f"/{language_of(request)}/staff/guides/{name}"


async def keep(
    request: PageRequest, name: str, guide: Guide | None, version: str, *, ready: bool = False
) -> None:
    """Save an edit, its revisions settled against what is published."""
    published = guides_of(desk_of(request)).get(name)
    if guide is not None:
        guide = settle(guide, published)
    await save_draft(desk_of(request), session_of(request), name, guide, version, ready=ready)


async def _ask_for_a_look(
    request: PageRequest, name: str, version: str
) -> Sequence[tuple[str, str]]:
    """Ask colleagues to approve; returns what is missing before they can."""
    draft, guide = await copy_or_404(request, name)
    if draft is None:
        raise NotAllowed("staff.guides.moved_on")
    missing = list(guide_problems(guide)) if guide is not None else []
    if missing:
        return [("", say(request, f"staff.guides.problem.{problem.field}")) for problem in missing]
    await keep(request, name, guide, version, ready=True)
    return ()


async def _act(request: PageRequest, name: str, act: str, version: str) -> None:
    desk, session, fields = desk_of(request), session_of(request), fields_of(request)
    draft, guide = await copy_or_404(request, name)
    if act == "approve":
        await approve_draft(desk, session, name, version)
    elif act == "return":
        await return_draft(desk, session, name, version, fields.one("word")[:WORD_LIMIT])
    elif act == "drop":
        await drop_draft(desk, session, name, version)
    elif act == "withdraw":
        await keep(request, name, None, version, ready=True)
    elif act == "checked" and guide is not None:
        renewed = msgspec.structs.replace(guide, checked_on=today_of(desk))
        await keep(request, name, renewed, version, ready=draft is None)
    elif act == "restore":
        edition = await _edition(request, name, fields.one("edition"))
        await keep(request, name, edition.guide, version, ready=True)
    else:
        raise refusal("bad_request")


async def _edition(request: PageRequest, name: str, typed: str) -> Edition:
    for edition in await editions_of(desk_of(request), name):
        if str(edition.edition) == typed:
            return edition
    raise refusal("not_found")


async def _page(
    request: PageRequest,
    name: str,
    *,
    problems: Sequence[tuple[str, str]] = (),
    refused: str = "",
) -> Response[str]:
    desk, session = desk_of(request), session_of(request)
    draft, guide = await copy_or_404(request, name)
    published = guides_of(desk).get(name)
    names = await read_names(request) if draft is not None else {}
    shown = guide or published
    return render(
        request,
        "staff/own_guide.html",
        status=409 if refused else 422 if problems else 200,
        here="guides",
        at=at(request, name),
        name=name,
        line=_line(request, name, shown, draft),
        published=published is not None,
        draft=_draft(request, draft, names),
        version=draft.id if draft is not None else "",
        mine=draft is not None and session.box in draft.draft.hands,
        differences=_differences(request, published, guide) if draft is not None else (),
        written=_languages(request, shown),
        editions=[_told(request, each) for each in await editions_of(desk, name)],
        word_limit=WORD_LIMIT,
        done=query_of(request).get("done", ""),
        refused=refused,
        problems=problems,
    )


def _line(request: PageRequest, name: str, guide: Guide | None, draft: OpenDraft | None) -> Line:
    shown = draft.draft.guide if draft is not None and draft.draft.guide is not None else guide
    tag, title = language_of(request), name
    if shown is not None and shown.texts:
        tag, text = text_in(shown.texts, tag)
        title = text.title
    fresh = freshness(shown, today_of(desk_of(request))) if shown is not None else Freshness.FRESH
    return Line(
        name=name,
        title=title,
        language=tag,
        direction=direction(tag),
        languages=tuple(shown.texts) if shown is not None else (),
        state=_state(draft),
        fresh=fresh.value,
        own=name in desk_of(request).local_guides or name.startswith(f"{OWN}."),
        peer=draft.draft.origin.peer if draft is not None and draft.draft.origin else "",
    )


def _state(draft: OpenDraft | None) -> str:
    if draft is None:
        return "published"
    if draft.draft.ready:
        return "ready"
    return "returned" if draft.draft.word else "draft"


def _draft(
    request: PageRequest, draft: OpenDraft | None, names: Mapping[int, str]
) -> Mapping[str, Any] | None:
    if draft is None:
        return None
    told = draft.draft
    return {
        "state": _state(draft),
        "by": name_of(request, names, Box(told.by)),
        "when": show_moment(request, told.at),
        "word": told.word,
        "withdraws": told.guide is None,
        "origin": told.origin,
    }


def _differences(
    request: PageRequest, before: Guide | None, after: Guide | None
) -> tuple[Difference, ...]:
    def tell(guide: Guide, part: str) -> Sequence[str]:
        return _words(request, guide, part) if part else _facts(request, guide)

    return tuple(
        Difference(
            title=name_language(change.part) if change.part else say(request, "staff.guides.facts"),
            language=change.part,
            lines=change.lines,
        )
        for change in changes_between(before, after, tell)
    )


def _facts(request: PageRequest, guide: Guide) -> Sequence[str]:
    """Return the facts of a guide, a line each, in the page's language."""
    language, letters = language_of(request), letters_of(desk_of(request))
    proof, ends = guide.proof, guide.valid_until
    told = (
        ("authority", guide.authority),
        ("document", guide.document),
        ("proof", say(request, f"core.guides.proof_{proof}") if proof is not None else ""),
        ("checked_on", show_date(guide.checked_on, language)),
        ("valid_until", show_date(ends, language) if ends is not None else ""),
        *(("sources", f"{source.title}, {source.url}") for source in guide.sources),
    )
    topics = (show_topic(request, topic, topic) for topic in guide.topics)
    named = (letters[name] for name in guide.letters if name in letters)
    return (
        *(f"{say(request, f'core.guides.{key}')}: {words}" for key, words in told if words),
        *(f"{say(request, 'staff.guides.topics')}: {topic}" for topic in topics),
        *(
            f"{say(request, 'core.guides.letter_for')}: {_title(letter, language)}"
            for letter in named
        ),
    )


def _title(letter: Letter, language: str) -> str:
    return text_in(letter.texts, language)[1].title


def _words(request: PageRequest, guide: Guide, tag: str) -> Sequence[str]:
    """Return the words of a guide in one language, a line each."""
    text = guide.texts[tag]
    status = say(request, f"staff.guides.status.{text.status}")
    lines = (text.title, text.summary, *text.permits, text.fee, text.wait, status)
    return (*lines, *text.body.splitlines())


def _languages(request: PageRequest, guide: Guide | None) -> list[dict[str, Any]]:
    """Return the embassy's languages, each with what there is of the guide in it."""
    texts = guide.texts if guide is not None else {}
    tags = (*desk_of(request).embassy.languages, *texts)
    return [
        {
            "tag": tag,
            "name": name_language(tag),
            "status": texts[tag].status.value if tag in texts else "",
            "behind": tag in texts and guide is not None and texts[tag].of < guide.revision,
        }
        for tag in dict.fromkeys(tags)
    ]


def _told(request: PageRequest, edition: Edition) -> Mapping[str, Any]:
    begins: date = week_start(Week(edition.week))
    return {
        "number": edition.edition,
        "week": show_date(begins, language_of(request)),
        "withdrawn": edition.guide is None,
    }


ROUTES: tuple[HTTPRouteHandler, ...] = (show_list, show_new, take_new, show_guide, take_act)
