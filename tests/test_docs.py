"""What the documents say is true: examples are real files and run, links lead somewhere."""

import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pe_core.hooks import Found, Instance, load_plugins
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "docs/examples/pe_embassy_xx.py"
PAGES = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("deployments/**/*.md")]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_the_plugin_of_the_readme_is_twelve_lines_and_loads() -> None:
    code = EXAMPLE.read_text(encoding="utf-8")
    spec = importlib.util.spec_from_file_location("pe_embassy_xx", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    instance = Instance(
        embassy_of(example_settings()), "http://x.example", lambda: datetime.now(UTC), {}
    )

    plugins = load_plugins(
        ["xx"], instance, {"xx": Found(name="xx", version="1", load=lambda: module)}
    )

    assert f"```python\n{code}```" in README
    assert 12 >= len([line for line in code.splitlines() if line])
    assert ["xx.bed"] == list(plugins.forms)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    missing = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert [] == missing


def test_the_readme_names_the_two_commands_and_the_makefile_has_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.M):
        assert f"\n{target}:" in makefile


def test_every_decision_says_what_why_and_what_else() -> None:
    for page in ROOT.glob("docs/decisions/*.md"):
        text = page.read_text(encoding="utf-8")
        for part in ("## What", "## Why", "## What else was considered"):
            assert part in text, page.name
