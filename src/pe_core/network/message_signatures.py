"""HTTP message signatures (RFC 9421) by the library that knows them, with our keys.

Imported when a packet is first signed or comes in: a portal without peers never pays for it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.digests import ContentDigest

from pe_core.vault.keys import Keys, verify_exact

POST = "POST"


class Ed25519(HTTPSignatureAlgorithm):
    """Ed25519 with the vault's keys: a private one is ``Keys``, a public one 32 bytes."""

    algorithm_id = "ed25519"

    def __init__(self, public_key: bytes | None = None, private_key: Keys | None = None) -> None:
        """Hold the one that is there."""
        self._public, self._private = public_key, private_key

    def sign(self, message: bytes) -> bytes:
        """Sign a signature base as it is."""
        if self._private is None:
            raise InvalidSignature("there is no key to sign with")
        return self._private.sign_exact(message)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise InvalidSignature unless the key signed this signature base."""
        if self._public is None or not verify_exact(self._public, message, signature):
            raise InvalidSignature("the key did not sign this")


class OneKey(HTTPSignatureKeyResolver):
    """Whatever it is called, it is this key: which one it has to be was settled before."""

    def __init__(self, key: Keys | bytes) -> None:
        """Hold the key."""
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        """Return the key, 32 bytes."""
        return self._key

    def resolve_private_key(self, key_id: str) -> Any:
        """Return the key, ``Keys``."""
        return self._key


class _Verifier(HTTPMessageVerifier):
    """Looks at no clock: the caller has compared the times with the instance's own."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        return


class Post:
    """A POST as the library wants to see it; signing adds to ``headers``."""

    method = POST

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """Copy the headers."""
        self.url = url
        self.headers = dict(headers)


def digest_of(body: bytes) -> str:
    """Return the Content-Digest (RFC 9530) of a body, by SHA-256."""
    return ContentDigest.create(body)


def sign(
    post: Post, keys: Keys, covered: tuple[str, ...], parameters: Mapping[str, Any], label: str
) -> None:
    """Add Signature-Input and Signature to a POST; times in ``parameters`` are Unix seconds."""
    signer = HTTPMessageSigner(signature_algorithm=Ed25519, key_resolver=OneKey(keys))
    signer.sign(
        post,
        key_id=parameters["keyid"],
        created=datetime.fromtimestamp(parameters["created"], UTC),
        expires=datetime.fromtimestamp(parameters["expires"], UTC),
        nonce=parameters["nonce"],
        tag=parameters["tag"],
        label=label,
        covered_component_ids=covered,
        use_existing_digest=True,
    )


def is_signed(post: Post, verify_key: bytes, covered: tuple[str, ...], tag: str) -> bool:
    """Return whether this key signed all of ``covered``, for ``tag``, in a single signature."""
    verifier = _Verifier(signature_algorithm=Ed25519, key_resolver=OneKey(verify_key))
    try:
        found = verifier.verify(post, max_age=None, expect_tag=tag)
    except HTTPMessageSignaturesException:
        return False
    # Not ``require_components``, which parses them anew for each request.
    return (
        len(found) == 1 and {f'"{name}"' for name in covered} <= found[0].covered_components.keys()
    )
