"""The rule about pages: each public page of the plugin, in each declared language."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pe_core.errors import PluginError, SettingsError
from pe_core.hooks import find_plugins
from pe_core.rules.texts import direction
from pe_core.settings import EmbassySettings, PluginsSettings, Settings
from pe_core.toolkit.quality.subject import Subject

if TYPE_CHECKING:
    from pe_core.toolkit.browser import Page
    from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]

_LEADS_ELSEWHERE = ("/exit", "/begin")
"""Ends of addresses that are no pages: they send people on."""
_INPUTS = "//input[not(@type='hidden') and not(@type='submit')] | //select | //textarea"
_SCRIPTS = "//script | //iframe | //object | //@*[starts-with(name(), 'on')]"


def pages_plain(plugin: Subject) -> Iterable[str]:
    """Have every public page answer in every declared language, plain and labelled.

    An embassy that has only this plugin is opened, and looked through as by a browser without
    scripts: the pages of the portal, every form on one page, every guide and every letter.
    Each says its language and direction, labels each input, and holds no script.
    A plugin that brings no jurisdiction and no form has no page of its own.
    """
    if not plugin.is_of_a_country:
        return
    missing = [name for name in ("httpx", "lxml") if find_spec(name) is None]
    if missing:
        yield f"cannot be looked at: pip install {' '.join(missing)}"
        return
    if plugin.code not in find_plugins([plugin.code]):
        yield f"cannot be looked at: pip install -e {plugin.root.name}"
        return
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:

        async def wait(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        try:
            yield from _look_through(plugin, Path(folder), lambda one: runner.run(wait(one)))
        except (PluginError, SettingsError) as error:
            yield from str(error).splitlines()


def page_faults(page: "Page", language: str) -> Iterator[str]:
    """Yield what is wrong with one page in this language."""
    if page.status != 200:
        yield f"answers {page.status}"
        return
    tree = page.tree
    if tree.get("lang") != language:
        yield f"says that its language is {tree.get('lang')!r}"
    if tree.get("dir") != direction(language):
        yield f"says that its direction is {tree.get('dir')!r}"
    if tree.xpath(_SCRIPTS):
        yield "holds a script"
    for field in tree.xpath(_INPUTS):
        if not _is_labelled(tree, field):
            yield f"has an input {field.get('name')!r} without a label"


def _look_through(plugin: Subject, folder: Path, run: Run) -> Iterator[str]:
    from pe_core.toolkit.browser import Browser
    from pe_core.toolkit.embassy import close_embassy, open_test_embassy
    from pe_core.toolkit.invented import Clock

    clock = Clock(datetime.combine(plugin.today, time(10), UTC))
    settings = _settings(plugin)
    embassy = run(open_test_embassy(folder / "embassy", clock, settings))
    browser = Browser(embassy.app(), run)
    try:
        for language in settings.embassy.languages:
            for address, page in _pages(plugin, embassy, browser, language):
                yield from (
                    f"/{language}/{address} {fault}" for fault in page_faults(page, language)
                )
    finally:
        browser.close()
        run(close_embassy(embassy))


def _pages(
    plugin: Subject, embassy: "TestEmbassy", browser: Any, language: str
) -> Iterator[tuple[str, "Page"]]:
    from pe_core.toolkit.asker import Asker

    asker = Asker(browser, embassy.clock, language)
    told = [f"guides/{name}" for name in plugin.brought.guides]
    told += [f"letters/{name}" for name in plugin.brought.letters]
    for address in (*read_addresses(), *told):
        yield address, asker.go(address)
    for name in plugin.brought.forms:
        asker.begin(name)
        yield f"ask/all ({name})", asker.go("ask/all")


def read_addresses() -> Iterator[str]:
    """Yield the addresses below a language of the pages that anybody can open."""
    from pe_core.web.public import ROUTES

    for handler in ROUTES:
        if "GET" in handler.http_methods and handler.opt.get("guard") == "public":
            for path in sorted(handler.paths):
                address = path.removeprefix("/{language:str}")
                if "{" not in address and not address.endswith(_LEADS_ELSEWHERE):
                    yield address.removeprefix("/")


def _settings(plugin: Subject) -> Settings:
    """Return the settings of an embassy in the plugin's own jurisdiction."""
    jurisdiction = next(iter(plugin.brought.jurisdictions.values()), None)
    if jurisdiction is None:
        raise SettingsError("it brings no jurisdiction, so no embassy can be opened with it alone")
    return Settings(
        embassy=EmbassySettings(
            code=plugin.code,
            names={tag: "Example embassy" for tag in plugin.languages},
            languages=plugin.languages,
            zone=jurisdiction.zones[0],
            contact="desk@embassy.example",
            jurisdiction=jurisdiction.code,
        ),
        plugins=PluginsSettings(enabled=(plugin.code,)),
    )


def _is_labelled(tree: Any, field: Any) -> bool:
    if field.get("aria-label") or field.get("aria-labelledby"):
        return True
    name = field.get("id")
    return bool(
        field.xpath("ancestor::label") or (name and tree.xpath("//label[@for=$it]", it=name))
    )
