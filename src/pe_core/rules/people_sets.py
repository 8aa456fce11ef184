"""Sets of people as whole numbers: bit n is the person in slot n.

Joining, crossing and counting the sets of a hundred thousand people are then single operations
of the interpreter, microseconds each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress
from typing import TypeVar

People = int
"""A set of people."""
Key = TypeVar("Key")

_FEW = 48
"""So many are picked out of a set one by one."""
_BITS = bytes.maketrans(b"01", b"\0\1")
_HAS = [bytes(b"01"[byte >> bit & 1] for byte in range(256)) for bit in range(8)]


class Sets(defaultdict[Key, list[int]]):
    """People by something that they may have in common: a list of slots for each key."""

    def __init__(self) -> None:
        """Hold nobody."""
        super().__init__(list)

    def where(self, wanted: Callable[[Key], bool]) -> Iterator[int]:
        """Yield the slots of those who have a key that is wanted."""
        return chain.from_iterable(slots for key, slots in self.items() if wanted(key))


def people(slots: Iterable[int], size: int) -> People:
    """Return the set of these slots, each below ``size``."""
    bits = bytearray(b"0") * (size + 1)
    for slot in slots:
        bits[~slot] = 49
    return int(bits, 2)


def column(rows: bytes | bytearray, first: int, width: int, bit: int) -> People:
    """Return who has a bit set in the byte ``first`` of their row; rows are ``width`` long."""
    return int(b"0" + rows[first::width].translate(_HAS[bit])[::-1], 2)


def members(found: People) -> Sequence[int]:
    """Return the slots of a set in ascending order."""
    if found.bit_count() > _FEW:
        bits = f"{found:b}"[::-1].encode().translate(_BITS)
        return list(compress(range(len(bits)), bits))
    slots = []
    while found:
        lowest = found & -found
        slots.append(lowest.bit_length() - 1)
        found ^= lowest
    return slots


def in_order(
    found: People, keys: Sequence[Sequence[People]], path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], People]]:
    """Yield the people of a set by their place in each key, the first key first.

    A key is a list of sets, best first, that share nobody. Each group comes with its path, the
    place of its people in every key.
    """
    if len(path) == len(keys):
        yield path, found
        return
    for place, alike in enumerate(keys[len(path)]):
        if part := found & alike:
            yield from in_order(part, keys, (*path, place))
