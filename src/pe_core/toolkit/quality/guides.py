"""Rules about guides and letters: there are some, they have sources, and they are fresh."""

from collections.abc import Iterable, Iterator

from pe_core.model import Freshness, Guide, Letter
from pe_core.rules.guides import freshness
from pe_core.toolkit.quality.subject import Subject

FEWEST_GUIDES = 4
FEWEST_LETTERS = 2
_MENDS = {
    Freshness.OVER: "its valid_until is past; look at the source and write what holds now",
    Freshness.UNCHECKED: "nobody has checked it for half a year; look at the sources again",
}


def guides_sourced(plugin: Subject) -> Iterable[str]:
    """Bring at least four guides and two letters, each with an authority and an https source.

    Somebody may travel, wait or not appeal because of a sentence: it must be possible to look
    where it was read, and when. `checked_on` is never in the future.
    A plugin that brings no jurisdiction and no form need not bring any.
    """
    guides, letters = plugin.brought.guides, plugin.brought.letters
    fewest = (FEWEST_GUIDES, FEWEST_LETTERS) if plugin.is_of_a_country else (0, 0)
    if len(guides) < fewest[0]:
        yield f"guides/: {len(guides)} of at least {FEWEST_GUIDES}; write what people ask most"
    if len(letters) < fewest[1]:
        yield f"letters/: {len(letters)} of at least {FEWEST_LETTERS}; write what people hand in"
    for file, told in _each(plugin):
        if not any(source.url.startswith("https://") for source in told.sources):
            yield f"{file}: sources has no https address; name where the rule was read"
        if not told.authority.strip():
            yield f"{file}: authority is empty; write the office's name as on its door"
        if told.checked_on > plugin.today:
            yield f"{file}: checked_on {told.checked_on} is in the future; write the day it was"


def guides_fresh(plugin: Subject) -> Iterable[str]:
    """Have every guide and letter checked within half a year, and none past its end.

    What is older says so on its page by itself; a model for others is looked after.
    """
    for file, told in _each(plugin):
        state = freshness(told, plugin.today)
        if state is not Freshness.FRESH:
            yield f"{file}: {_MENDS[state]}"


def _each(plugin: Subject) -> Iterator[tuple[str, Guide | Letter]]:
    for name, guide in plugin.brought.guides.items():
        yield f"guides/{name.partition('.')[2]}.md", guide
    for name, letter in plugin.brought.letters.items():
        yield f"letters/{name.partition('.')[2]}.md", letter
