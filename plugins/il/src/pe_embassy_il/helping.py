"""What people who want to help in Israel are asked, and what they may say they can do.

A notary certifies translations here, so that the gate is theirs.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, Checklist, Personal, VolunteerForm

Known = Literal["authority", "asylum", "border", "family", "bank"]


class VolunteerAnswers(Answers):
    """When and where somebody can help here, and what they have done before."""

    daytime: Literal["yes", "sometimes", "no"]
    knows: Personal[list[Known]] | UnsetType = UNSET
    town: Personal[Annotated[str, Meta(max_length=80)]] | UnsetType = UNSET


VOLUNTEER = VolunteerForm(
    name="il.volunteer",
    answers=VolunteerAnswers,
    skills=("entry_law", "hebrew_forms", "office_calls"),
    gates=("notary", "lawyer"),
    checklists=(Checklist(name="authority", items=("ended", "stamp", "answer", "interpreter")),),
)
