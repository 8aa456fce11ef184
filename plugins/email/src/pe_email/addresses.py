"""What is a mail address: the plain kind that people have, and nothing that means more."""

import re

LONGEST = 254
"""Characters of an address that SMTP takes (RFC 5321, 4.5.3.1.3)."""
_ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9_+&'*=?^~$#{}|/-]+(?:\.[A-Za-z0-9_+&'*=?^~$#{}|/-]+)*)"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


def is_address(text: str) -> bool:
    """Return whether a text is one plain address: no name, no comment, no route, no quotes.

    A domain in other letters than ASCII is written in its ``xn--`` form.
    """
    found = _ADDRESS.fullmatch(text) if len(text) <= LONGEST else None
    return found is not None and len(found["local"]) <= 64
