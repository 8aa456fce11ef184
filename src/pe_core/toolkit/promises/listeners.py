"""A listener bears repeats, and forgets what is erased."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from pe_core.hooks import Listener
from pe_core.model import Event, RequestErased

Run = Callable[[Awaitable[Any]], Any]

_DEEPEST = 8
_OPAQUE = (logging.Logger, ModuleType, FunctionType, classmethod, staticmethod, property, type)
"""What keeps nothing of ours, or is not the listener's."""


def each_event() -> Iterator[Event]:
    """Yield an invented event of each kind that listeners hear."""
    for kind in sorted(Event.__subclasses__(), key=lambda found: found.__name__):
        fields = msgspec.structs.fields(kind)
        yield kind(**{field.name: _invented(field) for field in fields})


def repeat_faults(listener: Listener, run: Run) -> Iterator[str]:
    """Yield a line for each kind of event that does more when it is heard a second time."""
    for event in each_event():
        kind = type(event).__name__
        held: list[str] = []
        for _ in range(2):
            try:
                run(listener.hear(event))
            except Exception as error:  # the courier would ask again until it gives up
                yield (
                    f"{listener.name}: hear({kind}) raises {type(error).__name__}; "
                    "let every kind of event end well, also one that means nothing to it"
                )
                return
            held.append(held_by(listener))
        if held[0] != held[1]:
            yield (
                f"{listener.name}: hearing {kind} twice is not like hearing it once; "
                "remember the ids that it has acted on"
            )


def memory_faults(listener: Listener, run: Run) -> Iterator[str]:
    """Yield a line for each id that a listener keeps of a request that is gone."""
    events = sorted(each_event(), key=lambda event: isinstance(event, RequestErased))
    for event in events:
        try:
            run(listener.hear(event))
        except Exception:  # noqa: S112, that it raises is another promise's to tell
            continue
    left = held_by(listener)
    for name in sorted(_ids(events)):
        if name in left:
            yield (
                f"{listener.name} still holds {name!r} after RequestErased; when it hears that, "
                "let it forget the request and everything that belongs to it"
            )


def held_by(listener: Any) -> str:
    """Return what a listener holds, and what its class does, without addresses in memory."""
    shared = {key: value for key, value in vars(type(listener)).items() if key[:2] != "__"}
    return shown(listener) + shown(shared)


def _ids(events: Sequence[Event]) -> set[str]:
    """Return the ids of the request and of its message in these events."""
    names = ("request", "message")
    return {str(getattr(event, name)) for event in events for name in names if hasattr(event, name)}


def _invented(field: msgspec.structs.FieldInfo) -> Any:
    """Return a value that fits a field of an event: a word of its enum, or an id."""
    values = list(field.type) if hasattr(field.type, "__members__") else []
    return values[0] if values else f"invented-{field.name}"


def shown(held: Any, deep: int = 0) -> str:
    """Return everything that lies in a thing, without addresses in memory."""
    if deep > _DEEPEST or isinstance(held, _OPAQUE):
        return type(held).__name__
    if isinstance(held, dict):
        return str([(shown(k, deep + 1), shown(v, deep + 1)) for k, v in held.items()])
    if isinstance(held, set | frozenset):
        return str(sorted(shown(one, deep + 1) for one in held))
    if isinstance(held, list | tuple):
        return str([shown(one, deep + 1) for one in held])
    if isinstance(held, str | bytes | int | float | None):
        return repr(held)
    if isinstance(held, msgspec.Struct):
        return f"{type(held).__name__}{shown(msgspec.structs.asdict(held), deep + 1)}"
    slots = getattr(type(held), "__slots__", ())
    inside = {
        **getattr(held, "__dict__", {}),
        **{name: getattr(held, name, None) for name in slots if name[:2] != "__"},
    }
    return f"{type(held).__name__}{shown(inside, deep + 1) if inside else _items(held, deep)}"


def _items(held: Any, deep: int) -> str:
    """Return what is inside a container of another kind, such as a deque."""
    if hasattr(held, "__iter__") and hasattr(held, "__len__"):
        return str([shown(one, deep + 1) for one in held])
    return ""
