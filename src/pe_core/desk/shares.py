"""Recovery shares: a new recovery key, split among members, each share for one pair of eyes.

The seed is made and split in one act and then forgotten. Each share is sealed to its holder's
account and signed by whoever made it; it waits a week for its holder, who writes it on paper
and types two of its words back. Only then is it erased here. The key itself comes into force
by the member list, which a second coordinator signs. Design: vault, "Recovery shares".
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.proposals import list_proposals, propose_recovery, withdraw
from pe_core.desk.resealing import reseal_recovery
from pe_core.desk.sessions import Session
from pe_core.desk.trail import appending, record
from pe_core.errors import EnvelopeRefused, MembersInvalid, NotAllowed, NotFound
from pe_core.model import Box, Problem
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.store import Change, Delete, Insert, MetaRow, ShareRow, Update
from pe_core.vault import (
    MemberList,
    keys_of,
    new_seed,
    open_envelope,
    random_bytes,
    seal,
    split_secret,
    verify,
)

FEWEST, MOST = 2, 7
"""Holders."""
THRESHOLD = 2
"""Holders who together open everything that lives."""
SHARE_WAITS = timedelta(days=7)

_SHARES = "shares"
_PURPOSE = "share"


class Shares(Model):
    """The set of shares that was made last: who holds one, who wrote theirs down.

    ``public`` is the recovery key of this set, ``day`` the last day on which a share is shown.
    """

    public: bytes
    threshold: int
    holders: tuple[Box, ...]
    confirmed: tuple[Box, ...]
    day: int


class Share(Model):
    """A share on its way; ``asked`` are the places of the two words to type back, from 1."""

    public: bytes
    words: str
    number: int
    of: int
    threshold: int
    asked: tuple[int, int]


class SealedShare(Model):
    """A share as its maker signed it: the exact bytes, the maker's box and signature."""

    body: bytes
    by: Box
    signature: bytes


async def make_shares(desk: Desk, session: Session, holders: Sequence[Box]) -> None:
    """Make a new recovery key, split it among ``holders``, and propose it to a second coordinator.

    Shares of an earlier set that still wait are erased. Raises NotAllowed for too few or too
    many holders, for one who is no member, and while there is only one member.
    """
    listed = await read_members(desk)
    _check_holders(listed, holders)
    seed = new_seed()
    public = keys_of(seed).public
    last_day = (desk.now() + SHARE_WAITS).date().toordinal()
    words = split_secret(seed, THRESHOLD, len(holders))
    made = Shares(
        public=public, threshold=THRESHOLD, holders=tuple(holders), confirmed=(), day=last_day
    )
    changes: list[Change] = [Delete(ShareRow, {"box": box}) for box in await _waiting(desk)]
    for number, (box, text) in enumerate(zip(holders, words, strict=True), start=1):
        share = Share(
            public=public,
            words=text,
            number=number,
            of=len(holders),
            threshold=THRESHOLD,
            asked=_pick_words(len(text.split())),
        )
        body = _seal_share(desk, session, listed, box, share)
        changes.append(Insert(ShareRow(box=box, body=body, day=last_day)))
    for view in await list_proposals(desk, session):
        if view.kind == "recovery":
            await withdraw(desk, session, view.id)
    changes.append(_noted(await desk.store.get(MetaRow, _SHARES), made))
    await propose_recovery(desk, session, public, changes)
    await record(desk, session.box, Act.SHARES_MADE, str(len(holders)))


async def read_shares(desk: Desk) -> Shares | None:
    """Return the set of shares that was made last on the pages; the paper ones of `pe init` not."""
    row = await desk.store.get(MetaRow, _SHARES)
    return msgspec.msgpack.decode(row.value, type=Shares) if row is not None else None


async def read_shares_state(desk: Desk) -> str:
    """Return '' when every holder has confirmed, or the word for what is missing.

    ``invite_first``, ``none``, ``not_valid``, ``unsigned`` (a second coordinator has not
    confirmed the key), ``waiting``, ``too_late`` and ``holder_left`` (make new ones).
    """
    made = await read_shares(desk)
    try:
        listed = await read_members(desk)
    except MembersInvalid:
        return "not_valid"
    boxes = {member.box for member in listed.members}
    if made is None:
        return "none" if len(boxes) >= FEWEST else "invite_first"
    if not set(made.holders) <= boxes:
        return "holder_left"
    late = desk.now().date().toordinal() > made.day
    if listed.recovery != made.public:
        return "too_late" if late else "unsigned"
    if set(made.holders) <= set(made.confirmed):
        return ""
    return "too_late" if late else "waiting"


