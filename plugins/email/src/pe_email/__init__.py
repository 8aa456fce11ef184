"""Rings by e-mail: a letter that says there is something new, and nothing else."""

from collections.abc import Sequence

from pe_core import Instance, Notifier, hookimpl
from pe_email.post import Mail
from pe_email.settings import read_post_office


@hookimpl
def register_notifiers(instance: Instance) -> Sequence[Notifier]:
    """Ring by way of the mail server that pe.toml names."""
    return [Mail(read_post_office(instance), instance.now)]
