"""Tokens for forms of people who have no cookie yet: one use, not too fast, not too old.

A token is public: random id, time, shortest wait, and a MAC under a key of this process, so
showing a page costs no memory and a flood of page views pushes nobody out. Only the ids of
tokens that were used are kept, the latest of them. Under a flood the oldest are forgotten: such
a token could be used twice, which begins a second draft or asks for a code again and harms
nobody, while refusing new posts would close the door to everybody.
"""

import hashlib
import hmac
import struct
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from datetime import datetime, timedelta

from pe_core.vault.cookies import csrf_token
from pe_core.web.guards.refusals import refusal

SHORTEST = timedelta(seconds=5)
LONGEST = timedelta(minutes=60)
USED_LIMIT = 65_536
_LAYOUT = struct.Struct(">16sqI")  # id, issued (unix ms), wait (ms)


class FormTokens:
    """Issues and takes the tokens of all cookie-less forms of one process."""

    def __init__(
        self, now: Callable[[], datetime], random: Callable[[int], bytes], limit: int = USED_LIMIT
    ) -> None:
        """``now`` gives aware times; ``random`` gives so many random bytes."""
        self._now = now
        self._random = random
        self._limit = limit
        self._key = random(32)
        self._used: dict[bytes, int] = {}

    def issue(self, form: str, wait: timedelta = SHORTEST) -> str:
        """Return a new token for ``form`` that is good from ``wait`` to 60 minutes from now."""
        wait_ms = wait // timedelta(milliseconds=1)
        head = _LAYOUT.pack(self._random(16), self._milliseconds(), wait_ms)
        return f"{_to_text(head)}.{self._mac(form, head)}"

    def take(self, form: str, token: str, sent: bytes = b"") -> None:
        """Use up a token; refuses one that is forged, of another form, early, late or used.

        A token that comes too early is not used up. With ``sent`` it is used up for that alone:
        the same form sent once more with other words in it is no second press.
        """
        head = self._read(form, token)
        number, issued, wait = _LAYOUT.unpack(head)
        number = _number(number, sent)
        age = self._milliseconds() - issued
        if age < wait:
            raise refusal("form_early")
        if not 0 <= age <= LONGEST // timedelta(milliseconds=1):
            raise refusal("form_late")
        if number in self._used:
            raise refusal("form_used")
        self._keep(number, issued)

    def give_back(self, form: str, token: str, sent: bytes = b"") -> None:
        """Make a token that was taken good again: what was sent with it could not be kept."""
        number, _, _ = _LAYOUT.unpack(self._read(form, token))
        self._used.pop(_number(number, sent), None)

    def _read(self, form: str, token: str) -> bytes:
        text, _, mac = token.partition(".")
        try:
            head = b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, Error, ValueError):
            raise refusal("forbidden") from None
        expected = self._mac(form, head)
        if len(head) != _LAYOUT.size or not hmac.compare_digest(
            expected.encode(), mac.encode("utf-8", "replace")
        ):
            raise refusal("forbidden")
        return head

    def _keep(self, number: bytes, issued: int) -> None:
        if len(self._used) >= self._limit:
            del self._used[next(iter(self._used))]
        self._used[number] = issued

    def _mac(self, form: str, head: bytes) -> str:
        return csrf_token(self._key, f"form {form} {head.hex()}")

    def _milliseconds(self) -> int:
        return int(self._now().timestamp() * 1000)


def _number(number: bytes, sent: bytes) -> bytes:
    """Return what is remembered of a use: nothing from which words could be guessed later."""
    return hashlib.sha256(number + sent).digest()[:16] if sent else number


def _to_text(head: bytes) -> str:
    return urlsafe_b64encode(head).decode("ascii")
