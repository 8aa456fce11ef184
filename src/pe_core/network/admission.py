"""Whose request comes in at the inbox, and how often: what is settled before a packet is taken.

The keys are those that we hold. One packet alone brings a key of its own: a hello, from an
embassy that nobody here knows yet or whose keyset follows the one we know. One that comes under
a known embassy's name with another root key comes in as a stranger's, so that coordinators hear
of it. Nothing is fetched.
Design: network, "The door"; docs/decisions/0016.
"""

import math
from collections.abc import Mapping
from functools import cache, partial
from typing import NamedTuple

from pe_core.desk.desk import Desk
from pe_core.errors import KeysetRefused, PacketRefused
from pe_core.model.struct import Model
from pe_core.network import wire
from pe_core.network.signing import Nonces, Verified, verify_request
from pe_core.network.strict import read_packet
from pe_core.store import PeerKeysetRow, PeerRow
from pe_core.vault.keysets import check_keyset, follow_keysets, read_keyset

PEER_BURST, PEER_RATE = 120, 1.0
"""Packets that a peer may send at once, and how many more a second after that.

The rate is more than that of a courier which goes on after an outage (``breaker.Pace``), and it
bounds what a hostile peer can put on our disk: see docs/security.md.
"""
STRANGERS = ""
"""The bucket of all embassies together whose words nobody typed here."""
STRANGER_BURST, STRANGER_RATE = 20, 20 / 3600
"""Hellos of all of them, and how many more a second: twenty an hour."""


class Admitted(Model):
    """A request whose signature is good: the packet, as it came, who sent it, and when.

    ``is_known`` if that is proved by the keys of an embassy whose words were typed here; else
    the sender is who they say, and a hello is all that is heard of them.
    """

    packet: wire.AnyPacket
    body: bytes
    sender: str
    now: int
    is_known: bool


class _Signer(NamedTuple):
    """By which key a packet may be signed, None for nobody's, and whether we know whose it is."""

    key: bytes | None = None
    is_known: bool = False


class Admission:
    """What the inbox remembers of requests that were proved, in memory and no longer than it runs.

    Only a proved request counts, so that nobody uses up what another embassy may send. There is
    one bucket for each embassy whose words were typed here, and one for all strangers.
    """

    def __init__(self) -> None:
        """Nobody sent anything yet."""
        self._nonces = Nonces()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, verified: Verified, digest: str, *, is_known: bool, now: float) -> None:
        """Count a proved request; PacketRefused with 429 and the seconds to wait beyond the quota.

        "bad_signature" where the same nonce stood over something else. What is beyond the quota
        is not remembered, so that strangers do not drive out the nonces of peers.
        """
        name = verified.sender if is_known else STRANGERS
        burst, rate = (PEER_BURST, PEER_RATE) if is_known else (STRANGER_BURST, STRANGER_RATE)
        left, since = self._buckets.get(name, (float(burst), now))
        # A clock that was set back fills nothing and takes nothing away.
        left = min(float(burst), left + max(0.0, now - since) * rate)
        if left < 1:
            self._buckets[name] = (left, now)
            raise PacketRefused("too_many", 429, after=math.ceil((1 - left) / rate))
        self._buckets[name] = (left - 1, now)
        self._nonces.take(verified, digest, int(now))


async def admit(
    desk: Desk, admission: Admission, headers: Mapping[str, str], body: bytes
) -> Admitted:
    """Return who sent a request to our inbox; ``headers`` have lower-case names.

    Raises PacketRefused as ``verify_request``, ``read_packet`` and ``Admission.take``.
    """
    now = desk.now().timestamp()
    signer = _Signer()
    read = cache(partial(read_packet, body))

    async def key_of(sender: str, _key: str) -> bytes | None:
        nonlocal signer
        signer = await _find_signer(desk, read(), sender, int(now))
        return signer.key

    verified = await verify_request(
        desk.address + wire.INBOX, headers, body, key_of=key_of, now=int(now)
    )
    admission.take(verified, headers["content-digest"], is_known=signer.is_known, now=now)
    return Admitted(
        packet=read(), body=body, sender=verified.sender, now=int(now), is_known=signer.is_known
    )


async def _find_signer(desk: Desk, packet: wire.AnyPacket, sender: str, now: int) -> _Signer:
    """Return whose key must have signed this packet.

    A hello is signed by the key that it brings, so that whoever still has an old key cannot pass
    on an embassy's new ones in a hello of their own. Everything else needs the keyset in force.
    """
    peer = await desk.store.get(PeerRow, sender)
    held = await desk.store.get(PeerKeysetRow, sender, peer.serial) if peer is not None else None
    is_known = peer is not None and peer.ours == 1
    if isinstance(packet, wire.Hello):
        return _signer_of_hello(packet, sender, held.body if held is not None else None, is_known)
    key = _key_in_force(packet, sender, held.body, now) if held is not None else None
    return _Signer(key, is_known)


def _key_in_force(packet: wire.AnyPacket, sender: str, held: bytes, now: int) -> bytes | None:
    """Return the peer key of a keyset, None where it speaks for nobody any more.

    Past its end a letter waits at its sender until the keys are renewed. What is taken back does
    not wait: it only takes data away.
    """
    try:
        keyset = read_keyset(held)
        if not isinstance(packet, wire.Erase):
            check_keyset(keyset, sender, now)
    except KeysetRefused:
        return None
    return keyset.peer


def _signer_of_hello(hello: wire.Hello, sender: str, held: bytes | None, is_known: bool) -> _Signer:
    """Return whose hello may be listened to: whether it is believed, the words decide.

    One under another root key than the embassy's is heard as a stranger's: it is refused, but
    only once coordinators were told, and it takes nothing of what the embassy itself may send.
    """
    try:
        offered = read_keyset(hello.keyset)
        if offered.embassy != sender:
            return _Signer()
        if held is None or offered.root != read_keyset(held).root:
            return _Signer(offered.peer)
        if held != hello.keyset:
            follow_keysets(held, (*hello.earlier, hello.keyset))
    except KeysetRefused:
        return _Signer()
    return _Signer(offered.peer, is_known)
