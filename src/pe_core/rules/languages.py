"""Language tags: which one falls back to which, and which one a browser wants."""

import re
from collections.abc import Iterator, Sequence

LAST = "en"
"""Where every chain ends; the language that all texts are first written in."""

_CHAINS = {
    "be": ("be", "ru", LAST),
    "be-tarask": ("be-tarask", "be", "ru", LAST),
    "be-Latn": ("be-Latn", "be", "ru", LAST),
}
_HEADER_LIMIT = 1000
"""No browser sends a longer list; reading one would be work for nothing."""
_RANGE = re.compile(
    r"\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?",
    re.IGNORECASE,
)


def chain(language: str) -> tuple[str, ...]:
    """Return the languages to look a text up in, in this order; the last one is English."""
    if language in _CHAINS:
        return _CHAINS[language]
    return tuple(dict.fromkeys((*_shorter(language), LAST)))


def negotiate(accept_language: str, offered: Sequence[str]) -> str:
    """Return the offered language that an Accept-Language header wants most.

    The first offered one is the default, for a header that names none of them or makes no
    sense (RFC 9110 section 12.5.4, lookup of RFC 4647 section 3.4).
    """
    by_tag = {language.lower(): language for language in reversed(offered)}
    for wanted in _wanted(accept_language):
        for tag in _shorter(_canonical(wanted)):
            if tag in by_tag:
                return by_tag[tag]
        narrower = (tag for tag in reversed(by_tag) if tag.startswith(f"{wanted}-"))
        if found := next(narrower, None):
            return by_tag[found]
    return offered[0]


def _wanted(header: str) -> list[str]:
    """Return the tags of a header in lower case, the most wanted first."""
    if len(header) > _HEADER_LIMIT:
        return []
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        read = _RANGE.fullmatch(part)
        if read is not None:
            quality = min(float(read[2] or 1), 1.0)
            if quality > 0:
                found.append((quality, read[1].lower()))
    return [tag for _, tag in sorted(found, key=lambda item: -item[0])]


def _canonical(tag: str) -> str:
    """Return the tag that we use for one of the names of Taraskievica."""
    first, *others = tag.split("-")
    if first == "be" and ("tarask" in others or others == ["x", "old"]):
        return "be-tarask"
    return tag


def _shorter(tag: str) -> Iterator[str]:
    """Yield the tag, then the tag without its last part, and so on: pt-BR, pt."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
