"""Targets for what askers attach: images and papers, cleaned in this very process.

The child's limits of time, memory and rights are not there, so that an instrumented parser can
be watched; ``tests/test_desk_files.py`` proves them.
"""

import io
from unittest.mock import patch

import msgspec
import pikepdf
from PIL import Image

from pe_core.desk import files, files_child
from pe_core.desk.files import MediaType
from pe_core.errors import FileRefused

PIXELS = 250_000
"""A picture of millions of pixels would show how slow a machine is, and nothing else."""
_PNG_KEPT = {b"IHDR", b"IDAT", b"IEND"}


def jpeg(data: bytes) -> None:
    """A photo; what comes out is a photo without notes, and is cleaned to its own kind."""
    _image(data, "image/jpeg")


def png(data: bytes) -> None:
    """A picture or a screenshot, likewise."""
    _image(data, "image/png")


def pdf(data: bytes) -> None:
    """A paper; what comes out opens, starts nothing, says nothing of its maker."""
    cleaned = _clean(data, "application/pdf")
    if cleaned is None:
        return
    with pikepdf.open(io.BytesIO(cleaned)) as opened:
        pages = len(opened.pages)
        assert 0 < pages <= files_child.PAGES
        # In a damaged paper the catalogue can be a page as well; it may be refused next time.
        odd = any(page.obj.objgen == opened.Root.objgen for page in opened.pages)
        kept = files_child.CATALOGUE_KEYS | files_child.PAGE_KEYS
        assert set(opened.Root.keys()) <= kept
        assert "/Info" not in opened.trailer and "/Encrypt" not in opened.trailer
        for page in opened.pages:
            assert set(page.obj.keys()) <= kept
    again = _clean(cleaned, "application/pdf")
    assert again is not None or odd
    if again is None:
        return
    with pikepdf.open(io.BytesIO(again)) as opened:
        assert pages == len(opened.pages)


def jpeg_segments(data: bytes) -> None:
    """The walk over a JPEG inside a paper: it ends, and walking what is left changes nothing."""
    try:
        stripped = files_child.strip_jpeg(data)
    except ValueError:
        return
    assert stripped.endswith(files_child.JPEG_END)
    assert stripped == files_child.strip_jpeg(stripped)


def jpeg_2000_boxes(data: bytes) -> None:
    """The walk over a JPEG 2000 inside a paper, likewise."""
    try:
        stripped = files_child.strip_jp2(data)
    except ValueError:
        return
    assert len(stripped) <= len(data)
    assert stripped == files_child.strip_jp2(stripped)


def child_answer(data: bytes) -> None:
    """What the cleaning process says, should a file have taken it over: a file or a refusal."""
    for kind in files.MAGIC:
        for answer in (data, len(data).to_bytes(4, "big") + data):
            try:
                file = files.judge(answer, kind)
            except FileRefused as refused:
                assert refused.key in files.CHILD_REASONS
            else:
                assert kind == file.media_type and file.data.startswith(files.MAGIC[kind])


def kind(data: bytes) -> None:
    """The first bytes of an upload: one of three kinds, or a refusal."""
    try:
        found = files.kind_of(data)
    except FileRefused as refused:
        assert refused.key in ("core.file.empty", "core.file.kind")
    else:
        assert files.MAGIC[found] in data[: files.MAGIC_BYTES]


def _clean(data: bytes, media_type: MediaType) -> bytes | None:
    with patch.object(files_child, "PIXELS", PIXELS):
        answer = files_child.clean(data, media_type)
    frame = msgspec.msgpack.encode(answer)
    try:
        file = files.judge(len(frame).to_bytes(4, "big") + frame, media_type)
    except FileRefused as refused:
        assert "data" not in answer, "a cleaned file was not believed"
        assert refused.key in files.CHILD_REASONS
        return None
    return file.data


def _image(data: bytes, media_type: MediaType) -> None:
    cleaned = _clean(data, media_type)
    if cleaned is None:
        return
    shown = _look(cleaned, media_type)
    again = _clean(cleaned, media_type)
    assert again is not None and shown == _look(again, media_type)


def _look(data: bytes, media_type: MediaType) -> tuple[str, tuple[int, int]]:
    """Return mode and size of a cleaned picture, which must have no notes."""
    if media_type == "image/png":
        assert _png_chunks(data) <= _PNG_KEPT
    else:
        # What the walk drops are notes: our own writer may leave none.
        assert data == files_child.strip_jpeg(data)
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert max(picture.size) <= files_child.LONGEST_SIDE
        return picture.mode, picture.size


def _png_chunks(data: bytes) -> set[bytes]:
    names, at = set(), 8
    while at < len(data):
        names.add(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return names
