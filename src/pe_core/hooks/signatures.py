"""What is wrong with the functions that a plugin marks as hooks, before any is called."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pe_core.hooks import specs


def known_hooks() -> dict[str, tuple[str, ...]]:
    """Return the names of all hooks, each with its arguments."""
    return {
        name: tuple(inspect.signature(spec).parameters)
        for name, spec in inspect.getmembers(specs, inspect.isfunction)
        if hasattr(spec, f"{specs.GROUP}_spec")
    }


def wrong_hooks(plugin: str, module: Any) -> Iterator[str]:
    """Yield a line for each fault of the hooks in ``module``, with what to write instead."""
    known = known_hooks()
    for hook, function in inspect.getmembers(module, callable):
        if hasattr(function, f"{specs.GROUP}_impl"):
            yield from _wrong(plugin, hook, function, known)
        elif hook in known:
            yield f"{plugin}: {hook} is not marked as a hook; write @hookimpl above it"


def _wrong(
    plugin: str, hook: str, function: Any, known: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    if hook not in known:
        yield f"{plugin}: unknown hook {hook!r}; {_nearest(hook, known)}"
        return
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield (
            f"{plugin}: {hook} is async; write a plain def that returns objects: "
            "what waits belongs into their methods"
        )
    for argument, parameter in inspect.signature(function).parameters.items():
        if argument not in known[hook]:
            right = ", ".join(known[hook])
            yield f"{plugin}: {hook} has no argument {argument!r}; it may take: {right}"
        elif parameter.default is not inspect.Parameter.empty:
            yield (
                f"{plugin}: {hook}: argument {argument!r} has a default, so it would never be "
                "given; write it without one"
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known))
    return f"did you mean {near[0]!r}? (known: {listed})" if near else f"known: {listed}"
