"""A new plugin from plain files: the template is copied, and two words in it are replaced.

Files and folders whose names a tool would take for ours (a module, a ``pyproject.toml``, a
folder of tests) end in ``.txt``; the ending is dropped, so no linter, type checker, test run or
wheel mistakes the template for code of this library.
"""

import re
from pathlib import Path

from pe_core.errors import SettingsError

TEMPLATE = Path(__file__).parent / "template"
INVENTED = (
    "example.org",
    "Example office",
    "Example law",
    "Example travel",
    "Example: ",
    "until you replace it",
)
"""What the template invents is told by these words, and found again by them."""

_CODE = re.compile(r"[a-z]{2,8}")
_TAKEN = frozenset({"core", "staff", "upkeep"})
"""Roots of text keys that are the core's own."""
_NAME = re.compile(r"[^\W_][^\x00-\x1f\x7f\"\\{}<>_]{0,59}")
"""What can stand between quotes in Python, TOML and PO alike."""
_DROPPED = ".txt"


def new_plugin(code: str, name: str, into: Path) -> Path:
    """Write a whole plugin into the new folder ``into/code`` and return that folder.

    Raises SettingsError for a code or a name that cannot be used, and for a folder that is
    there: nothing is ever written over.
    """
    if not _CODE.fullmatch(code):
        raise SettingsError(
            f"{code!r} is no code of a plugin: take 2 to 8 letters a-z, such as the country's "
            "two-letter code"
        )
    if code in _TAKEN:
        raise SettingsError(f"{code!r} is taken by the core's own texts: take another code")
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise SettingsError(
            "the name is what people call the country in English, 1 to 60 characters without "
            'quotes, brackets, \\ and _, such as "Exampleland"'
        )
    target = into / code
    if target.exists():
        raise SettingsError(f"{target} is there already: name another folder with --into")
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file()):
        place = target.joinpath(*(_place(part, code) for part in _parts(source)))
        place.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        place.write_text(_replace(text, code, name), encoding="utf-8")
    return target


def _parts(source: Path) -> tuple[str, ...]:
    return source.relative_to(TEMPLATE).parts


def _place(part: str, code: str) -> str:
    return part.removesuffix(_DROPPED).replace("NEW_CODE", code)


def _replace(text: str, code: str, name: str) -> str:
    return text.replace("NEW_CODE", code).replace("NEW_NAME", name)
