"""Files that are made to harm: bombs, scripts, files of two kinds. All are invented here."""

import asyncio
import io
import re
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Any

import pikepdf
import pytest
from PIL import Image

from pe_core.desk import listing, requests, visits
from pe_core.desk.files import MAGIC, CleanFile, Places, clean_file
from pe_core.errors import FileRefused
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, ask

Run = Callable[[Awaitable[Any]], Any]
HTML = b"<html><script>alert(7)</script></html>"
PHP = b"<?php echo 7; ?>"
MARK = b"harm-5c1e"
HARM = (b"<script", b"<html", b"<?php", b"PK\x03\x04", b"GIF8", MARK)
ACTIVE = re.compile(
    rb"/(JavaScript|JS|OpenAction|AA|Launch|URI|SubmitForm|ImportData|GoToR|GoToE|EmbeddedFiles?"
    rb"|XFA|AcroForm|RichMedia|Rendition|Movie|Sound|Sig|DocMDP|Perms|Annots|Names|Dests|Outlines)"
    rb"(?![A-Za-z])"
)


async def chunks_of(data: bytes) -> AsyncIterator[bytes]:
    """Yield a file as an upload does."""
    for start in range(0, len(data), 65_536):
        yield data[start : start + 65_536]


def cleaned(data: bytes, seconds: float = 20.0) -> CleanFile | str:
    """Return the file cleaned in a real child, or the reason why it is refused."""
    try:
        return asyncio.run(clean_file(chunks_of(data), places=Places(), seconds=seconds))
    except FileRefused as refused:
        return refused.key


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **extra: Any) -> bytes:
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, (120, 40, 90)).save(out, kind, **extra)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: bytes, width: int = 9, height: int = 9) -> bytes:
    """Return a PNG of a size that it claims, with these chunks before its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(28 * 9)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def archive() -> bytes:
    """Return a ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        files.writestr("run.html", HTML + MARK)
    return out.getvalue()


def jpeg_with(marker: int, body: bytes) -> bytes:
    """Return a JPEG with one more segment behind its start."""
    data = picture("JPEG")
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + data[2:]


def saved(pdf: pikepdf.Pdf, **extra: Any) -> bytes:
    """Return the bytes of a PDF."""
    out = io.BytesIO()
    pdf.save(out, **extra)
    return out.getvalue()


