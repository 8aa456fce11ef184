"""What a file is and how large it is, in words."""

from pe_core.desk.desk import Desk
from pe_core.rules.texts import show_number

_KIND_KEYS = {
    "image/jpeg": "core.ask.files.jpeg",
    "image/png": "core.ask.files.png",
    "application/pdf": "core.ask.files.pdf",
}
_KILOBYTE = 1024
_MEGABYTE = 1024 * 1024


def file_words(desk: Desk, media_type: str, size: int, language: str) -> str:
    """Return what a file is and how large, such as "Photo (JPEG), 240 KB"."""
    kind = desk.texts.text(language, _KIND_KEYS[media_type])
    if size < _MEGABYTE:
        key, amount = "core.ask.files.kilobytes", max(1, round(size / _KILOBYTE))
    else:
        key, amount = "core.ask.files.megabytes", round(size / _MEGABYTE)
    return desk.texts.text(language, key, kind=kind, number=show_number(amount, language))
