"""Targets of what plugins' authors write down: guides, letters and their Markdown."""

import re
from datetime import date

from pe_core.errors import PluginError
from pe_core.model import Guide
from pe_core.rules.guide_edits import fact_problems, take_over, text_problems
from pe_core.rules.guides import SOURCE, body_faults, freshness, read_guide, text_in
from pe_core.rules.letters import fill, gaps_in, read_letter
from pe_core.rules.markdown import render_markdown

from .cutting import as_text

TODAY = date(2026, 11, 24)
_TAG = re.compile(r"<([^>]*)>")
_PLAIN_TAG = re.compile(
    r"/?(?:p|h[2-6]|ul|li|em|strong|code|pre|blockquote|ol|span)"
    r"|[bh]r /|ol start=\"[0-9]+\"|code class=\"language-[^\"]*\"|h[2-6] id=\"part-[^\" ]*\""
    r"|a href=\"(?:#part-[^\"]*|https://[^\"]*\" rel=\"noreferrer)\"|/a"
    r"|a href=\"(?:#part-[^\"]*|https://[^\"]*)\" title=\"[^\"]*\"(?: rel=\"noreferrer\")?"
)


BLANK = Guide(
    name="own.x",
    topics=(),
    jurisdiction="zz",
    authority="",
    checked_on=TODAY,
    sources=(),
    texts={},
)


def shared_guide(theirs: Guide) -> None:
    """A guide of another embassy as ours: what its rules let through shows plain tags alone."""
    taken = take_over(theirs, BLANK, tuple(theirs.texts))
    assert (BLANK.name, BLANK.topics, BLANK.letters) == (taken.name, taken.topics, taken.letters)
    for text in taken.texts.values():
        if not list(text_problems(text)):
            assert text.title.isprintable() or not text.title.isascii()
            _show(text.body)
    if not list(fact_problems(taken, TODAY)):
        assert taken.checked_on <= TODAY
        assert all(source.url.startswith("https://") for source in taken.sources)


def front_matter(data: bytes) -> None:
    """The files of a guide and of a letter, in any bytes: read whole, or faults by file."""
    text = data.decode("utf-8", "replace")
    try:
        guide = read_guide("zz", "x", {SOURCE: text, "be": text})
        assert freshness(guide, TODAY) and text_in(guide.texts, "he")[1].title
    except PluginError as refused:
        assert refused.faults and all(fault.startswith("x.") for fault in refused.faults)
    try:
        letter = read_letter("zz", "x", {SOURCE: text, "en": text})
        assert set(gaps_in(letter.body)) == {blank.name for blank in letter.blanks}
    except PluginError as refused:
        assert refused.faults and all(fault.startswith("x.") for fault in refused.faults)


def guide_body(data: bytes) -> None:
    """A body in any characters: nothing but plain tags, and no gap is filled twice."""
    body = as_text(data)
    _show(body)
    assert all(line.startswith("line ") for line in body_faults(body))
    gaps = gaps_in(body)
    if gaps:
        filled = "\n\n".join(fill(body, dict.fromkeys(gaps, "{x}")))
        assert set(gaps_in(filled)) == {"x"}


def _show(body: str) -> None:
    for tag in _TAG.findall(render_markdown(body)):
        assert _PLAIN_TAG.fullmatch(tag), tag
