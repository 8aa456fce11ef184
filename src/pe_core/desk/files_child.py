"""The program that cleans one file: bytes on stdin, an answer on stdout, nothing else.

It runs alone (by path, ``python -I``, one process a file) and imports nothing of pe_core, so
that there are no keys, no rows and no settings in its memory (vault.md, Flows: Files).

Argument: the media type the parent saw. Answer: four bytes of length (big end first) and a
msgpack map, either ``{"media_type": str, "data": bytes}`` or ``{"refused": text key}``.

Guaranteed, before the first byte is read: 512 MiB of address space, 20 s of processor time, no
file descriptor but the three pipes (it can open no file, directory or socket at all), no byte
written to a file, no core dump, no new privileges, not dumpable, an empty environment.
Best effort, where kernel and container allow it: no further process, a network namespace of its
own without interfaces, an empty folder of /proc as its root (without it, calls by path such as
unlink still reach what the service's user may change), no capabilities, user ``nobody`` when
started by root.

What is taken away is what nobody sees: of images everything but pixels (a colour under full
transparency too), of PDF everything but what the pages draw. Annotations and form fields are
drawn into the page and are then gone, whatever they would have started. What a page's own
program holds (text off the page, hidden layers, comments, an inline image's own notes) stays.
"""

import contextlib
import ctypes
import io
import os
import re
import resource
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pikepdf
from PIL import Image, JpegImagePlugin, PngImagePlugin
from PIL import TiffImagePlugin as TiffImagePlugin  # reads the orientation; no later import works

MEMORY = 512 * 1024 * 1024  # bytes of address space
SECONDS = 20  # of processor time
RESULT_LIMIT = 12_000_000  # bytes of a cleaned file
PIXELS = 40_000_000
LONGEST_SIDE = 4096  # pixels after cleaning
JPEG_QUALITY = 88
PAGES = 100
OBJECTS = 50_000  # indirect objects of a PDF
ITEMS = 1_000_000  # values in all containers of a PDF together
UNPACKED = 512_000_000  # bytes of all streams of a PDF together; a scanned page has 25 million

# What a catalogue, a node of the page tree and a page may keep; all else goes.
TRAILER_KEYS = {"/Root", "/Size"}
CATALOGUE_KEYS = {"/Type", "/Pages", "/OCProperties", "/Lang"}
PAGE_KEYS = {
    *("/Type", "/Parent", "/Kids", "/Count", "/Resources", "/Contents", "/Group", "/Rotate"),
    *("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/UserUnit"),
}
# What goes wherever it stands: notes about the making, hidden files, things that start.
GONE_KEYS = {
    *("/Metadata", "/PieceInfo", "/LastModified", "/Creator", "/CreatorInfo", "/Thumb"),
    *("/AF", "/EF", "/OPI", "/Ref", "/Alternates", "/Measure", "/PtData", "/Private"),
    *("/A", "/AA", "/PA", "/OpenAction", "/JS", "/JavaScript", "/URI", "/XFA", "/Annots"),
    *("/StructParent", "/StructParents"),
}
EXTERNAL_KEYS = {"/F", "/FFilter", "/FDecodeParms"}  # of a stream: its bytes are in another file
# Dictionaries whose keys are free names, so that a font may be called /AA and stays.
NAMESPACES = {
    *("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties"),
    *("/CharProcs", "/Colorants"),
}
CONTAINERS = (pikepdf.Array, pikepdf.Dictionary, pikepdf.Stream)
HIDDEN = 1 | 2 | 32  # annotation flags: invisible, hidden, no view (ISO 32000-1, table 165)

