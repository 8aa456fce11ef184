"""No text from outside costs more than its length: every pattern, every function that takes one.

Steps are not counted by Python, so processor time is: the least of several runs, on texts of n
and 4n. What is over in two milliseconds at 4n is no harm whatever its growth; all else may take
eight times as long for four times as much, where a square would take sixteen.
"""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import pe_core
import pe_embassy_zz
from pe_core.desk import files_child, roster
from pe_core.rules import languages, receipts, search
from pe_core.rules.forms import Question, read_question
from pe_core.vault import check_totp, normalise_passphrase
from pe_core.web.staff.address import query_of
from pe_core.web.staff.requests import QUERY_LIMIT
from serving import ROOT

N = 2_000
HARMLESS = 0.002
MOST = 8.0
ATOMS = ("a", "A", "0", "_", "-", ".", " ", "\n", "\t", "[", "[a", "{", "{a", "%", "%2", "<", ":")
MORE_ATOMS = ("a-", "a.", "a ", "-a", " ;", "w", "sh", "tsz", "\xff", "\xff\xe0", "з", "ab1-", "\0")
ENDS = ("", "!", "\0", "\n", "}")


def modules() -> Iterator[Any]:
    """Import every module that runs in an embassy, Exampleland's plugin too."""
    for package in (pe_core, pe_embassy_zz):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".toolkit" not in found.name:
                yield importlib.import_module(found.name)


def sources() -> list[Path]:
    """Return every file of ours that may hold a pattern; tools read what their own author wrote."""
    core = (path for path in ROOT.glob("src/**/*.py") if "toolkit" not in path.parts)
    return [*core, *ROOT.glob("plugins/*/src/**/*.py")]


METHODS = ("search", "match", "fullmatch", "split", "findall", "sub")


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a method in our source, with where it stands."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield f"{path.name}:{node.lineno}", node


def written_patterns() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Yield the patterns that stand where they are used, re.split("...", ...), and how."""
    for place, call in calls():
        assert isinstance(call.func, ast.Attribute)
        is_re = ast.unparse(call.func.value) == "re" and call.func.attr in METHODS
        if is_re and isinstance(call.args[0], ast.Constant):
            yield place, re.compile(call.args[0].value), call.func.attr  # type: ignore[arg-type]


def compiled_patterns() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Yield the patterns that modules hold, and by which of their methods our code uses them."""
    used: dict[str, set[str]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                used.setdefault(ast.unparse(node.value), set()).add(node.attr)
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                for method in sorted(used.get(name, {"search"})):
                    yield f"{module.__name__}.{name}.{method}", value, method


PATTERNS = {
    (pattern.pattern, pattern.flags, method): (name, pattern, method)
    for name, pattern, method in (*written_patterns(), *compiled_patterns())
}


def cost(act: Callable[[], object], least_of: int = 3) -> float:
    """Return the least processor time that an act took."""
    took = []
    for _ in range(least_of):
        begun = time.thread_time()
        act()
        took.append(time.thread_time() - begun)
    return min(took)


def grows(act: Callable[[Any], object], make: Callable[[int], Any], n: int = N) -> bool:
    """Return whether an act costs much more on four times as much."""
    long, short = make(4 * n), make(n)
    if cost(lambda: act(long), 1) < HARMLESS:
        return False
    return cost(lambda: act(long)) > MOST * max(cost(lambda: act(short)), HARMLESS / 16)


def nasty(pattern: re.Pattern[Any]) -> Iterator[Callable[[int], Any]]:
    """Yield makers of texts that come close to a pattern again and again."""
    is_bytes = isinstance(pattern.pattern, bytes)
    for atom in (*ATOMS, *MORE_ATOMS):
        for end in ENDS:

            def make(n: int, atom: str = atom, end: str = end) -> Any:
                text = atom * n + end
                return text.encode("latin-1", "replace") if is_bytes else text

            yield make


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        pytest.param(
            pattern,
            method,
            id=name,
        )
        for name, pattern, method in PATTERNS.values()
    ],
)
def test_no_pattern_takes_more_than_its_text_is_long(pattern: re.Pattern[Any], method: str) -> None:
    slow = (make(3) for make in nasty(pattern) if grows(using(pattern, method), make))

    assert next(slow, None) is None


def using(pattern: re.Pattern[Any], method: str) -> Callable[[Any], object]:
    """Return how our code uses a pattern on a text."""
    if method == "sub":
        return lambda text: pattern.sub(text[:0], text)
    act: Callable[[Any], object] = getattr(pattern, method)
    return act


def test_there_are_patterns_to_try_and_a_bad_one_is_found() -> None:
    bad = re.compile(r"a+b")

    assert len(PATTERNS) >= 30
    assert any(grows(bad.search, make) for make in nasty(bad))
    assert not any(grows(re.compile(r"a[0-9]").search, make) for make in nasty(bad))


