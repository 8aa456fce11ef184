"""Who this embassy is to others: its keyset, its desk key, and the dated key that it announces.

The root key comes from paper, signs and is forgotten. The peer key lies on disk, because the
server speaks with it when nobody is there. The desk key is sealed to the referral compartment:
only an unlocked coordinator has it. Design: network, "Private layer"; docs/decisions/0016.
"""

from datetime import UTC, datetime, time

from msgspec.structs import replace

from pe_core.desk.desk import Desk, today_of
from pe_core.desk.epochs import current_epoch, open_grants, read_members
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.trail import record
from pe_core.errors import Conflict, EnvelopeRefused, KeysetRefused, NotAllowed, VaultError
from pe_core.model.peer import PeerCode, PeerState
from pe_core.model.struct import Model
from pe_core.model.trail import HOST, Act
from pe_core.model.week import Week, week_start
from pe_core.network.sending import queue
from pe_core.network.wire import MOST_EARLIER, Hello, Introduction
from pe_core.rules.pairing import Pairing
from pe_core.store import (
    Change,
    Delete,
    DeskKeyRow,
    EpochRow,
    In,
    Insert,
    MetaRow,
    OutgoingRow,
    OwnKeysetRow,
    PeerRow,
    Update,
)
from pe_core.vault import (
    Keys,
    Keyset,
    Seed,
    key_id,
    keys_of,
    new_seed,
    open_envelope,
    read_keyset,
    read_referral_key,
    seal,
    sign_keyset,
    sign_referral_key,
)

PEER_KEY, REFERRAL_KEY, ADDRESS_KEY = "peer_key", "referral_key", "told_address"
"""Where the seed of the peer key and the newest announced key lie, in the table of facts."""
COMPARTMENT = "referral"


class Own(Model):
    """Who we are to others: the keyset in force, as signed, and the key that the server has.

    ``earlier`` are the last keysets before it, oldest first. ``referral`` is the newest signed
    key that others seal to, None until somebody unlocked.
    """

    keyset: Keyset
    signed: bytes
    peer: Keys
    referral: bytes | None
    earlier: tuple[bytes, ...] = ()


async def begin_network(
    desk: Desk, root: Keys, *, renew_peer: bool = True, renew_desk: bool = True
) -> Keyset:
    """Make the keys that speak for this embassy, or renew them, and return the new keyset.

    ``root`` is the root key from its paper. The first time both keys are made, later those that
    are to be renewed; with neither, only the dates are. Raises NotAllowed for another root key
    and while nobody is a member, since nobody could have the desk key.
    """
    if root.verify_key != desk.identity.root:
        raise NotAllowed("staff.proposals.not_the_root")
    if not (await read_members(desk)).members:
        raise NotAllowed("staff.peers.nobody_joined")
    before = await read_own(desk)
    peer = keys_of(new_seed()) if before is None or renew_peer else before.peer
    changes = _put(PEER_KEY, peer.seed)
    referral = before.referral if before is not None else None
    if before is None or renew_desk:
        made = keys_of(new_seed())
        epoch = await current_epoch(desk, COMPARTMENT)
        desk_key = made.verify_key
        referral = _announce(desk, made, epoch)
        changes.append(Insert(_seal_desk_key(desk, made, epoch)))
        changes.extend(_put(REFERRAL_KEY, referral))
    else:
        desk_key = before.keyset.desk
    signed = sign_keyset(
        root,
        desk.embassy.code,
        peer=peer.verify_key,
        desk=desk_key,
        now=_seconds(desk.now()),
        previous=before.signed if before is not None else None,
    )
    earlier = (*before.earlier, before.signed)[-MOST_EARLIER:] if before is not None else ()
    own = Own(
        keyset=read_keyset(signed), signed=signed, peer=peer, referral=referral, earlier=earlier
    )
    await _begin(desk, before, own, changes)
    return own.keyset


