"""What people who want to help in Poland are asked, and what they may say they can do."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, Checklist, Personal, VolunteerForm

Known = Literal["voivode", "mos", "registry", "court", "bank"]


class VolunteerAnswers(Answers):
    """When and where somebody can help here, and what they have done before."""

    daytime: Literal["yes", "sometimes", "no"]
    knows: Personal[list[Known]] | UnsetType = UNSET
    town: Personal[Annotated[str, Meta(max_length=80)]] | UnsetType = UNSET


VOLUNTEER = VolunteerForm(
    name="pl.volunteer",
    answers=VolunteerAnswers,
    skills=("foreigners_law", "mos", "office_calls"),
    gates=("sworn_translator", "lawyer"),
    checklists=(Checklist(name="voivode", items=("number", "confirmation", "refusal")),),
)
