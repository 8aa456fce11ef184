"""The address of another embassy's portal, as somebody types it."""

import re
from urllib.parse import urlsplit

from pe_core.errors import NotAllowed

LONGEST = 300
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]{1,260}")
"""As ``wire.Origin`` has it."""
_USUAL = {"https": 443, "http": 80}


def read_origin(typed: str) -> str:
    """Return the origin of an address: https unless said, no path, no slash at its end.

    Raises NotAllowed("staff.peers.address") for what is none.
    """
    text = typed.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text[: LONGEST + 1])
        host, port = parts.hostname or "", parts.port
        name = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise NotAllowed("staff.peers.address") from None
    whole = f"[{name}]" if ":" in name else name
    if port is not None and port != _USUAL.get(parts.scheme):
        whole += f":{port}"
    origin = f"{parts.scheme}://{whole}"
    if not name or "@" in parts.netloc or len(text) > LONGEST or not _ORIGIN.fullmatch(origin):
        raise NotAllowed("staff.peers.address")
    return origin
