"""What a cookie gives: the id that memory is searched by, and the token of its forms.

The server keeps neither the cookie nor anything it could be rebuilt from.
Design: vault, "Sessions and pages".
"""

from base64 import urlsafe_b64encode

from pe_core.vault.keys import derive_key


def cookie_id(cookie: bytes, purpose: str) -> bytes:
    """Return the 32 bytes under which memory keeps what belongs to this cookie."""
    return derive_key(cookie, f"{purpose} id")


def csrf_token(cookie: bytes, purpose: str) -> str:
    """Return the token (44 letters, URL-safe) that every form under this cookie carries."""
    return urlsafe_b64encode(derive_key(cookie, f"{purpose} csrf")).decode()
