"""Parsers of outside bytes take anything: each target over its seeds and over made inputs.

What atheris does for hours (`make fuzz`) is done here for a moment, by hypothesis; whatever once
went wrong is among the seeds.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import words
from fuzz.places import FED, OURS, modules_that_read
from fuzz.seeding import DICTIONARY, SEEDS, seeds_of
from fuzz.targets import TARGETS

SEED_FILES = [(name, path) for name in TARGETS for path in seeds_of(name)]
WORD = re.compile(r'^(?:[a-z_]+=)?"((?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})+)"$')
"""A line of a dictionary, as libFuzzer reads it."""


@pytest.fixture(scope="module", autouse=True)
def _forget_files() -> Iterator[None]:
    yield
    words.forget()


@pytest.mark.parametrize(
    ("name", "path"), SEED_FILES, ids=[f"{name}-{path.name}" for name, path in SEED_FILES]
)
def test_a_target_takes_its_seeds_and_what_once_went_wrong(name: str, path: Path) -> None:
    assert TARGETS[name].act(path.read_bytes()) is None


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_whatever_is_made_of_its_seeds(name: str) -> None:
    seeds = [path.read_bytes() for path in seeds_of(name)]

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mutations(seeds, TARGETS[name].longest))
    def take(data: bytes) -> None:
        TARGETS[name].act(data)

    assert take() is None


def mutations(seeds: list[bytes], longest: int) -> st.SearchStrategy[bytes]:
    """Return any short bytes, and seeds with pieces written over, put in and cut out."""
    piece = st.binary(max_size=8)
    change = st.tuples(st.sampled_from(["over", "in", "out", "twice"]), st.floats(0, 1), piece)
    changed = st.builds(mutated, st.sampled_from(seeds), st.lists(change, max_size=6))
    return st.one_of(st.binary(max_size=300), changed).map(lambda data: data[: 4 * longest])


def mutated(data: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    """Return ``data`` after these changes, at places between 0 and 1."""
    for how, place, piece in changes:
        at = int(place * len(data))
        match how:
            case "over":
                data = data[:at] + piece + data[at + len(piece) :]
            case "in":
                data = data[:at] + piece + data[at:]
            case "out":
                data = data[:at] + data[at + len(piece) :]
            case _:
                data = data[:at] + data[at : at + 40] + data[at:]
    return data


def test_every_module_that_reads_is_fed_by_a_target_or_reads_what_is_ours() -> None:
    reading = modules_that_read()

    assert set() == set(reading) - set(FED) - set(OURS)
    assert set() == (set(FED) | set(OURS)) - set(reading), "rows of modules that read no more"
    assert set() == set(FED) & set(OURS)


def test_every_target_is_there_because_of_a_module() -> None:
    named = {name for names in FED.values() for name in names}

    assert set(TARGETS) == named


def test_every_folder_of_seeds_belongs_to_a_target_and_is_small() -> None:
    sizes = {path.name: path.stat().st_size for _, path in SEED_FILES}

    assert set(TARGETS) == {path.name for path in SEEDS.iterdir()}
    assert all(2 <= len(seeds_of(name)) <= 20 for name in TARGETS)
    assert {name: size for name, size in sizes.items() if size > 16_384} == {}


def test_a_dictionary_is_one_that_the_fuzzer_can_read() -> None:
    lines = [
        line
        for path in SEEDS.rglob(DICTIONARY)
        for line in path.read_text(encoding="utf-8").splitlines()
    ]

    assert len(lines) > 100
    assert [] == [line for line in lines if not WORD.match(line)]
