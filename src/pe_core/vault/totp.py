"""The second factor: time-based one-time codes (RFC 6238), six digits, thirty seconds.

SHA-1, because that is what every authenticator app knows; as an HMAC it is not weakened by
collisions. Secret and last used step are kept sealed under the account's key.
"""

from datetime import datetime
from hmac import compare_digest

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from pe_core.vault.keys import random_bytes

_DIGITS = 6
_SECONDS = 30
_SECRET_SIZE = 20


def new_totp_secret() -> bytes:
    """Return 20 random bytes, the size that RFC 4226 asks for."""
    return random_bytes(_SECRET_SIZE)


def totp_uri(secret: bytes, issuer: str, handle: str) -> str:
    """Return the ``otpauth://`` address that an authenticator app reads from a square code."""
    return _totp(secret).get_provisioning_uri(handle, issuer)


def totp_at(secret: bytes, when: datetime) -> str:
    """Return the code of this moment (an aware time), for tests and the demo."""
    return _code(secret, _step(when))


def check_totp(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step of a valid code, to be kept as the next ``last_step``; None if not valid.

    One step before and one after ``now`` (an aware time) are taken, each once: a step that is
    not above ``last_step`` was used already. Spaces in the code do not matter.
    """
    typed = "".join(code[: 4 * _DIGITS].split()).encode(errors="surrogatepass")
    valid: int | None = None
    for step in range(_step(now) - 1, _step(now) + 2):
        if compare_digest(_code(secret, step).encode(), typed) and step > last_step:
            valid = step
    return valid


def _step(when: datetime) -> int:
    return int(when.timestamp()) // _SECONDS


def _code(secret: bytes, step: int) -> str:
    return _totp(secret).generate(step * _SECONDS).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), _SECONDS)  # noqa: S303 - RFC 6238, see above
