"""A square code as inline SVG: one path, no style attribute, nothing to fetch."""


def draw_code(text: str) -> str:
    """Return ``text`` as the markup of an SVG, black on white whatever the page's colours are.

    The four light modules around it are part of the code (ISO/IEC 18004): cameras need them.
    """
    # It brings half of urllib along, and is needed when somebody joins.
    import segno

    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=4)]
    path = "".join(_runs(row, line) for line, row in enumerate(rows))
    size = len(rows)
    return (
        f'<svg class="qr" viewBox="0 0 {size} {size}" aria-hidden="true" focusable="false">'
        f'<path fill="#000" stroke="none" shape-rendering="crispEdges" d="{path}"/></svg>'
    )


def _runs(row: bytes, line: int) -> str:
    """Return the dark modules of one row as rectangles, neighbours joined."""
    parts = []
    start = 0
    while (start := row.find(1, start)) >= 0:
        end = row.find(0, start)
        parts.append(f"M{start} {line}h{end - start}v1h-{end - start}z")
        start = end
    return "".join(parts)
