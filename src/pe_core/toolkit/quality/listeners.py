"""The rule about listeners: what is told twice happens once."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pe_core.hooks import Listener
from pe_core.model import Event
from pe_core.toolkit.quality.alone import no_network
from pe_core.toolkit.quality.subject import Subject

_DEEPEST = 6


def repeats_borne(plugin: Subject) -> Iterable[str]:
    """Let each listener hear each event twice, with the effect of hearing it once.

    The outbox tells everything at least once: after a crash, twice. What a listener holds after
    the second time must be what it held after the first, and hearing must not raise. A listener
    that cannot be tried without a network says so in `quality.toml`.
    """
    for listener in plugin.brought.listeners:
        for event in each_event():
            yield from _hear_twice(listener, event)


def each_event() -> Iterator[Event]:
    """Yield an invented event of each kind that listeners hear."""
    for kind in sorted(Event.__subclasses__(), key=lambda found: found.__name__):
        fields = msgspec.structs.fields(kind)
        yield kind(**{field.name: _invented(field) for field in fields})


def _hear_twice(listener: Listener, event: Event) -> Iterator[str]:
    kind = type(event).__name__
    held: list[str] = []
    with no_network():
        for _ in range(2):
            try:
                asyncio.run(listener.hear(event))
            except Exception as error:  # whatever it raises, the courier would try again for ever
                yield f"{listener.name}: hear({kind}) raised {type(error).__name__}; make it end"
                return
            held.append(_shown(listener))
    if held[0] != held[1]:
        yield (
            f"{listener.name}: hearing {kind} twice is not like hearing it once; "
            "remember the ids that it has acted on"
        )


def _invented(field: msgspec.structs.FieldInfo) -> Any:
    """Return a value that fits a field of an event: a word of its enum, or an id."""
    values = list(field.type) if hasattr(field.type, "__members__") else []
    return values[0] if values else f"invented-{field.name}"


def _shown(held: Any, deep: int = 0) -> str:
    """Return what an object holds, whatever is inside, without addresses in memory."""
    if deep > _DEEPEST:
        return type(held).__name__
    if isinstance(held, dict):
        return str([(_shown(k, deep + 1), _shown(v, deep + 1)) for k, v in held.items()])
    if isinstance(held, set | frozenset):
        return str(sorted(_shown(one, deep + 1) for one in held))
    if isinstance(held, list | tuple):
        return str([_shown(one, deep + 1) for one in held])
    if isinstance(held, str | bytes | int | float | None):
        return repr(held)
    inside = getattr(held, "__dict__", {})
    return f"{type(held).__name__}{_shown(dict(inside), deep + 1) if inside else ''}"
