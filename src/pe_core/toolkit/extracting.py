"""Find the text keys that a package's templates and code ask for; `make texts` reads them here.

Babel finds texts, not keys, and knows neither our templates' ``has`` nor a refusal that
carries its key; so this looks for words in the shape of a key instead.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pe_core.model.struct import Model

ASKING = frozenset(
    {"text", "plural", "has", "say", "NotAllowed", "NotFound", "TooMany", "FileRefused"}
)
"""Functions of code, and refusals, that are given whole keys."""
_COUNTING = "plural"
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ASSETS = r"(?<!assets\[)"


class Uses(Model):
    """What one package asks for, each with the first place that does.

    ``whole`` are keys that must exist, ``counting`` those of them that need plural forms;
    ``patterns`` are keys that code puts together, ``*`` for what it puts in; ``named`` are
    words that look like a key or like the beginning of some.
    """

    whole: Mapping[str, str]
    counting: frozenset[str]
    patterns: Mapping[str, str]
    named: Mapping[str, str]

    def cover(self, key: str) -> bool:
        """Return whether something here can ask for the key."""
        return (
            key in self.whole
            or key in self.named
            or any(fnmatchcase(key, pattern) for pattern in self.patterns)
            or any(key.startswith(f"{word}.") for word in self.named)
        )


def uses_of(folder: Path, domains: Sequence[str]) -> Uses:
    """Return what the files of a package ask for whose keys start with one of ``domains``."""
    found: list[tuple[str, str, str]] = []
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.suffix == ".html":
            found += [(*use, place) for use in _of_template(path.read_text("utf-8"), domains)]
        elif path.suffix == ".py":
            found += [(*use, place) for use in _of_code(path.read_text("utf-8"), domains)]
    return Uses(
        whole=_first(found, "whole") | _first(found, "counting"),
        counting=frozenset(_first(found, "counting")),
        patterns=_first(found, "pattern"),
        named=_first(found, "named"),
    )


def _first(found: Sequence[tuple[str, str, str]], kind: str) -> dict[str, str]:
    """Return the first place of each word of one kind."""
    return {word: place for what, word, place in reversed(found) if what == kind}


def _of_template(text: str, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield kind and word of every key in a template; what is joined by ~ is a pattern."""
    word = rf"{_ASSETS}([\"'])({_shape(domains)})\1\s*(~?)"
    for code in _CODE.findall(text):
        for found in re.finditer(word, code):
            if found[3] or found[2][-1] in "._":
                yield "pattern", f"{found[2]}*"
            elif re.search(r"\bplural\(\s*$", code[: found.start()]):
                yield "counting", found[2]
            else:
                yield "whole", found[2]


def _of_code(source: str, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield kind and word of every key in a module."""
    shape = re.compile(_shape(domains))
    nodes = list(ast.walk(ast.parse(source)))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        match node:
            case ast.JoinedStr(values=values):
                pattern = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "*" for part in values
                )
                if shape.fullmatch(pattern.partition("*")[0]):
                    yield "pattern", pattern
            case ast.Call(args=arguments) if (name := _called(node)) in ASKING:
                kind = "counting" if name == _COUNTING else "whole"
                words = (word for argument in arguments for word in _words(argument))
                yield from ((kind, word) for word in words if shape.fullmatch(word))
            case ast.Constant(value=str(word)) if id(node) not in parts and word[-1:] != ".":
                if shape.fullmatch(word):
                    yield "named", word


def _shape(domains: Sequence[str]) -> str:
    return rf"(?:{'|'.join(map(re.escape, domains))})\.[a-z0-9_.-]*"


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _words(argument: ast.expr) -> Iterator[str]:
    """Yield the words that an argument may be: one, or either side of a condition."""
    match argument:
        case ast.Constant(value=str(word)):
            yield word
        case ast.IfExp(body=yes, orelse=no):
            yield from _words(yes)
            yield from _words(no)
