"""Cards: the compact form of each volunteer, opened once in a session.

As a request's summary is made from its original, a card is made from the record beside it,
which is never touched: when there is none yet, or its owner has changed the record. Making it
verifies every signature, so that lists and matching need not. It is sealed in the symmetric
lane of the roster, where only who holds the roster can write.
"""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.sealed_invites import read_lists
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import NONSENSE
from pe_core.desk.volunteers import Known, open_parts, sealed_parts, steps_left
from pe_core.errors import Conflict
from pe_core.model import Box, Card, VolunteerState
from pe_core.rules.volunteering import AGREEMENT, asks_since, state_of
from pe_core.store import Change, EpochRow, In, Update, VolunteerRow
from pe_core.vault import needed_vouches, open_symmetric, seal_symmetric, verify_chain

BATCH = 200
FEW = 1_000
Cards = dict[Box, Card]


async def catch_up_cards(desk: Desk, session: Session) -> Cards:
    """Return the cards of all volunteers that this session can open, as they are now.

    Only what changed since it last looked is asked for and opened. Records that lie in an
    earlier epoch of the roster are moved to the current one, a batch at each look, so that who
    joins later finds them.
    """
    await open_grants(desk, session)
    look = (desk.touched_volunteers.now, len(session.epochs))
    touched = _touched(desk, session)
    where = {} if touched is None else {"box": In(tuple(touched))}
    heads = await desk.store.pick(VolunteerRow, ("box", "epoch", "revision"), where)
    _drop_gone(session, touched, {Box(box) for box, _, _ in heads})
    await _take_in(desk, session, heads)
    is_whole = await _move_on(desk, session, [(box, epoch) for box, epoch, _ in heads])
    session.cards_look = look if is_whole else None
    return session.cards


async def read_handles(desk: Desk, session: Session, boxes: Iterable[Box]) -> dict[Box, str]:
    """Return the pseudonyms of these volunteers, as far as this session can open their cards.

    No other card is opened; a box that is no volunteer's is left out.
    """
    wanted = In(tuple(dict.fromkeys(boxes)))
    if not wanted.values:
        return {}
    await open_grants(desk, session)
    heads = await desk.store.pick(VolunteerRow, ("box", "epoch", "revision"), {"box": wanted})
    await _take_in(desk, session, heads)
    there = (Box(box) for box, _, _ in heads)
    return {box: session.cards[box].handle for box in there if box in session.cards}


def _touched(desk: Desk, session: Session) -> frozenset[int] | None:
    """Return whose record changed since the last look; None if everybody has to be looked at."""
    if session.cards_look is None or session.cards_look[1] != len(session.epochs):
        return None
    return desk.touched_volunteers.since(session.cards_look[0])


def _drop_gone(session: Session, touched: frozenset[int] | None, there: set[Box]) -> None:
    """Drop the cards of whom was looked for and is not there any more."""
    looked_for = set(session.cards) if touched is None else {Box(box) for box in touched}
    for box in looked_for - there:
        session.cards_changed += session.cards.pop(box, None) is not None


def card_of(known: Known, revision: int) -> Card:
    """Return the card of a record, which is the row's ``revision``.

    It holds the state without a pause: that ends by itself, so its last day is kept instead.
    """
    profile, standing = known.profile, known.standing
    state = _lasting_state(known)
    pauses = (profile.paused_until, standing.paused_until)
    asks = asks_since(profile, standing)
    return Card(
        box=known.box,
        revision=revision,
        state=state,
        handle=profile.handle,
        ready=state is VolunteerState.ACTIVE and not steps_left(known),
        languages=tuple((item.tag, int(item.fluency)) for item in profile.languages),
        skills=tuple((item.code, int(item.level)) for item in profile.skills),
        gates=tuple(
            (gate.code, gate.until.toordinal() if gate.until else 0) for gate in standing.gates
        ),
        city=profile.city,
        reach=profile.reach,
        remote=profile.remote,
        gender=profile.gender.value,
        zone=profile.zone,
        hours=profile.hours,
        away=tuple(
            (away.first.toordinal(), away.last.toordinal(), away.free) for away in profile.away
        ),
        paused_until=max((day.toordinal() for day in pauses if day is not None), default=0),
        load=profile.load,
        began=(profile.sent or profile.began).date().toordinal(),
        pending=standing.pending is not None,
        support=profile.support is not None
        and (standing.supported is None or standing.supported < profile.support),
        sent=profile.sent is not None,
        account=bool(profile.verify_key),
        asks=asks.date().toordinal() if asks is not None else 0,
    )


def shown_state(desk: Desk, card: Card) -> VolunteerState:
    """Return where somebody stands today, by their card."""
    paused = card.paused_until >= today_of(desk).toordinal()
    if card.state is VolunteerState.ACTIVE and paused:
        return VolunteerState.PAUSED
    return card.state


def _lasting_state(known: Known) -> VolunteerState:
    unpaused = msgspec.structs.replace(known.profile, paused_until=None)
    standing = msgspec.structs.replace(known.standing, paused_until=None)
    return state_of(unpaused, standing, known.profile.began.date())


