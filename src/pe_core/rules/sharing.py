"""What of a request may leave for another embassy: never more than its asker agreed to.

Three things narrow it, none widens it: the asker's consent for that embassy, the plugins' hook
``may_share``, and what the coordinator leaves out. docs/decisions/0017.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from pe_core.model import Answer, FileNote, Original
from pe_core.model.consent import Agreed, Consent
from pe_core.model.peer import PeerCode
from pe_core.model.referral import Shared, Sharing
from pe_core.rules.retention import KEEP_OPEN

CONSENT_LASTS = timedelta(weeks=KEEP_OPEN)
"""As long as an open request is kept."""
FIRST_DAY_AFTER = timedelta(days=3)
"""Consent by receipt is used from the first day on that begins 48 hours later."""


def agree(
    peer: PeerCode, fields: Iterable[str], how: Agreed, today: date, *, take_over: bool = False
) -> Consent:
    """Return the consent that an asker gives today."""
    return Consent(
        peer=peer,
        fields=tuple(dict.fromkeys(fields)),
        how=how,
        at=today,
        until=today + CONSENT_LASTS,
        take_over=take_over,
    )


def first_day(consent: Consent) -> date:
    """Return the first day on which a consent is used.

    Whoever finds a receipt can agree as its owner, so there is time to take it back; a voice
    was heard by a coordinator.
    """
    return consent.at if consent.how is Agreed.SPOKEN else consent.at + FIRST_DAY_AFTER


def is_usable(consent: Consent, peer: PeerCode, today: date) -> bool:
    """Return whether something may go to this embassy today under a consent."""
    return consent.peer == peer and first_day(consent) <= today <= consent.until


def may_ask_for(original: Original, narrowed: Sharing | None) -> tuple[Answer, ...]:
    """Return the answers that an asker can be asked for, personal ones among them."""
    return tuple(
        answer for answer in original.answers if narrowed is None or answer.field in narrowed.fields
    )


def files_to_ask_for(files: Iterable[FileNote], narrowed: Sharing | None) -> tuple[FileNote, ...]:
    """Return the files that an asker can be asked for; a rule that names no file holds all back."""
    return tuple(note for note in files if narrowed is None or note.item in narrowed.fields)


def asked_first(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the fields that are ticked before anybody has chosen: none that is personal."""
    return tuple(answer.field for answer in answers if not answer.personal)


def what_leaves(
    original: Original,
    consent: Consent,
    narrowed: Sharing | None,
    chosen: Collection[str] | None = None,
) -> tuple[Shared, ...]:
    """Return the answers that go: agreed to, and neither held back by a plugin nor by us.

    What is personal goes only where the asker's consent names it. ``chosen`` are the fields
    that the coordinator leaves in, None for all of them.
    """
    return tuple(
        Shared(
            field=answer.field,
            question=answer.question,
            answer=answer.shown,
            personal=answer.personal,
        )
        for answer in may_ask_for(original, narrowed)
        if answer.field in consent.fields and (chosen is None or answer.field in chosen)
    )


def files_that_leave(
    files: Iterable[FileNote],
    consent: Consent,
    narrowed: Sharing | None,
    chosen: Collection[str] | None = None,
) -> tuple[FileNote, ...]:
    """Return the files that go: each one agreed to by name, and held back by nobody."""
    return tuple(
        note
        for note in files_to_ask_for(files, narrowed)
        if note.item in consent.fields and (chosen is None or note.item in chosen)
    )
