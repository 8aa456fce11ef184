"""The few static files: read once, served under an address that changes with their content."""

import hashlib
from pathlib import Path

from pe_core.model.struct import Model

FOLDER = Path(__file__).parent / "static"
MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml"}


class Asset(Model):
    """A static file: its address, such as ``/static/portal-1a2b3c4d5e6f.css``, and its bytes."""

    address: str
    media_type: str
    data: bytes


def read_assets() -> dict[str, Asset]:
    """Return all static files by their plain name, such as ``portal.css``."""
    return {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.is_file()}


def _read(path: Path) -> Asset:
    data = path.read_bytes()
    mark = hashlib.sha256(data).hexdigest()[:12]
    return Asset(
        address=f"/static/{path.stem}-{mark}{path.suffix}",
        media_type=MEDIA_TYPES[path.suffix],
        data=data,
    )
