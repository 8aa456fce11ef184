"""Pictures to upload, each with what the cleaning must make of it."""

import random
from collections.abc import AsyncIterator
from io import BytesIO

import msgspec
from PIL import Image

from pe_core.desk.files import clean_file


class Picture(msgspec.Struct):
    """A file as an asker has it, and as coordinators must get it."""

    data: bytes
    cleaned: bytes


async def make_pictures(seed: int) -> list[Picture]:
    """Return a few small pictures, JPEG and PNG, all different."""
    return [await _picture(random.Random(seed * 10 + n), n) for n in range(4)]  # noqa: S311


async def _picture(chance: random.Random, number: int) -> Picture:
    size = (80 + 16 * number, 60)
    picture = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3))
    data = BytesIO()
    picture.save(data, "JPEG" if number % 2 else "PNG")

    async def chunks() -> AsyncIterator[bytes]:
        yield data.getvalue()

    cleaned = await clean_file(chunks())
    return Picture(data=data.getvalue(), cleaned=cleaned.data)