async def _begin(desk: Desk, before: Own | None, own: Own, changes: list[Change]) -> None:
    """Put a keyset into force, and tell the coordinators here and every other embassy."""
    day = today_of(desk).toordinal()
    changes.append(Insert(OwnKeysetRow(serial=own.keyset.serial, day=day, body=own.signed)))
    if before is not None and before.keyset.desk != own.keyset.desk:
        changes.append(Delete(DeskKeyRow, {"id": key_id(before.keyset.desk)}))
    changes.extend(_put(ADDRESS_KEY, desk.address.encode()))
    changes.extend(await tell_all(desk, own))
    act = Act.NETWORK_BEGUN if before is None else Act.NETWORK_KEYS_CHANGED
    await record(desk, HOST, act, "", changes)
    _forget(desk)


async def read_own(desk: Desk) -> Own | None:
    """Return who we are to others, None before the first ``begin_network``.

    Remembered, because every packet asks for it.
    """
    if isinstance(desk.own, Own):
        return desk.own
    changed = desk.own_changed
    rows = await desk.store.select(OwnKeysetRow, order="-serial", limit=1 + MOST_EARLIER)
    peer = await desk.store.get(MetaRow, PEER_KEY)
    if not rows or peer is None:
        return None
    announced = await desk.store.get(MetaRow, REFERRAL_KEY)
    own = Own(
        keyset=read_keyset(rows[0].body),
        signed=rows[0].body,
        peer=keys_of(Seed(peer.value)),
        referral=announced.value if announced is not None else None,
        earlier=tuple(row.body for row in reversed(rows[1:])),
    )
    # What was read while somebody changed it is not remembered.
    if changed == desk.own_changed and own.keyset.peer == own.peer.verify_key:
        desk.own = own
    return own


async def read_begun(desk: Desk) -> Own:
    """Return who we are to others; NotAllowed before anybody began the network here."""
    own = await read_own(desk)
    if own is None:
        raise NotAllowed("staff.peers.not_begun")
    return own


async def desk_keys(desk: Desk, session: Session) -> Keys:
    """Return the key that signs letters, as an unlocked coordinator has it.

    Raises NotAllowed before the network began, and for a newcomer until a colleague who has the
    key unlocks and so hands it on.
    """
    own = await read_begun(desk)
    await open_grants(desk, session)
    row = await desk.store.get(DeskKeyRow, key_id(own.keyset.desk))
    keys = _open_desk_key(desk, session, own, row) if row is not None else None
    if keys is None:
        raise NotAllowed("staff.peers.no_desk_key")
    return keys


async def freshen(desk: Desk, session: Session) -> None:
    """Hand the desk key on to the newest referral epoch; announce its key, and a new address.

    Done whenever a member unlocks. Nothing happens before the network began, for whoever does
    not hold the compartment, and for a newcomer who has not got the desk key yet.
    """
    own = await read_own(desk)
    if own is None or COMPARTMENT not in session.compartments:
        return
    epoch = await current_epoch(desk, COMPARTMENT)
    await open_grants(desk, session)
    row = await desk.store.get(DeskKeyRow, key_id(own.keyset.desk))
    keys = _open_desk_key(desk, session, own, row) if row is not None else None
    opened = session.epochs.get(epoch.id)
    # Only to a key whose grant this very session opened: a row that the host wrote is none.
    if row is None or keys is None or opened is None or opened.public != epoch.public:
        return
    changes: list[Change] = []
    if row.epoch != epoch.id:
        sealed = _seal_desk_key(desk, keys, epoch)
        values = {"epoch": sealed.epoch, "body": sealed.body}
        changes.append(Update(DeskKeyRow, (row.id,), values, expect={"epoch": row.epoch}))
    now = own
    if _announced_epoch(own) != epoch.id:
        referral = _announce(desk, keys, epoch)
        now = replace(own, referral=referral)
        changes.extend(_put(REFERRAL_KEY, referral, own.referral))
    moved = await _moved(desk)
    if moved or now is not own:
        changes.extend([*moved, *await tell_all(desk, now)])
    if not changes:
        return
    try:
        await desk.store.write(changes)
    except Conflict:
        # A colleague unlocked in this moment and did the same, or the keys were renewed.
        return
    _forget(desk)


