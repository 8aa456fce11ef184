"""Volunteers' records: what is sealed in them, to whom, and how they are read and written.

Each has two signed parts, both sealed to the roster and to the volunteer: what they say of
themselves, and what the embassy says. Each side writes its own part only.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.ringing import open_addresses
from pe_core.desk.sealed_invites import read_lists
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import EnvelopeRefused, NotFound
from pe_core.model import Box, Profile, Standing, VolunteerState, Way
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import Week, week_of
from pe_core.rules.volunteering import OVER, Step, keep_volunteer, missing_steps, state_of
from pe_core.store import Change, Delete, EpochRow, OpenAddressRow, Update, VolunteerRow
from pe_core.vault import (
    Keys,
    SignedBody,
    coordinators_of,
    count_vouches,
    is_public_key,
    needed_vouches,
    open_envelope,
    read_list,
    read_signed_body,
    seal,
    sign_body,
    verify_body,
    verify_chain,
)
from pe_core.vault.vouches import PROFILE, STANDING

M = TypeVar("M", bound=Model)


class Known(Model):
    """A volunteer as somebody who may read them finds them: the row and both parts.

    ``said`` and ``judged`` are the signed bytes of the two parts, which are sealed again as
    they are whenever the other part changes. ``vouched`` is whether enough coordinators
    vouched for the keys.
    """

    row: VolunteerRow
    profile: Profile
    standing: Standing
    said: bytes
    judged: bytes
    vouched: bool

    @property
    def box(self) -> Box:
        """Return whose record it is."""
        return Box(self.row.box)


def state_now(desk: Desk, known: Known) -> VolunteerState:
    """Return where a volunteer stands today."""
    return state_of(known.profile, known.standing, today_of(desk))


def steps_left(known: Known) -> tuple[Step, ...]:
    """Return what a volunteer still needs before they can be active."""
    return missing_steps(known.profile, known.standing, vouched=known.vouched)


async def is_volunteer(desk: Desk, box: Box) -> bool:
    """Return whether a box is a volunteer's."""
    return await desk.store.count(VolunteerRow, {"box": box}) > 0


async def read_own(desk: Desk, session: Session) -> Known:
    """Return a volunteer's own record; NotFound if it is gone."""
    row = await desk.store.get(VolunteerRow, session.box)
    if row is None:
        raise NotFound("work.gone")
    return await open_record(desk, row, session.keys)


async def read_volunteer(desk: Desk, session: Session, box: Box) -> Known:
    """Return a volunteer's record as a coordinator reads it; NotFound also without a grant."""
    await open_grants(desk, session)
    row = await desk.store.get(VolunteerRow, box)
    keys = session.epochs.get(row.epoch) if row is not None else None
    if row is None or keys is None:
        raise NotFound("staff.volunteers.not_found")
    try:
        return await open_record(desk, row, keys)
    except EnvelopeRefused:
        # Whoever has the disk can write a row; it is nobody's word and nobody is there.
        raise NotFound("staff.volunteers.not_found") from None


async def open_record(desk: Desk, row: VolunteerRow, keys: Keys) -> Known:
    """Open both parts of a record with the roster's or the volunteer's keys.

    Raises EnvelopeRefused if a part is not signed by whom it must be: the profile by the keys
    that it names, the standing by somebody who was a coordinator, or by nobody at first.
    """
    lists = await read_lists(desk)
    now = verify_chain(lists, desk.identity.root)
    return open_parts(desk, row, keys, lists, needed_vouches(now))


def sign_profile(desk: Desk, profile: Profile, keys: Keys) -> bytes:
    """Return what somebody says of themselves, signed with their own keys."""
    return sign_body(PROFILE, msgspec.msgpack.encode(profile), keys, _about(desk, profile.box))


def sign_standing(desk: Desk, profile: Profile, standing: Standing, keys: Keys) -> bytes:
    """Return what the embassy says of somebody with these keys, signed."""
    about = (*_about(desk, profile.box), profile.verify_key)
    return sign_body(STANDING, msgspec.msgpack.encode(standing), keys, about)


def open_parts(
    desk: Desk, row: VolunteerRow, keys: Keys, lists: Sequence[bytes], needed: int
) -> Known:
    """Open a record under a chain of lists that was verified; see ``open_record``."""
    said = open_envelope(row.body, keys, desk.context("volunteer", str(row.box)))
    judged = open_envelope(row.standing, keys, desk.context("standing", str(row.box)))
    profile = _read_profile(desk, read_signed_body(said), row.box)
    standing = _read_standing(desk, read_signed_body(judged), profile, lists)
    count = count_vouches(
        standing.vouches,
        desk.embassy.code,
        row.box,
        profile.public,
        profile.verify_key,
        lists,
    )
    return Known(
        row=row,
        profile=profile,
        standing=standing,
        said=said,
        judged=judged,
        vouched=bool(profile.verify_key) and count >= needed,
    )


async def write_own(
    desk: Desk, session: Session, known: Known, profile: Profile, changes: Sequence[Change] = ()
) -> None:
    """Write what a volunteer says of themselves; Conflict if the record changed meanwhile."""
    said = sign_profile(desk, profile, session.keys)
    changed = msgspec.structs.replace(known, profile=profile, said=said)
    rung = _rung_unattended(desk, known, changed)
    await desk.store.write([*changes, *rung, await change_record(desk, changed)])


