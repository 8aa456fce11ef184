"""The published test vectors of what goes between embassies."""

from base64 import b64decode
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, InvalidSignature

from pe_core.network.message_signatures import Ed25519, OneKey, digest_of
from pe_core.vault.keys import Keys, keys_of, new_seed, verify_exact

KEY = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
"""RFC 9421, B.1.4: test-key-ed25519."""
PUBLIC = "26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb"
COVERED = ("date", "@method", "@path", "@authority", "content-type", "content-length")
INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"'
)
SIGNATURE = (
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5"
    "WPpBKRCw==:"
)
BASE = (
    '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
    '"@method": POST\n'
    '"@path": /foo\n'
    '"@authority": example.com\n'
    '"content-type": application/json\n'
    '"content-length": 18\n'
    f'"@signature-params": {INPUT.removeprefix("sig-b26=")}'
)


def keys_of_the_vector() -> Keys:
    """Return keys that sign with the key of the vector; ours come from seeds, which it has not."""
    private = load_der_private_key(b64decode(KEY), None)
    assert isinstance(private, Ed25519PrivateKey)
    keys = keys_of(new_seed())
    vars(keys)["_signer"] = private
    return keys


def the_request() -> SimpleNamespace:
    """Return the request of RFC 9421, B.2: test-request."""
    headers = {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
    }
    return SimpleNamespace(method="POST", url="https://example.com/foo?p=1", headers=headers)


def test_ed25519_signs_the_request_of_rfc_9421_byte_for_byte() -> None:
    """RFC 9421, B.2.6."""
    keys, request = keys_of_the_vector(), the_request()
    signer = HTTPMessageSigner(signature_algorithm=Ed25519, key_resolver=OneKey(keys))
    signer.sign(
        request,
        key_id="test-key-ed25519",
        created=datetime.fromtimestamp(1618884473, UTC),
        label="sig-b26",
        include_alg=False,
        covered_component_ids=COVERED,
    )

    assert PUBLIC == keys.verify_key.hex()
    assert INPUT == request.headers["Signature-Input"]
    assert SIGNATURE == request.headers["Signature"]


def test_the_bytes_that_rfc_9421_signs_are_signed_as_they_are() -> None:
    signature = b64decode(SIGNATURE.removeprefix("sig-b26=").strip(":"))

    assert signature == keys_of_the_vector().sign_exact(BASE.encode())
    assert verify_exact(bytes.fromhex(PUBLIC), BASE.encode(), signature)
    assert not verify_exact(bytes.fromhex(PUBLIC), BASE.encode() + b"\n", signature)


def test_the_request_of_rfc_9421_verifies_and_no_other() -> None:
    resolver = OneKey(bytes.fromhex(PUBLIC))
    verifier = HTTPMessageVerifier(signature_algorithm=Ed25519, key_resolver=resolver)
    request = the_request()
    request.headers |= {"Signature-Input": INPUT, "Signature": SIGNATURE}

    assert 1 == len(verifier.verify(request, max_age=None))
    request.headers["Content-Length"] = "19"
    with pytest.raises(InvalidSignature):
        verifier.verify(request, max_age=None)


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (b'{"hello": "world"}', "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        (b'{"hello": "world"}\n', "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
    ],
)
def test_digests_are_those_of_rfc_9530(body: bytes, digest: str) -> None:
    """RFC 9421, B.2 (its body has no line end) and RFC 9530, B.1 (which has one)."""
    assert digest == digest_of(body)
