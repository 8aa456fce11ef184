"""Make a right-to-left catalogue from an English one, to try every page in both directions.

It is no translation and says so by its look: each Latin letter becomes a Hebrew one, words
keep their length, placeholders and numbers stay. ``python -m pe_core.toolkit.mirror`` with the
English files and the target writes it (`make texts`).
"""

import re
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "אבצדהפגחיטכלמנעפקרסתוושזינאבצדהפגחיטכלמנעפקרסתוושזינ",
)
PLACEHOLDER = re.compile(r"(\{[a-z_]+\})")
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


if __name__ == "__main__":
    mirror_catalogue([Path(name) for name in sys.argv[1:-1]], Path(sys.argv[-1]))
