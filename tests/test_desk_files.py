"""Files of askers: cleaned in a process of their own, or refused with a reason."""

import asyncio
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from pe_core.desk import files, files_child
from pe_core.desk.files import CleanFile, Places, clean_file
from pe_core.errors import FileRefused, TooMany

MARKER = b"marker-7f3a"
TEXT = MARKER.decode()
CHILD_FILE = files.CHILD[-1]


# Making files


def picture(mode: str = "RGB", size: tuple[int, int] = (48, 32)) -> Image.Image:
    """Return a small picture with a slope in it, so that turns and losses show."""
    slope = Image.linear_gradient("L").resize(size)
    if mode == "I;16":
        return Image.frombytes(mode, size, b"".join(bytes((v, v)) for v in slope.tobytes()))
    return slope.convert(mode)


def jpeg(image: Image.Image | None = None, **extra: Any) -> bytes:
    """Return a JPEG file."""
    out = io.BytesIO()
    (image or picture()).save(out, "JPEG", **extra)
    return out.getvalue()


def png(image: Image.Image | None = None, **extra: Any) -> bytes:
    """Return a PNG file."""
    out = io.BytesIO()
    (image or picture()).save(out, "PNG", **extra)
    return out.getvalue()


def telling_exif() -> Image.Exif:
    """Return EXIF with the marker as maker, and a place."""
    exif = Image.Exif()
    exif[0x010F] = TEXT
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 54.0, 8.0), 29: TEXT})
    return exif


def telling_jpeg() -> bytes:
    """Return a JPEG with the marker in EXIF, GPS, XMP, ICC, a comment and behind its end."""
    data = jpeg(exif=telling_exif(), comment=MARKER, xmp=b"<x>" + MARKER, icc_profile=MARKER * 40)
    return data + b"PK\3\4" + MARKER


def telling_png() -> bytes:
    """Return a PNG with the marker in tEXt, zTXt, iTXt, EXIF, ICC and behind its end."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", TEXT)
    notes.add_text("Comment", TEXT, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", TEXT)
    return png(pnginfo=notes, exif=telling_exif(), icc_profile=MARKER * 40) + MARKER


def png_of_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG made of these chunks, with right check sums."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def head_chunk(width: int, height: int) -> tuple[bytes, bytes]:
    """Return IHDR of an RGB picture."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


def saved(pdf: pikepdf.Pdf, **extra: Any) -> bytes:
    """Return the bytes of a PDF."""
    out = io.BytesIO()
    pdf.save(out, **extra)
    return out.getvalue()


