"""The People's Embassy of Belarus in Poland: its law, its offices and what is asked there."""

from collections.abc import Sequence

from pe_core import Form, Instance, Jurisdiction, hookimpl
from pe_embassy_pl.forms import FORMS
from pe_embassy_pl.helping import VOLUNTEER
from pe_embassy_pl.jurisdiction import POLAND


@hookimpl
def register_jurisdictions(instance: Instance) -> Sequence[Jurisdiction]:
    """Bring the one jurisdiction of this plugin."""
    return [POLAND]


@hookimpl
def register_forms(instance: Instance) -> Sequence[Form]:
    """Bring the seven topics, most needed first, and what volunteers are asked."""
    return [*FORMS, VOLUNTEER]
