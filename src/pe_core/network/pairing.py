"""Pairing with another embassy, by words that people read to each other.

Nobody is trusted at first sight: an embassy is added by its address or by its own hello, its
keys are pinned, and only words that came over another channel make it a peer. A changed root
key is never taken. Design: network, "Pairing"; docs/decisions/0016.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import (
    AskedTooOften,
    Conflict,
    DoorError,
    KeysetRefused,
    NotAllowed,
    PacketRefused,
    TooMany,
)
from pe_core.model import Box
from pe_core.model.peer import PacketId, PeerCode, PeerState
from pe_core.model.trail import HOST, Act
from pe_core.network.addresses import read_origin
from pe_core.network.identity import Own, read_begun, read_own, tell
from pe_core.network.impostors import forget_impostors, warn
from pe_core.network.knowing import (
    Known,
    Listed,
    check_single,
    move,
    newer_referral,
    read_listed,
    read_peer,
)
from pe_core.network.strict import read_strict
from pe_core.network.waiting import note_dropped
from pe_core.network.wire import KEYS, Hello, Introduction
from pe_core.network.words import read_words
from pe_core.rules import pairing as rules
from pe_core.rules.pairing import Pairing, Step, may_step
from pe_core.store import Change, Delete, Insert, OutgoingRow, PeerKeysetRow, PeerRow
from pe_core.vault import (
    Keyset,
    check_keyset,
    fingerprint,
    follow_keysets,
    read_keyset,
    read_referral_key,
)

TRIES = 5
"""Wrong words that may be typed for one embassy on one day."""
MOST_STRANGERS = 20
"""Embassies on the list whose words nobody here has typed; one more is refused, none evicted."""
WRITES = 4
"""Times that people's step is taken, because a hello of the other side came in between."""
KNOWN = "known"
"""What a hello's receipt says."""

T = TypeVar("T")


async def propose(desk: Desk, session: Session | None, address: str) -> PeerCode:
    """Ask an address who lives there, pin its keys, and say hello; return its code.

    ``session`` is None where the host's command line acts. Raises NotAllowed for what is no
    address of another embassy's portal, for one that is known, if only since this moment, and
    for a key that is another's; KeysetRefused for keys that do not verify.
    """
    own = await read_begun(desk)
    origin = read_origin(address)
    introduction = await _ask(desk, origin)
    await _until_written(partial(_propose, desk, session, own, origin, introduction))
    return introduction.embassy


async def _propose(
    desk: Desk, session: Session | None, own: Own, origin: str, introduction: Introduction
) -> None:
    keyset = _check(desk, own, origin, introduction)
    if await desk.store.get(PeerRow, introduction.embassy) is not None:
        raise NotAllowed("staff.peers.known")
    if not await check_single(desk, own, keyset):
        raise NotAllowed("staff.peers.same_key")
    changes = [
        *pin(desk, keyset, introduction.keyset, Pairing(), origin, introduction.referral),
        *tell(desk, own, introduction.embassy, Pairing()),
    ]
    await record(desk, _box(session), Act.PEER_PROPOSED, introduction.embassy, changes)


async def confirm(desk: Desk, session: Session | None, code: str, typed: str) -> PeerState:
    """Compare what was read aloud with the pinned root key, and confirm the embassy if it fits.

    Returns the state that follows: active only once they typed our words too. Raises NotAllowed
    with what is wrong, TooMany after ``TRIES`` wrong ones in a day, KeysetRefused if its keys are
    over. Nothing is changed then.
    """
    return await _until_written(partial(_confirm, desk, session, code, typed))


async def _confirm(desk: Desk, session: Session | None, code: str, typed: str) -> PeerState:
    own = await read_begun(desk)
    known = await read_peer(desk, code)
    _check_step(known, Step.CONFIRM)
    _compare(desk, own, known, typed)
    check_keyset(known.keyset, code, int(desk.now().timestamp()))
    after = rules.confirm(known.pairing)
    changes = [move(desk, known, after), *tell(desk, own, code, after)]
    await record(desk, _box(session), Act.PEER_CONFIRMED, code, changes)
    return after.state


