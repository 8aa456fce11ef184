"""Rings by ntfy: a push that says there is something new, and nothing else."""

from collections.abc import Sequence

from pe_core import Instance, Notifier, hookimpl
from pe_ntfy.push import Push


@hookimpl
def register_notifiers(instance: Instance) -> Sequence[Notifier]:
    """Ring whoever subscribes to a topic of an ntfy server."""
    return [Push(instance)]
