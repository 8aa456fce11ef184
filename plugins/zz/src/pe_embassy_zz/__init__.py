"""Exampleland, a country that does not exist: every hook of pe_core, used once."""

from collections.abc import Sequence

from pe_core import Form, Instance, Jurisdiction, Listener, Model, hookimpl
from pe_embassy_zz.bell import Bell
from pe_embassy_zz.forms import BED, OTHER, PAPER
from pe_embassy_zz.jurisdiction import EXAMPLELAND


class Settings(Model, forbid_unknown_fields=True):
    """The ``[plugin.zz]`` table of an instance's pe.toml."""

    bell: bool = True


@hookimpl
def register_jurisdictions(instance: Instance) -> Sequence[Jurisdiction]:
    """Exampleland has one law for all of it."""
    return [EXAMPLELAND]


@hookimpl
def register_forms(instance: Instance) -> Sequence[Form]:
    """Ask about papers, a bed for the night, and anything else."""
    return [PAPER, BED, OTHER]


@hookimpl
def register_listeners(instance: Instance) -> Sequence[Listener]:
    """Ring the bell on the desk, unless the settings say otherwise."""
    if not instance.settings("zz", Settings).bell:
        return []
    return [Bell(instance.log("zz"))]
