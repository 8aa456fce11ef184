"""The pages of every country: there in every language, valid, and usable by everybody.

In CI a real browser looks at them in the country's own language; all of them with PE_LONG=1.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from countries import COUNTRIES, local_language, pages_of
from gallery import Picture, show
from looks import LOOKS, SCHEMES, prepare
from meetings import start_chromium
from test_accessibility import HTML_RULES, HTML_VALIDATE

from pe_core.settings import read_settings

pytestmark = pytest.mark.e2e

LOOKED_FOR = ("axe", "zoomed", "marks", "names", "leads")
"""What a country's words can spoil; the rest is the stylesheet's."""


@pytest.fixture(scope="module", params=COUNTRIES)
def country(request: pytest.FixtureRequest) -> str:
    """The code of a country."""
    return str(request.param)


@pytest.fixture(scope="module")
def pictures(country: str, tmp_path_factory: pytest.TempPathFactory) -> list[Picture]:
    """All its pages."""
    return list(pages_of(COUNTRIES[country], tmp_path_factory.mktemp(country) / "embassy"))


def test_a_country_has_the_same_pages_in_each_of_its_languages(
    country: str, pictures: list[Picture]
) -> None:
    languages = read_settings(COUNTRIES[country]).embassy.languages
    steps = {
        language: [picture.step for picture in pictures if picture.language == language]
        for language in languages
    }

    assert len(languages) >= 4
    assert [steps["en"]] * len(languages) == list(steps.values())
    assert len([step for step in steps["en"] if step.startswith("guide-")]) >= 4
    assert len([step for step in steps["en"] if step.startswith("letter-")]) >= 2
    assert len([step for step in steps["en"] if step.startswith("whole-")]) >= 5


def test_the_html_of_its_pages_is_valid(pictures: list[Picture], tmp_path: Path) -> None:
    for place, picture in enumerate(pictures):
        (tmp_path / f"{place:03} {picture.name}.html").write_text(picture.html, encoding="utf-8")
    command = [str(HTML_VALIDATE), "--config", str(HTML_RULES), "--formatter", "json"]
    run = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    found = {
        f"{m['ruleId']}: {m['message']} at {m.get('selector')}": Path(page["filePath"]).stem
        for page in json.loads(run.stdout)
        for m in page["messages"]
    }

    assert {} == found


def test_everybody_can_use_its_pages(country: str, pictures: list[Picture]) -> None:
    own = local_language(read_settings(COUNTRIES[country]))
    every = bool(os.environ.get("PE_LONG"))
    found: dict[str, list[str]] = {}
    with start_chromium() as browser:
        page = browser.new_context(bypass_csp=True).new_page()
        for picture in pictures:
            if every or picture.language == own:
                show(page, picture)
                prepare(page)
                page.emulate_media(**SCHEMES[0][1])
                for kind in LOOKED_FOR:
                    if lines := LOOKS[kind](page):
                        found[f"{picture.name} {kind}"] = lines

    assert {} == found
