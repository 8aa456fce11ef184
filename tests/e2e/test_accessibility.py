"""Every page of the portal, in both directions, for people who see, hear or move differently.

The gallery holds each page once and looked at each of them; here is what must not be found.
"""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from gallery import LANGUAGES, LOOKED_AT, Gallery, Picture, show
from looks import LOOKS, prepare
from lxml import html
from people import Person

from pe_core.rules.texts import Catalogue

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TEMPLATES = ROOT / "src" / "pe_core" / "web" / "templates"
USES = re.compile(r"{%\s*(?:extends|include|import)\s+\"([^\"]+)\"")
HTML_VALIDATE = ROOT / "node_modules" / ".bin" / "html-validate"
HTML_RULES = HERE / ".htmlvalidate.mjs"

PROMISES = {
    "axe": "axe finds nothing, neither in light nor in dark",
    "zoomed": "at 400 % nothing scrolls sideways, is cut off or overlaps (WCAG 1.4.10)",
    "spaced": "so too with the space that readers add to text (1.4.12)",
    "doubled": "so too with text twice as large (1.4.4)",
    "words": "words and placeholders stand out from what is behind them (1.4.3)",
    "edges": "edges of controls and what is chosen do too (1.4.11)",
    "rings": "and the ring around what has the focus (1.4.11, 2.4.7)",
    "tabs": "Tab comes to everything, in the order of the page, and always shows where (2.4.3)",
    "covered": "what has the focus is not under the bar that stays (2.4.11)",
    "leads": "the skip link and the links of problems lead there, each problem is tied (3.3.1)",
    "targets": "whatever is pressed is 24 pixels large or far from the next (2.5.8)",
    "touch": "so too at 400 %",
    "names": "a screen reader is told a name for everything, codes item by item (4.1.2)",
    "marks": "languages, directions, headings, captions and hidden pictures are right (1.3.1)",
    "order": "without styles the order still makes sense (1.3.2)",
    "printed": "on paper words fit and are readable",
    "moves": "nothing moves for who asked that nothing moves (2.3.3)",
}
"""What is looked for on every page, by its name in the gallery."""

TINY = "<button style='width:9px;height:9px;padding:0;border:0'></button>"
BODY = "<!doctype html><html lang=en dir=ltr><title>x</title><body><main id=main><h1>x</h1>"
PLANTED = (
    ("axe", "<p style='color:#999'>Pale</p>", "color-contrast"),
    ("axe", "<img src='data:,'>", "image-alt"),
    ("zoomed", "<p style='width:400px'>Wide</p>", "scrolls sideways"),
    ("zoomed", "<p style='width:5px;overflow:hidden'>Unbreakable</p>", "cut off"),
    ("zoomed", "<button>A</button><button style='margin-left:-9px'>B</button>", "overlap"),
    ("spaced", "<p style='height:20px;overflow:hidden;margin:0;font:16px/20px serif'>x", "cut off"),
    ("doubled", "<p style='width:60px;overflow:hidden'>Wide", "cut off"),
    ("words", "<p style='color:#999'>Pale</p>", "light words"),
    ("words", "<style>::placeholder{color:#bbb}</style><input placeholder=Pale>", "placeholder"),
    ("edges", "<input style='border:1px solid #ddd;background:#fff'>", "light edge"),
    ("edges", "<input type=radio style='accent-color:#ddd'>", "light chosen"),
    ("rings", "<a href=#x style='outline:none'>x</a>", "no ring"),
    ("rings", "<a href=#x style='outline:3px solid #ddd'>x</a>", "light ring"),
    ("tabs", "<a href=#1 tabindex=-1>1</a><a href=#2>2</a>", "expected a"),
    (
        "tabs",
        "<div style='display:flex;flex-direction:row-reverse'><a href=#0>0</a><a href=#1>1</a>"
        "<a href=#2>2</a></div>",
        "goes back",
    ),
    ("covered", "<div class=leave style='position:fixed;inset:0'>x</div><a href=#x>x</a>", "under"),
    ("leads", "<div class=summary><a href='#field-x'>x</a></div>", "does not lead"),
    ("leads", "<input aria-invalid=true>", "not tied"),
    ("targets", f"{TINY}{TINY}", "9x9"),
    ("touch", f"{TINY}{TINY}", "9x9"),
    ("names", "<button></button>", "button without a name"),
    ("names", "<p class=receipt><b>AB</b><b>CD</b></p>", "not read item by item"),
    ("marks", "<h3>Too deep</h3>", "a level is left out"),
    ("marks", "<ol class=receipt><li>AB</ol>", "a browser would translate"),
    ("marks", "<table><tr><th>x</table>", "without a caption"),
    ("order", "<form><input></form>", "no label"),
    ("printed", "<style>@media print{p{color:#ddd}}</style><p>x</p>", "words 1"),
    ("moves", "<p style='transition: color 1s'>x</p>", "moves"),
)
"""Faults that must be found, so that finding nothing means something."""


