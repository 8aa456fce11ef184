"""What is asked in Israel: seven topics of eight questions at most.

No form asks for a number of a document, a name of a relative, an employer, a religion, a
nationality of grandparents or a political view. Every date is optional: who is afraid or
unsure leaves it out.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, AskIf, Contact, Form, Name, Personal, Problem, Stop, Story, ask_if

Day = date | UnsetType

Permit = Annotated[
    Literal[
        "visit",
        "work",
        "conditional",
        "temporary",
        "permanent",
        "citizen",
        "another",
        "none",
        "unknown",
    ],
    Meta(extra={"text": "il.field.permit"}),
]
Place = Annotated[
    Personal[Annotated[str, Meta(max_length=80)]], Meta(extra={"text": "il.field.place"})
]
Danger = Annotated[Literal["yes", "no", "unknown"], Meta(extra={"text": "il.field.danger"})]
Family = Annotated[int, Meta(ge=0, le=30, extra={"text": "il.field.family"})]


class DocumentAnswers(Answers):
    """A passport that has expired or is gone, and an Israeli document to travel with."""

    passport: Literal["expired", "soon", "lost", "unusable", "never", "valid", "unknown"]
    permit: Permit
    applied: Literal["no", "waiting", "more_papers", "refused", "had", "unknown"]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class StayAnswers(Answers):
    """A permit that ends, a decision that is late or a refusal; an order to leave."""

    permit: Permit
    step: Literal["not_applied", "waiting", "more_papers", "refused", "must_leave", "unknown"]
    ends: Annotated[Day, ask_if("step", "not_applied", "waiting", "unknown")] = UNSET
    received: Annotated[Day, ask_if("step", "more_papers", "refused", "must_leave")] = UNSET
    deadline: Annotated[Day, ask_if("step", "more_papers", "refused", "must_leave")] = UNSET
    appeal: Annotated[
        Literal["no", "internal", "tribunal", "unknown"] | UnsetType,
        ask_if("step", "refused", required=True),
    ] = UNSET
    place: Annotated[Place | UnsetType, ask_if("step", "refused", negate=True)] = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ProtectionAnswers(Answers):
    """Asylum, and the danger of being sent or handed over to Belarus."""

    danger: Danger
    stage: Literal["not_yet", "waiting", "refused", "granted", "unknown"]
    within_year: Annotated[
        Literal["yes", "no", "unknown"] | UnsetType,
        ask_if("stage", "not_yet", "unknown", required=True),
    ] = UNSET
    paper: Annotated[
        Literal["valid", "ends_soon", "ended", "none", "unknown"] | UnsetType,
        ask_if("stage", "waiting", required=True),
    ] = UNSET
    deadline: Annotated[Day, ask_if("stage", "refused")] = UNSET
    risk: list[Literal["sent_back", "wanted", "held", "another", "unknown"]]
    family: Family | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class FamilyAnswers(Answers):
    """A marriage, or the stay of a partner, without the papers that only Belarus issues."""

    partner: Literal["israel", "belarus", "another", "unknown"]
    step: Literal["planned", "married", "applied", "more_papers", "refused", "unknown"]
    papers: list[
        Literal["passport", "birth", "single", "ended", "record", "marriage", "none", "unknown"]
    ]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ChildAnswers(Answers):
    """A child who has no papers, or not enough of them."""

    children: Annotated[int, Meta(ge=1, le=20)]
    born: Literal["israel", "belarus", "another", "unknown"]
    papers: list[Literal["notice", "birth_other", "passport", "permit", "none", "unknown"]]
    step: Literal["not_asked", "waiting", "refused", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class StrandedAnswers(Answers):
    """A journey that has stopped, a border that does not let through, a place to leave quickly."""

    danger: Danger
    trouble: Literal[
        "flights", "no_document", "not_let_in", "not_let_out", "unsafe", "another", "unknown"
    ]
    permit: Permit
    family: Family | UnsetType = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class OtherAnswers(Answers):
    """Whatever fits nowhere else, and whoever does not know where to turn."""

    danger: Danger
    needs: list[
        Literal[
            "lawyer",
            "bed",
            "doctor",
            "talk",
            "papers",
            "bank",
            "work",
            "held",
            "another",
            "unknown",
        ]
    ]
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


def check_papers(answers: FamilyAnswers | ChildAnswers) -> Iterable[Problem]:
    """Yield a problem if "none" is chosen together with a paper."""
    if "none" in answers.papers and len(answers.papers) > 1:
        yield Problem(field="papers", code="none_and_more")


FORMS = (
    Form(
        name="il.document",
        answers=DocumentAnswers,
        order=10,
        stop_if=(
            Stop(condition=AskIf(field="passport", values=("valid",)), page="valid"),
            Stop(condition=AskIf(field="permit", values=("citizen",)), page="citizen"),
        ),
    ),
    Form(name="il.stay", answers=StayAnswers, order=20, check=check_days),
    Form(name="il.protection", answers=ProtectionAnswers, order=30, keep_weeks=8),
    Form(name="il.stranded", answers=StrandedAnswers, order=40, keep_weeks=8),
    Form(name="il.family", answers=FamilyAnswers, order=50, check=check_papers),
    Form(name="il.child", answers=ChildAnswers, order=60, check=check_papers),
    Form(name="il.other", answers=OtherAnswers, order=70, keep_weeks=8),
)
"""In the order in which the topics are offered."""