def test_every_pattern_is_one_that_is_tried() -> None:
    """One that is put together while running, or held by no module, would be in neither list."""
    unknown = [
        place
        for place, call in calls()
        if ast.unparse(call.func).startswith("re.")
        and call.func.attr in ("compile", *METHODS)  # type: ignore[attr-defined]
        and not isinstance(call.args[0], ast.Constant)
        # A pattern of a form is its author's, and tried on a text of fitting length alone.
        and ast.unparse(call.args[0]) != "question.pattern"
    ]

    assert [] == unknown


TEXTS: dict[str, Callable[[int], str]] = {
    "letters": lambda n: "a" * n,
    "words": lambda n: "ab " * n,
    "other words": lambda n: " ".join(str(number) for number in range(n)),
    "forks": lambda n: "tsch" * n,
    "vowels": lambda n: "iw" * n,
    "spaces": lambda n: " " * n,
    "line ends": lambda n: "\r\n\u2028" * n,
    "digits": lambda n: "9" * n,
    "long forms": lambda n: "\ufdfa" * n,
    "jamo": lambda n: "\u1100\u1161\u11a8" * n,
    "no width": lambda n: "\u200b\u00ad" * n,
    "halves": lambda n: "\ud800" * n,
    "apostrophes": lambda n: "д'" * n,
    "subtags": lambda n: "be" + "-x" * n,
    "weights": lambda n: "be;q=0.1," * n,
    "marks": lambda n: "e" + "\u0301" * n + "\u0316" * n,
    "mixed marks": lambda n: "e" + "\u0301\u0316" * n,
}


LONG = Question(field="x", key="zz.x", kind="long", required=False, longest=100_000)


def question(kind: Any, **limits: Any) -> Callable[[str], object]:
    """Return how a typed answer of a kind is read."""
    asked = Question(field="x", key="zz.x", kind=kind, required=False, **limits)
    return lambda text: read_question(asked, [text])


class Asked:
    """A request with a query, as far as reading it goes."""

    def __init__(self, query: str) -> None:
        """Hold the query string as a server hands it on."""
        self.scope = {"query_string": query.encode("utf-8", "surrogatepass")}


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "search.fold_words": lambda text: search.fold_words(stored(text)),
    "search.read_query": lambda text: search.read_query(text[:QUERY_LIMIT]),
    "search.likeness": lambda text: search.likeness(text, text[: len(text) // 2]),
    "search.matches": lambda text: search.matches(text, text[:QUERY_LIMIT]),
    "receipts.read_receipt": receipts.read_receipt,
    "languages.negotiate": lambda text: languages.negotiate(text, ("be", "ru", "en")),
    "languages.chain": lambda text: languages.chain(text[:1000]),
    "forms.text": question("text", longest=200),
    "forms.long": question("long", longest=8000),
    "forms.number": question("number", least=0, most=9),
    "forms.date": question("date"),
    "forms.one_of": question("one_of", options=("a", "b")),
    "roster.fold_handle": lambda text: roster.is_handle(roster.fold_handle(text)),
    "passphrases.normalise": normalise_passphrase,
    "totp.check": lambda text: check_totp(bytes(20), text, datetime(2026, 11, 24, tzinfo=UTC), 0),
    "address.query_of": lambda text: query_of(Asked(text)),  # type: ignore[arg-type]
}


def stored(text: str) -> list[str]:
    """Return a text as it comes to be stored, if it does: every long text is read like this."""
    kept = read_question(LONG, [text])
    return [kept] if isinstance(kept, str) else []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_text_takes_more_than_it_is_long(name: str) -> None:
    slow = [text for text, make in TEXTS.items() if grows(FUNCTIONS[name], make)]

    assert [] == slow


def jpeg(body: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return a maker of JPEG files with this behind their head."""
    return lambda n: b"\xff\xd8" + body(n)


@pytest.mark.parametrize(
    "make",
    [
        jpeg(lambda n: b"\xff" * 2 * n + b"\0"),
        jpeg(lambda n: b"\xff\xe0\0\2" * n),
        jpeg(lambda n: b"\xff\xda\0\2" * n),
        jpeg(lambda n: b"\xff\xda\0\2" + b"\xff\xd0" * n),
        jpeg(lambda n: b"\xff\0" * n),
        lambda n: files_child.JP2_SIGNATURE + b"\0\0\0\x08xxxx" * n,
    ],
    ids=["fill bytes", "empty segments", "empty scans", "restarts", "stuffed bytes", "empty boxes"],
)
def test_walking_a_picture_takes_as_long_as_it_is(make: Callable[[int], bytes]) -> None:
    def walk(data: bytes) -> None:
        walker = files_child.strip_jp2 if data.startswith(b"\0") else files_child.strip_jpeg
        walker(data)

    assert not grows(walk, make, 500)