def blank(pages: int = 1) -> pikepdf.Pdf:
    """Return a PDF of empty pages."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(200, 200))
    return pdf


def action(kind: str, **extra: Any) -> pikepdf.Dictionary:
    """Return an action of a PDF."""
    return pikepdf.Dictionary(S=pikepdf.Name("/" + kind), **extra)


def name_tree(pdf: pikepdf.Pdf, value: Any) -> pikepdf.Dictionary:
    """Return a name tree of one entry."""
    return pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("x"), value]))


def script() -> pikepdf.Dictionary:
    """Return an action that runs a script."""
    return action("JavaScript", JS=pikepdf.String(MARK.decode()))


def active_pdf() -> bytes:
    """Return a PDF with everything in it that a reader might start."""
    pdf = blank(2)
    root, page = pdf.Root, pdf.pages[0].obj
    launch = action("Launch", F=pikepdf.String("cmd.exe"), Next=script())
    root.OpenAction = launch
    root.AA = pikepdf.Dictionary(WC=script(), DP=launch)
    pdf.attachments["run.html"] = HTML
    root.Names.JavaScript = name_tree(pdf, script())
    root.Names.Dests = name_tree(pdf, pikepdf.Array([page]))
    root.URI = pikepdf.Dictionary(Base=pikepdf.String("https://elsewhere.example"))
    signature = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Sig, Contents=pikepdf.String(MARK.decode()))
    )
    root.Perms = pikepdf.Dictionary(DocMDP=signature)
    box = pikepdf.Array([0, 0, 9, 9])
    fields = [
        pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name("/Sig"),
                V=signature,
                Rect=box,
                AA=pikepdf.Dictionary(E=script()),
            )
        )
    ]
    root.AcroForm = pikepdf.Dictionary(
        Fields=pikepdf.Array(fields), XFA=pdf.make_stream(HTML), SigFlags=3, CO=pikepdf.Array([])
    )
    root.Outlines = pikepdf.Dictionary(First=pikepdf.Dictionary(A=script()), Count=1)
    page.AA = pikepdf.Dictionary(O=script(), C=launch)
    acts = [
        script(),
        launch,
        action("URI", URI=pikepdf.String("https://elsewhere.example")),
        action("SubmitForm", F=pikepdf.String("https://elsewhere.example")),
        action("ImportData", F=pikepdf.String("x")),
        action("GoToR", F=pikepdf.String("//elsewhere.example/share"), D=pikepdf.Array([0])),
        action("GoToE", F=pikepdf.String("x")),
        action("Rendition", JS=pikepdf.String(MARK.decode())),
    ]
    links = [
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=box, A=act, PA=act
        )
        for act in acts
    ]
    page.Annots = pikepdf.Array([*links, *fields])
    page.PZ = pikepdf.Dictionary(A=script())
    return saved(pdf)


def sneaking_pdf() -> bytes:
    """Return a PDF whose script is first met where dictionaries have names of their own."""
    pdf = blank(2)
    evil, first = pdf.pages[0].obj, pdf.pages[1].obj
    act = pdf.make_indirect(script())
    evil.AA = pikepdf.Dictionary(O=act)
    first.Resources = pikepdf.Dictionary(Font=evil, XObject=act, Properties=act, Pattern=evil)
    return saved(pdf)


def told_by(pdf: bytes) -> bytes:
    """Return all objects of a PDF, with what its streams unpack to."""
    opened = pikepdf.open(io.BytesIO(pdf))
    found = [opened.trailer.unparse()]
    for thing in opened.objects:
        found.append(thing.unparse(resolved=True))
        if isinstance(thing, pikepdf.Stream):
            found += [thing.read_bytes(), *(str(key).encode() for key in thing)]
    return b"\n".join(found)


@pytest.mark.parametrize(
    ("data", "left"),
    [
        (active_pdf(), set()),
        pytest.param(
            sneaking_pdf(),
            {b"JavaScript"},  # the bare kind of an act: without its text it starts nothing
        ),
    ],
    ids=["plain", "under free names"],
)
def test_nothing_in_a_cleaned_pdf_starts_anything(data: bytes, left: set[bytes]) -> None:
    assert ACTIVE.search(told_by(data))
    assert MARK in told_by(data)

    result = cleaned(data)

    assert isinstance(result, CleanFile)
    told = told_by(result.data)
    assert set(ACTIVE.findall(told)) <= left
    assert MARK not in told
    assert 2 == len(pikepdf.open(io.BytesIO(result.data)).pages)


def with_stream(data: bytes, **keys: Any) -> bytes:
    """Return a PDF whose page draws a stream of these packed bytes."""
    pdf = blank()
    stream = pikepdf.Stream(pdf, b"")
    stream.write(data, filter=pikepdf.Name.FlateDecode)
    for key, value in keys.items():
        stream[f"/{key}"] = value
    pdf.pages[0].obj.Contents = stream
    return saved(pdf)


@cache
def packed(size: int, times: int = 1) -> bytes:
    """Return zeros, packed so many times over, without ever holding them all."""
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))
    data += packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def deep_tree(depth: int) -> bytes:
    """Return a PDF whose one page hangs under so many nodes."""
    pdf = blank()
    leaf = pdf.pages[0].obj
    for _ in range(depth):
        node = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Pages, Count=1, Kids=pikepdf.Array([leaf]))
        )
        leaf.Parent, leaf = node, node
    pdf.Root.Pages = leaf
    return saved(pdf)


def circle(where: str) -> bytes:
    """Return a PDF that holds itself."""
    pdf = blank()
    page = pdf.pages[0].obj
    if where == "resources":
        page.Resources = pdf.make_indirect(pikepdf.Dictionary())
        page.Resources.Font = page.Resources
    else:
        form = pdf.make_stream(b"/X Do")
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox = pikepdf.Array([0, 0, 9, 9])
        form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    data = saved(pdf)
    if where == "kids":  # the tree of pages holds its own root
        number = re.search(rb"/Pages (\d+) 0 R", data)
        assert number is not None
        data = re.sub(rb"/Kids \[ ", b"/Kids [ " + number[1] + b" 0 R ", data)
    return data


def object_stream_bomb() -> bytes:
    """Return a PDF with an object stream that unpacks to more than the child has memory."""
    return (
        b"%PDF-1.5\n1 0 obj\n<</Type/ObjStm/N 2/First 9/Filter/FlateDecode/Length "
        + (b"%d>>\nstream\n" % len(packed(600_000_000)))
        + packed(600_000_000)
        + b"\nendstream\nendobj\ntrailer\n<</Root 2 0 R/Size 3>>\nstartxref\n0\n%%EOF"
    )


@pytest.mark.parametrize(
    "data",
    [
        png(width=50_000, height=50_000),
        png(width=2**31 - 1, height=2**31 - 1),
        png(width=1, height=2**31 - 1),
        png(chunk(b"zTXt", b"x\0\0" + packed(200_000_000))),
        png(chunk(b"iCCP", b"x\0\0" + packed(200_000_000))),
        png(chunk(b"iTXt", b"x\0\1\0\0\0" + packed(200_000_000))),
        png(*(chunk(b"tEXt", b"x\0" + b"y" * 1_000_000) for _ in range(9))),
        png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
        png(chunk(b"eXIf", b"II*\0" + b"\xff" * 4000)),
        picture("JPEG").replace(b"\x00\x1e\x00\x28", b"\xff\xff\xff\xff", 1),
        with_stream(packed(300_000_000, 3)),
        deep_tree(3_000),
        circle("resources"),
        circle("form"),
        circle("kids"),
    ],
    ids=[
        *("50,000 squared", "the largest png", "one column", "text", "profile", "itxt", "notes"),
        *("frames", "exif", "jpeg", "thrice packed", "deep tree", "resources", "form", "kids"),
    ],
)
def test_a_bomb_is_refused_or_comes_out_small(data: bytes) -> None:
    result = cleaned(data)

    assert isinstance(result, str) or len(result.data) < max(len(data), 4096) * 2
    if isinstance(result, str):
        assert result.startswith("core.file.")
        assert "core.file.too_slow" != result


def test_an_object_stream_that_fills_the_memory_is_refused() -> None:
    assert "core.file.unreadable" == cleaned(object_stream_bomb())


def test_a_page_that_unpacks_to_more_than_any_page_needs_is_refused() -> None:
    result = cleaned(with_stream(packed(600_000_000)))

    assert isinstance(result, str)


def test_a_small_picture_does_not_hold_the_child_for_seconds() -> None:
    pdf = blank()
    image = pikepdf.Stream(pdf, b"")
    image.write(b"\xff\xd8" + b"\xff" * 60_000 + b"\0", filter=pikepdf.Name.DCTDecode)
    pdf.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=image))

    # Two such files at a time, twice a minute, would keep every other upload out.
    assert "core.file.too_slow" != cleaned(saved(pdf), seconds=3.0)


POLYGLOTS = {
    "jpeg with html behind": picture("JPEG") + HTML,
    "jpeg with php in a comment": jpeg_with(0xFE, PHP),
    "jpeg with html in a segment": jpeg_with(0xE5, HTML),
    "jpeg with a zip behind": picture("JPEG") + archive(),
    "jpeg with gif in a segment": jpeg_with(0xEF, b"GIF89a" + HTML),
    "jpeg with javascript around": jpeg_with(0xFE, b"*/=alert(7);/*" + MARK),
    "jpeg with a pdf in a comment": jpeg_with(0xFE, saved(blank())[:60_000]),
    "png with html in text": png(chunk(b"tEXt", b"x\0" + HTML)),
    "png with php in its own chunk": png(chunk(b"phPx", PHP)),
    "png with html behind": png() + HTML,
    "png with a zip behind": png() + archive(),
    "pdf with a zip behind": saved(blank()) + archive(),
    "pdf with html behind its head": saved(blank()).replace(b"\n", b"\n%" + HTML + b"\n", 1),
}


@pytest.mark.parametrize("data", POLYGLOTS.values(), ids=POLYGLOTS)
def test_of_a_file_of_two_kinds_one_is_left(data: bytes) -> None:
    result = cleaned(data)

    assert isinstance(result, CleanFile)
    assert [] == [harm for harm in HARM if harm in result.data]
    assert not zipfile.is_zipfile(io.BytesIO(result.data))
    assert (b"%PDF-" in result.data) is (result.media_type == "application/pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a/*" + picture("JPEG"),
        HTML + picture("JPEG"),
        HTML + saved(blank()),
        b"\n" + picture("PNG"),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(7)'/>",
        b"<?xml version='1.0'?><svg/>",
        archive() + saved(blank()),
        b"%!PS-Adobe-3.0\n" + saved(blank()),
        b"BM" + bytes(99),
        b"RIFF\0\0\0\0WEBP" + bytes(99),
        b"II*\0" + bytes(99),
        b"\0\0\0\x1cftypheic" + bytes(99),
        b"\xff\xfe" + HTML.decode().encode("utf-16-le"),
    ],
)
def test_what_begins_like_another_kind_is_refused(data: bytes) -> None:
    assert "core.file.kind" == cleaned(data)


def test_a_file_that_is_sent_to_a_coordinator_cannot_script(
    pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Callable[[], Browser]
) -> None:
    desk, account = pe_embassy.desk, pe_embassy.account
    receipt = pe_run(ask(desk, ASKED[2]))
    _, visit = pe_run(visits.come_back(desk, receipt))
    for media_type in MAGIC:
        # Even if the child had been taken over and this were what it gave.
        evil = CleanFile(media_type=media_type, data=HTML)
        pe_run(visits.add_word(desk, visit, "Look.", [evil]))
    pe_embassy.clock.move(minutes=1)
    browser = pe_browser()
    browser.go("/en/staff/unlock")
    code = account.code(pe_embassy.clock.now())
    browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
    session = desk.sessions.items()[0]
    (entry,) = pe_run(listing.list_requests(desk, session))
    thread = pe_run(requests.open_request(desk, session, entry.id)).thread
    files = [note for _, message in thread for note in message.files]

    assert set(MAGIC) == {note.media_type for note in files}
    for note in files:
        page = browser.go(f"/en/staff/requests/{entry.id}/files/{note.id}")

        assert HTML == page.content
        assert note.media_type == page.headers["content-type"]
        assert "nosniff" == page.headers["x-content-type-options"]
        assert "sandbox; default-src 'none'" == page.headers["content-security-policy"]
        assert "no-store" == page.headers["cache-control"]
        assert "same-origin" == page.headers["cross-origin-resource-policy"]
        assert re.fullmatch(
            r'attachment; filename="[0-9a-z]+\.(jpg|png|pdf)"',
            page.headers["content-disposition"],
        )
