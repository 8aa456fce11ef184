"""Targets of the vault: envelopes, member lists, shares, codes, passphrases."""

import struct
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from shamir_mnemonic.share import Share

from pe_core.errors import EnvelopeRefused, MembersInvalid, NothingToSealTo, SharesRefused
from pe_core.vault import (
    InviteCertificate,
    Seed,
    Signature,
    SignedList,
    bucket_of,
    check_totp,
    first_list,
    is_certified,
    join_shares,
    keys_of,
    normalise_passphrase,
    open_envelope,
    open_symmetric,
    read_list,
    totp_at,
    verify_chain,
)
from pe_core.vault.keys import read_public_key
from pe_core.vault.members import INVITE, LIST, certified_bytes

from .cutting import Cut, as_text
from .seeding import seeds_of

CONTEXT = ("request", "zz", "r1")
ANNA, BELA, ROOT = (keys_of(Seed(bytes([number] * 32))) for number in range(1, 4))
SYMMETRIC = bytes(range(32))
PLAIN = b"need help"
FIRST = first_list(ROOT)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_KEPT_SEEDS = {path.name: path.read_bytes() for path in seeds_of("envelope")}
_SEALED = tuple(_KEPT_SEEDS[name] for name in ("public", "symmetric", "two-recipients"))
_ADMITTED = next(path for path in seeds_of("member-list") if path.name == "admitted").read_bytes()
_SIGNED = ((FIRST,), (FIRST, _ADMITTED))


def envelope(data: bytes) -> None:
    """Any bytes as an envelope: what was not sealed by us never gives a byte."""
    _open_all(data)


def changed_envelope(data: bytes) -> None:
    """A sealed envelope with pieces written over it: it opens as it was, or not at all."""
    cut = Cut(data)
    sealed = bytearray(_SEALED[cut.number(len(_SEALED))])
    while cut.rest:
        at = cut.number(len(sealed))
        piece = cut.take(1 + cut.number(8))
        sealed[at : at + len(piece)] = piece
    _open_all(bytes(sealed))


def padded_body(data: bytes) -> None:
    """A body under the right key, its padding made by a holder of the key who means no good."""
    padded = data.ljust(1024, b"\0")[:1024]
    header = b"PE" + bytes([1, 1, 1, 10, 0, 0])
    context = msgspec.msgpack.encode(CONTEXT)
    content = HKDF(hashes.SHA256(), 32, None, b"pe-vault-v1 envelope object r1").derive(SYMMETRIC)
    info = b"pe-vault-v1 envelope body " + header + context
    both = HKDF(hashes.SHA256(), 64, None, info).derive(content)
    head, nonce = header + both[32:], bytes(12)
    sealed = ChaCha20Poly1305(both[:32]).encrypt(nonce, padded, head + context)
    try:
        opened = open_symmetric(head + nonce + sealed, key=SYMMETRIC, context=CONTEXT)
    except EnvelopeRefused:
        return
    assert padded == (struct.pack(">I", len(opened)) + opened).ljust(1024, b"\0")


def member_list(data: bytes) -> None:
    """A row as a member list: nobody who has no signature is ever on it."""
    for chain in ([data], [FIRST, data]):
        try:
            verify_chain(chain, ROOT.verify_key)
        except MembersInvalid:
            continue
        assert tuple(chain) in _SIGNED, "an unsigned list was believed"
    try:
        read_list(data)
    except MembersInvalid:
        return


def signed_members(data: bytes) -> None:
    """A list of any content that the root did sign: believed only if it is one that follows."""
    signature = Signature(signer=ROOT.verify_key, signature=ROOT.sign(LIST, data))
    raw = msgspec.msgpack.encode(SignedList(body=data, signatures=(signature,)))
    try:
        last = verify_chain([FIRST, raw], ROOT.verify_key)
    except MembersInvalid:
        return
    assert 1 == last.serial
    for member in last.members:
        read_public_key(member.public)


