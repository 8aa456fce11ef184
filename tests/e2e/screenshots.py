"""Pictures of all pages, for people who look at them: `make screenshots`.

Each step is taken in two languages, at two widths, in light and dark; ``sheet.png`` shows all.
Of each country its own pages are taken on a phone, in Belarusian and in its own language, with
a sheet of its own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from countries import COUNTRIES, local_language, pages_of
from gallery import show
from meetings import start_chromium
from people import Demo, Person
from PIL import Image, ImageDraw
from walks import walk_public, walk_staff
from walks_work import walk_work

from pe_core.settings import read_settings

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_take_the_pages_of_a_volunteer(
    language: str, meet: Callable[..., Person], folder: Path
) -> None:
    person = meet(language)

    _take(person, walk_work(person, f"wouk-{language}"), folder, f"3-work-{language}")


@pytest.mark.parametrize("country", COUNTRIES)
def test_take_the_pages_of_a_country(country: str, folder: Path, tmp_path: Path) -> None:
    # A thread of its own: Playwright's loop and that of the embassy must not meet.
    with ThreadPoolExecutor(max_workers=1) as apart:
        taken = apart.submit(_take_country, country, folder, tmp_path).result()
    _lay_out(taken, folder / f"sheet-{country}.png")

    assert len(taken) > 20


def _take_country(country: str, folder: Path, tmp_path: Path) -> list[Path]:
    own = local_language(read_settings(COUNTRIES[country]))
    pictures = list(pages_of(COUNTRIES[country], tmp_path / "embassy"))
    taken: list[Path] = []
    with start_chromium() as browser:
        context = browser.new_context(viewport={"width": 360, "height": 800})
        page = context.new_page()
        for picture in pictures:
            if picture.language in ("be", own):
                page.emulate_media(color_scheme="dark" if len(taken) % 4 == 3 else "light")
                show(page, picture)
                taken.append(folder / f"4-{country}-{picture.language}-{picture.step}.png")
                page.screenshot(path=taken[-1], full_page=True, animations="disabled")
    return taken


def test_lay_out_the_sheet(folder: Path) -> None:
    taken = [path for path in _pictures(folder) if path.name[0] in "123"]
    rows = sorted({path.name.rpartition("-")[0].rpartition("-")[0] for path in taken})
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
    return [path for path in folder.glob("*.png") if not path.name.startswith("sheet")]


def _lay_out(pictures: list[Path], target: Path, columns: int = 8) -> None:
    """Lay out pictures of phones, their tops, in rows."""
    width, height = 240, 640
    rows = -(-len(pictures) // columns)
    size = (columns * (width + GAP) + GAP, rows * (height + CAPTION + GAP))
    sheet = Image.new("RGB", size, "#888")
    draw = ImageDraw.Draw(sheet)
    for place, path in enumerate(pictures):
        left, top = GAP + place % columns * (width + GAP), place // columns * (height + CAPTION)
        draw.text((left, top + 2), path.stem, fill="#fff")
        with Image.open(path) as picture:
            sheet.paste(_thumb(picture, width, height), (left, top + CAPTION))
    sheet.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


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
