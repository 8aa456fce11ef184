"""JSON of strangers is read in one way, or not at all."""

import json
from typing import Any

import pytest

from pe_core.errors import PacketRefused
from pe_core.model.struct import Model
from pe_core.network import wire
from pe_core.network.strict import DEEPEST, LARGEST, read_packet, read_strict

ID = "a" * 26
ERASE = wire.Erase(id=ID, sender="zz", to="yy", created=1, thread=ID, packets=(ID,))


class Said(Model):
    """Whatever stands under one name."""

    x: Any


def nested(depth: int) -> list[Any]:
    """Return lists inside each other, this deep."""
    return [nested(depth - 1)] if depth > 1 else []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"x": 1}', 1),
        (f'{{"x": {LARGEST}}}', LARGEST),
        (f'{{"x": -{LARGEST}}}', -LARGEST),
        ('{"x": -0}', 0),
        (' {"x":\t[true, false,\r\nnull]} ', [True, False, None]),
        ('{"x": "[[[[{{{{\\"]"}', '[[[[{{{{"]'),
        ('{"x": "\\u00e9\\ud83d\\ude00"}', "é\U0001f600"),
        ('{"x": "é\U0001f600"}', "é\U0001f600"),
        ('{"x": {"a": {"a": 1}}}', {"a": {"a": 1}}),
        ('{"\\u0078": 1}', 1),
        (f'{{"x": {"[" * (DEEPEST - 1)}{"]" * (DEEPEST - 1)}}}', nested(DEEPEST - 1)),
        (f'{{"x": [{",".join(["[]"] * 1000)}]}}', [[]] * 1000),
    ],
)
def test_strict_json_is_read(said: str, expected: object) -> None:
    assert expected == read_strict(said.encode(), Said).x


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"x": 1',
        b'{"x": 1}}',
        b'{"x": 1} {"x": 1}',
        b'{"x": 1,}',
        b"{'x': 1}",
        b"{x: 1}",
        b'{"x": 01}',
        b'{"x": +1}',
        b'{"x": 0x10}',
        b'{"x": 1} // why',
        b'{"x": "\x01"}',
        b'{"x": "\n"}',
        b'{"x": "\\x41"}',
        b'{"x": "\\',
        b'{"x": "' + b'\\"' * 1000,
        b'\xef\xbb\xbf{"x": 1}',
        '{"x": 1}'.encode("utf-16"),
        '{"x": 1}'.encode("utf-32-le"),
        b'{"x": "\xff"}',
        b'{"x": "\xc0\xaf"}',
        b'{"x": "\xed\xa0\x80"}',
        b'{"x": 1, "x": 1}',
        b'{"x": 1, "\\u0078": 2}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"x": [[{"a": 1, "b": 1, "a": 2}]]}',
        b'{"x": NaN}',
        b'{"x": Infinity}',
        b'{"x": -Infinity}',
        b'{"x": 1e400}',
        b'{"x": 1e-400}',
        b'{"x": 1.0}',
        b'{"x": 1e2}',
        f'{{"x": {LARGEST + 1}}}'.encode(),
        f'{{"x": -{LARGEST + 1}}}'.encode(),
        b'{"x": ' + b"9" * 400 + b"}",
        b'{"x": -' + b"9" * 200_000 + b"}",
        b'{"x": "\\ud800"}',
        b'{"x": "\\udc00\\ud800"}',
        b'{"x": "\\ud800\\u0041"}',
        b'{"\\udfff": 1}',
        b'{"x": "\\ufffe"}',
        '{"x": "\uffff"}'.encode(),
        '{"x": "\U0001fffe"}'.encode(),
        '{"x": "\U0010ffff"}'.encode(),
        '{"x": "\ufdd0"}'.encode(),
        b"[" * 100_000,
        b'{"x":' * 40_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"x": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
        b'["' + b"[" * 100 + b'", ' + b"[" * DEEPEST + b"]" * DEEPEST + b"]",
        b"]" * 1000 + b"[" * 1100,
        b"[" * 30 + b"]" * 31,
    ],
)
def test_what_two_readers_could_take_for_two_things_is_refused(raw: bytes) -> None:
    with pytest.raises(PacketRefused) as refused:
        read_strict(raw, Said)

    assert ("not_json", 400) == (refused.value.code, refused.value.status)


def test_what_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(PacketRefused) as refused:
        read_strict(b"[" * (wire.MOST_BYTES + 1), Said)

    assert ("too_large", 413) == (refused.value.code, refused.value.status)
    with pytest.raises(PacketRefused, match="too_large"):
        read_strict(b'{"x": 1}', Said, most=7)


def test_a_packet_is_read_as_what_its_type_says() -> None:
    assert ERASE == read_packet(wire.encode_packet(ERASE))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "else"),
        ("type", 1),
        ("id", "a" * 25),
        ("id", "A" * 26),
        ("id", "a" * 26 + "\n"),
        ("sender", "toolongacode"),
        ("to", None),
        ("created", -1),
        ("created", True),
        ("created", "1"),
        ("packets", []),
        ("packets", [ID] * 65),
        ("packets", "a" * 26),
        ("thread", {}),
        ("more", 1),
    ],
)
def test_json_that_is_no_packet_is_refused_without_its_words(name: str, value: object) -> None:
    fields = {**json.loads(wire.encode_packet(ERASE)), name: value}

    with pytest.raises(PacketRefused) as refused:
        read_packet(json.dumps(fields).encode())

    assert ("not_a_packet", 400, "not_a_packet") == (
        refused.value.code,
        refused.value.status,
        str(refused.value),
    )
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"erase"', b"1", b"{}"])
def test_json_without_a_packet_in_it_is_none(raw: bytes) -> None:
    with pytest.raises(PacketRefused, match="not_a_packet"):
        read_packet(raw)
