"""The Markdown pages of this tree, as tests look at them: blocks, headings, links, commands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from pe_core.toolkit.documenting import markers, pages

ROOT = Path(__file__).parent.parent
PAGES = pages(ROOT)
_BLOCK = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
_NO_LETTER = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and whether the generator made it."""

    language: str
    text: str
    made: bool
    begin: int

    def commands(self) -> Iterator[str]:
        """Yield what is typed: lines after ``$`` of a console, else every line."""
        for line in self.text.splitlines():
            if self.language != "console":
                yield line
            elif line.startswith("$ "):
                yield line[2:]


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    spans = [(marker.begin, marker.end) for marker in markers(text)]
    return [
        Block(
            language=found[2],
            text=found[3],
            made=any(begin <= found.start() < end for begin, end in spans),
            begin=found.start(),
        )
        for found in _BLOCK.finditer(text)
    ]


def indented(text: str) -> list[str]:
    """Return the blocks of a page that are told by four spaces."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [token.content for token in tokens if token.type == "code_block"]


def anchors(text: str) -> set[str]:
    """Return what an address may name of a page after ``#``, as GitHub makes it."""
    found: dict[str, int] = {}
    for title in re.findall(r"^#{1,6} (.+)$", _BLOCK.sub("", text), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = _NO_LETTER.sub("", words.strip().lower()).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return {name + (f"-{n}" if n else "") for name, most in found.items() for n in range(most + 1)}


def lost_links(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of one."""
    lost = []
    for target, anchor in _LINK.findall(_BLOCK.sub("", text)):
        path = page.parent / target if target else page
        if not path.exists():
            lost.append(target)
        elif anchor and path.suffix == ".md":
            told = text if path == page else path.read_text(encoding="utf-8")
            if anchor not in anchors(told):
                lost.append(f"{target}#{anchor}")
    return lost
