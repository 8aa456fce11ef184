"""The agreement that volunteers sign: its words, and what a signature stands under."""

import hashlib
from collections.abc import Callable

import msgspec

PROMISES = ("secret", "copies", "names", "alone", "money", "limits", "stop", "tell")
"""What a volunteer promises; each has its words at ``work.agreement.promise_<name>``."""
RETURNS = ("safe", "small", "no", "support", "erased")
"""What the embassy promises; each has its words at ``work.agreement.return_<name>``."""


def agreement_words(say: Callable[[str], str]) -> tuple[str, ...]:
    """Return the agreement's words in the order of the page; ``say`` gives the text of a key."""
    return (
        say("work.agreement.lead"),
        *(say(f"work.agreement.promise_{name}") for name in PROMISES),
        *(say(f"work.agreement.return_{name}") for name in RETURNS),
    )


def agreement_digest(words: tuple[str, ...]) -> bytes:
    """Return the SHA-256 of the words, as they were shown."""
    return hashlib.sha256(msgspec.msgpack.encode(words)).digest()


def agreement_body(version: int, language: str, digest: bytes) -> bytes:
    """Return the bytes that are signed."""
    return msgspec.msgpack.encode((version, language, digest))
