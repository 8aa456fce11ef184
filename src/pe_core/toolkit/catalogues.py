"""Write the keys that a catalogue lacks at its end, without words, and say what is missing.

``python -m pe_core.toolkit.catalogues core xx`` does it for the core and for the plugin xx
(`make texts`). A file is only appended to: nothing in it moves, no comment is lost, and an
entry without words changes nothing, since its text still falls along the chain.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.model.struct import Model
from pe_core.rules.forms import text_keys
from pe_core.rules.languages import LAST
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.extracting import Uses, uses_of
from pe_core.toolkit.invented import demo_start

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

CORE = "core"
CORE_DOMAINS = (CORE, "staff", "work")
CORE_FOLDER = Path(__file__).parent.parent
REGISTERED = {"core.template.*": "web/staff/templates.py"}
"""Keys that are looked for by their shape alone, and where; no literal tells of them."""


class Needs(Model):
    """The package folder of one domain and the keys it needs, each with who asks for it.

    ``counting`` are those with plural forms.
    """

    name: str
    folder: Path
    keys: Mapping[str, str]
    counting: frozenset[str] = frozenset()


def core_uses() -> Uses:
    """Return what the core's own templates and code ask for."""
    uses = uses_of(CORE_FOLDER, CORE_DOMAINS)
    return Uses(
        whole=uses.whole,
        counting=uses.counting,
        patterns={**uses.patterns, **REGISTERED},
        named=uses.named,
    )


def needs_of_core() -> Needs:
    """Return the keys that the core asks for as a whole."""
    uses = core_uses()
    return Needs(name=CORE, folder=CORE_FOLDER, keys=uses.whole, counting=uses.counting)


def needs_of_plugin(name: str) -> Needs:
    """Return the keys of a plugin's forms, templates and code.

    Raises PluginError if the plugin does not load.
    """
    instance = Instance(embassy_of(example_settings()), "http://x.example", demo_start, {})
    plugins = load_plugins([name], instance, find_plugins())
    folder = plugins.folders[name]
    uses = uses_of(folder, [name])
    of_forms = {
        key: f"the form {form.name}"
        for form in plugins.every_form()
        for key in text_keys(form)
        if key.startswith(f"{name}.")
    }
    return Needs(name=name, folder=folder, keys={**uses.whole, **of_forms}, counting=uses.counting)


def complete(needs: Needs) -> Iterator[str]:
    """Append what each catalogue of a package lacks; yield a line for all that has no words.

    A catalogue that was begun for the pages of askers alone gets none of the staff's keys.
    """
    folder = needs.folder / "locales"
    counting = set(needs.counting)
    source = _read(folder / f"{LAST}.po")
    counting |= {key for key, forms in _texts(source).items() if len(forms) > 1}
    wanted = dict.fromkeys((*_texts(source), *sorted(needs.keys)))
    for path in sorted(folder.glob("*.po"), key=lambda path: (path.stem != LAST, path.stem)):
        catalog = _read(path)
        have = _texts(catalog)
        begun = {key.partition(".")[0] for key in have} or {needs.name, *CORE_DOMAINS}
        lacking = [key for key in wanted if key not in have and key.partition(".")[0] in begun]
        with path.open("a", encoding="utf-8") as file:
            for key in lacking:
                forms = catalog.num_plurals if key in counting else 0
                file.write(_entry(key, forms))
        yield from _told(path, needs, have, lacking)


def _told(
    path: Path, needs: Needs, have: Mapping[str, tuple[str, ...]], lacking: Sequence[str]
) -> Iterator[str]:
    for key in lacking:
        yield f"added to {path.stem}: {key}, asked for by {needs.keys.get(key, f'{LAST}.po')}"
    for key in (key for key, forms in have.items() if not all(forms)):
        yield f"missing in {path.stem}: {key}"


def _entry(key: str, forms: int) -> str:
    if not forms:
        return f'\nmsgid "{key}"\nmsgstr ""\n'
    empty = "".join(f'msgstr[{number}] ""\n' for number in range(forms))
    return f'\nmsgid "{key}"\nmsgid_plural "{key}"\n{empty}'


def _read(path: Path) -> "Catalog":
    from babel.messages.pofile import read_po

    tag = path.stem.replace("-", "_").replace("be_Latn", "be")
    return read_po(BytesIO(path.read_bytes()), locale=tag, abort_invalid=True)


def _texts(catalog: "Catalog") -> dict[str, tuple[str, ...]]:
    """Return the forms of every key in the file's order; one form where it has no plural."""
    found: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id:
            continue
        if message.pluralizable:
            found[message.id[0]] = tuple(message.string or ())
        else:
            found[str(message.id)] = (str(message.string or ""),)
    return found


def main(names: Sequence[str]) -> int:
    """Complete the catalogues of ``names``: ``core``, or names of plugins."""
    for name in names:
        needs = needs_of_core() if name == CORE else needs_of_plugin(name)
        for line in complete(needs):
            sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
