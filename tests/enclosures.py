"""Requests with files, for tests of what goes along to another embassy."""

import random
from collections.abc import AsyncIterator
from io import BytesIO

from PIL import Image, PngImagePlugin

from between import Between
from pe_core.desk import intake
from pe_core.model import RequestId
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import Body
from pe_core.network import posting
from pe_core.network.bodies import encode_body
from pe_core.network.enclosing import read_files
from pe_core.network.preparing import CaseWords, Prepared, files_leaving, prepare_case
from pe_core.toolkit.invented import Asked

WORDS = CaseWords(asked="Can you read this paper?", language="en")


def picture(side: int = 300, note: str = "") -> bytes:
    """Return a PNG of noise, which nothing makes smaller: about three bytes a pixel."""
    pixels = random.Random(side).randbytes(side * side * 3)  # noqa: S311, noise by a seed
    notes = PngImagePlugin.PngInfo()
    if note:
        notes.add_itxt("Author", note)
    data = BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(data, "PNG", pnginfo=notes)
    return data.getvalue()


def pixels(data: bytes) -> bytes:
    """Return what is seen of a picture."""
    return Image.open(BytesIO(data)).convert("RGB").tobytes()


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """Yield a file as an upload comes."""
    for start in range(0, len(data), 65536):
        yield data[start : start + 65536]


async def _ask(two: Between, asked: Asked, files: tuple[bytes, ...]) -> str:
    desk = two.near.desk
    _, draft = intake.begin(desk, asked.form, asked.language)
    intake.set_where(draft, asked.where)
    for field, typed in asked.typed.items():
        assert intake.give_answer(draft, field, typed) is None
    for file in files:
        await intake.add_file(desk, draft, chunks(file))
    return await intake.submit(desk, draft)


ASKED = Asked(form="zz.other", language="be", typed={"story": ["It is about this paper."]})


def ask_with(two: Between, *files: bytes, asked: Asked = ASKED) -> tuple[str, RequestId]:
    """Ask the near embassy with files; returns the receipt and the request."""
    receipt: str = two.run(_ask(two, asked, files))
    two.clock.move(minutes=1)
    return receipt, two.near.requests()[0]


def items(two: Between, request: RequestId) -> list[str]:
    """Return how the files of a request are named where consent names them."""
    return [note.item for note in two.near.request(request).files]


def prepare(
    two: Between, request: RequestId, kind: Kind = Kind.REFER, words: CaseWords = WORDS
) -> Prepared:
    """Prepare a case with the files that may go along."""
    desk, session = two.near.desk, two.near.session
    opened = two.near.request(request)
    notes = files_leaving(desk, opened, two.far.code, words)
    files = two.run(read_files(desk, session, opened, notes))
    return prepare_case(desk, opened, two.far.code, kind, words, files)


def refer(two: Between, *files: bytes, kind: Kind = Kind.REFER) -> tuple[str, RequestId, ThreadId]:
    """Refer a request with files whose asker agreed to all of it, and let it arrive."""
    receipt, request = ask_with(two, *files)
    two.agree(request, "story", *items(two, request))
    thread = two.near.begin(prepare(two, request, kind), request)
    two.exchange()
    return receipt, request, thread


def say(two: Between, thread: ThreadId, kind: Kind, body: Body) -> None:
    """Let the near desk write whatever it likes in a conversation."""
    near = two.near
    letter = posting.post(
        near.desk, near.session, two.far.code, kind, thread, encode_body(body), about_case=True
    )
    two.run(near.desk.store.write(two.run(letter)))
