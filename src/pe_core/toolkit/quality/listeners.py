"""The rule about listeners: what is told twice happens once."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

from pe_core.toolkit.promises.listeners import repeat_faults
from pe_core.toolkit.quality.alone import no_network
from pe_core.toolkit.quality.subject import Subject


def repeats_borne(plugin: Subject) -> Iterable[str]:
    """Let each listener hear each event twice, with the effect of hearing it once.

    The outbox tells everything at least once: after a crash, twice. What a listener holds after
    the second time must be what it held after the first, and hearing must not raise. A listener
    that cannot be tried without a network says so in `quality.toml`.
    """
    with no_network():
        for listener in plugin.brought.listeners:
            yield from repeat_faults(listener, _run)


def _run(hearing: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await hearing

    return asyncio.run(wait())