async def _moved(desk: Desk) -> list[Change]:
    """Return the changes that note our address as told, none if it is the one told last."""
    told = await desk.store.get(MetaRow, ADDRESS_KEY)
    address = desk.address.encode()
    if told is not None and told.value == address:
        return []
    return _put(ADDRESS_KEY, address, told.value if told is not None else None)


async def introduce(desk: Desk) -> Introduction | None:
    """Return what anybody may know of us, None before the network began here."""
    own = await read_own(desk)
    if own is None:
        return None
    return Introduction(
        embassy=PeerCode(desk.embassy.code),
        address=desk.address,
        keyset=own.signed,
        referral=own.referral,
    )


def make_hello(
    desk: Desk, own: Own, to: PeerCode, *, confirmed: bool = False, paused: bool = False
) -> Hello:
    """Return what tells a peer who we are now, and where we stand with it."""
    return Hello(
        id=new_id(),
        sender=PeerCode(desk.embassy.code),
        to=to,
        created=_seconds(desk.now()),
        address=desk.address,
        keyset=own.signed,
        earlier=own.earlier,
        referral=own.referral,
        confirmed=confirmed,
        paused=paused,
    )


def pairing_of(row: PeerRow) -> Pairing:
    """Return where we stand with an embassy, as its row says."""
    return Pairing(
        state=PeerState(row.state),
        ours=bool(row.ours),
        theirs=bool(row.theirs),
        away=bool(row.away),
    )


def tell(desk: Desk, own: Own, to: str, pairing: Pairing) -> list[Change]:
    """Return the changes that put a hello on its way, in the place of an older one."""
    hello = make_hello(
        desk,
        own,
        PeerCode(to),
        confirmed=pairing.ours,
        paused=pairing.state in (PeerState.PAUSED, PeerState.BLOCKED),
    )
    return [Delete(OutgoingRow, {"peer": to, "thread": ""}), *queue(hello, today_of(desk))]


async def tell_all(desk: Desk, own: Own) -> list[Change]:
    """Return the changes that tell every embassy whose words were typed here who we are now."""
    states = In((PeerState.PROPOSED.value, PeerState.ACTIVE.value, PeerState.PAUSED.value))
    rows = await desk.store.select(PeerRow, {"ours": 1, "state": states}, order="code")
    return [change for row in rows for change in tell(desk, own, row.code, pairing_of(row))]


def _seal_desk_key(desk: Desk, keys: Keys, epoch: EpochRow) -> DeskKeyRow:
    name = key_id(keys.verify_key)
    body = seal(keys.seed, to=[epoch.public], context=desk.context("desk-key", name))
    return DeskKeyRow(id=name, epoch=epoch.id, body=body)


def _open_desk_key(desk: Desk, session: Session, own: Own, row: DeskKeyRow) -> Keys | None:
    epoch = session.epochs.get(row.epoch)
    if epoch is None:
        return None
    try:
        keys = keys_of(Seed(open_envelope(row.body, epoch, desk.context("desk-key", row.id))))
    except (EnvelopeRefused, VaultError):
        return None
    return keys if keys.verify_key == own.keyset.desk else None


def _announce(desk: Desk, keys: Keys, epoch: EpochRow) -> bytes:
    """Return the epoch's key, signed; it is good until the epoch dies."""
    ends = datetime.combine(week_start(Week(epoch.ends + 1)), time(), UTC)
    return sign_referral_key(
        keys,
        desk.embassy.code,
        epoch.id,
        epoch.public,
        made=_seconds(desk.now()),
        until=_seconds(ends),
    )


def _announced_epoch(own: Own) -> str:
    try:
        return read_referral_key(own.referral or b"", own.keyset).epoch
    except KeysetRefused:
        return ""


def _put(key: str, value: bytes, before: bytes | None = None) -> list[Change]:
    expect = {"value": before} if before is not None else {}
    gone = Delete(MetaRow, {"key": key}, expect=expect)
    return [gone, Insert(MetaRow(key=key, value=value))]


def _forget(desk: Desk) -> None:
    desk.own_changed += 1
    desk.own = None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
