"""The hooks of pe_core.

All hooks are synchronous and return declarations; work that waits lives in the objects they
return. An implementation may leave out arguments. Each spec says, in this order: what, when
it is called, its arguments, what to return, and what it must never do.
"""

from collections.abc import Sequence

import pluggy

from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.hooks.notifier import Notifier
from pe_core.model import Candidate, Form, HelpRequest, Jurisdiction, Need, Sharing, Suggestion

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


@hookspec
def register_notifiers(instance: Instance) -> Sequence[Notifier]:
    """Say what can ring a person.

    Called once, when the instance starts; the objects are used until it stops.

    :param instance: the embassy, its address, a clock, this plugin's settings, and the way out.
    :returns: notifiers with unique names that start with the plugin's name and a dot.

    A notifier must never say more than the words it is given, and never keep an address.
    """


@hookspec(firstresult=True)
def rank_volunteers(need: Need, candidates: Sequence[Candidate]) -> Sequence[Suggestion] | None:
    """Say whom this place would ask first.

    Called each time suggestions are made; plugins are asked in the order of pe.toml, and the
    first that has an order is heard.

    :param need: who is looked for; nothing in it names the asker.
    :param candidates: at most 200 people who may be asked, in the core's order.
    :returns: suggestions of these people in another order, each with reasons whose codes are text
        keys of the plugin; None leaves it to the core, and so does leaving somebody out.

    A ranking must never name anybody else, and never keep anything: the same people come in the
    same order again.
    """


@hookspec(firstresult=True)
def may_share(help_request: HelpRequest, peer: str) -> Sharing | None:
    """Say what of a request may go to another embassy.

    Called each time something of a request is about to leave, or its asker is asked whether it
    may; plugins are asked in the order of pe.toml, and the first that has a rule is heard.

    :param help_request: the request, its answers, its ``files`` and its thread.
    :param peer: the code of the other embassy.
    :returns: the fields that may go, which can only be fewer than the asker agreed to, and of
        files their ``item``: a file that is not named stays here. None leaves it to the asker
        alone.

    A rule must never keep anything of a request, and one that fails lets nothing go.
    """
