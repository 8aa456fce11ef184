"""A square code as inline SVG: one path, no style attribute, nothing to fetch."""


def draw_code(text: str) -> str:
    """Return ``text`` as the markup of an SVG, black on white whatever the page's colours are.

    The four light modules around it are part of the code (ISO/IEC 18004): cameras need them.
    """
    # It brings half of urllib along, and is needed when somebody joins.
    import segno

    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    path = "".join(_line(row, number) for number, row in enumerate(rows))
    size = len(rows)
    return (
        f'<svg class="qr" viewBox="0 0 {size} {size}" aria-hidden="true" focusable="false">'
        f'<path fill="none" stroke="#000" shape-rendering="crispEdges" d="{path}"/></svg>'
    )


def _line(row: bytes, number: int) -> str:
    """Return the dark modules of one row as a line one module thick, lifted where it is light."""
    path, pen = "", 0
    start = row.find(1)
    while start >= 0:
        end = row.find(0, start)
        lift = f"m{start - pen} 0" if path else f"M{start} {number}.5"
        path += f"{lift}h{end - start}"
        pen = end
        start = row.find(1, end)
    return path