def test_each_promise_is_looked_for_and_its_look_tried() -> None:
    assert PROMISES.keys() == LOOKS.keys() == {kind for kind, *_ in PLANTED}


@pytest.mark.parametrize("kind", PROMISES)
def test_on_every_page(kind: str, gallery: Gallery) -> None:
    assert {} == gallery.without(kind), PROMISES[kind]


@pytest.mark.parametrize(("kind", "body", "told"), PLANTED)
def test_a_planted_fault_is_found(
    kind: str, body: str, told: str, meet: Callable[..., Person]
) -> None:
    page = meet("en", scripts=True, bypass_csp=True).page
    show(page, Picture("planted", "en", "/en/", BODY + body))

    prepare(page)

    assert any(told in line for line in LOOKS[kind](page))


def test_every_template_is_on_a_page_that_was_looked_at(gallery: Gallery) -> None:
    known = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    seen = {p.template for p in gallery.pictures if p.name in gallery.looked_at}
    used = {name for name in known if Path(name).stem in seen}
    while more := {part for name in used for part in _parts(name)} - used:
        used |= more

    assert set() == known - used
    assert set() == seen - {Path(name).stem for name in known}, "steps are named by templates"


def test_every_page_is_there_in_every_language(gallery: Gallery) -> None:
    steps: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for picture in gallery.pictures:
        steps[picture.language].add(picture.step)

    assert set(LOOKED_AT) <= set(LANGUAGES)
    assert {"be", "he"} <= set(LOOKED_AT), "both directions are looked at"
    assert [steps["be"]] * len(LANGUAGES) == [steps[language] for language in LANGUAGES]


def test_titles_tell_nothing_and_headings_say_where_one_is(
    gallery: Gallery, texts: Catalogue
) -> None:
    for picture in gallery.pictures:
        tree = html.fromstring(picture.html.encode())
        title = tree.findtext(".//title")
        keys = ("core.layout.title", "core.layout.title_problem")
        neutral = [texts.text(picture.language, key) for key in keys]
        heading = " ".join("".join(h.itertext()) for h in tree.iter("h1")).strip()
        problems = bool(tree.xpath("//*[@id='error-summary' or @id='error-title']"))

        assert neutral[problems] == title, picture.name
        assert heading or picture.template == "bye", picture.name


def test_the_html_of_every_page_is_valid(gallery: Gallery, tmp_path: Path) -> None:
    for place, picture in enumerate(gallery.pictures):
        name = f"{place:03} {picture.name}.html"
        (tmp_path / name).write_text(picture.html, encoding="utf-8")
    command = [str(HTML_VALIDATE), "--config", str(HTML_RULES), "--formatter", "json"]

    # Into a file: node ends before all of a long answer has gone into a pipe.
    told = tmp_path / "told.json"
    with told.open("w") as file:
        subprocess.run([*command, str(tmp_path)], stdout=file, check=False)
    found = {
        f"{m['ruleId']}: {m['message']} at {m.get('selector')}": Path(page["filePath"]).stem
        for page in json.loads(told.read_text(encoding="utf-8"))
        for m in page["messages"]
    }

    assert {} == found


def test_html_that_is_not_valid_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><p><div id=1></p><button>", "utf-8")
    command = [str(HTML_VALIDATE), "--config", str(HTML_RULES), str(tmp_path)]

    assert 1 == subprocess.run(command, capture_output=True, check=False).returncode


def _parts(name: str) -> set[str]:
    """Return the templates that one extends, includes or imports."""
    return set(USES.findall((TEMPLATES / name).read_text(encoding="utf-8")))
