"""The square code: what its path paints is what the code says."""

import re

import segno
from hypothesis import given
from hypothesis import strategies as st

from pe_core.web.qr import draw_code


def painted(markup: str) -> set[tuple[int, int]]:
    """Return the cells that the line of each row goes through, the middle of the row its height."""
    cells: set[tuple[int, int]] = set()
    for start, row, strokes in re.findall(r"M(\d+) (\d+)\.5((?:h\d+(?:m\d+ 0)?)+)", markup):
        pen = int(start)
        for drawn, lifted in re.findall(r"h(\d+)(?:m(\d+) 0)?", strokes):
            cells |= {(pen + step, int(row)) for step in range(int(drawn))}
            pen += int(drawn) + int(lifted or 0)
    return cells


@given(st.text(min_size=1, max_size=80))
def test_the_path_paints_the_dark_modules_and_no_others(text: str) -> None:
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    dark = {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}

    assert dark == painted(draw_code(text))


def test_the_code_has_its_quiet_border_inside() -> None:
    markup = draw_code("otpauth://totp/Portal")
    size = int(re.findall(r'viewBox="0 0 (\d+)', markup)[0])
    cells = painted(markup)

    assert (4, size - 5) == (min(x for x, _ in cells), max(x for x, _ in cells))
    assert (4, size - 5) == (min(y for _, y in cells), max(y for _, y in cells))


def test_the_text_is_only_in_the_picture() -> None:
    markup = draw_code("otpauth://totp/<script>")

    assert "otpauth" not in markup
    assert "style" not in markup
    assert "script" not in markup
