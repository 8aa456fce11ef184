"""Between a helper and the asker: each writes to the other through the portal alone.

What a helper writes is sealed to the asker's key, what the asker writes to the brief's; both
go to the request's compartment too, so that the team can follow. Neither learns the other's
name, number or whereabouts from the portal.
"""

from pe_core.desk.brief_keys import TAKEN, find_ticks, seal_note
from pe_core.desk.briefs import open_taken_brief
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sealing import WORDS_LIMIT, seal_message, seal_reply
from pe_core.desk.sessions import Session, Visit
from pe_core.desk.visits import Shown, read_replies, write_for_asker
from pe_core.desk.working import OVER
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import (
    Author,
    BriefId,
    BriefNote,
    BriefState,
    Message,
    MessageAdded,
    MessageId,
    MessageKind,
    Reply,
    State,
)
from pe_core.store import (
    BriefNoteRow,
    BriefRow,
    Change,
    Delete,
    In,
    Insert,
    MessageRow,
    RequestRow,
    Tell,
)

S = BriefState
TEXT_LIMIT = 4000
ROOM_FOR_ASKERS = 20
"""Entries of a request's thread that no helper may use up: whoever asked must not be silenced."""


async def write_asker(
    desk: Desk, session: Session, brief: BriefId, text: str, language: str
) -> None:
    """Write to the asker of a task; NotAllowed once the request is over, and for a shift."""
    _, keys, _, detail = await open_taken_brief(desk, session, brief)
    request = detail.request
    found = await desk.store.get(RequestRow, request) if request is not None else None
    if request is None or found is None or State(found.state) in OVER:
        raise NotAllowed("work.brief.nobody_reads")
    used = await desk.store.count(MessageRow, {"request": request})
    if used >= WORDS_LIMIT - ROOM_FOR_ASKERS:
        raise NotAllowed("work.brief.too_many_words")
    if await desk.store.count(BriefNoteRow, {"brief": brief}) >= WORDS_LIMIT:
        raise NotAllowed("work.brief.too_many_words")
    now, box = desk.now(), session.box
    message = Message(
        at=now,
        author=Author.VOLUNTEER,
        kind=MessageKind.HELPER,
        text=text,
        language=language,
        box=box,
    )
    reply = Reply(
        at=now,
        kind=MessageKind.HELPER,
        text=text,
        language=language,
        brief=brief,
        brief_key=keys.public,
    )
    note = BriefNote(at=now, text=text, language=language, box=box)

    async def said() -> list[Change]:
        epoch = await current_epoch(desk, "intake")
        return [
            Insert(await seal_message(desk, request, epoch, message)),
            Insert(await seal_reply(desk, request, detail.reply_key, reply)),
            Insert(await seal_note(desk, brief, keys.public, note)),
        ]

    # Whoever asked, or the team, may write in this moment too.
    await write_for_asker(desk, said)


async def tick(desk: Desk, session: Session, brief: BriefId, items: tuple[str, ...]) -> None:
    """Note which items of a task's checklist are done; what was noted before goes."""
    _, keys, _, detail = await open_taken_brief(desk, session, brief)
    ticked = tuple(item for item in detail.checklist if item in items)
    note = BriefNote(at=desk.now(), box=session.box, ticked=ticked)

    async def ticked_off() -> list[Change]:
        before = await find_ticks(desk, brief, keys)
        gone = Delete(BriefNoteRow, {"id": In(before)})
        made = Insert(await seal_note(desk, brief, keys.public, note))
        return [gone, made] if before else [made]

    await write_for_asker(desk, ticked_off)


async def write_helper(desk: Desk, visit: Visit, brief: str, text: str) -> None:
    """Write to the helper who has introduced themselves; NotFound if there is none such.

    Raises NotAllowed once the task is over, and when the thread is full.
    """
    shown = await find_helper(desk, visit, brief)
    if await desk.store.count(BriefNoteRow, {"brief": brief}) >= WORDS_LIMIT:
        raise NotAllowed("core.mine.too_many_words")
    now = desk.now()
    note = BriefNote(at=now, text=text)
    message = Message(at=now, author=Author.ASKER, kind=MessageKind.TO_HELPER, text=text)

    async def said() -> list[Change]:
        row = await desk.store.get(BriefRow, brief)
        request = await desk.store.get(RequestRow, visit.request)
        if row is None or request is None or S(row.state) not in TAKEN or request.state in OVER:
            raise NotAllowed("core.mine.helper_gone")
        epoch = await current_epoch(desk, "intake")
        entry = await seal_message(desk, visit.request, epoch, message)
        return [
            Insert(entry),
            Insert(await seal_note(desk, BriefId(brief), shown.reply.brief_key, note)),
            Tell(MessageAdded(request=visit.request, message=MessageId(entry.id))),
        ]

    await write_for_asker(desk, said)


async def find_helper(desk: Desk, visit: Visit, brief: str) -> Shown:
    """Return the introduction of a helper, opened with the receipt's keys; NotFound if none."""
    for shown in await read_replies(desk, visit):
        if shown.reply.brief == brief and shown.reply.brief_key:
            return shown
    raise NotFound("core.mine.no_helper")
