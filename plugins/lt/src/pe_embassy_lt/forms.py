"""What is asked in Lithuania: eight topics of eight questions at most.

One office, the Migration Department, decides on nearly everything, so hardly any form asks for
a place. No form asks for a number of a document, a name of a relative, an employer, a trip or
a political view, although the Department's own questionnaire does. Every date is optional: who
is afraid or unsure leaves it out.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from pe_core import Answers, AskIf, Contact, Form, Name, Personal, Problem, Stop, Story, ask_if

Day = date | UnsetType

Permit = Annotated[
    Literal["temporary", "permanent", "protection", "visa", "another", "none", "unknown"],
    Meta(extra={"text": "lt.field.permit"}),
]
Place = Annotated[
    Personal[Annotated[str, Meta(max_length=80)]], Meta(extra={"text": "lt.field.place"})
]
Danger = Annotated[Literal["yes", "no", "unknown"], Meta(extra={"text": "lt.field.danger"})]
Family = Annotated[int, Meta(ge=0, le=30, extra={"text": "lt.field.family"})]


class DocumentAnswers(Answers):
    """A passport that has expired or is gone, and the foreigner's passport."""

    passport: Literal["expired", "soon", "lost", "unusable", "never", "valid", "unknown"]
    permit: Permit
    proof: list[Literal["persecution", "refusal", "cannot_travel", "another", "none", "unknown"]]
    applied: Literal["no", "waiting", "more_papers", "refused", "had", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class StayAnswers(Answers):
    """A permit that ends, is late or is refused, and a passport that ends before it."""

    permit: Permit
    step: Literal[
        "not_applied", "waiting", "questions", "more_papers", "refused", "must_leave", "unknown"
    ]
    passport: Literal["valid", "soon", "expired", "none", "unknown"]
    ends: Annotated[Day, ask_if("step", "not_applied", "waiting", "unknown")] = UNSET
    received: Annotated[
        Day, ask_if("step", "questions", "more_papers", "refused", "must_leave")
    ] = UNSET
    deadline: Annotated[
        Day, ask_if("step", "questions", "more_papers", "refused", "must_leave")
    ] = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ThreatAnswers(Answers):
    """A decision that somebody threatens national security, and the way to a court."""

    decision: Literal["none_yet", "not_issued", "not_renewed", "withdrawn", "ban", "unknown"]
    received: Annotated[
        Day, ask_if("decision", "not_issued", "not_renewed", "withdrawn", "ban")
    ] = UNSET
    deadline: Annotated[
        Day, ask_if("decision", "not_issued", "not_renewed", "withdrawn", "ban")
    ] = UNSET
    appeal: Annotated[
        Literal["no", "lawyer", "court", "lost", "unknown"] | UnsetType,
        ask_if("decision", "not_issued", "not_renewed", "withdrawn", "ban"),
    ] = UNSET
    family: Family | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ProtectionAnswers(Answers):
    """Asylum, and the danger of being sent or handed over to Belarus."""

    danger: Danger
    stage: Literal["not_yet", "waiting", "refused", "granted", "unknown"]
    deadline: Annotated[Day, ask_if("stage", "refused")] = UNSET
    risk: list[Literal["sent_back", "wanted", "held", "another", "unknown"]]
    family: Family | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class ChildAnswers(Answers):
    """A child who has no papers, or not enough of them."""

    children: Annotated[int, Meta(ge=1, le=20)]
    born: Literal["lithuania", "belarus", "another", "unknown"]
    papers: list[
        Literal["birth_lithuanian", "birth_other", "passport", "permit", "none", "unknown"]
    ]
    step: Literal["not_asked", "waiting", "refused", "unknown"]
    deadline: Day = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class MarriageAnswers(Answers):
    """A marriage without the papers that only Belarus issues."""

    partner: Literal["belarus", "lithuania", "another", "unknown"]
    step: Literal["not_asked", "more_papers", "refused", "unknown"]
    papers: list[
        Literal[
            "passport", "foreigner_passport", "birth", "free", "ended", "stay", "none", "unknown"
        ]
    ]
    deadline: Day = UNSET
    place: Place | UnsetType = UNSET
    story: Story
    name: Name | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET


class BankAnswers(Answers):
    """A bank that opens no account, blocks one or closes it."""

    trouble: Literal["not_opened", "blocked", "closing", "papers", "another", "unknown"]
    papers: list[Literal["passport", "expired", "foreigner_passport", "card", "none", "unknown"]]
    claim: Literal["no", "waiting", "answered", "authority", "unknown"]
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


def check_days(answers: StayAnswers | ThreatAnswers) -> Iterable[Problem]:
    """Yield a problem if the last day to act lies before the day the decision came."""
    if (
        isinstance(answers.received, date)
        and isinstance(answers.deadline, date)
        and answers.deadline < answers.received
    ):
        yield Problem(field="deadline", code="before_letter")


def check_proof(answers: DocumentAnswers) -> Iterable[Problem]:
    """Yield a problem if "none" is chosen together with a paper."""
    if "none" in answers.proof and len(answers.proof) > 1:
        yield Problem(field="proof", code="none_and_more")


def check_papers(answers: MarriageAnswers | ChildAnswers | BankAnswers) -> Iterable[Problem]:
    """Yield a problem if "none" is chosen together with a paper."""
    if "none" in answers.papers and len(answers.papers) > 1:
        yield Problem(field="papers", code="none_and_more")


FORMS = (
    Form(
        name="lt.document",
        answers=DocumentAnswers,
        order=10,
        check=check_proof,
        stop_if=(Stop(condition=AskIf(field="passport", values=("valid",)), page="valid"),),
    ),
    Form(name="lt.stay", answers=StayAnswers, order=20, check=check_days),
    Form(name="lt.threat", answers=ThreatAnswers, order=30, keep_weeks=8, check=check_days),
    Form(name="lt.protection", answers=ProtectionAnswers, order=40, keep_weeks=8),
    Form(name="lt.child", answers=ChildAnswers, order=50, check=check_papers),
    Form(name="lt.marriage", answers=MarriageAnswers, order=60, check=check_papers),
    Form(name="lt.bank", answers=BankAnswers, order=70, check=check_papers),
    Form(name="lt.other", answers=OtherAnswers, order=80, keep_weeks=8),
)
"""In the order in which the topics are offered."""
