"""What a crowd weighs: open so many sealed cards and print by how many MB this process has grown.

Run as a process of its own, which has nothing else to free or to keep.
"""

import gc
import os
import sys

import msgspec
from tests.bench.measure import resident_megabytes
from tests.bench.volunteers import NEARNESS, NOW, volunteers

from pe_core.model import Card, Need
from pe_core.rules.crowd import Crowd


def main(size: int) -> None:
    """Take the cards in one by one, as they come out of their envelopes, and ask once."""
    decode = msgspec.msgpack.Decoder(Card).decode
    encode = msgspec.msgpack.Encoder().encode
    gc.collect()
    before = resident_megabytes(os.getpid())
    crowd = Crowd(NEARNESS)
    for card in volunteers(size):
        crowd.put(decode(encode(card)))
    crowd.suggest(Need(), load={}, asked={}, busy={}, now=NOW)
    gc.collect()
    sys.stdout.write(f"{resident_megabytes(os.getpid()) - before:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
