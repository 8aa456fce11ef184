"""The HTTP signature around a packet: which server sent exactly this, to whom, and when.

Our profile of RFC 9421 has one signature, four covered components and six parameters; what does
not fit it is refused before any key is looked for. No key is ever fetched because of its name.
Design: network, "Message"; docs/decisions/0016.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping

from pe_core.errors import PacketRefused
from pe_core.model.struct import Model
from pe_core.network import wire
from pe_core.vault.keys import Keys
from pe_core.vault.keysets import key_id

COVERED = ("@method", "@target-uri", "content-type", "content-digest")
LABEL = "pe"
ALGORITHM = "ed25519"
SIGNED_HEADERS = ("content-type", "content-digest", "signature-input", "signature")
"""What a request has exactly one of each of."""
MOST_NONCES = 16_384

KeyOf = Callable[[str, str], Awaitable[bytes | None]]
"""Gives the verify key of an embassy's code under a key's id, None for one that is not known."""

_LONGEST_HEADER = 1000
_INPUT = re.compile(
    r"pe=\((?P<covered>[a-z@\" -]*)\)(?P<parameters>(?:;[a-z]+=(?:\"[^\"\\]*\"|[0-9]+))+)"
)
"""Of label ``LABEL``."""
_PARAMETER = re.compile(r";([a-z]+)=(\"[^\"]*\"|[0-9]+)")
_FORMS: Mapping[str, re.Pattern[str]] = {
    "created": re.compile(r"[0-9]{1,12}"),
    "expires": re.compile(r"[0-9]{1,12}"),
    "keyid": re.compile(r"\"[a-z]{2,8}:[0-9a-f]{16}\""),
    "nonce": re.compile(r"\"[A-Za-z0-9+/=_-]{16,64}\""),
}
_WORDS: Mapping[str, str] = {"alg": f'"{ALGORITHM}"', "tag": f'"{wire.TAG}"'}
_PARAMETERS = {*_FORMS, *_WORDS}


class Verified(Model):
    """Who signed a request: the embassy's code, the id of its key, and what was said once."""

    sender: str
    key: str
    nonce: str
    created: int


class _Claimed(Verified):
    """What a request says of itself, in our profile and not yet proved."""

    expires: int


def sign_request(
    peer: Keys, sender: str, url: str, body: bytes, *, now: int, nonce: str
) -> dict[str, str]:
    """Return the headers of a POST of ``body`` to ``url``, good for five minutes from ``now``.

    ``nonce`` has 16 to 64 characters of base 64 and is never used twice: sign each try afresh.
    """
    from pe_core.network import message_signatures

    headers = {
        "Content-Type": wire.MEDIA_TYPE,
        "Content-Digest": message_signatures.digest_of(body),
    }
    post = message_signatures.Post(url, headers)
    parameters = {
        "created": now,
        "expires": now + wire.WINDOW,
        "keyid": f"{sender}:{key_id(peer.verify_key)}",
        "nonce": nonce,
        "tag": wire.TAG,
    }
    message_signatures.sign(post, peer, COVERED, parameters, LABEL)
    return post.headers


async def verify_request(
    url: str, headers: Mapping[str, str], body: bytes, *, key_of: KeyOf, now: int
) -> Verified:
    """Return who signed a POST that came to ``url``, our own address of the inbox.

    ``headers`` have lower-case names. Raises PacketRefused with 401: "not_signed" where nothing
    of it is there, "bad_signature", "out_of_time", "unknown_key", and "bad_digest" where the
    headers are the sender's and the body is not.
    """
    from pe_core.network import message_signatures

    if "signature" not in headers and "signature-input" not in headers:
        raise PacketRefused("not_signed", 401)
    claimed = _read_input(headers)
    if not abs(now - claimed.created) <= wire.WINDOW or not now <= claimed.expires:
        raise PacketRefused("out_of_time", 401)
    key = await key_of(claimed.sender, claimed.key)
    if key is None or key_id(key) != claimed.key:
        raise PacketRefused("unknown_key", 401)
    post = message_signatures.Post(url, {name: headers[name] for name in SIGNED_HEADERS})
    if not message_signatures.is_signed(post, key, COVERED, wire.TAG):
        raise PacketRefused("bad_signature", 401)
    expected = message_signatures.digest_of(body)
    if not hmac.compare_digest(expected.encode(), headers["content-digest"].strip().encode()):
        raise PacketRefused("bad_digest", 401)
    return Verified(
        sender=claimed.sender, key=claimed.key, nonce=claimed.nonce, created=claimed.created
    )


def _read_input(headers: Mapping[str, str]) -> _Claimed:
    """Return what the one Signature-Input says; "bad_signature" outside our profile."""
    if any(not 0 < len(headers.get(name, "")) <= _LONGEST_HEADER for name in SIGNED_HEADERS):
        raise PacketRefused("bad_signature", 401)
    found = _INPUT.fullmatch(headers["signature-input"])
    given = _PARAMETER.findall(found["parameters"]) if found is not None else []
    said = dict(given)
    if found is None or len(given) != len(_PARAMETERS) or said.keys() != _PARAMETERS:
        raise PacketRefused("bad_signature", 401)
    formed = all(form.fullmatch(said[name]) for name, form in _FORMS.items())
    covered = sorted(found["covered"].split(" ")) == sorted(f'"{name}"' for name in COVERED)
    if not formed or not covered or any(said[name] != word for name, word in _WORDS.items()):
        raise PacketRefused("bad_signature", 401)
    created, expires = int(said["created"]), int(said["expires"])
    if not 0 < expires - created <= wire.WINDOW:
        raise PacketRefused("bad_signature", 401)
    sender, _, key = said["keyid"].strip('"').partition(":")
    nonce = said["nonce"].strip('"')
    return _Claimed(sender=sender, key=key, nonce=nonce, created=created, expires=expires)


class Nonces:
    """Remembers what each sender said once, for as long as it could be said again.

    A replay has the same body, because the digest is signed, and the packet's id in the rows
    gives it the same receipt and no second effect: after a lost answer that is even wanted. So
    this lives in memory only. What it refuses is a nonce under two bodies, which no peer of ours
    sends while its random numbers are its own: one that was copied together with its key does.
    It hears only of signatures that were proved, so strangers do not fill it; beyond ``most``
    the oldest is forgotten, and the rows still hold.
    """

    def __init__(self, most: int = MOST_NONCES) -> None:
        """Remember nobody yet."""
        self._most = most
        self._heard: dict[tuple[str, str, str], tuple[str, int]] = {}

    def take(self, verified: Verified, digest: str, now: int) -> None:
        """Note a proved request; "bad_signature" if its nonce stood over another Content-Digest."""
        # By its key as well: whoever comes under another's name takes no nonce from them.
        known = (verified.sender, verified.key, verified.nonce)
        if known not in self._heard:
            self._make_room(now)
            self._heard[known] = (digest, verified.created + wire.WINDOW)
        elif self._heard[known][0] != digest:
            raise PacketRefused("bad_signature", 401)

    def _make_room(self, now: int) -> None:
        if len(self._heard) >= self._most:
            self._heard = {known: said for known, said in self._heard.items() if said[1] >= now}
        while len(self._heard) >= self._most:
            del self._heard[next(iter(self._heard))]
