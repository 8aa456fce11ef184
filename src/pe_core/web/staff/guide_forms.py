"""The two forms of a guide: its facts, once, and its words, one page a language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.desk.desk import today_of
from pe_core.desk.local_guides import blank_guide
from pe_core.desk.reading import letters_of
from pe_core.errors import NotAllowed, TooMany
from pe_core.model import Guide, GuideText, Problem, Proof, Status
from pe_core.rules.guide_edits import (
    LINE_LIMIT,
    OWN,
    SLUG,
    is_fact_line,
    read_lines,
    read_sources,
    text_problems,
)
from pe_core.rules.guides import text_in
from pe_core.rules.markdown import render_markdown
from pe_core.rules.texts import direction
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.guides import ONE, at, copy_or_404, keep, working_copy
from pe_core.web.staff.moving import read_date
from pe_core.web.staff.words import name_language, say

FACTS = ONE + "/facts"
TEXT = ONE + "/text/{tag:str}"
TEXT_BYTES = 512 * 1024
Typed = Mapping[str, Any]


@get_page(FACTS, guard="writer")
async def show_facts(request: PageRequest, guide: FromPath[str]) -> Response[str]:
    """Show the facts of a guide to be changed."""
    draft, told = await copy_or_404(request, guide)
    version = draft.id if draft is not None else ""
    told = told or blank_guide(desk_of(request), guide)
    return _facts_page(request, guide, version, _facts_of(told))


@post_page(FACTS, guard="writer")
async def take_facts(request: PageRequest, guide: FromPath[str]) -> Response[Any]:
    """Keep changed facts in the draft."""
    _, told = await copy_or_404(request, guide)
    fields = fields_of(request)
    typed, version = _typed_facts(fields), fields.one("version")
    facts, problems = _read_facts(request, typed)
    if problems:
        return _facts_page(request, guide, version, typed, problems)
    changed = msgspec.structs.replace(told or blank_guide(desk_of(request), guide), **facts)
    return await _keep(
        request,
        guide,
        changed,
        version,
        lambda words: _facts_page(request, guide, version, typed, [("", words)], status=409),
    )


@get_page(TEXT, guard="writer")
async def show_text(
    request: PageRequest, guide: FromPath[str], tag: FromPath[str]
) -> Response[str]:
    """Show the words of a guide in one language to be changed."""
    version, told = await _for_text(request, guide, tag)
    text = told.texts.get(tag)
    return _text_page(request, told, tag, version, _words_of(text))


@post_page(TEXT, guard="writer", limit=TEXT_BYTES)
async def take_text(
    request: PageRequest, guide: FromPath[str], tag: FromPath[str]
) -> Response[Any]:
    """Show how the words will look, or keep them in the draft."""
    _, told = await _for_text(request, guide, tag)
    fields = fields_of(request)
    typed, version = _typed_words(fields), fields.one("version")
    text = GuideText(
        title=typed["title"],
        summary=typed["summary"],
        body=typed["body"],
        permits=read_lines(typed["permits"]),
        fee=typed["fee"],
        wait=typed["wait"],
        status=Status(typed["status"]),
    )
    problems = [_explained(request, problem) for problem in text_problems(text)]
    if problems or fields.one("act") == "preview":
        return _text_page(request, told, tag, version, typed, problems, preview=not problems)
    changed = msgspec.structs.replace(told, texts={**told.texts, tag: text})
    return await _keep(
        request,
        guide,
        changed,
        version,
        lambda words: _text_page(request, told, tag, version, typed, [("", words)], status=409),
    )


async def _keep(
    request: PageRequest, name: str, guide: Guide, version: str, again: Any
) -> Response[Any]:
    """Save and go back to the guide; what was typed is shown again if it cannot be saved."""
    try:
        await keep(request, name, guide, version)
    except (NotAllowed, TooMany) as error:
        page: Response[Any] = again(say(request, error.key))
        return page
    return redirect(f"{at(request, name)}?done=saved")


async def _for_text(request: PageRequest, name: str, tag: str) -> tuple[str, Guide]:
    """Return the draft's version and the guide to write in; a new one may begin with its words."""
    copy = await working_copy(request, name)
    slug = name.removeprefix(f"{OWN}.")
    if copy is None and not (name.startswith(f"{OWN}.") and SLUG.fullmatch(slug)):
        raise refusal("not_found")
    draft, told = copy or (None, None)
    told = told or blank_guide(desk_of(request), name)
    if tag not in (*desk_of(request).embassy.languages, *told.texts):
        raise refusal("not_found")
    return draft.id if draft is not None else "", told


def _facts_of(guide: Guide) -> Typed:
    return {
        "topics": list(guide.topics),
        "letters": list(guide.letters),
        "authority": guide.authority,
        "document": guide.document,
        "proof": guide.proof.value if guide.proof is not None else "",
        "valid": _parts_of(guide.valid_until),
        "checked": _parts_of(guide.checked_on),
        "sources": "\n".join(f"{source.url} {source.title}" for source in guide.sources),
    }


