"""The courier: tells listeners what has happened, at least once, and rings people."""

from pe_core.courier.courier import Courier
from pe_core.courier.ringing import Rings

__all__ = ["Courier", "Rings"]
