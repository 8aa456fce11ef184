"""A new plugin: plain files with two words replaced, clean for every tool, refused politely."""

import subprocess
import sys
from pathlib import Path

import pytest

from authoring import fresh_plugin, package_of
from pe_core.errors import SettingsError
from pe_core.toolkit.scaffold import INVENTED, TEMPLATE, new_plugin

LONGEST = "N" + "o" * 59
FILES = {
    "LICENSE": False,
    "README.md": True,
    "pyproject.toml": True,
    "quality.toml": True,
    "src/pe_embassy_xx/__init__.py": True,
    "src/pe_embassy_xx/forms.py": True,
    "src/pe_embassy_xx/guides/first.md": True,
    "src/pe_embassy_xx/jurisdiction.py": True,
    "src/pe_embassy_xx/letters/first.en.md": True,
    "src/pe_embassy_xx/letters/first.md": True,
    "src/pe_embassy_xx/locales/en.po": True,
    "src/pe_embassy_xx/py.typed": True,
    "tests/test_contract.py": True,
    "tests/test_xx.py": True,
}


def files_of(root: Path) -> dict[str, str]:
    """Return the text of each file by its name from the plugin's folder on."""
    return {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_new_plugin_is_whole_and_holds_neither_of_the_two_words(tmp_path: Path) -> None:
    root = fresh_plugin(tmp_path)

    files = files_of(root)
    assert {name for name, there in FILES.items() if there} == set(files)
    assert [] == [name for name, text in files.items() if "NEW_" in text or "NEW_" in name]
    assert "Exampleton" in files["README.md"]
    assert 'pe-core>=0.1,<1"' in files["pyproject.toml"]


def test_no_tool_takes_a_file_of_the_template_for_one_of_ours() -> None:
    files = [path for path in TEMPLATE.rglob("*") if path.is_file()]

    assert len(files) == sum(FILES.values())
    assert {".txt"} == {path.suffix for path in files}
    assert not (TEMPLATE / "tests").exists()


def test_what_is_invented_says_so_in_every_file_that_people_read(tmp_path: Path) -> None:
    files = files_of(fresh_plugin(tmp_path))

    for name in ("jurisdiction.py", "guides/first.md", "letters/first.md", "letters/first.en.md"):
        text = files[f"src/pe_embassy_xx/{name}"]

        assert any(word in text for word in INVENTED)
        assert [] == [
            line
            for line in text.splitlines()
            if "https://" in line.replace("example.org", "") and "example.org" not in line
        ]


@pytest.mark.parametrize(("code", "name"), [("xx", "Exampleton"), ("abcdefgh", LONGEST)])
def test_a_new_plugin_is_in_the_house_style_whatever_it_is_called(
    tmp_path: Path, code: str, name: str
) -> None:
    root = new_plugin(code, name, tmp_path)

    for command in (["check"], ["format", "--check"]):
        ruff = [str(Path(sys.executable).with_name("ruff")), *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=root, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stdout


def test_a_new_plugin_and_its_tests_are_clean_for_strict_types(tmp_path: Path) -> None:
    root = fresh_plugin(tmp_path)
    package = package_of(root)

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(package), str(root / "tests")],
        cwd=root,
        env={"MYPYPATH": str(package.parent), "MYPY_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "2 to 8 letters"),
        ("x", "2 to 8 letters"),
        ("abcdefghi", "2 to 8 letters"),
        ("XX", "2 to 8 letters"),
        ("x1", "2 to 8 letters"),
        ("x-y", "2 to 8 letters"),
        ("../x", "2 to 8 letters"),
        ("xx\n", "2 to 8 letters"),
        ("core", "another code"),
        ("staff", "another code"),
    ],
)
def test_a_code_that_cannot_be_used_is_refused_with_the_mend(
    tmp_path: Path, code: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        new_plugin(code, "Exampleton", tmp_path)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["", " ", 'the "Example"', "a\\b", "a\nb", "{name}", "<b>", "NEW_NAME", "N" * 61]
)
def test_a_name_that_would_break_a_file_is_refused_with_the_mend(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="in English"):
        new_plugin("xx", name, tmp_path)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["Côte d'Exemple", "Прыклад", "Saint Example & Co."])
def test_a_name_may_have_letters_of_any_script(tmp_path: Path, name: str) -> None:
    files = files_of(new_plugin("xx", name, tmp_path))

    assert name in files["src/pe_embassy_xx/jurisdiction.py"]


def test_nothing_is_ever_written_over(tmp_path: Path) -> None:
    root = fresh_plugin(tmp_path)
    (root / "README.md").write_text("mine", encoding="utf-8")

    with pytest.raises(SettingsError, match="--into"):
        fresh_plugin(tmp_path)

    assert "mine" == (root / "README.md").read_text(encoding="utf-8")