JPEG_END = b"\xff\xd9"
JPEG_SCAN = 0xDA
# Frames, tables, restart interval and scans: all that decoding needs (ITU T.81, table B.1).
JPEG_KEPT = {*range(0xC0, 0xD0), JPEG_SCAN, 0xDB, 0xDC, 0xDD}
JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # not a stuffed byte, fill or restart
JP2_SIGNATURE = b"\0\0\0\x0cjP  "
JP2_KEPT = (b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jp2c")  # ISO 15444-1, annex I

Answer = dict[str, Any]


def refused(reason: str) -> Answer:
    """Return the answer that refuses the file for ``reason``."""
    return {"refused": f"core.file.{reason}"}


# The room without doors


def limit_itself() -> None:
    """Set the limits that hold from here on; none of them can be raised again without a right."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(kind, (most, most))


def close_the_doors() -> None:
    """Give up files, network and rights; every module that is needed must be imported before."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((38, 1), (4, 0)):  # PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    os.closerange(3, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    new_network, new_user = 0x40000000, 0x10000000
    is_root = os.geteuid() == 0
    libc.unshare(new_network if is_root else new_network | new_user)
    if libc.chroot(b"/proc/self/fdinfo") == 0:  # a folder in which nobody can make anything
        os.chdir("/")
    if is_root:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
    # _LINUX_CAPABILITY_VERSION_3 and this process; then six empty words.
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())


# Images


def turn_of(picture: Any) -> int | None:
    """Return the turn that the EXIF orientation asks for (EXIF 2.32, tag 0x0112)."""
    try:
        orientation = picture.getexif().get(0x0112)
    except Exception:  # a broken note about the picture is no fault of the picture
        return None
    ways = Image.Transpose
    mirrored = {2: ways.FLIP_LEFT_RIGHT, 4: ways.FLIP_TOP_BOTTOM}
    mirrored |= {5: ways.TRANSPOSE, 7: ways.TRANSVERSE}
    turned = {3: ways.ROTATE_180, 6: ways.ROTATE_270, 8: ways.ROTATE_90}
    return {**mirrored, **turned}.get(orientation)


def plain_modes(picture: Any) -> tuple[str, ...]:
    """Return the modes to convert through: to eight bits a channel, colour times alpha.

    Colour times alpha, so that a pixel that nobody can see has no colour left to show.
    """
    if picture.mode in ("LA", "RGBA"):
        return ({"LA": "La", "RGBA": "RGBa"}[picture.mode],)
    if picture.has_transparency_data:
        return ("RGBA", "RGBa")
    return ("L",) if picture.mode in ("1", "L", "I;16", "I") else ("RGB",)


def clean_image(data: bytes, media_type: str) -> Answer:
    """Return the image with nothing but its pixels, upright, its longest side capped.

    One step at a time under one name, so that never more than two copies are in memory.
    """
    if media_type == "image/jpeg":
        picture: Any = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    else:
        picture = PngImagePlugin.PngImageFile(io.BytesIO(data))
    width, height = picture.size
    if width * height > PIXELS:
        return refused("too_many_pixels")
    picture.load()
    turn = turn_of(picture)
    modes = plain_modes(picture)
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256)
    for mode in modes:
        picture = picture.convert(mode)
    factor = LONGEST_SIDE / max(width, height)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    if turn is not None:
        picture = picture.transpose(turn)
    if picture.mode.endswith("a"):
        picture = picture.convert(picture.mode.upper())
    picture.info = {}
    out = io.BytesIO()
    kind = "JPEG" if media_type == "image/jpeg" else "PNG"
    picture.save(out, kind, quality=JPEG_QUALITY, optimize=kind == "JPEG")
    return {"media_type": media_type, "data": out.getvalue()}


