"""What is on disk about other embassies: who they are, what goes there, what came from there.

Which embassies know each other is no secret, what they say to each other is: a ``body`` is an
envelope that only an unlocked coordinator opens. A week is a ``model.Week``, a day is the
ordinal of a date.
"""

from pe_core.store.rows import Row


class PeerRow(Row):
    """Another embassy that this one knows.

    ``ours`` is 1 once its words were typed here, ``theirs`` once it said that ours were typed
    there. ``address`` is the origin of its portal, ``serial`` names its keyset in force.
    ``referral`` is the newest key, signed by its desk, that messages to it are sealed to.
    ``day`` is the day of the last change, ``away`` is 1 while it said that it paused us.
    """

    code: str
    state: str
    ours: int
    theirs: int
    day: int
    serial: int
    address: str
    referral: bytes | None
    away: int = 0


class PeerKeysetRow(Row):
    """A keyset of another embassy, signed by its root key; ``day`` is when it came."""

    peer: str
    serial: int
    day: int
    body: bytes


class OwnKeysetRow(Row):
    """A keyset of this embassy, signed by its root key; the last one is in force."""

    serial: int
    day: int
    body: bytes


class DeskKeyRow(Row):
    """The seed of a desk key, sealed to the referral compartment."""

    id: str
    epoch: str
    body: bytes


class OutgoingRow(Row):
    """A packet on its way to a peer; ``number`` is its place in the thread, 0 outside one.

    ``packet`` is what is sent, whole, and ``size`` its bytes; ``day`` is when it was given,
    ``until`` the last day on which it is of use.
    """

    id: str
    peer: str
    thread: str
    number: int
    state: str
    day: int
    until: int
    tries: int
    size: int
    packet: bytes


class OutgoingThreadRow(Row):
    """How far a thread to a peer has come: ``number`` is that of its last packet."""

    peer: str
    thread: str
    number: int
    keep_until: int


class IncomingRow(Row):
    """A packet that a peer gave us, once; the receipt is given again whenever it comes again.

    ``serial`` is the keyset of the peer that was in force. ``epoch`` is what ``body`` is sealed
    to; the body is gone once its sender took it back.
    """

    peer: str
    id: str
    thread: str
    number: int
    day: int
    keep_until: int
    serial: int
    epoch: str
    receipt: bytes
    body: bytes | None


class ReferralRow(Row):
    """A conversation with a peer, sealed to our own referral compartment.

    ``request`` is the request that it is about; where the other embassy began it, the one that
    was made of it, and '' before that. ``due`` is the last day for an answer, 0 where none is
    awaited. ``erased`` is the day on which the peer confirmed that all we sent is erased there.
    ``ours`` is 1 where we began it: what the other embassy takes back then ends nothing here.
    """

    id: str
    peer: str
    request: str
    state: str
    due: int
    keep_until: int
    epoch: str
    revision: int
    body: bytes
    erased: int = 0
    ours: int = 0


class ReferralNoteRow(Row):
    """What we sent in a conversation with a peer, as it was sent, for our own eyes."""

    id: str
    referral: str
    number: int
    epoch: str
    bucket: int
    body: bytes
