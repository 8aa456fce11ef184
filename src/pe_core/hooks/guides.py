"""Read the guides and letters of plugins from their folders, and say all that is wrong."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pe_core.errors import PluginError
from pe_core.model import Guide, Letter
from pe_core.model.struct import Model
from pe_core.rules.guides import SOURCE, read_guide
from pe_core.rules.languages import LAST
from pe_core.rules.letters import read_letter

T = TypeVar("T", Guide, Letter)

_NAME = re.compile(r"([a-z0-9][a-z0-9-]*)(?:\.([a-z]{2,3}(?:-[A-Za-z0-9]{4,8})?))?\.md")
_SIZE_LIMIT = 200_000
"""Bytes of one file; a guide is a page or two."""


class Told(Model):
    """What a plugin, or all of them, tell: guides and letters by name."""

    guides: Mapping[str, Guide]
    letters: Mapping[str, Letter]


def read_guides(
    folder: Path,
    plugin: str,
    forms: Collection[str] | None,
    jurisdictions: Collection[str] | None = None,
) -> Told:
    """Return what stands in ``guides/`` and ``letters/`` of a plugin's package folder.

    ``forms`` and ``jurisdictions`` are the names that there are; None compares none of them.
    Raises PluginError with a line for all that is wrong: plugin, file, key and mend.
    """
    faults: list[str] = []
    letters = _read_all(folder / "letters", plugin, read_letter, faults)
    guides = _read_all(folder / "guides", plugin, read_guide, faults)
    for kind, told in (("guides", guides), ("letters", letters)):
        for stem, one in told.items():
            where = f"{plugin}: {kind}/{stem}.md"
            faults.extend(f"{where}: {why}" for why in _nowhere(one, forms, jurisdictions))
    for stem, guide in guides.items():
        for name in guide.letters:
            # A letter that is there and broken has lines of its own.
            file = folder / "letters" / f"{name.removeprefix(f'{plugin}.')}.md"
            if not name.startswith(f"{plugin}.") or not file.is_file():
                faults.append(
                    f"{plugin}: guides/{stem}.md: 'letters' names {name!r}, which is no letter "
                    f"of this plugin; known: {', '.join(f'{plugin}.{s}' for s in letters) or '-'}"
                )
    if faults:
        raise PluginError(faults)
    return Told(
        guides={guide.name: guide for guide in guides.values()},
        letters={letter.name: letter for letter in letters.values()},
    )


def read_all_guides(
    folders: Mapping[str, Path],
    forms: Collection[str],
    jurisdictions: Collection[str],
    faults: list[str],
) -> Told:
    """Return what all plugins tell; what is wrong is added to ``faults``."""
    guides: dict[str, Guide] = {}
    letters: dict[str, Letter] = {}
    for plugin, folder in folders.items():
        try:
            told = read_guides(folder, plugin, forms, jurisdictions)
        except PluginError as error:
            faults.extend(error.faults)
        else:
            guides.update(told.guides)
            letters.update(told.letters)
    return Told(guides=guides, letters=letters)


def _read_all(
    folder: Path, plugin: str, read: Callable[[str, str, Mapping[str, str]], T], faults: list[str]
) -> dict[str, T]:
    where = f"{plugin}: {folder.name}/"
    pages: dict[str, dict[str, str]] = {}
    unread: set[str] = set()
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name is None:
            faults.append(
                f"{where}{path.name}: files are called <name>.md or <name>.<language>.md, "
                "the name of a-z, 0-9 and '-'"
            )
        elif folder.name == "guides" and name[2] == LAST:
            faults.append(f"{where}{path.name}: English is the source, {name[1]}.md")
        else:
            try:
                pages.setdefault(name[1], {})[name[2] or SOURCE] = _read_file(path)
            except PluginError as error:
                faults.extend(f"{where}{path.name}: {line}" for line in error.faults)
                unread.add(name[1])
    found = {}
    for stem, files in pages.items():
        if stem in unread:
            continue
        try:
            found[stem] = read(plugin, stem, files)
        except PluginError as error:
            faults.extend(f"{where}{line}" for line in error.faults)
    return found


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise PluginError([f"is too large; at most {_SIZE_LIMIT} bytes"])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PluginError(["is not UTF-8; save it as UTF-8"]) from None
    except OSError as error:
        raise PluginError([f"cannot be read: {error.strerror}"]) from None


def _nowhere(
    told: Guide | Letter, forms: Collection[str] | None, jurisdictions: Collection[str] | None
) -> Iterator[str]:
    """Say which names lead nowhere."""
    for topic in told.topics:
        if forms is not None and topic not in forms:
            yield f"'topics' names {topic!r}, which is no form; known: {', '.join(forms) or '-'}"
    if jurisdictions is not None and told.jurisdiction not in jurisdictions:
        yield (
            f"'jurisdiction' {told.jurisdiction!r} is brought by no plugin; "
            f"known: {', '.join(jurisdictions) or '-'}"
        )