def blank_pdf(pages: int = 1) -> pikepdf.Pdf:
    """Return a PDF whose pages draw the word *visible*."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    for _ in range(pages):
        page = pdf.add_blank_page(page_size=(200, 200))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(AA=font))
        page.obj.Contents = pdf.make_stream(b"BT /AA 12 Tf 20 20 Td (visible) Tj ET")
    return pdf


def script() -> pikepdf.Dictionary:
    """Return an action that runs the marker."""
    return pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(TEXT))


def layer() -> pikepdf.Dictionary:
    """Return an optional layer that says which program made it."""
    maker = pikepdf.Dictionary(Creator=pikepdf.String(TEXT))
    return pikepdf.Dictionary(
        Type=pikepdf.Name.OCG,
        Name=pikepdf.String("layer"),
        Usage=pikepdf.Dictionary(CreatorInfo=maker),
    )


def note(subtype: str, **extra: Any) -> pikepdf.Dictionary:
    """Return an annotation that says and does the marker."""
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name("/" + subtype),
        Rect=pikepdf.Array([10, 10, 60, 30]),
        Contents=pikepdf.String(TEXT),
        T=pikepdf.String(TEXT),
        **extra,
    )


def telling_pdf() -> bytes:
    """Return a PDF that hides the marker wherever a PDF can hide something."""
    pdf = blank_pdf(2)
    root, page = pdf.Root, pdf.pages[0].obj
    with pdf.open_metadata() as xmp:
        xmp["dc:creator"] = [TEXT]
    pdf.docinfo["/Author"] = TEXT
    pdf.trailer["/Strange"] = pikepdf.String(TEXT)
    pdf.attachments[TEXT] = MARKER
    root.OpenAction = script()
    root.AA = pikepdf.Dictionary(WC=script())
    root.Names.JavaScript = pikepdf.Dictionary(
        Names=pikepdf.Array([pikepdf.String(TEXT), script()])
    )
    root.OCProperties = pikepdf.Dictionary(
        OCGs=pikepdf.Array([pdf.make_indirect(layer())]), D=pikepdf.Dictionary()
    )
    root.StructTreeRoot = pikepdf.Dictionary(K=pikepdf.Dictionary(Alt=pikepdf.String(TEXT)))
    page.AA = pikepdf.Dictionary(O=script())
    page.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=pikepdf.String(TEXT)))
    page.Metadata = pdf.make_stream(MARKER)
    page.Resources.XObject = pikepdf.Dictionary(
        Im0=image_stream(pdf, [pikepdf.Name.DCTDecode], telling_jpeg()),
        Im1=image_stream(
            pdf, [pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode], zlib.compress(telling_jpeg())
        ),
        Im2=image_stream(pdf, [pikepdf.Name.JPXDecode], telling_jp2()),
    )
    uri = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(TEXT))
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String(TEXT))
    submit = pikepdf.Dictionary(S=pikepdf.Name.SubmitForm, F=pikepdf.String(TEXT))
    field = pdf.make_indirect(
        note("Widget", FT=pikepdf.Name.Tx, AA=pikepdf.Dictionary(K=script()), AP=drawn(pdf))
    )
    root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array([field]), NeedAppearances=True, XFA=pikepdf.String(TEXT)
    )
    page.Annots = pikepdf.Array(
        [
            *(note("Link", A=action) for action in (uri, launch, submit, script())),
            note("Text", Popup=note("Popup")),
            note("RichMedia", RichMediaContent=pikepdf.Dictionary(Assets=pikepdf.String(TEXT))),
            note("Movie", Movie=pikepdf.Dictionary(F=pikepdf.String(TEXT))),
            note("FileAttachment", FS=pikepdf.Dictionary(F=pikepdf.String(TEXT))),
            note("FreeText", AP=drawn(pdf)),
            field,
        ]
    )
    return saved(pdf) + MARKER


def image_stream(pdf: pikepdf.Pdf, filters: list[pikepdf.Name], data: bytes) -> pikepdf.Stream:
    """Return an image of a PDF with notes about itself."""
    stream = pikepdf.Stream(pdf, b"")
    stream.write(data, filter=pikepdf.Array(filters))
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height, stream.BitsPerComponent = 48, 32, 8
    stream.ColorSpace = pikepdf.Name.DeviceRGB
    stream.Metadata = pdf.make_stream(MARKER)
    return stream


def drawn(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    """Return an appearance that draws the word *filled*."""
    shape = pdf.make_stream(b"BT /AA 9 Tf (filled) Tj ET")
    shape.Type, shape.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    shape.BBox = pikepdf.Array([0, 0, 50, 20])
    return pikepdf.Dictionary(N=shape)


def telling_jp2() -> bytes:
    """Return boxes as JPEG 2000 has them, one with a note."""
    boxes = ((b"ftyp", b"jp2 "), (b"xml ", MARKER), (b"uuid", MARKER), (b"jp2c", b"\xff\x4f"))
    return b"\0\0\0\x0cjP  \r\n\x87\n" + b"".join(
        struct.pack(">I", 8 + len(body)) + name + body for name, body in boxes
    )


def all_bytes_of(pdf: bytes) -> bytes:
    """Return a PDF's bytes and all its objects, with every stream that can be decoded, decoded."""
    opened = pikepdf.open(io.BytesIO(pdf))
    found = [pdf, opened.trailer.unparse()]
    for thing in opened.objects:
        found.append(thing.unparse())
        if isinstance(thing, pikepdf.Stream):
            found += [thing.read_raw_bytes(), repr(dict(thing.items())).encode()]
            if b"DCT" not in found[-1] and b"JPX" not in found[-1]:
                found.append(thing.read_bytes())
    return b"\n".join(found)


# Cleaning files


