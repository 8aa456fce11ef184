"""Take over a guide that a peer shared: it becomes a draft of ours, and a draft alone.

What a peer wrote is held against the rules for what our own people type, and the public reads
nothing of it before a second person has approved it, as any other change.
"""

from collections.abc import Collection

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.guide_drafts import OpenDraft, Origin, list_drafts, save_draft
from pe_core.desk.local_guides import blank_guide
from pe_core.desk.reading import guides_of, letters_of
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed
from pe_core.model import Guide, Problem
from pe_core.model.peer import PeerCode
from pe_core.model.struct import Model
from pe_core.network.threads import ReferralView, change_referral
from pe_core.rules.guide_edits import OWN, SLUG, fact_problems, settle, take_over, text_problems


class Offered(Model):
    """What can become of a guide that a peer shared.

    ``languages`` are ours that it has words in. ``slug`` is a free address for it as a new
    guide, '' where none can be made of its name. ``ours`` is our guide of the very name that
    it has there. ``draft`` is the name of the draft that it is now, ``before`` that of the
    guide that it was made into once, both '' if there is none.
    """

    languages: tuple[str, ...]
    slug: str
    ours: Guide | None
    draft: str
    before: str


async def look_at_shared(
    desk: Desk, session: Session, view: ReferralView, theirs: Guide
) -> Offered:
    """Return what can become of a shared guide; NotAllowed for whoever writes none."""
    drafts, once = await list_drafts(desk, session), view.body.guide
    return Offered(
        languages=tuple(tag for tag in desk.embassy.languages if tag in theirs.texts),
        slug=_free_slug(desk, theirs.name, view.peer, {each.draft.name for each in drafts}),
        ours=guides_of(desk).get(theirs.name),
        draft=_taken(drafts, view),
        before=once if once in guides_of(desk) else "",
    )


def draft_of(desk: Desk, theirs: Guide, name: str) -> Guide:
    """Return what a shared guide is as a guide of ours, a change to the one of this name."""
    published = guides_of(desk).get(name)
    return settle(
        take_over(theirs, published or _new(desk, theirs, name), desk.embassy.languages), published
    )


def problems_of(desk: Desk, theirs: Guide) -> list[tuple[str, Problem]]:
    """Return what our own people could not have typed: a language, '' for the facts, and why."""
    draft = draft_of(desk, theirs, "")
    found = [("", problem) for problem in fact_problems(draft, today_of(desk))]
    for tag, text in draft.texts.items():
        found += [(tag, problem) for problem in text_problems(text)]
    return found


async def take_over_shared(
    desk: Desk, session: Session, view: ReferralView, theirs: Guide, slug: str | None
) -> str:
    """Make a draft of a shared guide, once; returns its name.

    ``slug`` is the address of a new guide, None for a change to our guide of the same name.
    Raises NotAllowed for an address that is none or taken, where that guide is being changed,
    and for what our own people could not have typed; TooMany for the 201st guide.
    """
    drafts = await list_drafts(desk, session)
    if taken := _taken(drafts, view):
        return taken
    name = theirs.name if slug is None else f"{OWN}.{slug}"
    _check_name(desk, name, slug, {each.draft.name for each in drafts})
    if problems_of(desk, theirs) or not draft_of(desk, theirs, "").texts:
        raise NotAllowed("staff.share.not_as_typed")
    guide, origin = draft_of(desk, theirs, name), Origin(peer=view.peer, thread=view.id)
    known = msgspec.structs.replace(view.body, guide=name)
    # Of two presses at once the second finds the conversation changed, and writes nothing.
    noted = await change_referral(desk, view, known, view.state)
    await save_draft(desk, session, name, guide, "", origin=origin, more=[noted])
    return name


def _check_name(desk: Desk, name: str, slug: str | None, drafted: Collection[str]) -> None:
    if slug is None:
        if name not in guides_of(desk):
            raise NotAllowed("staff.share.no_guide")
        if name in drafted:
            raise NotAllowed("staff.share.being_changed")
    elif not SLUG.fullmatch(slug):
        raise NotAllowed("staff.guides.problem.slug")
    elif not _is_free(desk, name, drafted):
        raise NotAllowed("staff.guides.problem.slug_taken")


def _new(desk: Desk, theirs: Guide, name: str) -> Guide:
    """Return a guide without words, under the topics and with the letters that we have as well."""
    return msgspec.structs.replace(
        blank_guide(desk, name),
        topics=tuple(topic for topic in desk.forms if topic in theirs.topics),
        letters=tuple(letter for letter in letters_of(desk) if letter in theirs.letters),
    )


def _taken(drafts: Collection[OpenDraft], view: ReferralView) -> str:
    origin = Origin(peer=view.peer, thread=view.id)
    return next((each.draft.name for each in drafts if each.draft.origin == origin), "")


def _free_slug(desk: Desk, name: str, peer: PeerCode, drafted: Collection[str]) -> str:
    own = name.rpartition(".")[2]
    for slug in (own, f"{own}-{peer}"):
        if SLUG.fullmatch(slug) and _is_free(desk, f"{OWN}.{slug}", drafted):
            return slug
    return ""


def _is_free(desk: Desk, name: str, drafted: Collection[str]) -> bool:
    return name not in drafted and name not in desk.local_guides
