"""The commands `pe plugin list`, `new` and `check`, as real processes."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from authoring import add, edit, fresh_plugin, install, package_of, whole_plugin
from pe_core.cli import plugin as cli_plugin
from pe_core.hooks import Found
from pe_core.toolkit.quality import RULES
from serving import PE

Done = subprocess.CompletedProcess[str]


def pe(*arguments: str, folder: Path, installed: tuple[Path, ...] = (), code: int = 0) -> Done:
    """Run `pe plugin` where these plugins are installed, and expect an exit code."""
    done = subprocess.run(
        [*PE, "plugin", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, installed))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert code == done.returncode, done.stdout + done.stderr
    return done


def block(shown: str, name: str) -> list[str]:
    """Return the lines that `pe plugin list` shows of one plugin."""
    lines = shown.splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(f"{name} "))
    end = next(
        (n for n, line in enumerate(lines) if n > begin and not line.startswith(" ")), len(lines)
    )
    return lines[begin:end]


def test_new_writes_a_plugin_and_says_the_next_three_commands(tmp_path: Path) -> None:
    shown = pe("new", "xx", "Exampleton", "--into", "my plugins", folder=tmp_path).stdout

    assert (tmp_path / "my plugins/xx/src/pe_embassy_xx/forms.py").is_file()
    assert [
        "pip install -e 'my plugins/xx'",
        "pytest 'my plugins/xx'",
        "pe plugin check xx",
    ] == [line.strip() for line in shown.splitlines()[-3:]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "X", "Exampleton"), "2 to 8 letters"),
        (("new", "xx", 'the "X"'), "in English"),
        (("check", "nowhere"), "nowhere is not installed"),
        (("list", "--config", "nothing.toml"), "nothing.toml is not there: go to its folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = pe(*arguments, folder=tmp_path, code=1)

    assert said in done.stderr
    assert done.stderr.startswith("pe: ")
    assert 1 == len(done.stderr.splitlines())
    assert [] == list(tmp_path.iterdir())


def test_list_shows_each_plugin_alone_and_a_broken_one_stops_no_other(tmp_path: Path) -> None:
    whole = whole_plugin(tmp_path)
    broken = fresh_plugin(tmp_path, "yy")
    ending = fresh_plugin(tmp_path, "qq")
    gone = fresh_plugin(tmp_path, "ww")
    add(package_of(broken) / "forms.py", "raise ValueError('no forms today')")
    add(package_of(ending) / "forms.py", "import os; os._exit(0)")
    folders = tuple(map(install, (whole, broken, ending, gone)))
    package_of(gone).rename(tmp_path / "elsewhere")

    shown = pe("list", folder=tmp_path, installed=folders).stdout

    assert [
        "xx 0.1.0",
        "    jurisdictions: xx",
        "    forms: xx.document, xx.other",
        "    guides: xx.first, xx.fourth, xx.second, xx.third",
        "    letters: xx.first, xx.second",
        "    languages: be, en",
    ] == block(shown, "xx")
    assert "raised ValueError: no forms today" in block(shown, "yy")[1]
    assert "ends the process" in block(shown, "qq")[1]
    assert "install the plugin again" in block(shown, "ww")[1]
    assert "    listeners: zz.bell" in block(shown, "zz")


def test_list_says_what_a_pe_toml_enables(tmp_path: Path) -> None:
    settings = Path(__file__).parent.parent / "deployments/zz/pe.toml"
    folders = (install(fresh_plugin(tmp_path)),)
    config = tmp_path / "pe.toml"
    config.write_text(settings.read_text(encoding="utf-8"), encoding="utf-8")
    edit(config, {'enabled = ["zz"]': 'enabled = ["zz", "nn"]'})

    shown = pe("list", folder=tmp_path, installed=folders).stdout

    assert block(shown, "zz")[0].endswith("  enabled")
    assert block(shown, "xx")[0].endswith("  not enabled")
    assert "nn  enabled, but not installed; pip install it first" in shown


def test_check_prints_one_document_for_scripts(tmp_path: Path) -> None:
    folders = (install(fresh_plugin(tmp_path)),)

    shown = json.loads(
        pe("check", "xx", "--fast", "--json", folder=tmp_path, installed=folders).stdout
    )

    slow = {rule.name for rule in RULES if rule.slow}
    (plugin,) = shown["plugins"]
    assert {"plugins"} == set(shown)
    assert {"guides-sourced", "template-gone", "two-owners"} | slow == set(plugin.pop("missing"))
    assert {"code": "xx", "tier": "bronze", "promised": "bronze"} == plugin


def test_check_says_what_is_short_what_is_exempt_and_the_tiers(tmp_path: Path) -> None:
    root = fresh_plugin(tmp_path)
    add(root / "quality.toml", 'two-owners = "there is one team in all of Exampleton"')
    edit(root / "quality.toml", {'"bronze"': '"silver"'})
    folders = (install(root),)

    done = pe("check", "xx", "--fast", folder=tmp_path, installed=folders, code=1)

    lines = done.stdout.splitlines()
    assert (
        "xx: silver guides-sourced: guides/: 1 of at least 4; write what people ask most" in lines
    )
    assert "xx: gold two-owners: exempt: there is one team in all of Exampleton" in lines
    assert "xx: bronze, promised silver: below its promise" in lines
    assert "xx: not asked: typed, tests-cover, pages-plain" == lines[-1]


def test_check_of_a_plugin_that_ends_the_process_names_it(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    add(package_of(root) / "__init__.py", "import os; os._exit(7)")

    shown = pe("check", "xx", "--json", folder=tmp_path, installed=(install(root),), code=1).stdout

    (plugin,) = json.loads(shown)["plugins"]
    assert "none" == plugin["tier"]
    assert [rule.name for rule in RULES] == plugin["missing"]


def test_check_asks_only_for_plugins_whose_sources_are_here(tmp_path: Path) -> None:
    root = whole_plugin(tmp_path)
    folders = (install(root),)
    (root / "pyproject.toml").rename(tmp_path / "away.toml")

    done = pe("check", "xx", folder=tmp_path, installed=folders, code=1)

    assert "installed without its sources" in done.stderr


def test_check_without_a_code_leaves_out_what_has_no_sources_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = [whole_plugin(tmp_path), fresh_plugin(tmp_path, "yy")]
    found = {
        root.name: Found(
            name=root.name, version="0.1.0", load=dict, package=f"pe_embassy_{root.name}"
        )
        for root in roots
    }
    for root in roots:
        monkeypatch.syspath_prepend(str(package_of(root).parent))
    (roots[0] / "pyproject.toml").unlink()
    monkeypatch.setattr(cli_plugin, "find_plugins", lambda: found)

    shown = CliRunner().invoke(cli_plugin.command, ["check", "--fast", "--json"]).stdout

    assert ["yy"] == [one["code"] for one in json.loads(shown)["plugins"]]
