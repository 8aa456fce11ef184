"""The hooks of pe_core.

All hooks are synchronous and return declarations; work that waits lives in the objects they
return. An implementation may leave out arguments. Each spec says, in this order: what, when
it is called, its arguments, what to return, and what it must never do.
"""

from collections.abc import Sequence

import pluggy

from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.model import Form, Jurisdiction

GROUP = "pe"
"""The project name for pluggy, and the entry point group of plugins."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def register_jurisdictions(instance: Instance) -> Sequence[Jurisdiction]:
    """Say which law and offices this plugin knows.

    Called once, when the instance starts.

    :param instance: the embassy, its address, a clock, and this plugin's settings.
    :returns: jurisdictions whose codes no other plugin uses; pe.toml names the one in force.

    It must never return a fact that nobody has checked.
    """


@hookspec
def register_forms(instance: Instance) -> Sequence[Form]:
    """Say what is asked here, one form a topic.

    Called once, when the instance starts.

    :param instance: the embassy, its address, a clock, and this plugin's settings.
    :returns: forms whose names start with the plugin's name and a dot.

    A form must never ask for what nobody needs in order to help: every answer is a risk.
    """


@hookspec
def register_listeners(instance: Instance) -> Sequence[Listener]:
    """Say what shall hear events.

    Called once, when the instance starts; the objects are used until it stops.

    :param instance: the embassy, its address, a clock, and this plugin's settings.
    :returns: listeners with unique names that start with the plugin's name and a dot.

    A listener must never need content: it hears ids, at least once, and bears repeats.
    """
