"""What embassies sign and seal with, held against implementations that we did not write."""

import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pe_core.errors import EnvelopeRefused, PacketRefused
from pe_core.network import wire
from pe_core.network.message_signatures import digest_of
from pe_core.network.signing import Verified, sign_request, verify_request
from pe_core.vault.envelope import Context, open_envelope, seal
from pe_core.vault.keys import Seed, derive_key, keys_of, new_seed
from pe_core.vault.keysets import key_id

pytestmark = pytest.mark.e2e

SECOND = Path(__file__).parent / "second.mjs"
URL = "https://yy.example/peer/inbox"
BODY = b'{"type": "hello"}'
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
VECTOR = {
    "private": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "aad": "436f756e742d30",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
    "6d8770ac83d07bea87e13c512a",
}
"""RFC 9180, A.1.1, sequence number 0: DHKEM(X25519), HKDF-SHA256, AES-128-GCM, base mode."""
PLAIN = b"Beauty is truth, truth beauty"


def ask(act: str, **given: Any) -> Any:
    """Ask the second implementation in Node."""
    question = json.dumps({"act": act, **given})
    done = subprocess.run(
        ["node", "--no-warnings", str(SECOND)],
        input=question,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def test_what_we_sign_is_verified_by_another_implementation_of_rfc_9421() -> None:
    peer, other = keys_of(new_seed()), keys_of(new_seed())
    now = int(time.time())
    headers = sign_request(peer, "zz", URL, BODY, now=now, nonce="0123456789abcdef")
    given = {"headers": headers, "key": peer.verify_key.hex()}

    assert ask("verify", url=URL, **given) is True
    assert ask("verify", url=URL + "?", **given) is False
    assert ask("verify", url=URL, headers=headers, key=other.verify_key.hex()) is False
    for name in ("Content-Type", "Content-Digest"):
        changed = {**headers, name: headers[name].upper()}
        assert ask("verify", url=URL, headers=changed, key=given["key"]) is False


def test_what_another_implementation_of_rfc_9421_signs_is_verified_by_us() -> None:
    now = int(time.time())
    signed = ask(
        "sign",
        url=URL,
        headers={"Content-Type": wire.MEDIA_TYPE, "Content-Digest": digest_of(BODY)},
        sender="zz",
        created=now,
        nonce="0123456789abcdef",
        tag=wire.TAG,
    )
    key = bytes.fromhex(signed["key"])
    headers = {name.lower(): value for name, value in signed["headers"].items()}

    async def key_of(sender: str, name: str) -> bytes | None:
        return key if (sender, name) == ("zz", key_id(key)) else None

    def verified(url: str, body: bytes) -> Verified:
        return asyncio.run(verify_request(url, headers, body, key_of=key_of, now=now))

    expected = Verified(sender="zz", key=key_id(key), nonce="0123456789abcdef", created=now)
    assert expected == verified(URL, BODY)
    with pytest.raises(PacketRefused, match="bad_signature"):
        verified(f"{URL}s", BODY)
    with pytest.raises(PacketRefused, match="bad_digest"):
        verified(URL, BODY + b" ")


def test_both_implementations_of_hpke_open_the_vector_of_rfc_9180() -> None:
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private"]))
    parts = {name: bytes.fromhex(value) for name, value in VECTOR.items()}
    ours = openssl.hpke._decrypt_with_aad(
        SUITE, parts["enc"] + parts["ct"], private, parts["info"], parts["aad"]
    )

    assert PLAIN == ours[: len(PLAIN)]
    assert ours.hex() == ask("open", **VECTOR)


def test_hpke_of_ours_and_another_implementation_open_each_other() -> None:
    """With X25519 and AES-GCM, as the vector above; our own suite is in the envelopes below."""
    private = X25519PrivateKey.generate()
    info = b"pe-vault-v1"
    from_us = SUITE.encrypt(PLAIN, private.public_key(), info=info)
    theirs = ask(
        "seal",
        public=private.public_key().public_bytes_raw().hex(),
        info=info.hex(),
        plain=PLAIN.hex(),
    )
    opened = ask(
        "open",
        private=private.private_bytes_raw().hex(),
        enc=from_us[:32].hex(),
        info=info.hex(),
        aad="",
        ct=from_us[32:].hex(),
    )
    sealed = bytes.fromhex(theirs["enc"] + theirs["ct"])

    assert PLAIN.hex() == opened
    assert PLAIN == SUITE.decrypt(sealed, private, info=info)


CONTEXT = ("letter", "zz", "0123456789")


def opened_there(envelope: bytes, seed: Seed, context: Context = CONTEXT) -> bytes | None:
    """Return what the second implementation finds in an envelope, None if it does not open."""
    found = ask(
        "openEnvelope",
        envelope=envelope.hex(),
        context=msgspec.msgpack.encode(context).hex(),
        seed=derive_key(seed, "hpke").hex(),
    )
    return None if found is None else bytes.fromhex(found)


def test_another_implementation_opens_an_envelope_of_ours_by_what_its_page_says() -> None:
    first, second, stranger = new_seed(), new_seed(), new_seed()
    to = [keys_of(first).public, keys_of(second).public]
    envelope = seal(PLAIN, to=to, context=CONTEXT)

    assert PLAIN == opened_there(envelope, first) == opened_there(envelope, second)
    assert opened_there(envelope, stranger) is None
    assert opened_there(envelope, first, ("letter", "yy", "0123456789")) is None


def test_we_open_an_envelope_that_another_implementation_sealed() -> None:
    keys = keys_of(new_seed())
    context = msgspec.msgpack.encode(CONTEXT).hex()
    theirs = ask("sealEnvelope", public=keys.public.hex(), context=context, plain=PLAIN.hex())
    envelope = bytes.fromhex(theirs)

    assert PLAIN == open_envelope(envelope, keys, CONTEXT)
    with pytest.raises(EnvelopeRefused):
        open_envelope(envelope, keys_of(new_seed()), CONTEXT)