async def pause(desk: Desk, session: Session | None, code: str) -> None:
    """Take and send no letters until somebody resumes; the peer is told."""
    step = partial(_step, desk, session, code, Step.PAUSE, rules.pause, Act.PEER_PAUSED)
    await _until_written(step)


async def resume(desk: Desk, session: Session | None, code: str) -> None:
    """Take and send letters again, where both still confirm; the peer is told."""
    step = partial(_step, desk, session, code, Step.RESUME, rules.resume, Act.PEER_RESUMED)
    await _until_written(step)


async def block(desk: Desk, session: Session | None, code: str) -> None:
    """Hear nothing more of an embassy; one that was a peer is told that we paused."""
    step = partial(_step, desk, session, code, Step.BLOCK, rules.block, Act.PEER_BLOCKED)
    await _until_written(step)


async def forget(desk: Desk, session: Session | None, code: str) -> None:
    """Take an embassy off the list, with its keys; NotAllowed while it is active.

    Also while something that was taken back waits for it, which its asker was promised, and
    until somebody gave it up where it failed. Nothing is told: whoever was a peer has heard of
    it when it was paused or blocked.
    """
    await _until_written(partial(_forget, desk, session, code))


async def _forget(desk: Desk, session: Session | None, code: str) -> None:
    known = await _listed_for(desk, code, Step.FORGET)
    is_stranger = known.pairing.state is PeerState.PROPOSED and not known.pairing.ours
    if not is_stranger and await _erase_waits(desk, code):
        raise NotAllowed("staff.peers.erase_waits")
    # What waits for an earlier one of that name stays: it is not for whoever took the name.
    sent = {"peer": code, "thread": ""} if is_stranger else {"peer": code}
    gone: list[Change] = [
        Delete(PeerRow, {"code": code}, expect={"state": known.row.state}),
        Delete(PeerKeysetRow, {"peer": code}),
        Delete(OutgoingRow, sent),
        forget_impostors(code),
        *(await _note_unsent(desk, session, code) if session and not is_stranger else ()),
    ]
    await record(desk, _box(session), Act.PEER_FORGOTTEN, code, gone)
    desk.wrong_words.pop(code, None)


async def _note_unsent(desk: Desk, session: Session, code: str) -> list[Change]:
    """Return the changes that note in its conversations which letters never left."""
    unsent: dict[str, list[PacketId]] = {}
    for name, thread in await desk.store.pick(OutgoingRow, ("id", "thread"), {"peer": code}):
        unsent.setdefault(thread, []).append(PacketId(name))
    noted = [await note_dropped(desk, session, *one) for one in unsent.items() if one[0]]
    return [change for changes in noted for change in changes]


async def _erase_waits(desk: Desk, code: str) -> bool:
    """Return whether something that was taken back waits for it, or failed and was not given up."""
    unnumbered = {"peer": code, "number": 0}
    return any(thread for (thread,) in await desk.store.pick(OutgoingRow, ("thread",), unnumbered))


async def hear_hello(desk: Desk, hello: Hello, now: int) -> tuple[list[Change], str]:
    """Return what a hello changes here, and what its receipt says of it.

    Whoever calls has verified that the request was signed by ``hello_key(hello)``, so it says
    hello for itself and not for another one. What coordinators should know goes into the trail
    at once, the changes are for the caller to write with the receipt. A known embassy's keys
    must be those held, or follow them. Raises PacketRefused: "not_here", "not_known" for a
    blocked one, "keys_refused", "same_key", and "too_many".
    """
    own = await read_own(desk)
    if own is None or hello.to != desk.embassy.code:
        raise PacketRefused("not_here", 421)
    if await desk.store.get(PeerRow, hello.sender) is None:
        return await _hear_stranger(desk, own, hello, now), KNOWN
    known = await read_peer(desk, hello.sender)
    if not may_step(known.pairing, Step.HEAR):
        raise PacketRefused("not_known", 403)
    if await _is_older(desk, hello):
        return [], KNOWN
    try:
        return await _hear_known(desk, own, known, hello, now), KNOWN
    except KeysetRefused:
        if hello.keyset != known.signed:  # its own may have ended: *Embassies* says that
            await warn(desk, known, hello.keyset)
        raise PacketRefused("keys_refused", 403) from None


