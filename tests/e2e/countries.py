"""The public pages of every embassy in ``deployments/``, in each of its languages, as sent.

What is everybody's (the questions one by one, coming back) is walked over with Exampleland;
here is what a country brings: its topics, its forms on one page, its guides, letters and offices.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gallery import Picture

from pe_core.model import Blank
from pe_core.settings import Settings, read_settings
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Clock, demo_start

ROOT = Path(__file__).parents[2]
COUNTRIES = {
    path.parent.name: path
    for path in sorted(ROOT.glob("deployments/*/pe.toml"))
    if path.parent.name != "zz"
}
READ = (
    ("", "home"),
    ("guides", "guides"),
    ("offices", "offices"),
    ("privacy", "privacy"),
    ("imprint", "imprint"),
    ("ask", "topics"),
)
INVENTED: Mapping[str, str] = {
    "text": "Invented Bird",
    "long": "Выдуманая гісторыя.\n\nЯна кароткая.",
}


def pages_of(config: Path, folder: Path) -> Iterator[Picture]:
    """Open the embassy of a pe.toml in ``folder`` and yield its pages."""
    settings = read_settings(config)
    with asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        clock = Clock(demo_start())
        embassy = runner.run(open_test_embassy(folder, clock, settings))
        browser = Browser(embassy.app(), lambda awaitable: runner.run(wait(awaitable)))
        for language in settings.embassy.languages:
            for step, page in _in_language(embassy, Asker(browser, clock, language)):
                assert 200 == page.status, f"{language} {step}"
                yield Picture(step, language, page.path, page.text)
        browser.close()
        runner.run(close_embassy(embassy))


def local_language(settings: Settings) -> str:
    """Return the language of the place, which comes last."""
    return settings.embassy.languages[-1]


def _in_language(embassy: TestEmbassy, asker: Asker) -> Iterator[tuple[str, Page]]:
    for path, step in READ:
        yield step, asker.go(path)
    for name in embassy.desk.guides:
        yield f"guide-{name}", asker.go(f"guides/{name}")
    for name, letter in embassy.desk.letters.items():
        yield f"letter-{name}", asker.go(f"letters/{name}")
        asker.clock.move(seconds=6)
        filled = [field for blank in letter.blanks for field in _fill(blank)]
        yield f"letter_print-{name}", asker.browser.send(dict(filled), form=-1)
    for name in embassy.desk.forms:
        asker.begin(name)
        yield f"where-{name}", asker.go("ask/where")
        yield f"whole-{name}", asker.go("ask/all")


def _fill(blank: Blank) -> Iterator[tuple[str, str]]:
    """Yield the fields of a blank as its input sends them."""
    if blank.kind == "date":
        for part, value in (("day", "1"), ("month", "2"), ("year", "2026")):
            yield f"answer-{blank.name}-{part}", value
    else:
        yield f"answer-{blank.name}", INVENTED[blank.kind][: blank.longest]
