"""Pictures of all pages, for people who look at them: `make screenshots`.

Each step is taken in two languages, at two widths, in light and dark; ``sheet.png`` shows all.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from people import Demo, Person
from PIL import Image, ImageDraw
from walks import walk_public, walk_staff

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "screenshots"
README = ROOT / "docs" / "screenshot.png"
LANGUAGES = ("be", "he")
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
LOOKS = tuple((width, scheme) for width in WIDTHS for scheme in SCHEMES)
THUMB = {360: (150, 400), 1280: (300, 400)}
"""Width and greatest height of a page on the sheet, by its real width."""
GAP = 10
CAPTION = 16
COLOURS = 128


@pytest.mark.parametrize("language", LANGUAGES)
def test_take_the_public_pages(
    language: str, meet_again: Callable[..., Person], demo: Demo, folder: Path
) -> None:
    person = meet_again(language)

    _take(person, walk_public(person, demo), folder, f"1-public-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_take_the_pages_of_the_team(
    language: str,
    meet: Callable[..., Person],
    meet_colleague: Callable[..., Person],
    invite: str,
    demo: Demo,
    folder: Path,
) -> None:
    session = meet_colleague(1).page.context.storage_state()
    words = demo.colleagues[1].account.passphrase
    person = meet(language)

    _take(person, walk_staff(person, session, invite, words), folder, f"2-staff-{language}")


def test_lay_out_the_sheet(folder: Path) -> None:
    rows = sorted({path.name.rpartition("-")[0].rpartition("-")[0] for path in _pictures(folder)})
    width = sum(THUMB[real][0] + GAP for real, _ in LOOKS) + GAP
    height = THUMB[360][1] + CAPTION + GAP
    sheet = Image.new("RGB", (2 * width, height * -(-len(rows) // 2)), "#888")
    draw = ImageDraw.Draw(sheet)
    for place, row in enumerate(rows):
        left, top = place % 2 * width + GAP, place // 2 * height
        draw.text((left, top + 2), row, fill="#fff")
        for real, scheme in LOOKS:
            with Image.open(folder / f"{row}-{real}-{scheme}.png") as picture:
                sheet.paste(_thumb(picture, *THUMB[real]), (left, top + CAPTION))
            left += THUMB[real][0] + GAP
    sheet.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / "sheet.png", optimize=True)

    assert rows, "there are no pictures"


def test_renew_the_picture_of_the_readme(
    meet: Callable[..., Person], request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("--readme"):
        pytest.skip("only with --readme")
    person = meet("en", viewport={"width": 1280, "height": 800}, color_scheme="light")
    person.open()
    person.page.screenshot(path=README)
    with Image.open(README) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(README, optimize=True)

    assert (1280, 800) == small.size


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder of the pictures, without those of an earlier time."""
    FOLDER.mkdir(exist_ok=True)
    for old in _pictures(FOLDER):
        old.unlink()
    return FOLDER


def _pictures(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.png") if path.name != "sheet.png"]


def _take(person: Person, walk: Iterator[str], folder: Path, prefix: str) -> None:
    """Take every step in all looks, in the order of the walk."""
    page = person.page
    for number, step in enumerate(walk, start=1):
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            name = f"{prefix}-{number:02}-{step}-{width}-{scheme}.png"
            page.screenshot(path=folder / name, full_page=True, animations="disabled")


def _thumb(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Return the top of a page, made small."""
    scaled = picture.convert("RGB").resize((width, round(picture.height * width / picture.width)))
    return scaled.crop((0, 0, width, min(height, scaled.height)))