def hello_key(hello: Hello) -> bytes:
    """Return the peer key that a hello says is its sender's, for its request to be held against.

    That it is the sender's indeed, only the words that people compare can say. Raises
    PacketRefused for a keyset that does not verify.
    """
    try:
        keyset = read_keyset(hello.keyset)
    except KeysetRefused:
        raise PacketRefused("keys_refused", 403) from None
    if keyset.embassy != hello.sender:
        raise PacketRefused("keys_refused", 403)
    return keyset.peer


def pin(
    desk: Desk,
    keyset: Keyset,
    signed: bytes,
    pairing: Pairing,
    address: str,
    referral: bytes | None,
) -> list[Change]:
    """Return the changes that note a new embassy and its keys."""
    day = today_of(desk).toordinal()
    return [
        Insert(
            PeerRow(
                code=keyset.embassy,
                state=pairing.state.value,
                ours=int(pairing.ours),
                theirs=int(pairing.theirs),
                away=int(pairing.away),
                day=day,
                serial=keyset.serial,
                address=address,
                referral=referral,
            )
        ),
        # A keyset of an embassy that was known before may still lie here.
        Delete(PeerKeysetRow, {"peer": keyset.embassy}),
        _keyset_row(desk, keyset, signed),
    ]


def _keyset_row(desk: Desk, keyset: Keyset, signed: bytes) -> Change:
    day = today_of(desk).toordinal()
    return Insert(PeerKeysetRow(peer=keyset.embassy, serial=keyset.serial, day=day, body=signed))


async def _hear_stranger(desk: Desk, own: Own, hello: Hello, now: int) -> list[Change]:
    try:
        keyset = read_keyset(hello.keyset)
        check_keyset(keyset, hello.sender, now)
        referral = newer_referral(hello.referral, None, keyset)
    except KeysetRefused:
        raise PacketRefused("keys_refused", 403) from None
    if hello.sender == desk.embassy.code or not await check_single(desk, own, keyset):
        raise PacketRefused("same_key", 409)
    strangers = {"state": PeerState.PROPOSED.value, "ours": 0}
    if await desk.store.count(PeerRow, strangers) >= MOST_STRANGERS:
        raise PacketRefused("too_many", 429)
    await record(desk, HOST, Act.PEER_HEARD, hello.sender)
    pairing = Pairing(theirs=hello.confirmed, away=hello.paused)
    return pin(desk, keyset, hello.keyset, pairing, hello.address, referral)


async def _is_older(desk: Desk, hello: Hello) -> bool:
    """Return whether it brings keys that were renewed since; it waited long on its way."""
    rows = await desk.store.select(PeerKeysetRow, {"peer": hello.sender}, order="-serial")
    return hello.keyset in [row.body for row in rows[1:]]


async def _hear_known(desk: Desk, own: Own, known: Known, hello: Hello, now: int) -> list[Change]:
    changes: list[Change] = []
    keyset = known.keyset
    if hello.keyset != known.signed:
        offered = (*hello.earlier, hello.keyset)
        follow_keysets(known.signed, offered)
        held = [place for place, one in enumerate(offered) if one == known.signed]
        # Those in between too: what they signed may still be on its way.
        for signed in offered[held[-1] + 1 :] if held else offered:
            keyset = read_keyset(signed)
            if not await check_single(desk, own, keyset):
                raise KeysetRefused("a key of another embassy")
            changes.append(_keyset_row(desk, keyset, signed))
    check_keyset(keyset, known.code, now)
    after = rules.hear(known.pairing, confirmed=hello.confirmed, paused=hello.paused)
    values = {
        "serial": keyset.serial,
        "address": hello.address,
        "referral": newer_referral(hello.referral, known.row.referral, keyset),
    }
    if changes or hello.address != known.row.address:
        await record(desk, HOST, Act.PEER_CHANGED, known.code)
    for act in rules.acts_of(known.pairing, after):
        await record(desk, HOST, act, known.code)
    if after != known.pairing or any(getattr(known.row, key) != values[key] for key in values):
        changes.append(move(desk, known, after, **values))
    if after.ours and not (hello.confirmed or hello.paused):
        # It forgot us and begins anew: nobody else tells it that its words were typed here.
        changes.extend(tell(desk, own, known.code, after))
    return changes


