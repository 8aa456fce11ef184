"""What people who want to help in Germany are asked, and what they may say they can do.

No gate for translators: nobody has checked what they are called here, and who decides it.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, Checklist, Personal, VolunteerForm

Known = Literal["authority", "asylum", "registry", "bank"]


class VolunteerAnswers(Answers):
    """When and where somebody can help here, and what they have done before."""

    daytime: Literal["yes", "sometimes", "no"]
    knows: Personal[list[Known]] | UnsetType = UNSET
    town: Personal[Annotated[str, Meta(max_length=80)]] | UnsetType = UNSET


VOLUNTEER = VolunteerForm(
    name="de.volunteer",
    answers=VolunteerAnswers,
    skills=("residence_law", "letters", "office_calls"),
    gates=("lawyer",),
    checklists=(Checklist(name="authority", items=("proof", "paper", "originals", "refusal")),),
)
