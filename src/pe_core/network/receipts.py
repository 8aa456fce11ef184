"""Receipts: the receiver's signed word that it has taken exactly these bytes."""

import hashlib

import msgspec

from pe_core.errors import PacketRefused
from pe_core.network.wire import Outcome, Receipt
from pe_core.vault import Keys
from pe_core.vault.keys import verify

RECEIPT = "receipt"
"""What a peer key's signature is for."""
KEPT, ERASED, OUT_OF_TIME = "kept", "erased", "out_of_time"
MOST_BYTES = 16 * 1024


def digest_of(body: bytes) -> bytes:
    """Return the SHA-256 by which a receipt names the packet as it came."""
    return hashlib.sha256(body).digest()


def sign_receipt(peer: Keys, outcome: Outcome) -> bytes:
    """Return the answer to a packet, in JSON, signed by our peer key."""
    body = msgspec.msgpack.encode(outcome)
    return msgspec.json.encode(Receipt(body=body, signature=peer.sign(RECEIPT, body)))


def read_receipt(raw: bytes, verify_key: bytes) -> Outcome:
    """Return what a receipt says; PacketRefused unless this peer key signed it."""
    try:
        if len(raw) > MOST_BYTES:
            raise PacketRefused("bad_receipt")
        receipt = msgspec.json.decode(raw, type=Receipt)
        outcome = msgspec.msgpack.decode(receipt.body, type=Outcome)
    except (ValueError, RecursionError):
        raise PacketRefused("bad_receipt") from None
    if not verify(verify_key, RECEIPT, receipt.body, receipt.signature):
        raise PacketRefused("bad_receipt")
    return outcome


def digest_in(raw: bytes) -> bytes:
    """Return the digest in a receipt of our own that we kept."""
    receipt = msgspec.json.decode(raw, type=Receipt)
    return msgspec.msgpack.decode(receipt.body, type=Outcome).digest