async def waiting_share(desk: Desk, session: Session) -> bool:
    """Return whether a share waits for this account and may be looked at now."""
    row = await desk.store.get(ShareRow, session.box)
    made = await read_shares(desk)
    if row is None or made is None or row.day < desk.now().date().toordinal():
        return False
    return (await read_members(desk)).recovery == made.public


async def open_share(desk: Desk, session: Session) -> Share:
    """Return this account's own share; NotFound if none waits, is late, or is not in force.

    A share that no member signed, or of another key than the one in force, is as good as none.
    """
    row = await desk.store.get(ShareRow, session.box)
    if row is None or not await waiting_share(desk, session):
        raise NotFound("staff.shares.none")
    listed = await read_members(desk)
    await reseal_recovery(desk, session)
    share = _read_share(desk, session, listed, row)
    if share is None or share.public != listed.recovery:
        raise NotFound("staff.shares.damaged")
    return share


async def confirm_share(
    desk: Desk, session: Session, typed: tuple[str, str]
) -> tuple[Problem, ...]:
    """Erase this account's share once two of its words are typed back; returns what is wrong."""
    share = await open_share(desk, session)
    words = share.words.split()
    problems = tuple(
        Problem(field=field, code="not_the_same")
        for field, place, text in zip(("first", "second"), share.asked, typed, strict=True)
        if text[:40].strip().casefold() != words[place - 1]
    )
    if problems:
        return problems
    async with appending(desk, session.box, Act.SHARE_CONFIRMED, str(share.number)) as entry:
        row = await desk.store.get(MetaRow, _SHARES)
        made = await read_shares(desk)
        if row is None or made is None or made.public != share.public:
            raise NotFound("staff.shares.none")
        confirmed = tuple(sorted({*made.confirmed, session.box}))
        after = msgspec.structs.replace(made, confirmed=confirmed)
        gone = Delete(ShareRow, {"box": session.box}, expect={"box": session.box})
        await desk.store.write([gone, _noted(row, after), *entry])
    await desk.store.shred()
    return ()


def _check_holders(listed: MemberList, holders: Sequence[Box]) -> None:
    boxes = {member.box for member in listed.members}
    if len(boxes) < FEWEST:
        raise NotAllowed("staff.shares.invite_first")
    if not FEWEST <= len(holders) <= MOST or len(set(holders)) != len(holders):
        raise NotAllowed("staff.shares.how_many")
    if not set(holders) <= boxes:
        raise NotAllowed("staff.shares.no_member")


def _seal_share(desk: Desk, session: Session, listed: MemberList, box: Box, share: Share) -> bytes:
    body = msgspec.msgpack.encode(share)
    signature = session.keys.sign(_PURPOSE, body)
    sealed = msgspec.msgpack.encode(SealedShare(body=body, by=session.box, signature=signature))
    holder = next(member for member in listed.members if member.box == box)
    return seal(sealed, to=[holder.public], context=desk.context(_PURPOSE, str(box)))


def _read_share(desk: Desk, session: Session, listed: MemberList, row: ShareRow) -> Share | None:
    """Return what a row holds for this account, or None if no member made it so.

    Whoever has the disk can seal anything to an account, so nonsense is None too.
    """
    try:
        opened = open_envelope(row.body, session.keys, desk.context(_PURPOSE, str(session.box)))
        sealed = msgspec.msgpack.decode(opened, type=SealedShare)
        maker = next((member for member in listed.members if member.box == sealed.by), None)
        if maker is None or not verify(maker.verify_key, _PURPOSE, sealed.body, sealed.signature):
            return None
        return msgspec.msgpack.decode(sealed.body, type=Share)
    except (EnvelopeRefused, ValueError, RecursionError):
        return None


def _pick_words(count: int) -> tuple[int, int]:
    """Return two places in order; never of the first words, which all shares have alike."""
    first, second = random_bytes(2)
    half = (count - 4) // 2
    return (5 + first % half, 5 + half + second % half)


async def _waiting(desk: Desk) -> list[int]:
    return [box for (box,) in await desk.store.pick(ShareRow, ("box",))]


def _noted(before: MetaRow | None, made: Shares) -> Change:
    value = msgspec.msgpack.encode(made)
    if before is None:
        return Insert(MetaRow(key=_SHARES, value=value))
    return Update(MetaRow, (_SHARES,), {"value": value}, expect={"value": before.value})