def strip_jpeg(data: bytes) -> bytes:
    """Return the JPEG stream with only what decoding needs; ValueError when it is none.

    Nothing is decoded: segments are walked (ITU T.81, annex B), those not known are dropped,
    and so is what follows the end. JFIF loses its thumbnail, Adobe's flag of colours stays.
    """
    if not data.startswith(b"\xff\xd8"):
        raise ValueError("no start of image")
    kept = [data[:2]]
    at = 2
    while (found := JPEG_MARKER.search(data, at)) is not None and found[1] != b"\xd9":
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
        body = data[found.end() : at]
        if len(body) < 2 or at > len(data):
            raise ValueError("a segment is cut")
        marker = found[1][0]
        if marker == 0xE0 and body[2:7] == b"JFIF\0" and len(body) >= 16:
            body = b"\0\x10" + body[2:14] + b"\0\0"
        elif marker == 0xEE and body[2:7] == b"Adobe" and len(body) >= 14:
            body = b"\0\x0e" + body[2:14]
        elif marker not in JPEG_KEPT:
            continue
        kept += [b"\xff", found[1], body]
        if marker == JPEG_SCAN:
            ahead = JPEG_MARKER.search(data, at)
            scan = data[at : len(data) if ahead is None else ahead.start()]
            kept.append(scan.rstrip(b"\xff"))
            at += len(scan)
    return b"".join([*kept, JPEG_END])


def strip_jp2(data: bytes) -> bytes:
    """Return the JPEG 2000 stream without boxes of notes; a bare code stream as it is."""
    if not data.startswith(JP2_SIGNATURE):
        return data
    kept, at = [], 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4]), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), 16
        length = length or len(data) - at
        if length < head:
            raise ValueError("a box is cut")
        if data[at + 4 : at + 8] in JP2_KEPT:
            kept.append(data[at : at + length])
        at += length
    return b"".join(kept)


# PDF


def is_lost_field(widget: Any) -> bool:
    """Tell whether a visible form field holds a text that no appearance draws."""
    if "/AP" in widget or int(widget.get("/F", 0)) & HIDDEN:
        return False
    value, field, depth = widget.get("/V"), widget, 0
    while value is None and "/Parent" in field and depth < 32:
        field, depth = field.Parent, depth + 1
        value = field.get("/V")
    return isinstance(value, pikepdf.String) and len(bytes(value)) > 0


def draw_annotations(pdf: Any) -> None:
    """Draw notes and form fields into their pages; ValueError if a field's text would be lost."""
    form = pdf.Root.get("/AcroForm")
    if form is not None and "/NeedAppearances" in form:
        del form["/NeedAppearances"]  # or qpdf leaves the fields as they are
    for page in pdf.pages:
        for annotation in page.get("/Annots", ()):
            if isinstance(annotation, pikepdf.Dictionary) and is_lost_field(annotation):
                raise ValueError("a form field without an appearance")
    pdf.flatten_annotations("all")


def drop_keys(thing: Any) -> None:
    """Delete what the pages do not need from one dictionary or stream."""
    if thing.get("/Type") in ("/Page", "/Pages"):
        gone = set(thing.keys()) - PAGE_KEYS
    else:
        gone = set(thing.keys()) & GONE_KEYS
    if isinstance(thing, pikepdf.Stream):
        gone |= set(thing.keys()) & EXTERNAL_KEYS
    for key in gone:
        del thing[key]


def strip_image(pdf: Any, stream: Any) -> None:
    """Take the notes out of a JPEG or JPEG 2000 stream; other streams stay as they are."""
    filters, parameters = as_list(stream.get("/Filter")), as_list(stream.get("/DecodeParms"))
    strip = STRIPPERS.get(str(filters[-1])) if filters else None
    if strip is None:
        return
    data = stream.read_raw_bytes()
    if len(filters) > 1:
        outer = pikepdf.Stream(pdf, data)
        outer.Filter = pikepdf.Array(filters[:-1])
        outer.DecodeParms = pikepdf.Array(parameters[: len(filters) - 1])
        data = outer.read_bytes()
    own = parameters[len(filters) - 1] if len(parameters) == len(filters) else None
    stream.write(strip(data), filter=filters[-1], decode_parms=own)


