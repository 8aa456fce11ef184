"""Read JSON of strangers so that no two readers can take it for two different things.

RFC 8259 leaves open what I-JSON (RFC 7493) settles: UTF-8 without a mark in front, no name
twice, no half of a letter, no number that another machine would round. What is refused is never
quoted. Design: network, "The door".
"""

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from pe_core.errors import PacketRefused
from pe_core.network import wire

T = TypeVar("T")

DEEPEST = 32
"""Objects and lists inside each other."""
LARGEST = 2**53 - 1
"""What every machine's numbers hold exactly (RFC 7493, 2.2)."""

_DIGITS = len(str(LARGEST))
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A JSON text; one without an end goes to the end, so that no byte is looked at twice."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NO_LETTERS = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff"
    "\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff"
    "\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff"
    "\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff]"
)
"""Surrogates and what Unicode will never give a letter (RFC 7493, 2.1)."""


def read_strict(raw: bytes, into: type[T], *, most: int = wire.MOST_BYTES) -> T:
    """Return what these bytes say, as ``into``; whole numbers are the only numbers.

    Raises PacketRefused: "too_large" (413) beyond ``most`` bytes, "not_json", and "not_a_packet"
    where it is JSON that does not fit the type.
    """
    value = _read(raw, most)
    try:
        return msgspec.convert(value, into)
    except ValueError:  # Its words can hold what was sent.
        raise PacketRefused("not_a_packet") from None


def read_packet(raw: bytes) -> wire.AnyPacket:
    """Return the packet in the body of a POST; PacketRefused as ``read_strict``."""
    packet: wire.AnyPacket = read_strict(raw, wire.AnyPacket)  # type: ignore[arg-type]
    return packet


def _read(raw: bytes, most: int) -> Any:
    if len(raw) > most:
        raise PacketRefused("too_large", 413)
    if _depth(raw) > DEEPEST:
        raise PacketRefused("not_json")
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
        # An escape can name what the bytes themselves could not hold.
        said = json.dumps(value, ensure_ascii=False) if "\\u" in text else text
    except ValueError:
        raise PacketRefused("not_json") from None
    if not said.isascii() and _NO_LETTERS.search(said):
        raise PacketRefused("not_json")
    return value


def _depth(raw: bytes) -> int:
    """Return how deep brackets lie, more than allowed if they do not fit: nothing recursed yet."""
    deepest = depth = 0
    for bracket in _TEXT.sub(b"", raw).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
        if not 0 <= depth <= DEEPEST:
            return DEEPEST + 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("a name stands twice")
    return found


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS or abs(number := int(digits)) > LARGEST:
        _refuse("a number is too large")
    return number


def _refuse(_what: str) -> NoReturn:
    raise PacketRefused("not_json")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_refuse, parse_constant=_refuse
)
