"""Guides and letters of a plugin's folder: what is brought, and every fault with its file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

import pe_embassy_zz
from pe_core.errors import PluginError
from pe_core.hooks import Found, Instance, load_plugins
from pe_core.hooks.guides import read_all_guides, read_guides
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.mirror import mirror_pages, mirror_text
from told import ENGLISH, GUIDE, LETTER, WORDS

EXAMPLE = Path(str(pe_embassy_zz.__file__)).parent
FORMS = ("zz.paper", "zz.bed")
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a plugin's folder with a guide, its Belarusian words and its letter, changed."""

    def write(changes: dict[str, str | bytes | None] | None = None) -> Path:
        files: dict[str, str | bytes | None] = {
            "guides/paper.md": GUIDE,
            "guides/paper.be.md": WORDS,
            "letters/request.md": LETTER,
            "letters/request.en.md": ENGLISH,
            **(changes or {}),
        }
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            if content is not None:
                data = content if isinstance(content, bytes) else content.encode()
                path.write_bytes(data)
        return tmp_path

    return write


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(PluginError) as refused:
        read_guides(folder, "zz", FORMS, ("zz",))
    return refused.value.faults


def test_a_folder_brings_its_guides_and_letters(write: Write) -> None:
    told = read_guides(write(), "zz", FORMS, ("zz",))

    assert (["zz.paper"], ["zz.request"]) == (list(told.guides), list(told.letters))
    assert {"en", "be"} == set(told.guides["zz.paper"].texts)


def test_a_plugin_without_guides_brings_none(tmp_path: Path) -> None:
    told = read_guides(tmp_path, "zz", FORMS, ("zz",))

    assert ({}, {}) == (told.guides, told.letters)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"guides/paper.md": GUIDE.replace('["zz.paper"]', '["zz.papers"]')},
            "zz: guides/paper.md: 'topics' names 'zz.papers', which is no form; "
            "known: zz.paper, zz.bed",
        ),
        (
            {"guides/paper.md": GUIDE.replace('"zz"', '"xx"')},
            "zz: guides/paper.md: 'jurisdiction' 'xx' is brought by no plugin; known: zz",
        ),
        (
            {"guides/paper.md": GUIDE.replace("zz.request", "zz.none")},
            "zz: guides/paper.md: 'letters' names 'zz.none', which is no letter of this plugin; "
            "known: zz.request",
        ),
        (
            {"letters/request.md": LETTER.replace('["zz.paper"]', '["zz.papers"]')},
            "zz: letters/request.md: 'topics' names 'zz.papers', which is no form; "
            "known: zz.paper, zz.bed",
        ),
        (
            {"guides/paper.en.md": WORDS},
            "zz: guides/paper.en.md: English is the source, paper.md",
        ),
        (
            {"guides/Paper 2.md": GUIDE},
            "zz: guides/Paper 2.md: files are called <name>.md or <name>.<language>.md, "
            "the name of a-z, 0-9 and '-'",
        ),
        (
            {"guides/other.be.md": WORDS},
            "zz: guides/other.md: is missing; it holds the facts",
        ),
        (
            {"guides/paper.be.md": WORDS.encode("cp1251")},
            "zz: guides/paper.be.md: is not UTF-8; save it as UTF-8",
        ),
        (
            {"guides/paper.be.md": WORDS + "x" * 200_000},
            "zz: guides/paper.be.md: is too large; at most 200000 bytes",
        ),
        (
            {"guides/paper.be.md": WORDS.replace("fee", "fees")},
            "zz: guides/paper.be.md: unknown key 'fees'; did you mean 'fee'?",
        ),
    ],
)
def test_a_fault_names_plugin_file_key_and_mend(
    write: Write, changes: dict[str, str | bytes], told: str
) -> None:
    assert told in faults_of(write(changes))


def test_a_broken_letter_is_not_also_told_as_one_that_is_not_there(write: Write) -> None:
    folder = write({"letters/request.md": LETTER.replace("{day}", "")})

    assert (
        "zz: letters/request.md: the blank 'day' is nowhere in the letter; "
        "write {day} where it goes",
    ) == faults_of(folder)


def test_a_file_that_cannot_be_read_is_named(write: Write) -> None:
    folder = write()
    (folder / "guides" / "paper.ru.md").mkdir()

    assert "zz: guides/paper.ru.md: cannot be read: Is a directory" in faults_of(folder)


def test_the_faults_of_all_plugins_are_gathered(write: Write) -> None:
    folder = write({"guides/paper.md": GUIDE.replace('"zz"', '"xx"')})
    faults = ["already one"]
    told = read_all_guides({"zz": folder, "yy": folder}, FORMS, ("zz",), faults)

    assert ({}, {}) == (told.guides, told.letters)
    assert {"already one", "zz", "yy"} == {fault.partition(":")[0] for fault in faults}


def test_a_plugin_with_a_broken_guide_is_not_enabled(write: Write) -> None:
    folder = write({"guides/paper.md": "title"})
    module = ModuleType("pe_embassy_test")
    module.__file__ = str(folder / "__init__.py")
    instance = Instance(
        embassy_of(example_settings()),
        "http://127.0.0.1:8000",
        lambda: datetime(2026, 11, 24, tzinfo=UTC),
        {},
    )
    with pytest.raises(PluginError, match=r"zz: guides/paper\.md: begin it with a line \+\+\+"):
        load_plugins(["zz"], instance, {"zz": Found(name="zz", version="1", load=lambda: module)})


def test_the_example_brings_what_its_files_hold(pe_embassy: TestEmbassy) -> None:
    guides, letters = pe_embassy.desk.guides, pe_embassy.desk.letters

    assert {"zz.guest-passport", "zz.harbour-beds"} == set(guides)
    assert {"zz.passport-request"} == set(letters)
    assert {"text", "long", "date"} == {b.kind for b in letters["zz.passport-request"].blanks}
    for told in (*guides.values(), *letters.values()):
        assert {"en", "be", "ru", "he"} == set(told.texts)


def test_the_right_to_left_words_are_made_from_the_english_ones(tmp_path: Path) -> None:
    made = []
    for kind in ("guides", "letters"):
        (tmp_path / kind).mkdir()
        for path in (EXAMPLE / kind).glob("*.md"):
            if path.name.endswith(".he.md"):
                made.append(f"{kind}/{path.name}")
            else:
                (tmp_path / kind / path.name).write_bytes(path.read_bytes())
    count = mirror_pages(tmp_path)

    assert len(made) == count == 3
    for name in made:
        assert (EXAMPLE / name).read_text() == (tmp_path / name).read_text(), "make texts"


def test_a_mirrored_text_keeps_gaps_and_addresses() -> None:
    assert "גע [ע](https://x.example/go) {name}" == mirror_text(
        "go [o](https://x.example/go) {name}"
    )
