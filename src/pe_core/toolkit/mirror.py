"""Make right-to-left texts from English ones, to try every page in both directions.

It is no translation and says so by its look: each Latin letter becomes a Hebrew one, words
keep their length, placeholders and numbers stay. ``python -m pe_core.toolkit.mirror`` with the
English files and the target writes it, and with a plugin's package folder its guides and letters
too (`make texts`).
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from pe_core.rules.front_matter import read_page
from pe_core.rules.guides import GuideHead
from pe_core.rules.letters import LetterWords

LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "אבצדהפגחיטכלמנעפקרסתוושזינאבצדהפגחיטכלמנעפקרסתוושזינ",
)
PLACEHOLDER = re.compile(r"(\{[a-z_]+\}|https://[^\s)>]+)")
"""What stays as it is: placeholders, and where links lead."""
TAG = "he"


def mirror_text(text: str) -> str:
    """Return the text in Hebrew letters, its placeholders untouched."""
    parts = PLACEHOLDER.split(text)
    return "".join(p if PLACEHOLDER.fullmatch(p) else p.translate(LETTERS) for p in parts)


def mirror_catalogue(sources: Sequence[Path], target: Path) -> int:
    """Write ``target`` from English PO files; returns how many texts it holds."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po, write_po

    mirrored = Catalog(locale=TAG, fuzzy=False, header_comment="# Made by `make texts`.")
    for source in sources:
        for message in read_po(BytesIO(source.read_bytes()), locale="en"):
            if not message.id:
                continue
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            texts = tuple(mirror_text(str(string)) for string in strings)
            mirrored.add(
                message.id,
                texts if message.pluralizable else texts[0],
                flags=["machine"],
            )
    out = BytesIO()
    write_po(out, mirrored, width=0, sort_output=True, omit_header=True)
    head = (
        "# Made from the English texts by `make texts`; not a translation.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {TAG}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {mirrored.plural_forms}\\n"\n\n'
    )
    target.write_text(head + out.getvalue().decode().strip() + "\n", encoding="utf-8")
    return len(mirrored)


def mirror_pages(package: Path) -> int:
    """Write the guides and letters of a plugin's package folder; returns how many."""
    pages = [path for path in (package / "guides").glob("*.md") if "." not in path.stem]
    for path in pages:
        guide, body = read_page(path.read_text(encoding="utf-8"), GuideHead)
        words = {key: getattr(guide, key) for key in ("title", "summary", "permits", "fee", "wait")}
        _write_page(path.with_name(f"{path.stem}.{TAG}.md"), words, guide.revision, body)
    letters = list((package / "letters").glob("*.en.md"))
    for path in letters:
        letter, body = read_page(path.read_text(encoding="utf-8"), LetterWords)
        words = {key: getattr(letter, key) for key in ("title", "summary", "labels", "hints")}
        stem = path.name.removesuffix(".en.md")
        _write_page(path.with_name(f"{stem}.{TAG}.md"), words, letter.of, body)
    return len(pages) + len(letters)


def _write_page(target: Path, words: Mapping[str, Any], of: int, body: str) -> None:
    lines = [f"{key} = {_toml(value)}" for key, value in words.items() if value]
    head = "\n".join([*lines, 'status = "machine"', f"of = {of}"])
    target.write_text(f"+++\n{head}\n+++\n{mirror_text(body)}\n", encoding="utf-8")


def _toml(value: str | Sequence[str] | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return json.dumps(mirror_text(value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    return f"[{', '.join(map(_toml, value))}]"


if __name__ == "__main__":
    paths = [Path(name) for name in sys.argv[1:]]
    *sources, target = [path for path in paths if not path.is_dir()]
    mirror_catalogue(sources, target)
    for folder in paths:
        if folder.is_dir():
            mirror_pages(folder)