async def _ask(desk: Desk, origin: str) -> Introduction:
    try:
        answer = await desk.door.get(origin + KEYS, pace=desk.reads, now=desk.now().timestamp())
    except AskedTooOften:
        raise TooMany("staff.peers.asked_too_often") from None
    except DoorError:
        raise NotAllowed("staff.peers.no_answer") from None
    try:
        return read_strict(answer, Introduction)
    except PacketRefused:
        raise NotAllowed("staff.peers.no_portal") from None


def _check(desk: Desk, own: Own, origin: str, introduction: Introduction) -> Keyset:
    """Return the keyset of whoever introduced themselves; KeysetRefused if it is none of theirs."""
    if introduction.embassy == desk.embassy.code:
        raise NotAllowed("staff.peers.ourselves")
    if introduction.address != origin:
        raise NotAllowed("staff.peers.other_address")
    keyset = read_keyset(introduction.keyset)
    check_keyset(keyset, introduction.embassy, int(desk.now().timestamp()))
    if introduction.referral is not None:
        read_referral_key(introduction.referral, keyset)
    return keyset


def _compare(desk: Desk, own: Own, known: Known, typed: str) -> None:
    today = today_of(desk).toordinal()
    day, tries = desk.wrong_words.get(known.code, (today, 0))
    if day == today and tries >= TRIES:
        raise TooMany("staff.peers.words.too_many")
    read = read_words(typed)
    if hmac.compare_digest(read, fingerprint(known.keyset.root, known.code)):
        desk.wrong_words.pop(known.code, None)
        return
    if read == fingerprint(own.keyset.root, desk.embassy.code):
        raise NotAllowed("staff.peers.words.ours")
    desk.wrong_words[known.code] = (today, tries + 1 if day == today else 1)
    raise NotAllowed("staff.peers.words.different")


async def _listed_for(desk: Desk, code: str, step: Step) -> Listed:
    """Return an embassy that is to be moved; what makes less pass needs no keyset of it."""
    makes_more = step is Step.RESUME
    listed = await (read_peer if makes_more else read_listed)(desk, code)
    _check_step(listed, step)
    return listed


def _check_step(listed: Listed, step: Step) -> None:
    if not may_step(listed.pairing, step):
        raise NotAllowed("staff.peers.not_now")


async def _step(
    desk: Desk,
    session: Session | None,
    code: str,
    step: Step,
    rule: Callable[[Pairing], Pairing],
    act: Act,
) -> None:
    known = await _listed_for(desk, code, step)
    after = rule(known.pairing)
    own = await read_begun(desk)
    changes = [move(desk, known, after)]
    # Whoever is nobody to us yet is told nothing: the hello of a stranger gets no answer.
    if known.pairing.ours:
        changes.extend(tell(desk, own, known.code, after))
    await record(desk, _box(session), act, known.code, changes)


async def _until_written(step: Callable[[], Awaitable[T]]) -> T:
    """Return what a step gives, taken anew with all its checks where its row changed meanwhile.

    Raises NotAllowed if it changed each time.
    """
    for _ in range(WRITES):
        try:
            return await step()
        except Conflict:
            # A hello of the other side, or a colleague, came in between.
            continue
    raise NotAllowed("staff.peers.changed_meanwhile")


def _box(session: Session | None) -> Box:
    return session.box if session is not None else HOST
