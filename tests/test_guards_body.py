"""What the readers of bodies do with what comes over the wire, in whatever pieces it comes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import HTTPException
from multipart import MultipartError, MultipartSegment

from guarding import FORM, Wire, make_request, refused
from pe_core.web.guards import body as body_module
from pe_core.web.guards.body import Fields, FileChunks, Part, read_fields, stream_parts

UPLOAD = ("content-type", "multipart/form-data; boundary=sep")
TWO_FILES = (
    b'--sep\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\nfirst\r\n'
    b'--sep\r\nContent-Disposition: form-data; name="b"; filename="y"\r\n\r\nsecond\r\n'
    b"--sep--\r\n"
)


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


LAST: dict[str, Any] = {"type": "http.request", "body": b""}
GONE: dict[str, Any] = {"type": "http.disconnect"}
STRANGE: dict[str, Any] = {"type": "http.strange", "body": b"b=2"}


def read(
    *messages: dict[str, Any], headers: tuple[tuple[str, str], ...] = (FORM,), limit: int = 100
) -> Fields:
    request = make_request("POST", "/en/", *headers, messages=messages)
    return asyncio.run(read_fields(request, limit))


def field(name: str, value: bytes) -> bytes:
    head = f'--sep\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value + b"\r\n--sep--\r\n"


def upload(body: bytes, *headers: tuple[str, str]) -> Wire:
    return make_request("POST", "/en/", *(headers or (UPLOAD,)), body=body)


async def _parts(request: Wire, limit: int) -> list[Part]:
    return [part async for part in stream_parts(request, limit)]


def parts(request: Wire, limit: int = 100_000) -> list[Part]:
    return asyncio.run(_parts(request, limit))


@given(st.lists(st.binary(max_size=5), max_size=8))
def test_a_body_is_one_in_whatever_pieces_it_comes(pieces: list[bytes]) -> None:
    letters = [each.hex().encode() for each in pieces]
    fields = read(piece(b"a="), *(piece(each) for each in letters), LAST)

    assert b"".join(letters).decode() == fields.one("a")


def test_a_piece_that_says_nothing_of_more_is_the_last() -> None:
    assert "1" == read(LAST | {"body": b"a=1"}, piece(b"&a=2")).one("a")


def test_messages_that_are_no_piece_of_a_body_are_passed_over() -> None:
    fields = read(STRANGE, piece(b"a=1"), STRANGE, piece(b"&a=2", more=False))

    assert ["1", "2"] == fields.all("a")
    assert [] == fields.all("b")


@pytest.mark.parametrize("before", [[], [piece(b"a=1")]])
def test_a_body_whose_sender_went_away_is_refused(before: list[dict[str, Any]]) -> None:
    assert "bad_request" == refused(lambda: read(*before, GONE))


@pytest.mark.parametrize(
    ("announced", "page"),
    [
        ("4", None),
        ("0004", None),
        ("0" * 20 + "9", None),
        ("", None),
        ("-5", None),
        ("+5", None),
        ("5 ", None),
        ("five", None),
        ("5", "too_large"),
        ("00005", "too_large"),
        ("9" * 5000, "too_large"),
    ],
)
def test_a_body_that_says_it_is_too_large_is_refused_unread(
    announced: str, page: str | None
) -> None:
    headers = (FORM, ("content-length", announced))

    if page is None:
        assert "12" == read(piece(b"a=12", more=False), headers=headers, limit=4).one("a")
    else:
        assert page == refused(lambda: read(headers=headers, limit=4))


def test_what_comes_after_too_much_is_not_read() -> None:
    assert "too_large" == refused(lambda: read(piece(b"a="), piece(b"x" * 99), limit=100))


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded; charset=UTF8",
        'application/x-www-form-urlencoded; charset="utf-8"',
        "application/x-www-form-urlencoded; other=koi8-r",
    ],
)
def test_a_form_in_utf_8_is_read(kind: str) -> None:
    assert "1" == read(piece(b"a=1", more=False), headers=(("content-type", kind),)).one("a")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", "application/x-www-form-urlencoded; charset=utf-16"),),
        (("content-type", "application/x-www-form-urlencoded2"),),
        (("content-type", "multipart/form-data"),),
    ],
)
def test_a_body_of_another_kind_is_refused_unread(headers: tuple[tuple[str, str], ...]) -> None:
    assert "wrong_kind" == refused(lambda: read(headers=headers))


def test_a_kind_that_the_parser_cannot_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (MultipartError, ValueError):

        def fail(_: str, error: type[Exception] = error) -> None:
            raise error("a word of the sender")

        monkeypatch.setattr(body_module, "parse_options_header", fail)

        assert "wrong_kind" == refused(read)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("a" * 80, None),
        ("where.city-2_x", None),
        ("", None),
        ("a" * 81, "bad_request"),
        ("a b", "bad_request"),
        ("a%0A", "bad_request"),
        ("%D0%96", "bad_request"),
    ],
)
def test_a_field_has_a_plain_name(name: str, page: str | None) -> None:
    body = piece(f"{name}=1".encode(), more=False)

    if page is None:
        assert ((name, "1"),) == read(body).pairs
    else:
        assert page == refused(lambda: read(body))


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (b"a=100%25", None),
        (b"a=%2525", None),
        (b"a=%25&b=%41", None),
        (b"a=100%", "bad_request"),
        (b"a=%25&b=%4", "bad_request"),
        (b"a=%25%zz", "bad_request"),
    ],
)
def test_a_percent_sign_stands_for_something(body: bytes, page: str | None) -> None:
    if page is None:
        assert read(piece(body, more=False)).pairs
    else:
        assert page == refused(lambda: read(piece(body, more=False)))


def test_the_first_of_several_values_is_the_one() -> None:
    fields = Fields(pairs=(("b", "0"), ("a", "1"), ("a", "2")))

    assert ("1", "0", "") == (fields.one("a"), fields.one("b"), fields.one("c"))


def test_a_file_ends_with_its_own_bytes() -> None:
    async def read_each_twice() -> list[tuple[str, bytes, bytes]]:
        found = []
        async for part in stream_parts(upload(TWO_FILES), 1000):
            chunks = part.chunks
            assert chunks is not None
            once = b"".join([chunk async for chunk in chunks])
            found.append((part.name, once, b"".join([chunk async for chunk in chunks])))
        return found

    assert [("a", b"first", b""), ("b", b"second", b"")] == asyncio.run(read_each_twice())


def test_a_chunk_of_a_file_is_bytes_whatever_the_parser_gives() -> None:
    async def events() -> AsyncIterator[Any]:
        for event in (bytearray(b"one"), b"two", None, b"of the next part"):
            yield event

    async def take() -> list[bytes]:
        return [chunk async for chunk in FileChunks(events())]

    chunks = asyncio.run(take())

    assert [b"one", b"two"] == chunks
    assert {bytes} == {type(chunk) for chunk in chunks}


def test_a_field_has_no_chunks_and_a_file_has_no_text() -> None:
    (text,) = parts(upload(field("word", "Ж".encode())))
    file, _ = parts(upload(TWO_FILES))

    assert ("word", "Ж", None) == (text.name, text.text, text.chunks)
    assert ("a", "") == (file.name, file.text)


@pytest.mark.parametrize(
    ("disposition", "names"),
    [
        ("form-data", [""]),
        ('form-data; filename="x"', [""]),
        ('form-data; filename=""', []),
        ('form-data; filename=""; name="b"', []),
        ('form-data; name=""', [""]),
    ],
)
def test_a_part_without_a_name_has_an_empty_one(disposition: str, names: list[str]) -> None:
    body = f"--sep\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--sep--\r\n".encode()

    assert names == [part.name for part in parts(upload(body))]


def test_a_text_of_the_limit_is_read_and_one_byte_more_is_not() -> None:
    (part,) = parts(upload(field("a", b"x" * 40_000)))

    assert 40_000 == len(part.text)
    assert "too_large" == refused(lambda: parts(upload(field("a", b"x" * 40_001))))


def test_an_upload_of_the_limit_is_read_and_one_byte_more_is_not() -> None:
    body = field("a", b"x")

    assert 1 == len(parts(upload(body), len(body)))
    assert "too_large" == refused(lambda: parts(upload(body), len(body) - 1))


def test_forty_parts_are_read_and_one_more_is_not() -> None:
    one = b'--sep\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'

    assert 40 == len(parts(upload(one * 40 + b"--sep--\r\n")))
    assert "too_large" == refused(lambda: parts(upload(one * 41 + b"--sep--\r\n")))


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("multipart/form-data", "bad_request"),
        ("multipart/form-data; boundary=", "bad_request"),
        ('multipart/form-data; boundary=""', "bad_request"),
        ("multipart/form-data; boundary=other", "bad_request"),
        ("multipart/form-data; boundary=é", "bad_request"),
        ("multipart/form-data; boundary=sep; charset=koi8-r", "wrong_kind"),
        ("multipart/mixed; boundary=sep", "wrong_kind"),
        ("application/x-www-form-urlencoded", "wrong_kind"),
    ],
)
def test_an_upload_is_of_its_kind_and_has_its_boundary(kind: str, page: str) -> None:
    assert page == refused(lambda: parts(upload(TWO_FILES, ("content-type", kind))))


@pytest.mark.parametrize("word", [b"", b"XXXX", b"None", b"boundary"])
def test_an_upload_that_names_no_boundary_is_not_parted_at_a_word_of_ours(word: bytes) -> None:
    body = TWO_FILES.replace(b"--sep", b"--" + word)

    assert "bad_request" == refused(
        lambda: parts(upload(body, ("content-type", "multipart/form-data")))
    )


@pytest.mark.parametrize("kind", ["multipart/form-data; Boundary=sep", UPLOAD[1].title()])
def test_the_words_of_the_kind_may_be_of_any_case(kind: str) -> None:
    body = TWO_FILES if kind.endswith("sep") else TWO_FILES.replace(b"--sep", b"--Sep")

    assert 2 == len(parts(upload(body, ("content-type", kind))))


def test_bytes_that_belong_to_no_part_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Parser:
        """Gives bytes before it has named a part."""

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __enter__(self) -> "Parser":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def parse(self, chunk: bytes) -> Iterator[MultipartSegment | bytes | None]:
            yield chunk

    monkeypatch.setattr(body_module, "PushMultipartParser", Parser)

    assert "bad_request" == refused(lambda: parts(upload(b"x")))


@given(st.binary(max_size=300))
def test_any_upload_is_read_or_refused(body: bytes) -> None:
    try:
        parts(upload(b"--sep\r\n" + body + b"\r\n--sep--"))
    except HTTPException as error:
        assert error.detail in ("bad_request", "too_large")
