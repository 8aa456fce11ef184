"""What the page of a new account shows: what to write down, and the code for the authenticator."""

from collections.abc import Mapping
from typing import Any

from pe_core.web.qr import draw_code

_GROUP = 4


def show_new_account(passphrase: str, uri: str, secret: str) -> Mapping[str, Any]:
    """Return the passphrase by words, the code to photograph, and its secret in groups to type."""
    return {
        "words": passphrase.split(),
        "qr": draw_code(uri),
        "uri": uri,
        "secret": [secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP)],
    }