def as_list(value: Any) -> list[Any]:
    """Return the items of an array, a single value as one item, nothing as none."""
    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def unpacked_size(stream: Any) -> int:
    """Return what a stream unpacks to, 0 for a picture; MemoryError for more than fits here."""
    try:
        return len(stream.read_bytes())
    except pikepdf.PdfError as error:
        if "bad_alloc" in str(error):  # which qpdf tells like any other fault of a stream
            raise MemoryError from None
        return 0


def clean_objects(pdf: Any) -> None:
    """Walk everything that the catalogue still reaches and clean it; ValueError if too much."""
    seen: set[tuple[int, int, bool]] = set()  # with whether its keys were names or meant something
    items = unpacked = 0
    todo = [(pdf.Root, False)]
    while todo:
        thing, names_are_free = todo.pop()
        if thing.is_indirect:
            met = (*thing.objgen, names_are_free)
            if met in seen:
                continue
            seen.add(met)
        if isinstance(thing, pikepdf.Array):
            children = [(child, False) for child in thing]
        else:
            if not names_are_free:
                drop_keys(thing)
            if isinstance(thing, pikepdf.Stream):
                strip_image(pdf, thing)
                unpacked += unpacked_size(thing)
            children = [(child, key in NAMESPACES) for key, child in thing.items()]
        items += len(children)
        if len(seen) > 2 * OBJECTS or items > ITEMS or unpacked > UNPACKED:
            raise ValueError("too much")
        todo += [pair for pair in children if isinstance(pair[0], CONTAINERS)]


def clean_pdf(data: bytes, media_type: str) -> Answer:
    """Return the PDF with what its pages draw, written anew."""
    try:
        pdf = pikepdf.open(io.BytesIO(data))
    except Exception:  # a password is asked, or qpdf misses the random device that it wants for one
        if b"/Encrypt" in data:
            return refused("locked")
        raise
    if pdf.is_encrypted:
        return refused("locked")
    if len(pdf.objects) > OBJECTS or len(pdf.pages) == 0:
        return refused("unreadable")
    if len(pdf.pages) > PAGES:
        return refused("too_many_pages")
    draw_annotations(pdf)
    for thing, keys in ((pdf.Root, CATALOGUE_KEYS), (pdf.trailer, TRAILER_KEYS)):
        for key in set(thing.keys()) - keys:
            del thing[key]
    for page in pdf.pages:
        page.obj.Type = pikepdf.Name.Page
    clean_objects(pdf)
    pdf.trailer.Size = len(pdf.objects) + 1  # qpdf renews a size but adds none to a mended file
    out = io.BytesIO()
    pdf.save(
        out,
        fix_metadata_version=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,  # no clock and no old identifier in the new one
    )
    with pikepdf.open(out) as written:  # what was mended on its way in need not open again
        if len(written.pages) != len(pdf.pages):
            return refused("unreadable")
    return {"media_type": media_type, "data": out.getvalue()}


STRIPPERS: dict[str, Callable[[bytes], bytes]] = {
    "/DCTDecode": strip_jpeg,
    "/DCT": strip_jpeg,
    "/JPXDecode": strip_jp2,
}
CLEANERS: dict[str, Callable[[bytes, str], Answer]] = {
    "image/jpeg": clean_image,
    "image/png": clean_image,
    "application/pdf": clean_pdf,
}


def clean(data: bytes, media_type: str) -> Answer:
    """Clean one file of the type its first bytes showed; whatever goes wrong is a refusal."""
    try:
        answer = CLEANERS[media_type](data, media_type)
    except Exception:  # a parser's text could quote the file, so no text leaves this process
        return refused("unreadable")
    return refused("too_large") if len(answer.get("data", b"")) > RESULT_LIMIT else answer


def main() -> None:
    """Shut the room, then read, clean and answer."""
    limit_itself()
    Image.preinit()
    close_the_doors()
    body = msgspec.msgpack.encode(clean(sys.stdin.buffer.read(), sys.argv[1]))
    sys.stdout.buffer.write(len(body).to_bytes(4, "big") + body)


if __name__ == "__main__":
    main()
