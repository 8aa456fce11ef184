"""What pages say about guides and letters: in whose language, how fresh, looked at by whom."""

from collections.abc import Iterable
from typing import Any

from pe_core.desk.desk import today_of
from pe_core.desk.reading import Shelf, own_guides_of, shelf_of
from pe_core.model import Freshness, Guide, GuideText, Letter, LetterText
from pe_core.model.struct import Model
from pe_core.rules.guides import freshness, text_in
from pe_core.rules.texts import direction, own_name, show_date
from pe_core.web.portal import PageRequest, desk_of, language_of


class Entry(Model):
    """A guide or letter in a list; ``language`` and ``direction`` are those of its words."""

    address: str
    title: str
    summary: str
    language: str
    direction: str
    old: bool


class Entries(Model):
    """What stands on one shelf, under its heading."""

    topic: str
    guides: tuple[Entry, ...]
    letters: tuple[Entry, ...]


def entry_of(request: PageRequest, told: Guide | Letter) -> Entry:
    """Return a guide or letter as a list shows it, in the words nearest to the reader."""
    language = language_of(request)
    tag, text = _words(told, language)
    kind = "guides" if isinstance(told, Guide) else "letters"
    return Entry(
        address=f"/{language}/{kind}/{told.name}",
        title=text.title,
        summary=text.summary,
        language=tag,
        direction=direction(tag),
        old=freshness(told, today_of(desk_of(request))) is not Freshness.FRESH,
    )


def entries_of(request: PageRequest, shelf: Shelf) -> Entries:
    """Return what stands on a shelf as lists show it."""
    return Entries(
        topic=shelf.topic,
        guides=_entries(request, shelf.guides),
        letters=_entries(request, shelf.letters),
    )


def maybe_answers(request: PageRequest, topic: str) -> tuple[Entry, ...]:
    """Return what may answer a topic before a person does, guides first."""
    entries = entries_of(request, shelf_of(desk_of(request), topic))
    return (*entries.guides, *entries.letters)


def about(request: PageRequest, told: Guide | Letter) -> dict[str, Any]:
    """Return what the page of a guide or letter says about it, for its template."""
    desk, language = desk_of(request), language_of(request)
    tag, text = _words(told, language)
    fresh = freshness(told, today_of(desk))
    ends = told.valid_until
    return {
        "told": told,
        "text": text,
        "text_language": tag,
        "text_direction": direction(tag),
        "text_name": own_name(tag),
        "foreign": tag != language,
        "behind": text.of < told.revision,
        "fresh": fresh.value,
        "ended": show_date(ends, language) if ends else "",
        "checked": show_date(told.checked_on, language),
        "local": desk.jurisdiction.languages[0] if _is_here(request, told) else "",
        "own": told.name in own_guides_of(desk),
    }


def _words(told: Guide | Letter, language: str) -> tuple[str, GuideText | LetterText]:
    return text_in(told.texts, language)


def _entries(request: PageRequest, several: Iterable[Guide | Letter]) -> tuple[Entry, ...]:
    return tuple(entry_of(request, told) for told in several)


def _is_here(request: PageRequest, told: Guide | Letter) -> bool:
    """Return whether it is about the embassy's own place, whose language offices speak."""
    return told.jurisdiction == desk_of(request).jurisdiction.code
