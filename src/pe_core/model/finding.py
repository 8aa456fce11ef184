"""What `pe doctor` found: one line for each thing that it looked at."""

from enum import StrEnum

from pe_core.model.struct import Model


class Health(StrEnum):
    """How it stands with one thing; going live waits until nothing is ``wrong``."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(Model):
    """One thing that was looked at: what was found, and the mend, both for whoever hosts."""

    name: str
    health: Health
    found: str
    mend: str = ""


def fine(name: str, found: str) -> Finding:
    """Return that a thing is as it should be."""
    return Finding(name=name, health=Health.OK, found=found)


def warning(name: str, found: str, mend: str) -> Finding:
    """Return that somebody should look at a thing, and how it is mended."""
    return Finding(name=name, health=Health.WARNING, found=found, mend=mend)


def wrong(name: str, found: str, mend: str) -> Finding:
    """Return that a thing is wrong, and how it is mended."""
    return Finding(name=name, health=Health.WRONG, found=found, mend=mend)
