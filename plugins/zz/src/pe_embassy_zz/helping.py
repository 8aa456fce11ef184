"""Who wants to help in Exampleland: what they are asked, what they can do, who is asked first."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import (
    Answers,
    Candidate,
    Checklist,
    Need,
    Personal,
    Reason,
    Suggestion,
    Verdict,
    VolunteerForm,
    ask_if,
)


class VolunteerAnswers(Answers):
    """Some of those who ask for help live on islands."""

    boat: bool
    crossing: Annotated[Literal["bay", "sea"] | UnsetType, ask_if("boat", True)] = UNSET
    radio: Personal[Annotated[str, Meta(max_length=20)]] | UnsetType = UNSET


VOLUNTEER = VolunteerForm(
    name="zz.volunteer",
    answers=VolunteerAnswers,
    skills=("law", "rowing"),
    gates=("sworn_translator",),
    checklists=(Checklist(name="stays", items=("number", "room")),),
)


def same_town_first(need: Need, candidates: Sequence[Candidate]) -> list[Suggestion]:
    """Put those who live where it happens before all others; ferries are slow."""
    here = Reason(code="zz.rank.same_town", verdict=Verdict.FOR)
    lives_here = {one.card.box: one.card.city == need.city for one in candidates}
    return [
        Suggestion(box=box, reasons=(here,) if lives_here[box] else ())
        for box in sorted(lives_here, key=lambda box: not lives_here[box])
    ]
