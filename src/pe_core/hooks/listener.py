"""What hears events."""

from typing import Protocol, runtime_checkable

from pe_core.model import Event


@runtime_checkable
class Listener(Protocol):
    """Something that acts when something has happened.

    ``name`` is unique and starts with the plugin's code. ``hear`` gets every event at least
    once, after it is safely stored, and must bear repeats: the same event twice has the effect
    of one. An exception means "try again later". A listener that keeps anything about a
    request forgets it when it hears ``RequestErased``.
    """

    name: str

    async def hear(self, event: Event) -> None:
        """Act on one event; it holds ids only."""
