"""What people who want to help in Lithuania are asked, and what they may say they can do.

No gate for sworn translators: bureaus and notaries certify translations here.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, Checklist, Personal, VolunteerForm

Known = Literal["department", "migris", "appeal", "registry", "bank"]


class VolunteerAnswers(Answers):
    """When and where somebody can help here, and what they have done before."""

    daytime: Literal["yes", "sometimes", "no"]
    knows: Personal[list[Known]] | UnsetType = UNSET
    town: Personal[Annotated[str, Meta(max_length=80)]] | UnsetType = UNSET


VOLUNTEER = VolunteerForm(
    name="lt.volunteer",
    answers=VolunteerAnswers,
    skills=("migration_law", "migris", "office_calls"),
    gates=("translation_bureau", "lawyer"),
    checklists=(Checklist(name="department", items=("visit", "originals", "wait", "refusal")),),
)
