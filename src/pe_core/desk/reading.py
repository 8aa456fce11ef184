"""What the public may read: guides and letters, by topic and by a word that is looked for."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from pe_core.desk.desk import Desk
from pe_core.model import Guide, Letter
from pe_core.model.struct import Model
from pe_core.rules.search import Wanted, fits, fold_words, read_query

T = TypeVar("T", Guide, Letter)

_FOLDED_LIMIT = 100_000
"""Characters of folded words of one text; more than any body has."""


class Shelf(Model):
    """Guides and letters that stand together; ``topic`` is '' for those for everybody."""

    topic: str
    guides: tuple[Guide, ...]
    letters: tuple[Letter, ...]


def guides_of(desk: Desk) -> Mapping[str, Guide]:
    """Return all guides that the public may read, by name.

    What the embassy itself published under a plugin's name stands in that guide's place.
    """
    return {**desk.guides, **own_guides_of(desk)}


def own_guides_of(desk: Desk) -> Mapping[str, Guide]:
    """Return the guides that the embassy itself published, by name."""
    editions = desk.local_guides.values()
    return {each.name: each.guide for each in editions if each.guide is not None}


def letters_of(desk: Desk) -> Mapping[str, Letter]:
    """Return all letters that the public may fill in, by name."""
    return desk.letters


def shelves_of(desk: Desk) -> tuple[Shelf, ...]:
    """Return the shelves that hold something, in the order of the forms; the general one last."""
    shelves = (shelf_of(desk, topic) for topic in (*desk.forms, ""))
    return tuple(shelf for shelf in shelves if shelf.guides or shelf.letters)


def shelf_of(desk: Desk, topic: str) -> Shelf:
    """Return what there is about a topic, by name; '' asks for what is for everybody."""
    return Shelf(
        topic=topic,
        guides=_about(guides_of(desk).values(), topic),
        letters=_about(letters_of(desk).values(), topic),
    )


def search(desk: Desk, query: str) -> tuple[Guide | Letter, ...]:
    """Return what has every word of a query, in any of its languages; by its head first.

    A word of the query may be the beginning of one; neither case nor script matters.
    """
    wanted = read_query(query)
    by_head: list[Guide | Letter] = []
    by_body: list[Guide | Letter] = []
    everything: list[Guide | Letter] = [*guides_of(desk).values(), *letters_of(desk).values()]
    for told in everything:
        if _has(_head(told), wanted):
            by_head.append(told)
        elif _has((*_head(told), *_bodies(told)), wanted):
            by_body.append(told)
    return (*by_head, *by_body)


def _about(told: Iterable[T], topic: str) -> tuple[T, ...]:
    found = [one for one in told if (topic in one.topics if topic else not one.topics)]
    return tuple(sorted(found, key=lambda one: one.name))


def _head(told: Guide | Letter) -> tuple[str, ...]:
    """Return what stands above a guide or letter, in all its languages."""
    names = [told.authority]
    for text in told.texts.values():
        names += [text.title, text.summary]
    if isinstance(told, Guide):
        names.append(told.document)
        for words in told.texts.values():
            names.extend(words.permits)
    return tuple(names)


def _bodies(told: Guide | Letter) -> tuple[str, ...]:
    bodies = [text.body for text in told.texts.values()]
    return (*bodies, told.body) if isinstance(told, Letter) else tuple(bodies)


def _has(texts: Sequence[str], wanted: Wanted) -> bool:
    return fits(" ".join(map(_folded, texts)), wanted)


@lru_cache(maxsize=2048)
def _folded(text: str) -> str:
    """Return the folded words of a text; it is folded when the first person looks for a word."""
    return fold_words([text], limit=_FOLDED_LIMIT)