async def chunks_of(data: bytes, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    """Yield ``data`` in pieces as an upload does."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def cleaned(data: bytes, **extra: Any) -> CleanFile:
    """Return the file cleaned in a real child."""
    return asyncio.run(clean_file(chunks_of(data), places=Places(), **extra))


def refusal(data: bytes, **extra: Any) -> str:
    """Return the key that the file is refused with."""
    with pytest.raises(FileRefused) as refused:
        cleaned(data, **extra)
    return refused.value.key


def clean_here(data: bytes, media_type: str) -> bytes:
    """Return the file cleaned by the child's own function, without its walls."""
    answer = files_child.clean(data, media_type)

    assert answer.get("refused") is None
    return answer["data"]


def opened(data: bytes) -> Image.Image:
    """Return a cleaned image, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def pythons(program: str) -> tuple[str, ...]:
    """Return the command of a child that is another program."""
    return sys.executable, "-I", "-c", program


# What comes through


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (jpeg(), "image/jpeg"),
        (png(), "image/png"),
        (saved(blank_pdf()), "application/pdf"),
        (b"\xef\xbb\xbf\r\n" + saved(blank_pdf()), "application/pdf"),
        (telling_jpeg(), "image/jpeg"),
        (telling_png(), "image/png"),
        (telling_pdf(), "application/pdf"),
    ],
    ids=["jpeg", "png", "pdf", "pdf after a mark", "full jpeg", "full png", "full pdf"],
)
def test_a_good_file_comes_back_as_its_own_kind(data: bytes, media_type: str) -> None:
    result = cleaned(data)

    assert media_type == result.media_type
    assert result.data.startswith(files.MAGIC[result.media_type])
    assert MARKER not in result.data


def test_the_door_works_on_the_loop_of_the_server() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(clean_file(chunks_of(telling_jpeg()), places=Places()))
        with pytest.raises(FileRefused) as refused:
            runner.run(
                clean_file(
                    chunks_of(noisy_jpeg()),
                    places=Places(),
                    child=pythons("while True: pass"),
                    seconds=0.1,
                )
            )

    assert "image/jpeg" == result.media_type
    assert "core.file.too_slow" == refused.value.key


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_mode_of_jpeg_is_taken(mode: str) -> None:
    result = opened(clean_here(jpeg(picture(mode)), "image/jpeg"))

    assert ("L" if mode == "L" else "RGB") == result.mode
    assert (48, 32) == result.size


@pytest.mark.parametrize(
    ("mode", "comes_as"),
    [
        ("1", "L"),
        ("L", "L"),
        ("I;16", "L"),
        ("P", "RGB"),
        ("RGB", "RGB"),
        ("LA", "LA"),
        ("RGBA", "RGBA"),
    ],
)
def test_every_mode_of_png_is_taken(mode: str, comes_as: str) -> None:
    result = opened(clean_here(png(picture(mode)), "image/png"))

    assert comes_as == result.mode
    assert picture("L").getpixel((5, 20)) == result.convert("L").getpixel((5, 20)) or mode == "1"


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_transparent_colour_of_a_png_becomes_alpha(mode: str) -> None:
    image = Image.new(mode, (4, 4))

    data = clean_here(png(image, transparency=(0, 0, 0) if mode == "RGB" else 0), "image/png")

    assert (0, 0, 0, 0) == opened(data).getpixel((0, 0))


def test_a_colour_under_full_transparency_is_gone() -> None:
    image = Image.new("RGBA", (4, 4), (200, 100, 50, 255))
    image.putpixel((1, 1), (200, 100, 50, 0))

    result = opened(clean_here(png(image), "image/png"))

    assert (0, 0, 0, 0) == result.getpixel((1, 1))
    assert (200, 100, 50, 255) == result.getpixel((0, 0))


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
        (99, (0, 0)),
    ],
)
@pytest.mark.parametrize("make", [jpeg, png])
def test_a_turned_picture_comes_upright(
    make: Callable[..., bytes], orientation: int, corner: tuple[int, int]
) -> None:
    image = Image.new("L", (64, 32), 0)
    image.paste(255, (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    kind = "image/jpeg" if make is jpeg else "image/png"

    result = opened(clean_here(make(image, exif=exif), kind))

    assert ((32, 64) if orientation in (5, 6, 7, 8) else (64, 32)) == result.size
    width, height = result.size
    assert result.getpixel((corner[0] * (width - 1), corner[1] * (height - 1))) > 200


def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    data = jpeg(exif=b"Exif\0\0" + b"MM\0\x2a\xff\xff\xff\xff" + MARKER)

    result = cleaned(data).data

    assert (48, 32) == opened(result).size
    assert MARKER not in result


@pytest.mark.parametrize(
    ("size", "comes_as"),
    [
        ((4096, 2), (4096, 2)),
        ((4097, 2), (4096, 2)),
        ((2, 8192), (1, 4096)),
        ((9000, 1), (4096, 1)),
    ],
)
@pytest.mark.parametrize("mode", ["L", "LA", "RGBA"])
def test_the_longest_side_is_capped(
    mode: str, size: tuple[int, int], comes_as: tuple[int, int]
) -> None:
    result = opened(clean_here(png(Image.new(mode, size)), "image/png"))

    assert (comes_as, mode) == (result.size, result.mode)


def test_of_a_moving_picture_the_first_frame_comes() -> None:
    out = io.BytesIO()
    Image.new("L", (4, 4), 10).save(
        out, "PNG", save_all=True, append_images=[Image.new("L", (4, 4), 200)]
    )

    result = opened(clean_here(out.getvalue(), "image/png"))

    assert 10 == result.getpixel((0, 0))
    assert 1 == getattr(result, "n_frames", 1)


@pytest.mark.parametrize(
    "image",
    [
        lambda: png(Image.new("RGBA", (8000, 5000), (9, 9, 9, 99))),
        lambda: jpeg(Image.new("RGB", (8000, 5000)), progressive=True, subsampling=0),
    ],
    ids=["rgba", "progressive jpeg"],
)
def test_the_largest_picture_fits_into_the_memory_of_the_child(
    image: Callable[[], bytes],
) -> None:
    assert (4096, 2560) == opened(cleaned(image()).data).size


# What is taken away


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(telling_jpeg(), "image/jpeg"), (telling_png(), "image/png")],
    ids=["jpeg", "png"],
)
def test_an_image_keeps_nothing_but_pixels(data: bytes, media_type: str) -> None:
    assert data.count(MARKER) >= 4

    result = clean_here(data, media_type)
    image = opened(result)

    assert MARKER not in result
    assert b"Exif" not in result
    assert {} == dict(image.getexif())
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_pdf_keeps_nothing_but_what_its_pages_draw() -> None:
    data = telling_pdf()

    assert all_bytes_of(data[: -len(MARKER)]).count(MARKER) >= 20

    result = clean_here(data, "application/pdf")
    told = all_bytes_of(result)
    pdf = pikepdf.open(io.BytesIO(result))

    assert MARKER not in told
    assert b"Exif" not in told
    assert [] == [word for word in files_child.GONE_KEYS - {"/AA"} if f"{word} ".encode() in told]
    assert {"/Type", "/Pages", "/OCProperties"} == set(pdf.Root.keys())
    assert 2 == len(pdf.pages)
    assert told.count(b"(visible)") == 2
    assert told.count(b"(filled)") == 2
    assert ["/AA"] == list(pdf.pages[0].Resources.Font.keys())


def test_the_identifier_of_a_pdf_is_new() -> None:
    pdf = blank_pdf()
    pdf.trailer.ID = pikepdf.Array([pikepdf.String(TEXT), pikepdf.String(TEXT)])

    result = clean_here(saved(pdf), "application/pdf")

    assert MARKER not in all_bytes_of(result)
    assert MARKER not in b"".join(
        bytes(part) for part in pikepdf.open(io.BytesIO(result)).trailer.ID
    )
    assert result == clean_here(saved(pdf), "application/pdf")


def test_a_photograph_in_a_pdf_is_the_same_picture_without_its_notes() -> None:
    result = pikepdf.open(io.BytesIO(clean_here(telling_pdf(), "application/pdf")))
    images = result.pages[0].Resources.XObject

    for name in ("/Im0", "/Im1"):
        assert pikepdf.Name.DCTDecode == images[name].Filter
        assert opened(telling_jpeg()).tobytes() == opened(images[name].read_raw_bytes()).tobytes()
    assert b"jp2c\xff\x4f" in images["/Im2"].read_raw_bytes()


@pytest.mark.parametrize(
    ("mode", "extra"),
    [
        ("L", {}),
        ("RGB", {}),
        ("CMYK", {}),
        ("RGB", {"progressive": True}),
        ("RGB", {"restart_marker_blocks": 1}),
    ],
)
def test_walking_a_jpeg_changes_no_pixel(mode: str, extra: dict[str, object]) -> None:
    data = jpeg(picture(mode), comment=MARKER, exif=telling_exif(), **extra)

    result = files_child.strip_jpeg(data)

    assert MARKER not in result
    assert opened(data).tobytes() == opened(result).tobytes()
    assert result == files_child.strip_jpeg(result)


def test_a_thumbnail_in_the_head_of_a_jpeg_is_gone() -> None:
    head = b"JFIF\0\1\1\0\0\1\0\1\2\2" + MARKER + b"!"
    data = jpeg()
    data = data[:2] + b"\xff\xe0" + struct.pack(">H", len(head) + 2) + head + data[20:]

    result = files_child.strip_jpeg(data)

    assert MARKER in data
    assert MARKER not in result
    assert opened(data).tobytes() == opened(result).tobytes()


def with_field(pdf: pikepdf.Pdf, field: pikepdf.Dictionary) -> None:
    """Put a form field on the first page."""
    field = pdf.make_indirect(field)
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field.get("/Parent", field)]))
    if "/Parent" in field:
        field.Parent.Kids = pikepdf.Array([field])
    pdf.pages[0].obj.Annots = pikepdf.Array([field])


def test_a_form_field_that_nothing_draws_is_not_lost_in_silence() -> None:
    pdf, hidden = blank_pdf(), blank_pdf()
    parent = pikepdf.Dictionary(FT=pikepdf.Name.Tx, V=pikepdf.String("name"))
    with_field(pdf, note("Widget", Parent=pdf.make_indirect(parent)))
    with_field(hidden, note("Widget", FT=pikepdf.Name.Tx, V=pikepdf.String(TEXT), F=2))

    assert {"refused": "core.file.unreadable"} == files_child.clean(saved(pdf), "application/pdf")
    assert MARKER not in clean_here(saved(hidden), "application/pdf")


def test_a_tail_behind_the_file_is_gone() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as tail:
        tail.writestr(TEXT, MARKER)

    for data, kind in ((saved(blank_pdf()), "application/pdf"), (jpeg(), "image/jpeg")):
        result = clean_here(data + archive.getvalue(), kind)

        assert MARKER not in result
        assert not zipfile.is_zipfile(io.BytesIO(result))


# What is refused


def deep_pdf() -> bytes:
    """Return a PDF with 100,000 arrays in each other."""
    pdf = blank_pdf()
    pdf.Root["/Lang"] = pikepdf.String("deep-here")
    return saved(pdf).replace(b"(deep-here)", b"[" * 100_000 + b"]" * 100_000)


def wide_pdf(objects: int) -> bytes:
    """Return a PDF with so many objects that a page needs."""
    pdf = blank_pdf()
    pdf.pages[0].obj.Resources.Properties = pikepdf.Array(
        [pdf.make_indirect(pikepdf.Dictionary()) for _ in range(objects)]
    )
    return saved(pdf)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "empty"),
        (b"\xff\xd8", "kind"),
        (b"only words", "kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "kind"),
        (b"GIF89a" + bytes(99), "kind"),
        (b"PK\3\4" + saved(blank_pdf()), "kind"),
        (b"%PDF-1.7 only words", "unreadable"),
        (jpeg()[:3], "unreadable"),
        (jpeg()[:-200], "unreadable"),
        (png()[:-40], "unreadable"),
        (png()[:8] + b"only words", "unreadable"),
        (saved(blank_pdf(101)), "too_many_pages"),
        (saved(pikepdf.new()), "unreadable"),
        (saved(blank_pdf(), encryption=pikepdf.Encryption(owner="o", user="u")), "locked"),
        (saved(blank_pdf(), encryption=pikepdf.Encryption(owner="o", user="")), "locked"),
        (deep_pdf(), "unreadable"),
        (
            png_of_chunks(head_chunk(60_000, 60_000), (b"IDAT", b""), (b"IEND", b"")),
            "too_many_pixels",
        ),
        (
            png_of_chunks(head_chunk(40_000, 1001), (b"IDAT", b""), (b"IEND", b"")),
            "too_many_pixels",
        ),
        (
            png_of_chunks(
                head_chunk(9, 9),
                (b"zTXt", b"x\0\0" + zlib.compress(bytes(200_000_000), 9)),
                (b"IDAT", zlib.compress(bytes(28 * 9))),
                (b"IEND", b""),
            ),
            "unreadable",
        ),
    ],
    ids=[
        *("empty", "two bytes", "text", "svg", "gif", "zip before pdf", "no pdf", "jpeg head"),
        *("cut jpeg", "cut png", "no png", "101 pages", "no page", "locked", "locked to change"),
        *("deep", "pixel bomb", "one row too many", "text bomb"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(data: bytes, key: str) -> None:
    assert f"core.file.{key}" == refusal(data)


def test_more_image_data_than_was_declared_is_never_unpacked() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    data = png_of_chunks(head_chunk(9, 9), (b"IDAT", bomb), (b"IEND", b""))

    assert (9, 9) == opened(cleaned(data).data).size


def test_a_hundred_pages_are_taken() -> None:
    result = pikepdf.open(io.BytesIO(clean_here(saved(blank_pdf(100)), "application/pdf")))

    assert 100 == len(result.pages)


def test_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_child, "OBJECTS", 60)

    assert "refused" not in files_child.clean(wide_pdf(40), "application/pdf")
    assert "refused" in files_child.clean(wide_pdf(80), "application/pdf")

    monkeypatch.setattr(files_child, "OBJECTS", 1000)
    monkeypatch.setattr(files_child, "ITEMS", 60)

    assert "refused" in files_child.clean(wide_pdf(80), "application/pdf")


def test_a_result_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_child, "RESULT_LIMIT", 100)

    assert {"refused": "core.file.too_large"} == files_child.clean(jpeg(), "image/jpeg")


def noisy_jpeg() -> bytes:
    """Return a JPEG with a long tail, larger than any buffer of a pipe."""
    return jpeg() + bytes(3_000_000)


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    data = jpeg().ljust(files.FILE_LIMIT, b"\0")

    assert "image/jpeg" == cleaned(data).media_type
    assert "core.file.too_large" == refusal(data + b"\0")


@pytest.mark.parametrize(
    ("start", "key", "read"),
    [(jpeg(), "core.file.too_large", 11), (b"words" * 50, "core.file.kind", 1)],
)
def test_reading_stops_when_it_is_clear_that_the_file_is_refused(
    start: bytes, key: str, read: int
) -> None:
    asked = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            asked.append(1)
            yield start.ljust(1024 * 1024, b"\0")

    with pytest.raises(FileRefused) as refused:
        asyncio.run(clean_file(endless(), places=Places()))

    assert key == refused.value.key
    assert read == len(asked)


def test_a_file_in_single_bytes_is_read_as_well() -> None:
    result = asyncio.run(clean_file(chunks_of(jpeg(), 1), places=Places()))

    assert "image/jpeg" == result.media_type


# The child, and children that are not ours


def answering(answer: object, length: int | None = None) -> tuple[str, ...]:
    """Return a child that says ``answer`` whatever it is given."""
    body = msgspec.msgpack.encode(answer)
    told = (len(body) if length is None else length).to_bytes(4, "big") + body
    return pythons(f"import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({told!r})")


@pytest.mark.parametrize(
    ("child", "key"),
    [
        (pythons("import os; os.kill(os.getpid(), 9)"), "unreadable"),
        (pythons("raise SystemExit(3)"), "unreadable"),
        (pythons("print('words')"), "unreadable"),
        (answering({"media_type": "image/jpeg", "data": b"words"}), "unreadable"),
        (answering({"media_type": "text/html", "data": jpeg()}), "unreadable"),
        (answering({"media_type": "image/png", "data": png()}), "unreadable"),
        (answering({"media_type": "image/jpeg", "data": jpeg()}, 7), "unreadable"),
        (answering({"refused": "core.home.title"}), "unreadable"),
        (answering({"refused": 7}), "unreadable"),
        (answering({}), "unreadable"),
        (answering({"refused": "core.file.locked"}), "locked"),
        (pythons("import sys\nwhile True: sys.stdout.write('x' * 65536)"), "unreadable"),
    ],
)
def test_a_child_that_dies_or_lies_is_a_refusal(child: tuple[str, ...], key: str) -> None:
    assert f"core.file.{key}" == refusal(noisy_jpeg(), child=child)


def test_a_child_that_takes_too_much_memory_is_a_refusal() -> None:
    program = (
        f"import runpy; child = runpy.run_path({CHILD_FILE!r});"
        "child['limit_itself'](); bytearray(600 * 1024 * 1024); print('there was room')"
    )

    assert "core.file.unreadable" == refusal(jpeg(), child=pythons(program))


def running_children() -> list[str]:
    """Return the states of all processes that this one has started and not waited for."""
    mine = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [pid for task in mine for pid in task.read_text().split()]


def test_a_slow_child_is_killed_and_waited_for() -> None:
    before = running_children()

    key = refusal(noisy_jpeg(), child=pythons("while True: pass"), seconds=0.2)

    assert "core.file.too_slow" == key
    assert before == running_children()


def test_a_cancelled_upload_kills_its_child() -> None:
    before = running_children()

    async def give_up() -> list[str]:
        started = asyncio.create_task(
            clean_file(chunks_of(jpeg()), places=Places(), child=pythons("while True: pass"))
        )
        while running_children() == before:
            await asyncio.sleep(0)
        during = running_children()
        started.cancel()
        await asyncio.gather(started, return_exceptions=True)

        assert started.cancelled()
        return during

    during = asyncio.run(give_up())

    assert len(before) + 1 == len(during)
    assert before == running_children()


def test_two_are_cleaned_at_once_some_wait_and_the_rest_is_told_to_come_later() -> None:
    async def crowd() -> list[CleanFile | BaseException]:
        places = Places(at_once=2, waiting=1)
        return await asyncio.gather(
            *(clean_file(chunks_of(jpeg()), places=places) for _ in range(5)),
            clean_file(chunks_of(b"words"), places=places),
            return_exceptions=True,
        )

    results = asyncio.run(crowd())

    assert 3 == sum(isinstance(result, CleanFile) for result in results)
    assert ["core.file.busy"] * 2 == [r.key for r in results if isinstance(r, TooMany)]


def test_uploads_together_have_only_so_much_memory() -> None:
    places = Places(memory=len(jpeg()))

    async def one_by_one() -> list[CleanFile | BaseException]:
        good = clean_file(chunks_of(jpeg()), places=places)
        large = clean_file(chunks_of(jpeg() + b"\0"), places=places)
        again = clean_file(chunks_of(jpeg()), places=places)
        return [(await asyncio.gather(c, return_exceptions=True))[0] for c in (good, large, again)]

    first, second, third = asyncio.run(one_by_one())

    assert isinstance(second, TooMany)
    assert "core.file.busy" == second.key
    assert first == third


def in_the_room(attempt: str) -> dict[str, str]:
    """Run ``attempt`` in a child after it has shut its doors; return what it wrote down."""
    program = "\n".join(
        [
            "import json, os, resource, runpy, socket, sys, threading",
            f"child = runpy.run_path({CHILD_FILE!r})",
            "child['limit_itself']()",
            "child['close_the_doors']()",
            "told = {}",
            "def attempt(name, act):",
            "    try: told[name] = repr(act())",
            "    except Exception as problem: told[name] = type(problem).__name__",
            attempt,
            "print(json.dumps(told))",
        ]
    )
    run = subprocess.run(
        pythons(program), env={}, cwd="/", capture_output=True, check=True, start_new_session=True
    )
    told: dict[str, str] = json.loads(run.stdout)
    return told


def test_the_child_can_open_nothing_and_write_nothing(tmp_path: Path) -> None:
    target = str(tmp_path / "written")

    told = in_the_room(
        f"attempt('write', lambda: open({target!r}, 'w'))\n"
        "attempt('read', lambda: open('/etc/hostname'))\n"
        "attempt('list', lambda: os.listdir('/'))\n"
        "attempt('connect', lambda: socket.socket())\n"
        "attempt('pipe', lambda: os.pipe())\n"
        "attempt('environment', lambda: [k for k in os.environ if k != 'LC_CTYPE'])\n"
        "attempt('core', lambda: resource.getrlimit(resource.RLIMIT_CORE))\n"
        "attempt('size', lambda: resource.getrlimit(resource.RLIMIT_FSIZE))\n"
    )

    assert not Path(target).exists()
    assert {
        "write": "OSError",
        "read": "OSError",
        "list": "OSError",
        "connect": "OSError",
        "pipe": "OSError",
        "environment": "[]",
        "core": "(0, 0)",
        "size": "(0, 0)",
    } == told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may surely do what this needs")
def test_the_child_sees_no_folders_no_network_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")

    told = in_the_room(
        f"attempt('delete', lambda: os.unlink({str(tmp_path / 'kept')!r}))\n"
        f"attempt('make', lambda: os.mkdir({str(tmp_path / 'made')!r}))\n"
        "attempt('make here', lambda: os.mkdir('made'))\n"
        "attempt('fork', lambda: os.fork())\n"
        "attempt('user', lambda: os.getuid())\n"
        "attempt('raise', lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)))\n"
    )

    assert ["kept"] == [path.name for path in tmp_path.iterdir()]
    assert {
        "delete": "FileNotFoundError",
        "make": "FileNotFoundError",
        "make here": "FileNotFoundError",
        "fork": "BlockingIOError",
        "user": "65534",
        "raise": "ValueError",
    } == told


def test_a_file_that_is_cleaned_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    for data in (telling_jpeg(), telling_pdf()):
        cleaned(data)

    assert [] == list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def seeds() -> list[tuple[str, bytes]]:
    """Return one small file of each kind."""
    small = picture(size=(8, 8))
    return [
        ("image/jpeg", jpeg(small, exif=telling_exif())),
        ("image/png", png(small)),
        ("application/pdf", telling_pdf()),
    ]


def mutated(data: bytes, changes: Iterable[tuple[float, bytes]]) -> bytes:
    """Return ``data`` with pieces written over it, at places between 0 and 1."""
    result = bytearray(data)
    for place, piece in changes:
        at = int(place * len(result))
        result[at : at + len(piece)] = piece
    return bytes(result)


CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=8
)


@given(kind=st.integers(0, 2), changes=CHANGES)
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_is_cleaned_or_refused(
    seeds: list[tuple[str, bytes]], kind: int, changes: list[tuple[float, bytes]]
) -> None:
    media_type, data = seeds[kind]

    answer = files_child.clean(mutated(data, changes), media_type)

    assert answer.get("refused") in files.CHILD_REASONS or answer["media_type"] == media_type


@given(kind=st.integers(0, 2), changes=CHANGES)
@settings(max_examples=12, deadline=None)
def test_a_damaged_file_raises_nothing_but_a_refusal(
    seeds: list[tuple[str, bytes]], kind: int, changes: list[tuple[float, bytes]]
) -> None:
    data = mutated(seeds[kind][1], changes)

    try:
        result = cleaned(data)
    except FileRefused as refused:
        assert refused.key.startswith("core.file.")
    else:
        assert result.data.startswith(files.MAGIC[result.media_type])


@given(data=st.binary(max_size=60), start=st.sampled_from([b"", b"\xff\xd8", jpeg()[:40]]))
def test_walking_anything_as_jpeg_ends(data: bytes, start: bytes) -> None:
    try:
        result = files_child.strip_jpeg(start + data)
    except ValueError:
        return

    assert result.endswith(files_child.JPEG_END)
    assert result == files_child.strip_jpeg(result)