def _parts_of(day: date | None) -> tuple[str, str, str]:
    return ("", "", "") if day is None else (str(day.day), str(day.month), str(day.year))


def _typed_facts(fields: Fields) -> Typed:
    return {
        "topics": fields.all("topics"),
        "letters": fields.all("letters"),
        "authority": fields.one("authority").strip()[: LINE_LIMIT + 1],
        "document": fields.one("document").strip()[: LINE_LIMIT + 1],
        "proof": fields.one("proof"),
        "valid": tuple(fields.one(f"valid-{part}").strip() for part in ("day", "month", "year")),
        "checked": tuple(
            fields.one(f"checked-{part}").strip() for part in ("day", "month", "year")
        ),
        "sources": fields.one("sources"),
    }


def _read_facts(request: PageRequest, typed: Typed) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the facts as a guide holds them, and what is wrong with them."""
    desk = desk_of(request)
    problems: list[Problem] = []
    checked, valid = read_date(typed["checked"]), read_date(typed["valid"])
    sources = read_sources(typed["sources"])
    if checked is None:
        problems.append(Problem(field="checked", code="no_such_day"))
    elif checked > today_of(desk):
        problems.append(Problem(field="checked", code="future"))
    if valid is None and any(typed["valid"]):
        problems.append(Problem(field="valid", code="no_such_day"))
    if sources is None:
        problems.append(Problem(field="sources", code="sources_wrong"))
    for field in ("authority", "document"):
        if not is_fact_line(typed[field]):
            problems.append(Problem(field=field, code="too_long"))
    facts = {
        "topics": tuple(name for name in desk.forms if name in typed["topics"]),
        "letters": tuple(name for name in letters_of(desk) if name in typed["letters"]),
        "authority": typed["authority"],
        "document": typed["document"],
        "proof": next((each for each in Proof if each.value == typed["proof"]), None),
        "valid_until": valid,
        "checked_on": checked,
        "sources": sources,
    }
    return facts, [_explained(request, problem) for problem in problems]


def _explained(request: PageRequest, problem: Problem) -> tuple[str, str]:
    return problem.field, say(request, f"staff.guides.problem.{problem.code}")


def _facts_page(
    request: PageRequest,
    name: str,
    version: str,
    typed: Typed,
    problems: Any = (),
    *,
    status: int = 0,
) -> Response[str]:
    desk, language = desk_of(request), language_of(request)
    letters = letters_of(desk)
    return render(
        request,
        "staff/own_guide_facts.html",
        status=status or (422 if problems else 200),
        here="guides",
        at=at(request, name),
        version=version,
        typed=typed,
        topics=[(form, say(request, f"{form}.title")) for form in desk.forms],
        letters=[(key, text_in(letters[key].texts, language)[1].title) for key in letters],
        proofs=[("", say(request, "staff.guides.proof_none"))]
        + [(each.value, say(request, f"core.guides.proof_{each.value}")) for each in Proof],
        longest=LINE_LIMIT,
        problems=problems,
    )


def _words_of(text: GuideText | None) -> Typed:
    if text is None:
        return _typed_words(Fields(pairs=()))
    return {
        "title": text.title,
        "summary": text.summary,
        "body": text.body,
        "permits": "\n".join(text.permits),
        "fee": text.fee,
        "wait": text.wait,
        "status": text.status.value,
    }


def _typed_words(fields: Fields) -> dict[str, str]:
    names = ("title", "summary", "permits", "fee", "wait")
    typed = {name: fields.one(name).strip() for name in names}
    status = fields.one("status")
    known = {each.value for each in Status}
    return {
        **typed,
        # Browsers send line ends of their own kind.
        "body": fields.one("body").replace("\r\n", "\n").strip(),
        "status": status if status in known else Status.HUMAN.value,
    }


def _text_page(
    request: PageRequest,
    guide: Guide,
    tag: str,
    version: str,
    typed: Typed,
    problems: Any = (),
    *,
    preview: bool = False,
    status: int = 0,
) -> Response[str]:
    return render(
        request,
        "staff/own_guide_text.html",
        status=status or (422 if problems else 200),
        here="guides",
        at=at(request, guide.name),
        tag=tag,
        tag_name=name_language(tag),
        tag_dir=direction(tag),
        version=version,
        typed=typed,
        statuses=[
            (each.value, say(request, f"staff.guides.status.{each.value}")) for each in Status
        ],
        source=_source(guide, tag),
        preview=render_markdown(typed["body"]) if preview else "",
        longest=LINE_LIMIT,
        problems=problems,
    )


def _source(guide: Guide, tag: str) -> Mapping[str, str] | None:
    """Return the same guide in another language, for whoever translates it."""
    others = {key: text for key, text in guide.texts.items() if key != tag}
    if not others:
        return None
    key, text = text_in(others, "en")
    return {
        "tag": key,
        "name": name_language(key),
        "dir": direction(key),
        "title": text.title,
        "summary": text.summary,
        "body": text.body,
    }


ROUTES: tuple[HTTPRouteHandler, ...] = (show_facts, take_facts, show_text, take_text)
