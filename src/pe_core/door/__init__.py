"""The door: the only way out to other machines. What it does not let through is not reached."""

from pe_core.door.addresses import is_public
from pe_core.door.door import Door
from pe_core.door.pace import Pace

__all__ = ["Door", "Pace", "is_public"]