async def _take_in(desk: Desk, session: Session, heads: Sequence[tuple[int, str, int]]) -> None:
    """Open what the session does not know yet of these records: box, epoch and revision."""
    stale = [
        box
        for box, epoch, revision in heads
        if epoch in session.epochs and not _is_known(session, box, revision)
    ]
    session.cards_changed += len(stale)
    missing = await _open_known(desk, session, stale)
    for start in range(0, len(missing), BATCH):
        await _make_missing(desk, session, missing[start : start + BATCH])


def _is_known(session: Session, box: int, revision: int) -> bool:
    card = session.cards.get(Box(box))
    return card is not None and card.revision == revision


async def _open_known(desk: Desk, session: Session, stale: Sequence[int]) -> list[int]:
    """Open the cards that exist and return the boxes of those that do not."""
    if not stale:
        return []
    where = {"box": In(stale)} if len(stale) < FEW else {}
    rows = await desk.store.pick(VolunteerRow, ("box", "epoch", "revision", "card"), where)
    wanted = set(stale)
    return await asyncio.to_thread(
        _open_all, desk, session, [row for row in rows if row[0] in wanted]
    )


def _open_all(
    desk: Desk, session: Session, rows: Sequence[tuple[int, str, int, bytes | None]]
) -> list[int]:
    missing = []
    decode = msgspec.msgpack.Decoder(Card).decode
    for box, epoch, revision, sealed in rows:
        if sealed is None:
            missing.append(box)
            continue
        key = session.epochs[epoch].symmetric
        try:
            card = decode(open_symmetric(sealed, key=key, context=_context(desk, box)))
        except NONSENSE:
            missing.append(box)  # whoever holds the roster can forge one; it is made anew
            continue
        if card.box == box and card.revision == revision:
            session.cards[Box(box)] = card
        else:
            missing.append(box)  # of an earlier record, put back
    return missing


async def _make_missing(desk: Desk, session: Session, boxes: Sequence[int]) -> None:
    rows = await desk.store.select(VolunteerRow, {"box": In(boxes)})
    known = await _open_rows(desk, session, rows)
    cards = {one.box: card_of(one, one.row.revision) for one in known}
    changes: list[Change] = [
        Update(
            VolunteerRow,
            (one.box,),
            {"card": _seal_card(desk, session, one.row.epoch, cards[one.box])},
            expect={"revision": one.row.revision, "card": one.row.card},
        )
        for one in known
    ]
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague made them in this moment, or an owner changed one: the next look has it.
        return
    session.cards.update(cards)


async def _open_rows(desk: Desk, session: Session, rows: Sequence[VolunteerRow]) -> list[Known]:
    lists = await read_lists(desk)
    needed = needed_vouches(verify_chain(lists, desk.identity.root))

    def open_all() -> list[Known]:
        found = []
        for row in rows:
            if row.epoch not in session.epochs:
                continue
            try:
                found.append(open_parts(desk, row, session.epochs[row.epoch], lists, needed))
            except NONSENSE:
                continue  # nobody's word, and nobody is there
        return found

    return await asyncio.to_thread(open_all)


async def _move_on(desk: Desk, session: Session, heads: Sequence[tuple[int, str]]) -> bool:
    """Seal records of earlier epochs to the current one, signed parts and card as they are.

    Returns whether there was nothing to move.
    """
    epoch = await current_epoch(desk, "roster")
    await open_grants(desk, session)
    # What nobody can open has no card, and does not stand in the others' way.
    behind = [
        box
        for box, name in heads
        if name != epoch.id and name in session.epochs and Box(box) in session.cards
    ][:BATCH]
    if not behind or epoch.id not in session.epochs:
        return True
    rows = await desk.store.select(VolunteerRow, {"box": In(behind)})
    known = await _open_rows(desk, session, rows)
    # Made anew: a list of members that changed may want more people to vouch.
    cards = {one.box: card_of(one, one.row.revision) for one in known}
    changes = await asyncio.to_thread(
        lambda: [_moved(desk, session, epoch, one, cards[one.box]) for one in known]
    )
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague who looks in this moment moves the same records.
        return False
    session.cards.update(cards)
    session.cards_changed += len(cards)
    return False


def _moved(desk: Desk, session: Session, epoch: EpochRow, known: Known, card: Card) -> Change:
    values = {
        **sealed_parts(desk, epoch, known.profile, known.said, known.judged),
        "epoch": epoch.id,
        "card": _seal_card(desk, session, epoch.id, card),
    }
    expect = {"revision": known.row.revision, "epoch": known.row.epoch}
    return Update(VolunteerRow, (known.box,), values, expect=expect)


def _seal_card(desk: Desk, session: Session, epoch: str, card: Card) -> bytes:
    key = session.epochs[epoch].symmetric
    return seal_symmetric(msgspec.msgpack.encode(card), key=key, context=_context(desk, card.box))


def _context(desk: Desk, box: int) -> tuple[str, str, str]:
    """Return what a card is bound to: under another agreement all are made anew."""
    return desk.context(f"card {AGREEMENT}", str(box))