def invite_certificate(data: bytes) -> None:
    """A certificate of any content, signed by the root or by nobody of weight."""
    cut = Cut(data)
    signer = (ROOT, ANNA)[cut.number(2)]
    try:
        made = msgspec.msgpack.decode(cut.rest, type=InviteCertificate)
    except (msgspec.DecodeError, ValueError):
        return
    signature = signer.sign(INVITE, certified_bytes(made))
    signed = msgspec.structs.replace(
        made, signatures=(Signature(signer=signer.verify_key, signature=signature),)
    )
    held = is_certified(signed, [FIRST], ROOT.verify_key)
    assert not held or signer is ROOT
    assert not is_certified(made, [FIRST], ROOT.verify_key) or made.signatures


def public_key(data: bytes) -> None:
    """1216 bytes as a key to seal to."""
    try:
        read_public_key(data[:1216].ljust(1216, b"\0") if len(data) > 600 else data)
    except NothingToSealTo:
        return


def share_words(data: bytes) -> None:
    """Typed words of recovery shares, one share a line."""
    try:
        secret = join_shares(as_text(data).split("\n"))
    except SharesRefused as refused:
        assert not (set(as_text(data).split()) & set(str(refused).split())) - _ORDINARY
        return
    assert len(secret) >= 16


def made_shares(data: bytes) -> None:
    """Shares whose check words are right and whose numbers are not."""
    cut = Cut(data)
    shares = []
    for _ in range(1 + cut.number(4)):
        made = Share(
            identifier=cut.number(4),
            extendable=bool(cut.number(2)),
            iteration_exponent=cut.number(2),
            group_index=cut.number(16),
            group_threshold=1 + cut.number(16),
            group_count=1 + cut.number(16),
            index=cut.number(16),
            member_threshold=1 + cut.number(16),
            value=cut.take(2 * cut.number(20)),
        )
        shares.append(made.mnemonic())
    try:
        secret = join_shares(shares)
    except SharesRefused:
        return
    assert len(secret) >= 16


def totp_code(data: bytes) -> None:
    """A typed code: taken only when it is that of one of three steps that was not used."""
    cut = Cut(data)
    secret, moment = cut.take(20).ljust(20, b"\0"), NOW + timedelta(seconds=cut.number(65_536))
    last = int(moment.timestamp()) // 30 - 3 + cut.number(6)
    typed = as_text(cut.rest)
    step = check_totp(secret, typed, moment, last)
    if step is not None:
        assert step > last and abs(step - int(moment.timestamp()) // 30) <= 1
        assert "".join(typed.split()) == totp_at(secret, datetime.fromtimestamp(step * 30, UTC))


def passphrase(data: bytes) -> None:
    """A typed passphrase: folded once, it is folded for good, and hashable."""
    folded = normalise_passphrase(as_text(data))
    assert folded == " ".join(folded.split())
    folded.encode("utf-8", "surrogatepass")


_ORDINARY = set("these shares are too few mistyped or of different sets few, mistyped,".split())


def _open_all(data: bytes) -> None:
    for keys in (ANNA, BELA):
        try:
            opened = open_envelope(data, keys, CONTEXT)
        except EnvelopeRefused:
            continue
        # A wrap shuts out its owner at most: what surrounds the wraps is as it was sealed.
        assert opened == PLAIN and _without_wraps(data) in map(_without_wraps, _SEALED)
    try:
        opened = open_symmetric(data, key=SYMMETRIC, context=CONTEXT)
    except EnvelopeRefused:
        opened = PLAIN
    else:
        assert data in _SEALED
    assert opened == PLAIN
    try:
        size = bucket_of(data)
    except EnvelopeRefused:
        return
    assert 1024 <= size < len(data)


def _without_wraps(sealed: bytes) -> bytes:
    return sealed[:40] + sealed[-1040:]
