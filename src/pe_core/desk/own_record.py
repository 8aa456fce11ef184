"""What a volunteer does with their own record: say, send, sign, pause, leave, come back, export."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from pe_core.desk.briefs import BriefView, list_briefs
from pe_core.desk.desk import Desk, today_of
from pe_core.desk.leaving_volunteer import end_own_work
from pe_core.desk.own_answers import answer_problems, stops
from pe_core.desk.sessions import Session
from pe_core.desk.volunteer_notes import read_notes
from pe_core.desk.volunteers import read_own, state_now, write_own
from pe_core.errors import Conflict, NotAllowed
from pe_core.model import Agreement, Profile, VolunteerState
from pe_core.rules.agreement import agreement_body, agreement_digest, agreement_words
from pe_core.rules.profiles import missing_parts
from pe_core.rules.volunteering import AGREEMENT, OVER
from pe_core.vault.vouches import AGREEMENT as SIGNED_AGREEMENT

V = VolunteerState
"""States in which nothing is said any more, until somebody applies again."""
LONGEST_PAUSE_DAYS = 366


async def change_own(desk: Desk, session: Session, change: Callable[[Profile], Profile]) -> None:
    """Change what a volunteer says of themselves, and nothing if it is the same.

    Raises NotAllowed once they have left or were refused, and Conflict if the record changed
    between reading and writing.
    """
    known = await read_own(desk, session)
    if state_now(desk, known) in OVER:
        raise NotAllowed("work.over")
    profile = change(known.profile)
    if profile != known.profile:
        await write_own(desk, session, known, profile)


def is_whole(desk: Desk, profile: Profile) -> bool:
    """Return whether nothing is missing that the coordinators need, and no answer stops it."""
    return not (missing_parts(profile) or answer_problems(desk, profile) or stops(desk, profile))


async def send_own(desk: Desk, session: Session) -> None:
    """Give the profile to the coordinators; once it was, they read every change at once.

    Raises NotAllowed while something is missing.
    """
    now = desk.now()

    def send(profile: Profile) -> Profile:
        if not is_whole(desk, profile):
            raise NotAllowed("work.incomplete")
        return msgspec.structs.replace(profile, sent=profile.sent or now)

    await change_own(desk, session, send)


def words_of_agreement(desk: Desk, language: str) -> tuple[str, ...]:
    """Return the agreement's words in a language."""
    return agreement_words(lambda key: desk.texts.text(language, key))


async def sign_agreement(desk: Desk, session: Session, language: str, seen: bytes) -> None:
    """Sign the agreement of today; Conflict if ``seen`` is the digest of other words."""
    digest = agreement_digest(words_of_agreement(desk, language))
    if seen != digest:
        raise Conflict("the agreement was changed while it was read")
    agreement = Agreement(
        version=AGREEMENT,
        language=language,
        text=digest,
        at=desk.now(),
        signature=session.keys.sign(SIGNED_AGREEMENT, agreement_body(AGREEMENT, language, digest)),
    )
    await change_own(desk, session, lambda said: msgspec.structs.replace(said, agreement=agreement))


async def pause(desk: Desk, session: Session, until: date) -> None:
    """Take no tasks until a day, itself included."""
    days = (until - today_of(desk)).days
    if not 0 <= days <= LONGEST_PAUSE_DAYS:
        raise NotAllowed("work.pause.not_so")
    await change_own(desk, session, lambda said: msgspec.structs.replace(said, paused_until=until))


async def go_on(desk: Desk, session: Session) -> None:
    """End one's own pause today."""
    await change_own(desk, session, lambda said: msgspec.structs.replace(said, paused_until=None))


async def leave(desk: Desk, session: Session) -> None:
    """Leave: all work ends, and this session with it."""
    known = await read_own(desk, session)
    if state_now(desk, known) in OVER:
        raise NotAllowed("work.over")
    await end_own_work(desk, session)


async def apply_again(desk: Desk, session: Session) -> None:
    """Come back after leaving or after a no: what was said is given to the coordinators anew.

    Who left before everything was said goes on where they were.
    """
    known = await read_own(desk, session)
    state = state_now(desk, known)
    if state not in (V.LEFT, V.DECLINED):
        raise NotAllowed("work.over")
    sent = desk.now() if state is V.DECLINED or is_whole(desk, known.profile) else None
    profile = msgspec.structs.replace(known.profile, left=None, paused_until=None, sent=sent)
    await write_own(desk, session, known, profile)


async def export_own(desk: Desk, session: Session) -> bytes:
    """Return everything that is kept of a volunteer, as JSON for their own eyes.

    Of tasks it says how each stands and when it is: what they are about is somebody else's.
    """
    known = await read_own(desk, session)
    notes = await read_notes(desk, session, known)
    agreement = known.profile.agreement
    everything: dict[str, Any] = {
        "exported": desk.now(),
        "state": state_now(desk, known),
        "keep_until_week": known.row.keep_until,
        "profile": known.profile,
        "standing": known.standing,
        "messages": [
            {"at": n.note.at, "text": n.note.text, "from_coordinators": n.team} for n in notes
        ],
        "tasks": [_task(view) for view in await list_briefs(desk, session)],
        "agreement_words": _words_signed(desk, agreement) if agreement is not None else (),
    }
    return msgspec.json.format(msgspec.json.encode(everything), indent=2)


def _words_signed(desk: Desk, agreement: Agreement) -> tuple[str, ...]:
    """Return the words that were signed; none where they are not our words any more."""
    if agreement.language not in desk.embassy.languages:
        return ()
    words = words_of_agreement(desk, agreement.language)
    return words if agreement_digest(words) == agreement.text else ()


def _task(view: BriefView) -> dict[str, Any]:
    card = view.card
    return {
        "state": view.state,
        "day": date.fromordinal(view.row.day),
        "start": card.start if card is not None else None,
        "end": card.end if card is not None else None,
    }
