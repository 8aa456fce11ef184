"""What is looked for on a page that a browser shows; `inspect.js` does the measuring."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reading import read_page

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

Faults = Mapping[str, list[str]]
Look = Callable[["Page"], list[str]]

HERE = Path(__file__).parent
AXE = HERE.parents[1] / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  return found.violations.flatMap(v =>
    v.nodes.map(n => `${v.id} (${v.impact}): ${n.html.slice(0, 160)}`));
}"""
DESKTOP: "ViewportSize" = {"width": 1280, "height": 1024}
ZOOMED: "ViewportSize" = {"width": 320, "height": 256}
"""1280 by 1024 at 400 % (WCAG 2.2, 1.4.10)."""
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important } p { margin-block-end: 2em !important }"""
"""WCAG 2.2, 1.4.12: the space that people may give to text."""
DOUBLED = "html { font-size: 200% }"
"""WCAG 2.2, 1.4.4: text twice as large, and nothing else."""
SHEET = """words => {
  const sheet = document.createElement("style");
  sheet.id = "by-the-reader";
  sheet.textContent = words;
  document.getElementById(sheet.id)?.remove();
  document.head.append(sheet);
}"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCHEMES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("light", {"color_scheme": "light", "forced_colors": "none"}),
    ("dark", {"color_scheme": "dark", "forced_colors": "none"}),
    ("forced", {"color_scheme": "dark", "forced_colors": "active"}),
)
LONG = bool(os.environ.get("PE_LONG"))
COLOURS_IN = ("en", "he") if LONG else ("he",)
"""Colours do not depend on the language."""
TABS_IN = ("be", "he")
"""One language of each direction."""


def look_at(page: "Page", language: str) -> Faults:
    """Return what is wrong with the page by kind, nothing under a kind where all is well."""
    left_out = set() if language in COLOURS_IN else COLOURS
    left_out = left_out if language in TABS_IN else left_out | {"tabs"}
    prepare(page)
    return {kind: look(page) for kind, look in LOOKS.items() if kind not in left_out}


def prepare(page: "Page") -> None:
    """Give the page the questions that it will be asked."""
    page.emulate_media(**SCHEMES[0][1])
    # A browser moves the focus to where a page wants it when it first draws the page.
    page.evaluate(DRAWN)
    page.evaluate((HERE / "inspect.js").read_text())


def _ask(name: str, size: "ViewportSize" = DESKTOP, sheet: str = "") -> Look:
    """Return a look that asks a function of `inspect.js`, at a size and with a reader's sheet."""

    def look(page: "Page") -> list[str]:
        if page.viewport_size != size:
            page.set_viewport_size(size)
        if sheet:
            page.evaluate(SHEET, sheet)
        found: list[str] = page.evaluate(f"inspect.{name}()")
        if sheet:
            page.evaluate(SHEET, "")
        return found

    return look


def _in_all_schemes(name: str) -> Look:
    """Return a look that asks about colours: in light, in dark, and in the reader's own."""

    def look(page: "Page") -> list[str]:
        found: list[str] = []
        for scheme, media in SCHEMES:
            page.emulate_media(**media)
            found += [f"{scheme} {line}" for line in page.evaluate(f"inspect.{name}()")]
        page.emulate_media(**SCHEMES[0][1])
        return found

    return look


def _axe(page: "Page") -> list[str]:
    """Return what axe finds: everything in light, and in dark the colours again."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE, {"type": "tag", "values": WCAG})
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(RUN_AXE, {"type": "rule", "values": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return found


def _tabs(page: "Page") -> list[str]:
    """Press Tab from the beginning until everything was reached."""
    for _ in range(page.evaluate("inspect.watchTabs()")):
        page.keyboard.press("Tab")
    found: list[str] = page.evaluate("inspect.tabFaults()")
    return found


def _moves(page: "Page") -> list[str]:
    page.emulate_media(reduced_motion="reduce")
    found: list[str] = page.evaluate("inspect.moves()")
    return found


def _printed(page: "Page") -> list[str]:
    page.emulate_media(media="print")
    found: list[str] = page.evaluate("inspect.fits().concat(inspect.wordsContrast())")
    page.emulate_media(media="screen")
    return found


COLOURS = {"words", "edges", "rings", "moves", "printed"}
LOOKS: Mapping[str, Look] = {
    "leads": _ask("leads"),
    "marks": _ask("marks"),
    "order": _ask("plainOrder"),
    "names": read_page,
    "axe": _axe,
    "tabs": _tabs,
    "words": _in_all_schemes("wordsContrast"),
    "edges": _in_all_schemes("edgesContrast"),
    "rings": _in_all_schemes("focusContrast"),
    "moves": _moves,
    "printed": _printed,
    "targets": _ask("targets"),
    "doubled": _ask("fits", sheet=DOUBLED),
    "zoomed": _ask("fits", ZOOMED),
    "touch": _ask("targets", ZOOMED),
    "covered": _ask("covered", ZOOMED),
    "spaced": _ask("fits", ZOOMED, SPACED),
}
"""What is looked for, the focus first: it is where the browser put it until something moves it."""
