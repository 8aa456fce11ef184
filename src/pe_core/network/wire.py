"""What passes between two instances, as it lies on the wire.

A packet is a JSON object, told apart by ``type``; bytes in it are base64. It travels in the body
of one signed POST to ``/peer/inbox`` and is answered by a receipt. What people say to each other
is in ``sealed``: an envelope that only an unlocked coordinator of the receiver opens, and in it a
letter that a coordinator of the sender signed. Times are Unix seconds.
Design: network, "Private layer"; docs/decisions/0016.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from pe_core.model.peer import Kind, PacketId, PeerCode, ThreadId
from pe_core.model.struct import Model

INBOX = "/peer/inbox"
KEYS = "/peer/keys"
MEDIA_TYPE = "application/json"
TAG = "pe-peer-1"
"""What an HTTP signature of ours is for (RFC 9421, ``tag``)."""
WINDOW = 300
"""Seconds that clocks may be apart, and that a signature is good for."""
MOST_BYTES = 256 * 1024
"""Of a packet as JSON."""
MOST_EARLIER = 8
"""Keysets before the one in force that a hello brings along."""
LASTS = 7 * 24 * 3600
"""Seconds for which a packet is tried."""

Code = Annotated[PeerCode, Meta(pattern=r"\A[a-z]{2,8}\Z")]
Id = Annotated[str, Meta(pattern=r"\A[a-z2-7]{26}\Z")]
"""What ``desk.sealing.new_id`` makes: 128 random bits."""
Epoch = Annotated[str, Meta(pattern=r"\Areferral/[0-9]{4}-W[0-9]{2}\.[0-9]{1,4}\Z")]
Origin = Annotated[str, Meta(pattern=r"\Ahttps?://[a-z0-9.\[\]:-]{1,260}\Z")]
Moment = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Number = Annotated[int, Meta(ge=1, le=100_000)]
Short = Annotated[bytes, Meta(max_length=8192)]
"""Something signed by a root or a desk key."""


class Packet(Model, forbid_unknown_fields=True, tag_field="type"):
    """What all packets say: their id, who sends them to whom, and when."""

    id: Id
    sender: Code
    to: Code
    created: Moment


class Hello(Packet, tag="hello"):
    """Who we are; ``confirmed`` once somebody here typed the other side's words.

    It is sent when two embassies pair, and again when keys, address or state change.
    ``earlier`` are the last keysets before this one, oldest first, for whoever was away while
    keys were renewed more than once. ``referral`` is the newest dated key, absent while nobody
    has unlocked yet.
    """

    address: Origin
    keyset: Short
    earlier: Annotated[tuple[Short, ...], Meta(max_length=MOST_EARLIER)] = ()
    referral: Short | None = None
    confirmed: bool = False
    paused: bool = False


class Sealed(Packet, tag="sealed"):
    """A letter, sealed to the receiver's referral key of ``epoch``; worth nothing after ``until``.

    ``number`` grows by thread; the receiver takes no lower one after a higher one.
    """

    thread: Id
    number: Number
    epoch: Epoch
    until: Moment
    sealed: bytes


class Erase(Packet, tag="erase"):
    """Take back what we sent: the receiver's server does it at once, nobody need unlock.

    ``packets`` are ids of ``Sealed`` packets of this sender in this thread.
    """

    thread: Id
    packets: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=64)]


AnyPacket: TypeAlias = Hello | Sealed | Erase


class Outcome(Model, forbid_unknown_fields=True):
    """What a receipt says: the packet with this SHA-256 (of the body as it came) was taken.

    ``done`` is "kept", "erased", "known" (a hello) or "out_of_time"; ``referral`` is the
    receiver's newest dated key, so that the next letter is sealed to it.
    """

    id: Id
    sender: Code
    to: Code
    digest: Short
    done: str
    referral: Short | None = None


class Receipt(Model, forbid_unknown_fields=True):
    """The exact bytes of an Outcome in msgpack, signed by the receiver's peer key."""

    body: Short
    signature: Short


class Letter(Model, forbid_unknown_fields=True):
    """What is inside an envelope, and signed over its exact bytes by the sender's desk key.

    It repeats what the packet around it says; where the two differ it is refused. ``body`` is
    the msgpack of what this ``kind`` carries. ``answers`` is the packet that it answers.
    """

    id: PacketId
    sender: PeerCode
    to: PeerCode
    thread: ThreadId
    number: int
    kind: Kind
    created: int
    until: int
    body: bytes
    answers: str = ""


class SignedLetter(Model, forbid_unknown_fields=True):
    """A DSSE envelope in msgpack: the payload's type, its exact bytes, who signed them."""

    type: str
    payload: bytes
    key: str
    signature: bytes


class Introduction(Model, forbid_unknown_fields=True):
    """What ``GET /peer/keys`` answers with: public facts, to be held against the words."""

    embassy: Code
    address: Origin
    keyset: Short
    referral: Short | None = None


class Refusal(Model):
    """What a refused packet is answered with; ``now`` helps a peer whose clock is wrong."""

    error: str
    now: int


def encode_packet(packet: AnyPacket) -> bytes:
    """Return a packet as it is sent."""
    return msgspec.json.encode(packet)
