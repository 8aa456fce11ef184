"""Every embassy in ``deployments/`` opens, serves, and answers in each of its languages."""

import subprocess
from pathlib import Path

import httpx
import pytest
from lxml import html

from pe_core.rules.texts import direction
from pe_core.settings import read_settings
from serving import PE, ROOT, free_port, serving

DEPLOYMENTS = sorted(ROOT.glob("deployments/*/pe.toml"))
READ = ("", "help", "offices", "guides", "privacy", "safety", "imprint", "code")


def test_there_is_a_deployment_for_every_country_plugin() -> None:
    countries = {path.parents[1].name for path in ROOT.glob("plugins/*/src/pe_embassy_*")}

    assert len(countries) >= 5
    assert set() == countries - {path.parent.name for path in DEPLOYMENTS}


@pytest.mark.parametrize("settings", DEPLOYMENTS, ids=lambda path: path.parent.name)
def test_a_deployment_opens_and_answers_in_each_of_its_languages(
    settings: Path, tmp_path: Path
) -> None:
    port = free_port()
    text = settings.read_text(encoding="utf-8").replace("8000", str(port))
    text += "\n[vault]\nargon2_memory = 64\nswap_encrypted = true\n"
    (tmp_path / "pe.toml").write_text(text, encoding="utf-8")
    config = ["--config", str(tmp_path / "pe.toml")]
    made = subprocess.run([*PE, "init", *config], capture_output=True, text=True, check=False)
    assert 0 == made.returncode, made.stderr

    languages = read_settings(tmp_path / "pe.toml").embassy.languages
    address = f"http://127.0.0.1:{port}"
    with serving(tmp_path, address), httpx.Client(base_url=address) as client:
        for language in languages:
            for path in READ:
                answer = client.get(f"/{language}/{path}")
                page = html.fromstring(answer.text)

                assert 200 == answer.status_code, f"{language}/{path}"
                assert language == page.get("lang") and direction(language) == page.get("dir")
