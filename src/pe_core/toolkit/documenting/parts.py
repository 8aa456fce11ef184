"""The parts of pages that are made from docstrings: hooks, settings, errors, and more."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as shapes

from pe_core import errors, model, settings
from pe_core import hooks as door
from pe_core.hooks import specs
from pe_core.hooks.signatures import known_hooks
from pe_core.model import event
from pe_core.rules.front_matter import MENDS
from pe_core.rules.guides import GuideHead, GuideWords
from pe_core.rules.letters import LetterHead, LetterWords
from pe_core.toolkit.documenting.cutting import cut
from pe_core.toolkit.documenting.faults import GROUPS, faults
from pe_core.toolkit.documenting.reading import (
    PACKAGE,
    classes,
    exported,
    first_sentence,
    methods,
    read_spec,
    said_after,
    source_of,
)

EXAMPLE = "plugins/zz/src/pe_embassy_zz/__init__.py"
"""Where each hook is used once."""
_NO_CONTROLS = r"\x00-\x1f"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(text: object) -> str:
    """Return text as code; what has backticks of its own keeps them."""
    fence = "``" if "`" in str(text) else "`"
    return f"{fence}{text}{fence}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _plain(text: str) -> str:
    return text.replace("``", "`")


def hooks(root: Path) -> str:
    """Return a section for each hook: what its spec says, and how Exampleland uses it."""
    parts = []
    for name in sorted(known_hooks(), key=lambda name: _line_of(getattr(specs, name))):
        function = getattr(specs, name)
        said = read_spec(function.__doc__ or "")
        rows = [("When", said.called)]
        rows += [(code(argument), words) for argument, words in said.arguments.items()]
        rows += [("Returns", said.returns), ("Never", said.never)]
        signature = f"def {name}{_signature(function)}"
        parts += [f"## {name}", f"```python\n{signature}: ...\n```", _plain(said.what)]
        parts += [table(("", ""), [(first, _plain(words)) for first, words in rows])]
        parts += [f"Exampleland does it so, in [{code(_short(EXAMPLE))}](../../{EXAMPLE}):"]
        parts += [f"```python\n{cut(root / EXAMPLE, name)}\n```"]
    return "\n\n".join(parts)


def _short(path: str) -> str:
    return path.rpartition("/src/")[2]


def _line_of(function: Callable[..., Any]) -> int:
    return function.__code__.co_firstlineno


def _signature(function: Callable[..., Any]) -> str:
    return re.sub(r"(?:\w+\.)+(\w+)", r"\1", str(inspect.signature(function)))


def events(root: Path) -> str:
    """Return the table of what listeners hear."""
    rows = []
    for name, doc in classes(source_of(event)):
        kind = getattr(event, name)
        if kind is not event.Event:
            rows.append((code(name), ", ".join(map(code, kind.__struct_fields__)), doc))
    return table(("event", "holds", "when"), rows)


def settings_tables(root: Path) -> str:
    """Return a section for each table of pe.toml, and one for what stands before them."""
    top, parts = [], []
    for field in msgspec.structs.fields(settings.Settings):
        if _is_struct(field.type):
            parts += [f"## [{field.encode_name}]", _plain(first_sentence(field.type.__doc__))]
            parts.append(_keys(field.type, msgspec.structs.fields(field.type)))
        elif field.name != "plugin":
            top.append(field)
    before = _keys(settings.Settings, top)
    return "\n\n".join(["## Before the first table", before, *parts])


def _keys(kind: type[msgspec.Struct], fields: Iterable[Any]) -> str:
    said = said_after(source_of(kind), kind.__name__)
    rows = []
    for field in fields:
        if field.name not in said:
            raise ValueError(f"{kind.__name__}.{field.name} has no words after it")
        meaning = _plain(said[field.name])
        rows.append((code(field.encode_name), _kind(field.type), _default(field), meaning))
    return table(("key", "type", "default", "meaning"), rows)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _default(field: Any) -> str:
    if field.required:
        return "needed"
    if field.default is msgspec.NODEFAULT:
        return code(msgspec.json.encode(field.default_factory()).decode())
    return code(msgspec.json.encode(field.default).decode())


def _kind(kind: Any) -> str:
    return _words(shapes.type_info(kind))


def _words(shape: shapes.Type) -> str:
    match shape:
        case shapes.Metadata():
            return _words(shape.type)
        case shapes.StrType(pattern=str(pattern)):
            shown = pattern.removeprefix(r"\A").removesuffix(r"\Z")
            return "a line" if _NO_CONTROLS in pattern else f"text like {code(shown)}"
        case shapes.StrType():
            return f"text, at most {shape.max_length} characters" if shape.max_length else "text"
        case shapes.IntType():
            return f"a whole number, {shape.ge} to {shape.le}"
        case shapes.BoolType():
            return "`true` or `false`"
        case shapes.VarTupleType():
            return f"a list, each {_words(shape.item_type)}"
        case shapes.StructType():
            return f"a table with {' and '.join(code(f.encode_name) for f in shape.fields)}"
        case shapes.DictType():
            return f"a table, each {_words(shape.value_type)}"
    raise ValueError(f"no words for {shape}")


def error_tree(root: Path) -> str:
    """Return the tree of exceptions, and what each is for, who sees it and what mends it."""
    drawn = (errors.__doc__ or "").split("\n\n")[1]
    rows = []
    for name, doc in classes(source_of(errors)):
        found = re.fullmatch(r"(.*?)\s+Seen by: (.*?)\s+Mend: (.*)", doc.strip(), re.DOTALL)
        if found is None:
            raise ValueError(f"errors.{name} does not say by whom it is seen and what mends it")
        rows.append(
            [code(name), *(_plain(" ".join(part.split())).rstrip(".") for part in found.groups())]
        )
    listed = table(("exception", "means", "who sees it", "mend"), rows)
    return f"```\n{drawn}\n```\n\n{listed}"


def fault_tables(root: Path) -> str:
    """Return a table for each group of lines that authors get."""
    parts = []
    for group in GROUPS:
        rows = [(code(fault.said), fault.mend) for fault in faults(group)]
        parts += [f"### {group}", table(("it says", "mend"), rows)]
    return "\n\n".join(parts)


def imports(root: Path) -> str:
    """Return the table of everything that the author of a plugin imports from pe_core."""
    said = said_after((PACKAGE / "model/form.py").read_text(encoding="utf-8"))
    known = {"UNSET": "the default of an answer that may be left out"}
    known |= {"UnsetType": "its type, for `... | UnsetType`"}
    known |= {"hookimpl": "marks a function of a plugin as a hook"}
    rows = []
    for name in exported((PACKAGE / "__init__.py").read_text(encoding="utf-8")):
        rooms = (room for room in (model, door, errors) if hasattr(room, name))
        thing = getattr(next(rooms, None), name, None)
        doc = known.get(name) or said.get(name) or thing.__doc__
        rows.append((code(name), _plain(first_sentence(doc)).rstrip(".")))
    return table(("name", "what it is"), rows)


def _page_keys(kind: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(kind)
    rows = [(code(f.encode_name), "yes" if f.required else "no", MENDS[f.name]) for f in fields]
    return table(("key", "needed", "write"), rows)


def fixtures(root: Path) -> str:
    """Return the table of the fixtures that tests of plugins have."""
    source = (PACKAGE / "toolkit/pytest_plugin.py").read_text(encoding="utf-8")
    return table(
        ("fixture", "what it is"),
        ((code(name), _plain(doc)) for name, doc in methods(source, "pytest.fixture").items()),
    )


def problems(root: Path) -> str:
    """Return the table of the problems whose words the core has."""
    text = (PACKAGE / "locales/en.po").read_text(encoding="utf-8")
    found = re.findall(r'msgid "core\.problem\.(\w+)"\nmsgstr "(.*)"', text)
    return table(("code", "its words"), ((code(name), words) for name, words in sorted(found)))


def _contract() -> Iterator[tuple[str, str]]:
    source = (PACKAGE / "toolkit/contract.py").read_text(encoding="utf-8")
    for name, doc in methods(source).items():
        if name.startswith("test_"):
            yield name.removeprefix("test_").replace("_", " "), doc


def contract(root: Path) -> str:
    """Return the list of what every plugin is tried for."""
    return "\n".join(f"- **{name[0].upper()}{name[1:]}.** {doc}" for name, doc in _contract())


PARTS: Mapping[str, Callable[[Path], str]] = {
    "hooks": hooks,
    "events": events,
    "settings": settings_tables,
    "errors": error_tree,
    "faults": fault_tables,
    "imports": imports,
    "fixtures": fixtures,
    "problems": problems,
    "contract": contract,
    "guide-facts": lambda root: _page_keys(GuideHead),
    "guide-words": lambda root: _page_keys(GuideWords),
    "letter-facts": lambda root: _page_keys(LetterHead),
    "letter-words": lambda root: _page_keys(LetterWords),
}
"""What can stand between ``<!-- part: NAME -->`` and ``<!-- end -->``; each gets the tree."""
