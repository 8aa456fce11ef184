"""Read what source files say of themselves: docstrings, words after a field, messages."""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from pe_core.model.struct import Model

PACKAGE = Path(__file__).parent.parent.parent
"""The folder of this library."""
GAP = "…"
"""What stands in a message where a name, a file or a value does."""

_LEAST = 1
_FORMAT = re.compile(r"%[sd]|%\.\d+f")


class Spec(Model):
    """What the docstring of a hook says, in its fixed order."""

    what: str
    called: str
    arguments: Mapping[str, str]
    returns: str
    never: str


def read_spec(doc: str) -> Spec:
    """Return the parts of a hook's docstring; ValueError if one of them is missing.

    They are: what; when it is called; a field for each argument and for what to return; what
    it must never do.
    """
    parts = [" ".join(part.split()) for part in inspect.cleandoc(doc).split("\n\n")]
    if len(parts) != 4:
        raise ValueError("a hook's docstring is what, when, arguments and returns, never")
    what, called, fields, never = parts
    found = re.findall(r":(?:param (\w+)|(returns)): (.*?)(?= :param| :returns|$)", fields)
    said = {argument or "returns": words for argument, _, words in found}
    if "returns" not in said:
        raise ValueError("a hook's docstring says what to return")
    returns = said.pop("returns")
    return Spec(what=what, called=called, arguments=said, returns=returns, never=never)


def first_sentence(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


def said_after(source: str, owner: str = "") -> dict[str, str]:
    """Return the words that stand after fields of a class, or after a module's constants."""
    body: list[ast.stmt] = ast.parse(source).body
    if owner:
        body = next(n.body for n in body if isinstance(n, ast.ClassDef) and n.name == owner)
    found = {}
    for node, following in pairwise(body):
        name = _assigned(node)
        text = _text(following.value) if isinstance(following, ast.Expr) else None
        if name and text:
            found[name] = " ".join(text.split())
    return found


def exported(source: str) -> list[str]:
    """Return the names in a module's ``__all__``."""
    for node in ast.parse(source).body:
        if _assigned(node) == "__all__" and isinstance(node, ast.Assign):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def methods(source: str, decorator: str = "") -> dict[str, str]:
    """Return functions of a module or of its classes with their docstrings, in their order.

    With ``decorator`` only those that carry it, such as ``fixture``.
    """
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            if decorator in marks:
                found[node.name] = " ".join((ast.get_docstring(node) or "").split())
    return found


def messages(source: str) -> list[str]:
    """Return the sentences that a module makes for people, with a gap for what it fills in.

    Docstrings, tables of words and patterns are none.
    """
    found = _Messages()
    found.visit(ast.parse(source))
    return list(dict.fromkeys(found.said))


class _Messages(ast.NodeVisitor):
    def __init__(self) -> None:
        self.said: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        """Pass by docstrings and words after a constant."""
        if _text(node.value) is None:
            self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        """Pass by a table of words."""

    def visit_Call(self, node: ast.Call) -> None:
        """Pass by patterns."""
        if ast.unparse(node.func) != "re.compile":
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Take a plain sentence."""
        if isinstance(node.value, str):
            self._take(_FORMAT.sub(GAP, node.value))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Take a sentence with gaps."""
        parts = (str(v.value) if isinstance(v, ast.Constant) else GAP for v in node.values)
        self._take("".join(parts))

    def _take(self, text: str) -> None:
        if len(re.findall(r"[A-Za-z]{2,}", text)) >= _LEAST and " " in text.strip():
            self.said.append(re.sub(f"{GAP}+", GAP, text))


def classes(source: str) -> Iterator[tuple[str, str]]:
    """Yield the classes of a module, each with its docstring."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            yield node.name, ast.get_docstring(node) or ""


def source_of(thing: Any) -> str:
    """Return the source of the module that something is defined in."""
    module = inspect.getmodule(thing)
    return inspect.getsource(module) if module is not None else ""


def _assigned(node: ast.stmt) -> str:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return str(name)
    return ""


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
