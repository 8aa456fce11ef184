"""Targets of the rules: receipts, forms, search, languages, texts, settings."""

import re
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from unicodedata import is_normalized

import msgspec
from lxml import etree, html

from pe_core.errors import PluginError, SettingsError
from pe_core.model import Form, Guide, GuideText, Problem
from pe_core.rules import forms
from pe_core.rules.guide_edits import (
    changes_between,
    read_lines,
    read_sources,
    settle,
    text_problems,
)
from pe_core.rules.languages import chain, negotiate
from pe_core.rules.markdown import render_markdown
from pe_core.rules.receipts import fold_typed, read_receipt, show_receipt
from pe_core.rules.search import WORDS_LIMIT, fits, fold_words, read_query
from pe_core.rules.texts import Source, direction, load_catalogue, own_name
from pe_core.settings import embassy_of, read_settings
from pe_embassy_zz.forms import BED, OTHER, PAPER

from .cutting import Cut, as_text, as_typed

OFFERED = ("be", "be-tarask", "be-Latn", "ru", "en", "he", "pt-BR")
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-words-"))
NEXT_FIELD, NEXT_INPUT = "\x1e", "\x1f"
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_KEY = re.compile(r'msgid "([^"\\]*)"')
_BOUND = 1_000
"""Numbers for which a plural form is chosen; the rule of a language repeats much sooner."""


