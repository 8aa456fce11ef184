"""Where the seeds of a target lie: small files, good ones and what once went wrong."""

from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"
DICTIONARY = "words.dict"
"""Words of a format in libFuzzer's notation; it is no seed."""


def seeds_of(name: str) -> list[Path]:
    """Return the seeds of a target, those that once went wrong (``regression-*``) among them."""
    return sorted(path for path in (SEEDS / name).glob("*") if path.name != DICTIONARY)
