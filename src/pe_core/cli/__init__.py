"""The command `pe`: what an embassy's team types."""

from pe_core.cli.main import main

__all__ = ["main"]
