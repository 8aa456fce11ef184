"""What a bench found: its figures, the one plain table of a run, and bench.json."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HEADINGS = ("name", "value", "median", "unit", "against", "ratio", "aim", "reached", "growth")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure. ``value`` is the best round, ``median`` the middle one.

    ``ratio`` is what it is worth beside ``against``; ``growth`` is how many times more it
    takes when the data grows tenfold; ``rest`` says what the difference goes to.
    """

    name: str
    value: float
    unit: str
    against: str
    median: float | None = None
    ratio: float | None = None
    aim: str = ""
    reached: bool | None = None
    growth: float | None = None
    rest: str = ""


def show_table(figures: Sequence[Figure]) -> str:
    """Return the table, and under it a line for each aim that is missed."""
    rows = [HEADINGS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    missed = [f"missed: {f.name}: {f.rest}" for f in figures if f.reached is False]
    return "\n".join([*lines, "", *missed])


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as an array; what is missing is null."""
    rows = [
        {
            "name": figure.name,
            "value": round(figure.value, 4),
            "unit": figure.unit,
            "against": figure.against,
            "ratio": None if figure.ratio is None else round(figure.ratio, 3),
            "aim": figure.aim or None,
            "reached": figure.reached,
        }
        for figure in figures
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _cells(figure: Figure) -> tuple[str, ...]:
    reached = {True: "yes", False: "no", None: ""}[figure.reached]
    return (
        figure.name,
        _number(figure.value),
        _number(figure.median),
        figure.unit,
        figure.against,
        _times(figure.ratio),
        figure.aim,
        reached,
        _times(figure.growth),
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}x"
