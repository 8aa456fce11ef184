"""The asker's side: asking, coming back, reading, writing, withdrawing."""

from base64 import b64decode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from pe_core.desk import intake, visits
from pe_core.desk.drafts import Draft
from pe_core.desk.files import CleanFile
from pe_core.desk.sessions import Visit
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import (
    Author,
    ClosingFellDue,
    MessageAdded,
    MessageKind,
    RequestSubmitted,
    State,
    StateChanged,
    WithdrawalAsked,
    WithdrawalFellDue,
)
from pe_core.rules.receipts import ALPHABET, make_receipt
from pe_core.store import FileRow, MessageRow, RequestRow
from pe_core.toolkit.invented import ASKED, Asked
from pe_core.vault import locator_hash, random_bytes
from stateful.model import OVER, Entry, Request, Told
from stateful.world import World, asked

PHOTO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5E"
)
"""It was cleaned already: what cleaning does has tests of its own, and takes a process."""
CAN_WITHDRAW = (
    State.NEW,
    State.TRIAGE,
    State.MATCHING,
    State.ACTIVE,
    State.WAITING,
    State.RESOLVED,
)


async def no_bytes() -> Any:
    """A file without any bytes, which is never looked at."""
    return
    yield b""


class Asking(World):
    """Whoever asks, with nothing but a receipt."""

    @rule(target=asked, which=st.sampled_from(ASKED), photo=st.booleans())
    def ask(self, which: Asked, photo: bool) -> Request:
        _, draft = intake.begin(self.desk, which.form, which.language)
        intake.set_where(draft, which.where)
        word = self.type_answers(draft, which)
        if photo and (draft.limited or not draft.form.files):
            adding = intake.add_file(self.desk, draft, no_bytes())
            self.refused(adding, NotAllowed, "core.file.not_here")
        elif photo:
            draft.files.append(self.desk.draft_files.write(PHOTO, "image/png"))
        receipt = self.run(intake.submit(self.desk, draft))

        assert receipt == self.run(intake.submit(self.desk, draft)), "sent twice it is one"
        return self.acknowledged(receipt, which, word)

    def type_answers(self, draft: Draft, which: Asked) -> str:
        word = self.next_word()
        typed = {**which.typed, "story": [f"{which.typed['story'][0]} {word}"]}
        for field, values in typed.items():
            assert intake.give_answer(draft, field, values) is None
        return word

    def acknowledged(self, receipt: str, which: Asked, word: str) -> Request:
        """Let the model know of a request, whose id only the disk knows."""
        model = self.model
        locator = locator_hash(receipt, self.desk.identity.salt)
        (row,) = self.run(self.desk.store.select(RequestRow, {"locator": locator}))
        epoch = model.current("intake")
        files = self.run(self.desk.store.pick(FileRow, ("id",), {"request": row.id}))
        request = Request(
            receipt=receipt,
            id=row.id,
            word=word,
            form=which.form,
            keep_weeks=4 if which.form == "zz.bed" else 12,
            submitted=model.now,
            week=model.week,
            keep_until=model.week + 26,
            epoch=epoch,
            files={name: epoch for (name,) in files},
        )
        model.requests.append(request)
        model.counts[model.week] += 1
        model.tell(RequestSubmitted(request=request.id))
        return request

    @rule(request=asked, place=st.integers(0, 23), other=st.sampled_from(ALPHABET))
    def mistype(self, request: Request, place: int, other: str) -> None:
        typed = request.receipt[:place] + other + request.receipt[place + 1 :]
        if typed != request.receipt:
            self.refused(visits.come_back(self.desk, typed), NotFound, "core.code.slip")
        unknown = make_receipt(random_bytes(32))
        self.refused(visits.come_back(self.desk, unknown), NotFound, "core.code.unknown")

    def visit(self, request: Request) -> Visit | None:
        """Come back with the right receipt; None if what it led to is erased."""
        coming = visits.come_back(self.desk, request.receipt)
        if request.erased:
            self.refused(coming, NotFound, "core.code.unknown")
            return None
        return self.run(coming)[1]

    @rule(request=asked)
    def look(self, request: Request) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        view = self.run(visits.look(self.desk, visit))
        self.note_opened(request)
        notices = [told for told in request.replies if told.kind is MessageKind.STATE]
        last = notices[-1] if notices and notices[-1].state is request.state else None

        assert [told.text for told in request.replies if told.text] == [
            shown.reply.text for shown in view.replies
        ]
        assert (request.state, request.week) == (view.state, view.week)
        assert (last and last.outcome) == view.outcome
        assert (last and last.waiting_on) == view.waiting_on
        assert request.withdrawal == view.withdrawal_due
        assert view.may_write == (request.state not in OVER)
        assert view.may_reopen == (request.state is State.CLOSED)

    def note_opened(self, request: Request) -> None:
        for told in request.replies:
            if told.opened is None:
                told.opened = self.model.today.toordinal()

    @rule(request=asked, which=st.integers(0, 3))
    def read_and_press(self, request: Request, which: int) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        shown = self.run(visits.look(self.desk, visit)).replies
        self.note_opened(request)
        unread = [told for told in request.replies if told.text]
        if which >= len(shown):
            pressing = visits.have_read(self.desk, visit, "none")
            self.refused(pressing, NotFound, "core.mine.no_such_reply")
            return
        self.run(visits.have_read(self.desk, visit, shown[which].id))
        unread[which].text = ""
        if unread[which].kind is MessageKind.MESSAGE:
            request.replies.remove(unread[which])

    @rule(request=asked, photo=st.booleans())
    def add_word(self, request: Request, photo: bool) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        text = f"A word more, {self.next_word()}."
        files = [CleanFile(media_type="image/png", data=PHOTO)] if photo else []
        adding = visits.add_word(self.desk, visit, text, files)
        if request.state in OVER:
            self.refused(adding, NotAllowed, "core.mine.closed")
            return
        self.run(adding)
        self.said(request, MessageKind.MESSAGE, text)
        self.note_new_files(request)
        if request.state is State.WAITING:
            self.moved(request, State.ACTIVE)

    def note_new_files(self, request: Request) -> None:
        rows = self.run(self.desk.store.pick(FileRow, ("id",), {"request": request.id}))
        for (name,) in rows:
            request.files.setdefault(name, self.model.current("intake"))

    @rule(request=asked, solved=st.booleans())
    def say_solved(self, request: Request, solved: bool) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        saying = visits.say_solved(self.desk, visit, solved, "I say.")
        if request.state is not State.RESOLVED:
            self.refused(saying, NotAllowed, "core.mine.not_asked")
            return
        self.run(saying)
        self.said(request, MessageKind.SOLVED if solved else MessageKind.UNSOLVED, "I say.")
        self.model.forget(ClosingFellDue(request=request.id))
        if solved:
            self.forget_withdrawal(request)
            self.keep_within_epoch(request, 12)
        self.moved(request, State.CLOSED if solved else State.ACTIVE)

    @rule(request=asked)
    def reopen(self, request: Request) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        reopening = visits.reopen(self.desk, visit, "Once more.")
        if request.state is not State.CLOSED:
            self.refused(reopening, NotAllowed, "core.mine.not_closed")
            return
        self.run(reopening)
        self.said(request, MessageKind.UNSOLVED, "Once more.")
        for told in request.replies:
            told.outcome = None
        self.forget_withdrawal(request)
        self.keep_within_epoch(request, 26)
        self.moved(request, State.TRIAGE)

    @rule(request=asked)
    def withdraw(self, request: Request) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        withdrawing = visits.withdraw(self.desk, visit)
        if request.state not in CAN_WITHDRAW:
            self.refused(withdrawing, NotAllowed, "core.mine.closed")
            return
        due = self.run(withdrawing)
        if request.withdrawal is None:
            request.withdrawal = (self.model.now + timedelta(hours=48)).date() + timedelta(days=1)
            self.said(request, MessageKind.WITHDRAWAL)
            self.drop_notices(request)
            request.replies.append(Told(MessageKind.WITHDRAWAL))
            self.model.tell(WithdrawalAsked(request=request.id))
            self.model.tell(WithdrawalFellDue(request=request.id), request.withdrawal)

        assert request.withdrawal == due

    @rule(request=asked)
    def keep_it(self, request: Request) -> None:
        visit = self.visit(request)
        if visit is None:
            return
        self.run(visits.keep(self.desk, visit))
        if request.withdrawal is not None:
            self.said(request, MessageKind.KEPT)
            self.forget_withdrawal(request)
            self.drop_notices(request)

    def forget_withdrawal(self, request: Request) -> None:
        self.model.forget(WithdrawalFellDue(request=request.id))
        request.withdrawal = None

    def drop_notices(self, request: Request) -> None:
        request.replies = [t for t in request.replies if t.kind is not MessageKind.WITHDRAWAL]

    def said(self, request: Request, kind: MessageKind, text: str = "") -> None:
        """Note an entry of the asker, and that it is told."""
        model = self.model
        request.add(Entry(Author.ASKER, kind, model.now, model.current("intake"), text))
        rows: Sequence[tuple[str]] = self.run(
            self.desk.store.pick(
                MessageRow, ("id",), {"request": request.id, "number": len(request.thread)}
            )
        )
        model.tell(MessageAdded(request=request.id, message=rows[0][0]))

    def moved(self, request: Request, to: State) -> None:
        request.state = to
        self.model.tell(StateChanged(request=request.id, state=to))

    def keep_within_epoch(self, request: Request, weeks: int) -> None:
        """Keep a request so long, as far as its epoch lives: nobody was there to move it."""
        ends = self.model.epochs[request.epoch].ends if request.epoch in self.model.epochs else None
        keep_until = self.model.week + weeks
        request.keep_until = keep_until if ends is None else min(keep_until, ends)
