"""Pages and the markers in them.

Between ``<!-- file: PATH#NAME -->`` and ``<!-- end -->`` stands a piece of a file as a fenced
block; between ``<!-- part: NAME -->`` and ``<!-- end -->`` what ``parts`` makes.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from pe_core.model.struct import Model
from pe_core.toolkit.documenting.cutting import cut
from pe_core.toolkit.documenting.parts import PARTS

_PAGES = ("*.md", "docs/**/*.md", "deployments/**/*.md", "plugins/*/*.md")
_OPENED = re.compile(r"^<!-- (file|part): (\S+) -->$", re.MULTILINE)
_CLOSED = "\n<!-- end -->"
_LANGUAGES = {"py": "python", "toml": "toml", "md": "markdown", "po": "po", "json": "json"}


class Marker(Model):
    """A place in a page that is filled: what with, and what stands there now.

    ``begin`` and ``end`` are where that stands in the page, in characters.
    """

    kind: str
    name: str
    begin: int
    end: int
    held: str

    @property
    def path(self) -> str:
        """Return the file that is cut, from the tree on."""
        return self.name.partition("#")[0]


def pages(root: Path) -> list[Path]:
    """Return all Markdown pages of a tree that people read, sorted."""
    return sorted({path for pattern in _PAGES for path in root.glob(pattern)})


def markers(text: str) -> Iterator[Marker]:
    """Yield the markers of a page; ValueError for one without its end."""
    for opened in _OPENED.finditer(text):
        following = _OPENED.search(text, opened.end())
        limit = following.start() if following else len(text)
        end = text.find(_CLOSED, opened.end(), limit)
        if end < 0:
            raise ValueError(f"{opened[0]} has no <!-- end -->")
        held = text[opened.end() : end].strip("\n")
        yield Marker(kind=opened[1], name=opened[2], begin=opened.end(), end=end, held=held)


def fill(text: str, root: Path) -> str:
    """Return a page with everything between its markers made anew.

    Raises ValueError for a marker that names no file, no piece of it, or no part.
    """
    pieces, at = [], 0
    for marker in markers(text):
        pieces += [text[at : marker.begin], "\n", _filled(marker, root)]
        at = marker.end
    return "".join([*pieces, text[at:]])


def _filled(marker: Marker, root: Path) -> str:
    if marker.kind == "part":
        if marker.name not in PARTS:
            raise ValueError(f"there is no part {marker.name!r}; known: {', '.join(PARTS)}")
        return PARTS[marker.name](root)
    path, _, names = marker.name.partition("#")
    piece = cut(root / path, names)
    fence = "````" if "```" in piece else "```"
    return f"{fence}{_LANGUAGES.get(path.rpartition('.')[2], '')}\n{piece}\n{fence}"
