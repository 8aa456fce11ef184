"""What is asked in Germany: seven topics of eight questions at most.

The local foreigners authority looks at every case by itself and wants to see the danger, so
the kinds of proof are asked for, never the proof. No form asks for a number of a document, a
name of a relative, an employer or a political view. Every date is optional.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, AskIf, Contact, Form, Name, Personal, Problem, Stop, Story, ask_if

Day = date | UnsetType

Permit = Annotated[
    Literal[
        "residence",
        "settlement",
        "long_term",
        "protection",
        "fiction",
        "asylum_seeker",
        "tolerated",
        "another",
        "none",
        "unknown",
    ],
    Meta(extra={"text": "de.field.permit"}),
]
Place = Annotated[
    Personal[Annotated[str, Meta(max_length=80)]], Meta(extra={"text": "de.field.place"})
]
Danger = Annotated[Literal["yes", "no", "unknown"], Meta(extra={"text": "de.field.danger"})]
Family = Annotated[int, Meta(ge=0, le=30, extra={"text": "de.field.family"})]


class DocumentAnswers(Answers):
    """A passport that has expired or is gone, and the travel document for foreigners."""

    passport: Literal["expired", "soon", "lost", "unusable", "never", "valid", "unknown"]
    permit: Permit
    applied: Literal["no", "turned_away", "waiting", "refused", "had", "unknown"]
    proof: Annotated[
        list[Literal["case", "search", "wanted", "public", "witness", "none", "unknown"]]
        | UnsetType,
        ask_if("applied", "no", "turned_away", "waiting", "unknown"),
    ] = UNSET
    deadline: Annotated[Day, ask_if("applied", "refused")] = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class StayAnswers(Answers):
    """A permit that ends, an office without appointments, a demand for a passport, a refusal."""

    permit: Permit
    step: Literal[
        "not_applied",
        "no_appointment",
        "waiting",
        "passport",
        "more_papers",
        "refused",
        "must_leave",
        "unknown",
    ]
    ends: Annotated[Day, ask_if("step", "not_applied", "no_appointment", "waiting", "unknown")] = (
        UNSET
    )
    received: Annotated[Day, ask_if("step", "passport", "more_papers", "refused", "must_leave")] = (
        UNSET
    )
    deadline: Annotated[Day, ask_if("step", "passport", "more_papers", "refused", "must_leave")] = (
        UNSET
    )
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ProtectionAnswers(Answers):
    """Asylum, admission from abroad, and the danger of being sent or handed over to Belarus."""

    danger: Danger
    stage: Literal[
        "abroad", "not_yet", "hearing", "waiting", "other_state", "refused", "granted", "unknown"
    ]
    deadline: Annotated[Day, ask_if("stage", "other_state", "refused")] = UNSET
    risk: list[Literal["sent_back", "wanted", "held", "another", "unknown"]]
    family: Family | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ChildAnswers(Answers):
    """A child who has no papers, or not enough of them."""

    children: Annotated[int, Meta(ge=1, le=20)]
    born: Literal["germany", "belarus", "another", "unknown"]
    papers: list[
        Literal[
            "birth_german",
            "register",
            "deferred",
            "birth_other",
            "passport",
            "permit",
            "none",
            "unknown",
        ]
    ]
    step: Literal["not_asked", "waiting", "refused", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class MarriageAnswers(Answers):
    """A marriage without the papers that only Belarus issues."""

    partner: Literal["belarus", "germany", "another", "unknown"]
    step: Literal["not_asked", "more_papers", "exemption", "refused", "court", "unknown"]
    papers: list[Literal["passport", "travel_document", "birth", "ended", "none", "unknown"]]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class BankAnswers(Answers):
    """A bank that opens no account, blocks one or closes it."""

    trouble: Literal["not_opened", "blocked", "closing", "papers", "another", "unknown"]
    basic: Literal["not_asked", "waiting", "refused", "have", "unknown"]
    papers: list[
        Literal["passport", "expired", "travel_document", "permit", "tolerated", "none", "unknown"]
    ]
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


def check_proof(answers: DocumentAnswers) -> Iterable[Problem]:
    """Yield a problem if "nothing" is chosen together with something that shows the danger."""
    if isinstance(answers.proof, list) and "none" in answers.proof and len(answers.proof) > 1:
        yield Problem(field="proof", code="none_and_more")


def check_papers(answers: MarriageAnswers | ChildAnswers | BankAnswers) -> Iterable[Problem]:
    """Yield a problem if "none" is chosen together with a paper."""
    if "none" in answers.papers and len(answers.papers) > 1:
        yield Problem(field="papers", code="none_and_more")


FORMS = (
    Form(
        name="de.document",
        answers=DocumentAnswers,
        order=10,
        check=check_proof,
        stop_if=(Stop(condition=AskIf(field="passport", values=("valid",)), page="valid"),),
    ),
    Form(name="de.stay", answers=StayAnswers, order=20, check=check_days),
    Form(name="de.protection", answers=ProtectionAnswers, order=30, keep_weeks=8),
    Form(name="de.child", answers=ChildAnswers, order=40, check=check_papers),
    Form(name="de.marriage", answers=MarriageAnswers, order=50, check=check_papers),
    Form(name="de.bank", answers=BankAnswers, order=60, check=check_papers),
    Form(name="de.other", answers=OtherAnswers, order=70, keep_weeks=8),
)
"""In the order in which the topics are offered."""
