"""Exampleland, a country that does not exist: every hook of pe_core, used once."""

from collections.abc import Sequence

from pe_core import (
    Candidate,
    Form,
    HelpRequest,
    Instance,
    Jurisdiction,
    Listener,
    Model,
    Need,
    Notifier,
    Sharing,
    Suggestion,
    hookimpl,
)
from pe_embassy_zz.bell import Bell, DeskBell
from pe_embassy_zz.forms import BED, OTHER, PAPER
from pe_embassy_zz.helping import VOLUNTEER, same_town_first
from pe_embassy_zz.jurisdiction import EXAMPLELAND
from pe_embassy_zz.sharing import without_region


class Settings(Model, forbid_unknown_fields=True):
    """The ``[plugin.zz]`` table of an instance's pe.toml."""

    bell: bool = True


@hookimpl
def register_jurisdictions(instance: Instance) -> Sequence[Jurisdiction]:
    """Exampleland has one law for all of it."""
    return [EXAMPLELAND]


@hookimpl
def register_forms(instance: Instance) -> Sequence[Form]:
    """Ask about papers, a bed and anything else, and ask those who want to help."""
    return [PAPER, BED, OTHER, VOLUNTEER]


@hookimpl
def register_listeners(instance: Instance) -> Sequence[Listener]:
    """Ring the bell on the desk, unless the settings say otherwise."""
    if not instance.settings("zz", Settings).bell:
        return []
    return [Bell(instance.log("zz"))]


@hookimpl
def register_notifiers(instance: Instance) -> Sequence[Notifier]:
    """Ring people by the bell of the desk that they sit at."""
    return [DeskBell(instance.log("zz"))]


@hookimpl
def rank_volunteers(need: Need, candidates: Sequence[Candidate]) -> Sequence[Suggestion] | None:
    """Ask in the same town first, where a task has a town."""
    return same_town_first(need, candidates) if need.city else None


@hookimpl
def may_share(help_request: HelpRequest) -> Sharing | None:
    """Keep the region here, whichever embassy it would go to."""
    return without_region(help_request)
