"""Plugins that are written into a folder, as installing them would leave them there."""

from collections.abc import Mapping
from pathlib import Path

HELP = """
from pe_core import Answers, Form, Story, hookimpl


class Help(Answers):
    story: Story


@hookimpl
def register_forms(instance):
    return [Form(name="{code}.help", answers=Help)]
"""
TEXTS = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "{code}.help.title"
msgstr "A planted topic"

msgid "{code}.help.summary"
msgstr "For a test alone"
"""


def plant(
    folder: Path,
    code: str,
    files: Mapping[str, str] | None = None,
    *,
    version: str = "1.0",
    distribution: str = "",
) -> Path:
    """Write a plugin into ``folder``, which is to be on Python's path; return its package.

    ``files`` are its own, by their name in the package; without any it asks one question.
    """
    package = folder / f"pe_embassy_{code}"
    given = {"__init__.py": HELP, "locales/en.po": TEXTS} if files is None else files
    for name, text in given.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{code}", code), encoding="utf-8")
    name = distribution or f"pe-embassy-{code}"
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(f"[pe]\n{code} = pe_embassy_{code}\n", encoding="utf-8")
    return package
