"""Rules about texts: nothing is missing, nothing is too much, and who has looked at it is told."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pe_core.errors import PluginError
from pe_core.hooks import notifier_keys
from pe_core.model import Form
from pe_core.rules import forms
from pe_core.rules.texts import Source, load_catalogue
from pe_core.running import CORE_LOCALES
from pe_core.toolkit.quality.subject import Subject

_MARKS = ("machine", "human", "reviewed")
_STATUS = re.compile(r'^status\s*=\s*"(\w+)"', re.MULTILINE)


def texts_complete(plugin: Subject) -> Iterable[str]:
    """Have an English text for everything that a page shows, and none that no page shows.

    That is title and summary of each form, a label for each question, each option, the page of
    each stop, and `<form>.problem.<code>` for each problem that a `check` can find; title and
    hint of each notifier, and a text for each of its problems. A key that nobody asks for is a
    misspelt one, or a question that is gone.
    """
    path = plugin.package / "locales/en.po"
    if not path.is_file():
        yield "locales/en.po is missing; every text is first written in English"
        return
    try:
        yield from (line for tag, line in _problems(plugin) if tag == "en")
    except PluginError as error:
        yield from error.faults
        return
    has, core = set(read_flags(path)), set(read_flags(CORE_LOCALES / "en.po"))
    needed = set(_needed(plugin))
    where = plugin.where(path)
    for key in sorted(needed - has - core):
        yield f'{where}: there is no msgid "{key}"; add it'
    known = needed | core | set(_optional(plugin)) | set(_said(plugin))
    for key in sorted(has - known):
        yield f"{where}: no page asks for {key!r}; correct it or take it out"


def languages_complete(plugin: Subject) -> Iterable[str]:
    """Say everything in every language that the plugin declares.

    Declared is a language that has a catalogue in `locales/`, or that the plugin's embassy in
    `deployments/` offers. Each has all texts of the forms with the placeholders of the English
    ones, all guides, and what each letter says.
    """
    try:
        for tag, line in _problems(plugin):
            if tag != "en":
                yield line
    except PluginError as error:
        yield from error.faults
    for tag in plugin.languages:
        file = "{0}.md" if tag == "en" else f"{{0}}.{tag}.md"
        for kind, told in (
            ("guides", plugin.brought.guides),
            ("letters", plugin.brought.letters),
        ):
            for name, one in told.items():
                if tag not in one.texts:
                    yield f"{kind}/{file.format(name.partition('.')[2])} is missing"


def translations_told(plugin: Subject) -> Iterable[str]:
    """Say of each translated text whether a machine, a human or a reviewer made it.

    Entries of a catalogue carry one of the flags `machine`, `human` and `reviewed`; guides and
    letters one of them as `status`. People who act on a text must know how far to trust it.
    """
    for path, marks in _translations(plugin):
        for key, mark in marks.items():
            if not mark:
                yield f"{plugin.where(path)}: {key} carries no mark; write machine or human"


def translations_reviewed(plugin: Subject) -> Iterable[str]:
    """Have a person who reads the language well look at every translated text.

    They change its mark from `machine` or `human` to `reviewed`.
    """
    for path, marks in _translations(plugin):
        left = sum(mark in ("machine", "human") for mark in marks.values())
        if left:
            yield (
                f"{plugin.where(path)}: {left} of {len(marks)} texts are not reviewed; "
                "let somebody read them and change the mark"
            )


def read_flags(path: Path) -> dict[str, set[str]]:
    """Return the flags of each text of a PO file, by key."""
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return {
            str(message.id if isinstance(message.id, str) else message.id[0]): set(message.flags)
            for message in read_po(file)
            if message.id
        }


def _problems(plugin: Subject) -> Iterator[tuple[str, str]]:
    """Yield the language and a line for each text of the plugin's own that a translator mends."""
    sources = [
        Source(domain=plugin.code, directory=plugin.package / "locales"),
        Source(domain="core", directory=CORE_LOCALES),
    ]
    for line in load_catalogue(sources, plugin.languages, None).problems():
        tag, key, problem = line.split(": ", 2)
        if key.startswith(f"{plugin.code}.") and (tag, problem) != ("en", "missing"):
            yield tag, f"locales/{tag}.po: {key}: {problem}"


def _needed(plugin: Subject) -> Iterator[str]:
    for form in plugin.brought.every_form():
        yield from forms.text_keys(form)
        yield from (f"{form.name}.problem.{code}" for code in codes_of(plugin, form))

    for notifier in plugin.brought.notifiers.values():
        yield from notifier_keys(notifier)


def _optional(plugin: Subject) -> Iterator[str]:
    for form in plugin.brought.every_form():
        for question in forms.questions(form):
            yield from (f"{question.key}.hint", f"{question.key}.why")


def _said(plugin: Subject) -> Iterator[str]:
    """Yield every string of the package's code: a key that stands there is asked for."""
    for _, tree in plugin.modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def codes_of(plugin: Subject, form: Form) -> Iterator[str]:
    """Yield the codes of the problems that a form's ``check`` makes, as its source says them.

    A code that is no plain string in ``Problem(code="...")`` is not seen.
    """
    name = getattr(form.check, "__name__", "")
    for _, tree in plugin.modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                yield from _codes_in(node)


def _codes_in(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)


def _translations(plugin: Subject) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield each file that is a translation, and the mark of each of its texts."""
    for path in sorted((plugin.package / "locales").glob("*.po")):
        if path.stem != "en":
            flags = read_flags(path)
            own = {key: of for key, of in flags.items() if key.startswith(f"{plugin.code}.")}
            yield path, {key: next(iter(of.intersection(_MARKS)), "") for key, of in own.items()}
    for folder in ("guides", "letters"):
        for path in sorted((plugin.package / folder).glob("*.*.md")):
            if not path.name.endswith(".en.md"):
                head = path.read_text(encoding="utf-8").split("+++")
                found = _STATUS.search(head[1]) if len(head) > 2 else None
                yield path, {"status": found[1] if found else ""}