async def write_standing(
    desk: Desk,
    session: Session,
    known: Known,
    standing: Standing,
    act: Act = Act.VOLUNTEER_CHANGED,
    changes: Sequence[Change] = (),
) -> None:
    """Write what the embassy says of a volunteer, signed by who acts, with the trail's entry."""
    judged = sign_standing(desk, known.profile, standing, session.keys)
    changed = msgspec.structs.replace(known, standing=standing, judged=judged)
    stored = await change_record(desk, changed, keep_until=_same_end(desk, known, changed))
    rung = _rung_unattended(desk, known, changed)
    await record(desk, session.box, act, str(known.box), [*changes, *rung, stored])


def _rung_unattended(desk: Desk, before: Known, after: Known) -> list[Change]:
    """Return the changes after which those addresses stand in clear which the server may read.

    Of those whom coordinators accepted alone: anybody can apply, and name anybody's address.
    """
    was, now = _readable(desk, before), _readable(desk, after)
    if now and was == now:
        return []
    return [Delete(OpenAddressRow, {"box": after.box}), *open_addresses(after.box, now)]


def _readable(desk: Desk, known: Known) -> tuple[Way, ...]:
    if state_now(desk, known) not in (VolunteerState.ACTIVE, VolunteerState.PAUSED):
        return ()
    return tuple(way for way in known.profile.ways if way.readable)


def _same_end(desk: Desk, before: Known, after: Known) -> Week | None:
    """Return the last week of a record that is over already, whatever is written of it now.

    Its owner has read on which day it is erased.
    """
    state = state_now(desk, before)
    is_same = state in OVER and state is state_now(desk, after)
    return Week(before.row.keep_until) if is_same else None


async def change_record(desk: Desk, known: Known, *, keep_until: Week | None = None) -> Change:
    """Return the change that seals a record anew to the roster in force, its card to be made.

    It is kept until ``keep_until``, or as long as somebody in its state is from now on. Raises
    Conflict, once it is written, if somebody else changed the record meanwhile.
    """
    epoch = await current_epoch(desk, "roster")
    columns = sealed_parts(desk, epoch, known.profile, known.said, known.judged)
    state = state_now(desk, known)
    week = week_of(desk.now().date())
    values = {
        **columns,
        "epoch": epoch.id,
        "keep_until": keep_until or keep_volunteer(known.profile, state, week),
        "revision": known.row.revision + 1,
        "card": None,
    }
    return Update(VolunteerRow, (known.box,), values, expect={"revision": known.row.revision})


def keep_own(desk: Desk, known: Known) -> Change:
    """Return the change that keeps a record on because its owner came back."""
    week = week_of(desk.now().date())
    until = keep_volunteer(known.profile, state_now(desk, known), week)
    over = state_now(desk, known) in OVER
    # Whoever left or was refused is forgotten in time, however often they look.
    values = {"keep_until": known.row.keep_until if over else until}
    return Update(VolunteerRow, (known.box,), values)


def new_row(
    desk: Desk, epoch: EpochRow, profile: Profile, said: bytes, standing: Standing, judged: bytes
) -> VolunteerRow:
    """Return the row of a volunteer who was not there before."""
    state = state_of(profile, standing, today_of(desk))
    return VolunteerRow(
        box=profile.box,
        epoch=epoch.id,
        keep_until=keep_volunteer(profile, state, week_of(desk.now().date())),
        revision=1,
        card=None,
        **sealed_parts(desk, epoch, profile, said, judged),
    )


def sealed_parts(
    desk: Desk, epoch: EpochRow, profile: Profile, said: bytes, judged: bytes
) -> dict[str, bytes]:
    """Return both parts sealed to the roster's epoch and to the volunteer, if they have keys."""
    to = [epoch.public, *([profile.public] if profile.public else [])]
    box = str(profile.box)
    return {
        "body": seal(said, to=to, context=desk.context("volunteer", box)),
        "standing": seal(judged, to=to, context=desk.context("standing", box)),
    }


def _about(desk: Desk, box: Box) -> tuple[str, int]:
    return (desk.embassy.code, box)


def _read_profile(desk: Desk, signed: SignedBody, box: int) -> Profile:
    verify_body(signed, PROFILE, _about(desk, Box(box)))
    profile = _decode(signed.body, Profile)
    # Without a signature there are no keys either: nothing is ever sealed to a stranger's.
    if profile.box != box or profile.verify_key != signed.signer:
        raise EnvelopeRefused("a profile is not signed by its owner")
    if bool(profile.public) != bool(profile.verify_key):
        raise EnvelopeRefused("a profile has one key without the other")
    if profile.public and not is_public_key(profile.public):
        raise EnvelopeRefused("a profile names a key that nothing can be sealed to")
    return profile


def _read_standing(
    desk: Desk, signed: SignedBody, profile: Profile, lists: Sequence[bytes]
) -> Standing:
    """Return what the embassy says of these keys, or of nobody's where it was brought in.

    Bound to the keys, it cannot be put beside a profile that somebody else has signed.
    """
    standing = _decode(signed.body, Standing)
    if signed.signer in (b"", profile.verify_key):
        # The first one says nothing yet; its owner wrote it on the day they applied.
        if standing == Standing(since=profile.began):
            return standing
        raise EnvelopeRefused("what an embassy says of somebody is signed by nobody")
    if not any(signed.signer in coordinators_of(read_list(raw)) for raw in reversed(lists)):
        raise EnvelopeRefused("what an embassy says of somebody is not signed by a coordinator")
    about = _about(desk, profile.box)
    try:
        verify_body(signed, STANDING, (*about, profile.verify_key))
    except EnvelopeRefused:
        # Said before they had an account: it came over with their profile.
        verify_body(signed, STANDING, (*about, b""))
    return standing


def _decode(body: bytes, into: type[M]) -> M:
    try:
        return msgspec.msgpack.decode(body, type=into)
    except (ValueError, RecursionError):
        raise EnvelopeRefused("a record cannot be read") from None