def forget() -> None:
    """Remove the files that targets wrote; their parsers read from paths."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def receipt(data: bytes) -> None:
    """A typed receipt: what is read is read again as it is shown."""
    typed = as_text(data)
    folded = fold_typed(typed)
    found = read_receipt(typed)
    if found is not None:
        assert folded == found == read_receipt(show_receipt(found)) == read_receipt(found.lower())


def accept_language(data: bytes) -> None:
    """The wish of a browser, in any bytes; a language of ours comes out."""
    assert negotiate(data.decode("latin-1"), OFFERED) in OFFERED


def language_tag(data: bytes) -> None:
    """A tag as a settings file may name it: it has a chain, a way and a name."""
    tag = as_text(data[:60])
    assert chain(tag)[-1] == "en" and len(chain(tag)) == len(set(chain(tag)))
    if tag.isascii() and tag.replace("-", "").isalnum():
        assert direction(tag) in ("ltr", "rtl") and own_name(tag)


def search_words(data: bytes) -> None:
    """Words to fold and to look for: a text is found by each of its own words."""
    text = as_text(data)
    words = fold_words([text])
    assert len(words) <= WORDS_LIMIT
    assert words == fold_words([text], words)
    for wanted in read_query(text)[:5]:
        if len(words) < WORDS_LIMIT - 100:
            assert fits(words, (wanted,))


def typed_search(data: bytes) -> None:
    """A query as a coordinator types it, against words that were folded before."""
    query, _, words = as_typed(data).partition("\n")
    fits(fold_words([words]), read_query(query))


def typed_guide(data: bytes) -> None:
    """The words and sources of a guide as a coordinator types them: problems, or a whole guide."""
    title, summary, permits, sources, body = (as_typed(data).split(NEXT_FIELD) + [""] * 5)[:5]
    text = GuideText(title=title, summary=summary, permits=read_lines(permits), body=body)
    found = tuple(text_problems(text))
    links = read_sources(sources)
    assert all(problem.field and problem.code for problem in found)
    assert links is None or all(link.url.startswith("https://") and link.title for link in links)
    guide = Guide(
        name="own.x",
        topics=(),
        jurisdiction="zz",
        authority=title,
        checked_on=date(2026, 1, 1),
        sources=links or (),
        texts={"en": text},
    )
    assert settle(settle(guide, None), settle(guide, None)) == settle(guide, None)
    assert () == changes_between(guide, guide, _tell)
    for element in html.fromstring(f"<div>{render_markdown(body)}</div>").iter(etree.Element):
        assert element.tag not in ("script", "img", "style", "iframe", "form", "input")
        assert set(element.attrib) <= {"href", "rel", "id", "title", "start", "class"}
        assert element.get("href", "#").startswith(("https://", "#"))


def _tell(guide: Guide, part: str) -> tuple[str, ...]:
    return (guide.texts[part].body,) if part else (guide.authority,)


def settings(data: bytes) -> None:
    """A pe.toml of any bytes: right settings, or words for whoever wrote it."""
    path = FOLDER / "pe.toml"
    path.write_bytes(data)
    try:
        found = read_settings(path)
    except SettingsError as refused:
        assert str(refused).startswith("pe.toml")
        return
    embassy = embassy_of(found)
    assert embassy.code.isascii() and embassy.code.isalpha() and embassy.code.islower()
    assert all(tag == tag.strip() for tag in embassy.languages)
    assert embassy.names[embassy.languages[0]]
    assert all(line.isprintable() for line in (embassy.zone, found.data, found.server.host))
    assert 1 <= found.server.port <= 65_535 and 64 <= found.vault.argon2_memory <= 512


def catalogue(data: bytes) -> None:
    """A PO file of any bytes: texts that can all be shown, or a fault that names the file."""
    folder = FOLDER / "po"
    folder.mkdir(exist_ok=True)
    (folder / "be.po").write_bytes(data)
    try:
        found = load_catalogue([Source(domain="zz", directory=folder)], ["be"], None)
    except PluginError as refused:
        assert all("be.po" in fault for fault in refused.faults)
        return
    found.problems()
    values = dict.fromkeys(_PLACEHOLDER.findall(as_text(data)), "x")
    values.pop("number", None)
    for key in _KEY.findall(as_text(data)):
        if key in found.table("be"):
            found.text("be", key, **{"number": 1, **values})
        elif found.has("be", key):
            for number in range(_BOUND):
                found.plural("be", key, number=number, **values)


def compiled_texts(data: bytes) -> None:
    """A compiled file of the cache that a disk spoilt: made anew, or good as it is."""
    folder, cache = FOLDER / "compiled", FOLDER / "cache"
    folder.mkdir(exist_ok=True)
    source = [Source(domain="zz", directory=folder)]
    (folder / "en.po").write_text('msgid "zz.a"\nmsgstr "A"\n', encoding="utf-8")
    load_catalogue(source, ["en"], cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(data)
    load_catalogue(source, ["en"], cache)
    kept.unlink()


def form_answers(form: Form) -> Callable[[bytes], None]:
    """Return the target of one form: typed strings for its fields, in their order."""

    def target(data: bytes) -> None:
        _answer_all(form, as_text(data))

    return target


paper_answers, bed_answers, other_answers = map(form_answers, (PAPER, BED, OTHER))


def raw_answers(data: bytes) -> None:
    """Answers as a draft never holds them: any fields, any values."""
    cut = Cut(data)
    form = (PAPER, BED, OTHER)[cut.number(3)]
    try:
        answers = msgspec.msgpack.decode(
            cut.rest, type=dict[str, str | bool | int | list[str] | None]
        )
    except (ValueError, RecursionError):
        return
    found = forms.problems(form, answers)  # type: ignore[arg-type]
    forms.next_question(form, answers)  # type: ignore[arg-type]
    if not found:
        forms.read(form, answers)  # type: ignore[arg-type]


def _answer_all(form: Form, text: str) -> None:
    typed = text.split(NEXT_FIELD)
    answers: dict[str, forms.Value] = {}
    for question, part in zip(forms.questions(form), typed, strict=False):
        value = forms.read_question(question, part.split(NEXT_INPUT))
        if isinstance(value, Problem):
            assert value.field == question.field
        elif value is not None:
            answers[question.field] = value
            assert not isinstance(value, str) or is_normalized("NFC", value)
    kept = forms.prune(form, answers)
    missing = [found for found in forms.problems(form, answers) if found.code == "required"]
    assert {found.field for found in missing}.isdisjoint(kept)
    forms.next_question(form, answers)
    if not forms.problems(form, answers):
        read = msgspec.to_builtins(forms.read(form, answers))
        assert kept == read
