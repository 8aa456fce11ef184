"""The sealed rows that the acts of the desk write: requests, messages, replies, files."""

import asyncio
import base64

import msgspec

from pe_core.desk.desk import Desk
from pe_core.errors import NotAllowed
from pe_core.model import (
    Author,
    Message,
    Original,
    Reply,
    RequestId,
    RequestSubmitted,
    State,
    StateChanged,
)
from pe_core.model.week import Week, week_of
from pe_core.rules.retention import keep_at_submit
from pe_core.store import (
    Add,
    Change,
    CountRow,
    EpochRow,
    FileRow,
    Insert,
    MessageRow,
    ReplyRow,
    RequestRow,
    Tell,
    Update,
)
from pe_core.vault import bucket_of, locator_hash, random_bytes, seal

WORDS_LIMIT = 200
"""Entries that a thread may hold; a found receipt must not fill the disk."""


def new_id() -> str:
    """Return a random id of 26 characters (128 bits) that says nothing, not even its time."""
    return id_of(random_bytes(16))


def id_of(data: bytes) -> str:
    """Return 16 bytes written as an id."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def new_request(
    desk: Desk, request: RequestId, epoch: EpochRow, receipt: str, original: Original
) -> list[Change]:
    """Return the changes that make a request, found by its receipt and sealed to ``epoch``."""
    week = week_of(desk.now().date())
    context = desk.context("request", request)
    body = seal(msgspec.msgpack.encode(original), to=[epoch.public], context=context)
    row = RequestRow(
        id=request,
        locator=locator_hash(receipt, desk.identity.salt),
        state=State.NEW.value,
        week=week,
        keep_until=keep_at_submit(week),
        epoch=epoch.id,
        bucket=bucket_of(body),
        body=body,
        summary=None,
        revision=0,
    )
    counted = Add(CountRow, key=(week,), column="number", by=1)
    return [Insert(row), Tell(RequestSubmitted(request=request)), counted]


async def seal_message(
    desk: Desk, request: RequestId, epoch: EpochRow, message: Message
) -> MessageRow:
    """Return the row of an entry of the thread, sealed to ``epoch``; NotAllowed when too many."""
    numbers = await desk.store.pick(MessageRow, ("number",), {"request": request})
    if message.author is Author.ASKER and len(numbers) >= WORDS_LIMIT:
        raise NotAllowed("core.mine.too_many_words")
    message_id = new_id()
    body = seal(
        msgspec.msgpack.encode(message),
        to=[epoch.public],
        context=desk.context("message", message_id),
    )
    return MessageRow(
        id=message_id,
        request=request,
        number=max((number for (number,) in numbers), default=0) + 1,
        epoch=epoch.id,
        bucket=bucket_of(body),
        body=body,
    )


async def seal_reply(desk: Desk, request: RequestId, reply_key: bytes, reply: Reply) -> ReplyRow:
    """Return the row of a reply sealed to the requester's own key."""
    numbers = await desk.store.pick(ReplyRow, ("number",), {"request": request})
    reply_id = new_id()
    body = seal_reply_body(desk, reply_key, reply_id, reply)
    return ReplyRow(
        id=reply_id,
        request=request,
        number=max((number for (number,) in numbers), default=0) + 1,
        bucket=bucket_of(body),
        body=body,
        opened=None,
    )


def seal_reply_body(desk: Desk, reply_key: bytes, reply_id: str, reply: Reply) -> bytes:
    """Return the envelope of a reply, bound to its row's id."""
    context = desk.context("reply", reply_id)
    return seal(msgspec.msgpack.encode(reply), to=[reply_key], context=context)


async def seal_file(
    desk: Desk, request: RequestId, epoch: EpochRow, file_id: str, data: bytes
) -> FileRow:
    """Return the row of a file sealed to ``epoch``; the work is done in a thread."""
    context = desk.context("file", file_id)
    body = await asyncio.to_thread(seal, data, to=[epoch.public], context=context)
    return FileRow(id=file_id, request=request, epoch=epoch.id, bucket=bucket_of(body), body=body)


def change_state(row: RequestRow, to: State, keep_until: Week | None = None) -> list[Change]:
    """Return the changes that move a request, if nobody else has moved it meanwhile."""
    values: dict[str, object] = {"state": to.value}
    if keep_until is not None:
        values["keep_until"] = keep_until
    return [
        Update(RequestRow, (row.id,), values, expect={"state": row.state}),
        Tell(StateChanged(request=RequestId(row.id), state=to)),
    ]
