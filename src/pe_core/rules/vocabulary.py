"""What volunteers can do, by the core and the country plugins together."""

from collections.abc import Iterable, Mapping

from pe_core.model import VolunteerForm
from pe_core.model.struct import Model

SKILLS = (
    "core.skill.listening",
    "core.skill.translating",
    "core.skill.interpreting",
    "core.skill.accompanying",
    "core.skill.papers",
    "core.skill.driving",
    "core.skill.hosting",
    "core.skill.children",
    "core.skill.events",
    "core.skill.computers",
    "core.skill.media",
    "core.skill.money",
)
"""What embassies of every country look for."""
GATES = ("core.gate.first_aid",)
"""Qualifications of every country that a coordinator must see proof of."""
CHECKLISTS: Mapping[str, tuple[str, ...]] = {
    "core.checklist.office": (
        "core.checklist.office.place",
        "core.checklist.office.papers",
        "core.checklist.office.wishes",
        "core.checklist.office.early",
        "core.checklist.office.words",
        "core.checklist.office.asked",
    ),
    "core.checklist.translation": (
        "core.checklist.translation.purpose",
        "core.checklist.translation.names",
        "core.checklist.translation.everything",
        "core.checklist.translation.unsure",
        "core.checklist.translation.second",
        "core.checklist.translation.copies",
    ),
}
"""Going with somebody to an office, and translating a document."""


class Vocabulary(Model):
    """What a volunteer and a need may name; the core's comes first.

    Skills and gates are their own text keys, such as ``core.skill.driving``. ``checklists``
    holds the items of each, which are their own text keys; ``<checklist>.title`` is its name.
    """

    skills: tuple[str, ...]
    gates: tuple[str, ...]
    checklists: Mapping[str, tuple[str, ...]]


def join_vocabulary(forms: Iterable[VolunteerForm]) -> Vocabulary:
    """Return the core's vocabulary with what the plugins' forms for volunteers add."""
    skills, gates, checklists = list(SKILLS), list(GATES), dict(CHECKLISTS)
    for form in forms:
        skills.extend(f"{form.name}.skill.{code}" for code in form.skills)
        gates.extend(f"{form.name}.gate.{code}" for code in form.gates)
        for one in form.checklists:
            code = f"{form.name}.checklist.{one.name}"
            checklists[code] = tuple(f"{code}.{item}" for item in one.items)
    return Vocabulary(skills=tuple(skills), gates=tuple(gates), checklists=checklists)
