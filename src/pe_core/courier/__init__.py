"""The courier: tells listeners what has happened, at least once, after it is stored."""

from pe_core.courier.courier import Courier

__all__ = ["Courier"]
