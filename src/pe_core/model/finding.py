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
