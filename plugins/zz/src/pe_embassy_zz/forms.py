"""What is asked in Exampleland: every kind of question that a form can hold, once."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import (
    Answers,
    AskIf,
    Contact,
    Form,
    Long,
    Name,
    Problem,
    Stop,
    Story,
    ask_if,
)

Paper = Literal["passport", "permit", "birth", "unknown"]


class PaperAnswers(Answers):
    """Somebody needs a paper that they cannot get."""

    paper: Paper
    permit_ends: Annotated[date | UnsetType, ask_if("paper", "permit")] = UNSET
    region: Literal["coast", "hills", "visiting"]
    offices: list[Literal["stays", "shelter", "none"]]
    refused: bool
    refusal: Annotated[Long | UnsetType, ask_if("refused", True)] = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


def check_paper(answers: PaperAnswers) -> Iterable[Problem]:
    """Nobody can have been to the offices and to none of them."""
    if "none" in answers.offices and len(answers.offices) > 1:
        yield Problem(field="offices", code="none_and_some")


class BedAnswers(Answers):
    """Somebody needs a bed for tonight or soon."""

    people: Annotated[int, Meta(ge=1, le=20)]
    nights: Annotated[int, Meta(ge=1, le=60)]
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class OtherAnswers(Answers):
    """Somebody needs something that has no form."""

    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


PAPER = Form(
    name="zz.paper",
    answers=PaperAnswers,
    order=10,
    check=check_paper,
    stop_if=(Stop(condition=AskIf(field="region", values=("visiting",)), page="visiting"),),
)
BED = Form(name="zz.bed", answers=BedAnswers, order=20, files=False, keep_weeks=4)
OTHER = Form(name="zz.other", answers=OtherAnswers, order=90)
