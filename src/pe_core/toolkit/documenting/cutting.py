"""Cut a piece out of a file by its name, so that what a page shows is what runs."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

Node = ast.stmt


def cut(path: Path, names: str = "") -> str:
    """Return the piece of a file with this name, or several with commas; '' is all of it.

    Of Python a name is a class, a function, a constant, ``Class.method``, ``docstring`` or
    ``imports``; of TOML a table, or ``top`` for what stands before the first; of a catalogue
    the beginning of its keys; of a guide or letter ``facts`` or ``words``; of another page a
    heading in small letters. Raises ValueError if there is no such piece.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise ValueError(f"{path.name} cannot be read") from None
    if not names:
        return text.strip("\n")
    cutter = _CUTTERS.get(path.suffix)
    if cutter is None:
        raise ValueError(f"{path.name}: of such a file only the whole can be shown")
    pieces = [_one(cutter, text, name, path) for name in names.split(",")]
    return ("\n\n\n" if path.suffix == ".py" else "\n\n").join(pieces)


def _one(cutter: Callable[[str, str], str], text: str, name: str, path: Path) -> str:
    piece = cutter(text, name).strip("\n")
    if not piece:
        raise ValueError(f"{path.name} has no {name!r}")
    return piece


def _python(text: str, name: str) -> str:
    lines = text.splitlines()
    spans = _spans(ast.parse(text).body, name)
    return "\n".join(line for begin, end in spans for line in lines[begin - 1 : end])


def _spans(body: list[Node], name: str) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of the one piece that a name means, if there is one."""
    outer, _, inner = name.partition(".")
    if name == "docstring" and body and _is_text(body[0]):
        yield _span(body[0], None)
    elif name == "imports":
        found = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        if found:
            yield found[0].lineno, found[-1].end_lineno or found[-1].lineno
    for node, following in zip(body, [*body[1:], None], strict=True):
        if outer in _names_of(node):
            if inner and isinstance(node, ast.ClassDef):
                yield from _spans(node.body, inner)
            else:
                yield _span(node, following)


def _span(node: Node, following: Node | None) -> tuple[int, int]:
    """Return the lines of a statement with its decorators, and of a constant with its words."""
    decorators = getattr(node, "decorator_list", [])
    begin = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    last = node
    if isinstance(node, ast.Assign | ast.AnnAssign) and following and _is_text(following):
        last = following
    return begin, last.end_lineno or last.lineno


def _names_of(node: Node) -> tuple[str, ...]:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return (node.name,)
        case ast.Assign():
            return tuple(target.id for target in node.targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
    return ()


def _is_text(node: Node) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _toml(text: str, name: str) -> str:
    top, *tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    if name == "top":
        return top
    return "".join(table for table in tables if table.startswith(f"[{name}]"))


def _catalogue(text: str, name: str) -> str:
    entries = re.split(r"\n{2,}", text)
    return "\n\n".join(entry for entry in entries if f'msgid "{name}' in entry)


def _page(text: str, name: str) -> str:
    _, facts, words = [*text.split("+++\n", 2), "", "", ""][:3]
    if name in ("facts", "words"):
        return {"facts": facts, "words": words}[name]
    for part in re.split(r"^(?=#)", text, flags=re.MULTILINE):
        title = part.partition("\n")[0].strip("# ").lower().replace(" ", "-")
        if title == name:
            return part
    return ""


_CUTTERS: Mapping[str, Callable[[str, str], str]] = {
    ".py": _python,
    ".toml": _toml,
    ".po": _catalogue,
    ".md": _page,
}
