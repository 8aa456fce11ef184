"""Plugins as an author writes them, in a folder of the test's own."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pe_core.toolkit.quality import Source
from pe_core.toolkit.scaffold import INVENTED, new_plugin

CODE = "xx"
TODAY = date(2026, 11, 30)
_REAL = "invented for a test"
"""What an author would find out; a test's plugin says this instead."""


def fresh_plugin(folder: Path, code: str = CODE) -> Path:
    """Return the folder of a plugin as `pe plugin new` leaves it."""
    return new_plugin(code, "Exampleton", folder / "plugins")


def whole_plugin(folder: Path) -> Path:
    """Return the folder of a plugin that no fast rule finds anything in, in two languages."""
    root = fresh_plugin(folder)
    package = package_of(root)
    for path in [root / "README.md", *package.rglob("*.*")]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            for word in INVENTED:
                text = text.replace(word, _REAL if "." not in word else "embassy.example")
            path.write_text(text, encoding="utf-8")
    edit(root / "quality.toml", {'["coordinators of': '["translators of ours", "coordinators of'})
    _translate(package)
    for kind, stems in (("guides", ("second", "third", "fourth")), ("letters", ("second",))):
        for stem in stems:
            for path in sorted((package / kind).glob("first.*")):
                copied = path.with_name(path.name.replace("first", stem))
                copied.write_bytes(path.read_bytes())
    return root


def package_of(root: Path) -> Path:
    """Return the package folder of a plugin."""
    return next(root.glob("src/pe_*/__init__.py")).parent


def source_of(root: Path) -> Source:
    """Return what `pe plugin check` looks at."""
    package = package_of(root)
    code = package.name.removeprefix("pe_").removeprefix("embassy_")
    return Source(code=code, version="0.1.0", package=package, root=root)


def edit(path: Path, changes: Mapping[str, str]) -> None:
    """Replace words in a file; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{path.name} has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def add(path: Path, text: str) -> None:
    """Write something at the end of a file; a file that is not there is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{text}\n", encoding="utf-8")


def install(root: Path) -> Path:
    """Let a Python that finds this folder find the plugin, as after `pip install -e`."""
    package = package_of(root)
    code = package.name.removeprefix("pe_embassy_")
    info = package.parent / f"{package.name}-0.1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: pe-embassy-{code}\nVersion: 0.1.0\n"
    add(info / "METADATA", "")
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[pe]\n{code} = {package.name}\n", encoding="utf-8")
    return package.parent


def _translate(package: Path) -> None:
    """Say everything in a second language, whose words happen to be the English ones."""
    english = (package / "locales/en.po").read_text(encoding="utf-8")
    marked = re.sub(r'^(msgid "x)', r"#, reviewed\n\1", english, flags=re.MULTILINE)
    be = marked.replace("Language: en", "Language: be").replace(
        "nplurals=2; plural=(n != 1)",
        "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
        "(n%100<10 || n%100>=20) ? 1 : 2)",
    )
    (package / "locales/be.po").write_text(be, encoding="utf-8")
    guide = (package / "guides/first.md").read_text(encoding="utf-8")
    kept = ("title", "summary", "permits", "fee", "wait")
    head, body = guide.split("+++\n")[1:]
    lines = [line for line in head.splitlines() if line.partition(" ")[0] in kept]
    told = "\n".join([*lines, 'status = "reviewed"', "of = 1"])
    (package / "guides/first.be.md").write_text(f"+++\n{told}\n+++\n{body}", encoding="utf-8")
    edit_from, edit_to = (package / f"letters/first.{tag}.md" for tag in ("en", "be"))
    letter = edit_from.read_text(encoding="utf-8")
    edit_to.write_text(letter.replace("of = 1", 'status = "reviewed"\nof = 1'), encoding="utf-8")


def notifier_plugin(folder: Path) -> Path:
    """Return the folder of a plugin that is no country's and rings, without a fault."""
    root = folder / "plugins/xx"
    package = root / "src/pe_xx"
    add(
        root / "pyproject.toml",
        '[project]\nname = "pe-xx"\nversion = "0.1.0"\nlicense = "MPL-2.0"\n'
        'dependencies = ["pe-core>=0.1,<1"]\n[project.entry-points.pe]\nxx = "pe_xx"',
    )
    add(
        root / "quality.toml",
        'promised = "gold"\nowners = ["writers of tests", "readers of tests"]',
    )
    add(
        root / "README.md",
        "# xx\n\n## When it is disabled\n\nNobody is rung any more, and nothing is kept.",
    )
    add(root / "tests/test_contract.py", _CONTRACT)
    add(package / "__init__.py", _NOTIFIER)
    add(package / "py.typed", "")
    texts = {"title": "A way", "hint": "Type it.", "problem.no_address": "This is none."}
    entries = [f'msgid "xx.way.{key}"\nmsgstr "{text}"\n' for key, text in texts.items()]
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    add(package / "locales/en.po", "\n".join([head, *entries]))
    return root


_CONTRACT = """
from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    plugin = "xx"
    beside = ("zz",)
"""
_NOTIFIER = """
from collections.abc import Sequence

from pe_core import Instance, Notifier, hookimpl


class Way:
    name = "xx.way"
    problems = ("no_address",)

    def check(self, address: str) -> str | None:
        return "no_address"

    async def ring(self, address: str, words: str) -> None:
        pass


@hookimpl
def register_notifiers(instance: Instance) -> Sequence[Notifier]:
    return [Way()]
"""
