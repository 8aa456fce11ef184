"""What is asked in Poland: seven topics of eight questions at most.

No form asks for a number of a document, a name of a relative, an employer or a political
view. Every date is optional: who is afraid or unsure leaves it out.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, AskIf, Contact, Form, Name, Personal, Problem, Stop, Story, ask_if

Day = date | UnsetType

Permit = Annotated[
    Literal["temporary", "humanitarian", "long_term", "protection", "another", "none", "unknown"],
    Meta(extra={"text": "pl.field.permit"}),
]
Place = Annotated[
    Personal[Annotated[str, Meta(max_length=80)]], Meta(extra={"text": "pl.field.place"})
]
Danger = Annotated[Literal["yes", "no", "unknown"], Meta(extra={"text": "pl.field.danger"})]
Family = Annotated[int, Meta(ge=0, le=30, extra={"text": "pl.field.family"})]


class DocumentAnswers(Answers):
    """A passport that has expired or is gone, and a document to travel with."""

    passport: Literal["expired", "soon", "lost", "unusable", "never", "valid", "unknown"]
    permit: Permit
    applied: Literal["no", "waiting", "refused", "had", "unknown"]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class StayAnswers(Answers):
    """A permit that ends, is late or is refused; an order to leave."""

    permit: Permit
    step: Literal["not_applied", "waiting", "more_papers", "refused", "must_leave", "unknown"]
    ends: Annotated[Day, ask_if("step", "not_applied", "waiting", "unknown")] = UNSET
    received: Annotated[Day, ask_if("step", "more_papers", "refused", "must_leave")] = UNSET
    deadline: Annotated[Day, ask_if("step", "more_papers", "refused", "must_leave")] = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ProtectionAnswers(Answers):
    """International protection, and the danger of being sent or handed over to Belarus."""

    danger: Danger
    stage: Literal["not_yet", "waiting", "refused", "granted", "unknown"]
    deadline: Annotated[Day, ask_if("stage", "refused")] = UNSET
    risk: list[Literal["sent_back", "wanted", "held", "another", "unknown"]]
    family: Family | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class MarriageAnswers(Answers):
    """A marriage without the papers that only Belarus issues."""

    partner: Literal["belarus", "poland", "another", "unknown"]
    step: Literal["not_asked", "more_papers", "refused", "court", "unknown"]
    papers: list[Literal["passport", "travel_document", "birth", "ended", "none", "unknown"]]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ChildAnswers(Answers):
    """A child who has no papers, or not enough of them."""

    children: Annotated[int, Meta(ge=1, le=20)]
    born: Literal["poland", "belarus", "another", "unknown"]
    papers: list[Literal["birth_polish", "birth_other", "passport", "permit", "none", "unknown"]]
    step: Literal["not_asked", "waiting", "refused", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class BankAnswers(Answers):
    """A bank that opens no account, blocks one or closes it."""

    trouble: Literal["not_opened", "blocked", "closing", "papers", "another", "unknown"]
    papers: list[Literal["passport", "expired", "travel_document", "card", "none", "unknown"]]
    written: Literal["yes", "no", "unknown"]
    living: Literal["yes", "no", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class OtherAnswers(Answers):
    """Whatever fits nowhere else, and whoever does not know where to turn."""

    danger: Danger
    needs: list[Literal["lawyer", "bed", "doctor", "talk", "papers", "held", "another", "unknown"]]
    deadline: Day = UNSET
    family: Family | UnsetType = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


def check_days(answers: StayAnswers) -> Iterable[Problem]:
    """Yield a problem if the last day to act lies before the day the letter came."""
    if (
        isinstance(answers.received, date)
        and isinstance(answers.deadline, date)
        and answers.deadline < answers.received
    ):
        yield Problem(field="deadline", code="before_letter")


def check_papers(answers: MarriageAnswers | ChildAnswers | BankAnswers) -> Iterable[Problem]:
    """Yield a problem if "none" is chosen together with a paper."""
    if "none" in answers.papers and len(answers.papers) > 1:
        yield Problem(field="papers", code="none_and_more")


FORMS = (
    Form(
        name="pl.document",
        answers=DocumentAnswers,
        order=10,
        stop_if=(Stop(condition=AskIf(field="passport", values=("valid",)), page="valid"),),
    ),
    Form(name="pl.stay", answers=StayAnswers, order=20, check=check_days),
    Form(name="pl.protection", answers=ProtectionAnswers, order=30, keep_weeks=8),
    Form(name="pl.marriage", answers=MarriageAnswers, order=40, check=check_papers),
    Form(name="pl.child", answers=ChildAnswers, order=50, check=check_papers),
    Form(name="pl.bank", answers=BankAnswers, order=60, check=check_papers),
    Form(name="pl.other", answers=OtherAnswers, order=70, keep_weeks=8),
)
"""In the order in which the topics are offered."""
