"""Asking for help: from the first page to the receipt."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date

from pe_core.desk.checking import check_answers
from pe_core.desk.desk import Desk
from pe_core.desk.drafts import FILES_LIMIT, RECEIPT_SHOWN, Draft, DraftFile
from pe_core.desk.epochs import current_epoch
from pe_core.desk.files import clean_file
from pe_core.desk.sealing import new_id, new_request, seal_file
from pe_core.desk.trail import record
from pe_core.errors import NotAllowed, NotFound, TooMany
from pe_core.model import (
    Answer,
    FileNote,
    Original,
    Problem,
    RequestId,
    Where,
)
from pe_core.model.trail import Act
from pe_core.rules import forms
from pe_core.rules.forms import Question
from pe_core.rules.receipts import fold_typed, make_receipt
from pe_core.rules.texts import show_date
from pe_core.store import Change, EpochRow, Insert
from pe_core.vault import random_bytes, receipt_keys


def begin(desk: Desk, form_name: str, language: str) -> tuple[bytes, Draft]:
    """Start a draft and return its cookie; raises NotFound and TooMany."""
    form = desk.forms.get(form_name)
    if form is None:
        raise NotFound("core.ask.no_such_topic")
    draft = Draft(form, language, _pick_groups())
    return desk.drafts.add(draft), draft


def set_where(draft: Draft, where: Where) -> None:
    """Note where the asker is; in the limited mode what was personal is dropped at once."""
    draft.where = where
    draft.warned = False
    draft.answers = _given(draft)


def limited_questions(draft: Draft) -> tuple[Question, ...]:
    """Return the questions asked now; in the limited mode, none that is personal."""
    asked = forms.asked(draft.form, draft.answers)
    if draft.limited:
        return tuple(question for question in asked if not question.personal)
    return asked


def give_answer(draft: Draft, field: str, typed: Sequence[str]) -> Problem | None:
    """Take one answer; what is no longer asked because of it is dropped."""
    question = next((q for q in forms.questions(draft.form) if q.field == field), None)
    if question is None or draft.receipt is not None:
        raise NotFound("core.ask.no_such_question")
    value = forms.read_question(question, typed)
    if isinstance(value, Problem):
        return value
    answers = dict(draft.answers)
    answers.pop(field, None)
    if value is not None:
        if len(str(value).encode()) > draft.room_left():
            return Problem(field=field, code="too_much")
        answers[field] = value
    draft.answers = forms.prune(draft.form, answers)
    return None


def give_answers(draft: Draft, typed: Mapping[str, Sequence[str]]) -> Mapping[str, Problem]:
    """Take the answers to all questions at once; return the problems of those that are asked."""
    if draft.receipt is not None:
        raise NotFound("core.ask.no_such_question")
    answers: dict[str, forms.Value] = {}
    problems: dict[str, Problem] = {}
    for question in forms.questions(draft.form):
        if question.field not in typed:
            continue
        value = forms.read_question(question, typed[question.field])
        if isinstance(value, Problem):
            problems[question.field] = value
        elif value is not None:
            answers[question.field] = value
    draft.answers = forms.prune(draft.form, answers)
    if draft.room_left() < 0:
        longest = max(draft.answers, key=lambda field: len(str(draft.answers[field])))
        del draft.answers[longest]
        problems[longest] = Problem(field=longest, code="too_much")
    asked = {question.field for question in limited_questions(draft)}
    return {field: problem for field, problem in problems.items() if field in asked}


async def add_file(desk: Desk, draft: Draft, chunks: AsyncIterator[bytes]) -> DraftFile:
    """Clean one file and keep its ciphertext with the draft; FileRefused or TooMany."""
    if draft.limited or not draft.form.files or draft.receipt is not None:
        raise NotAllowed("core.file.not_here")
    if len(draft.files) >= FILES_LIMIT:
        raise TooMany("core.file.too_many")
    cleaned = await clean_file(chunks)
    file = await asyncio.to_thread(desk.draft_files.write, cleaned.data, cleaned.media_type)
    if len(draft.files) >= FILES_LIMIT:  # another upload of the same asker came first
        desk.draft_files.drop(file)
        raise TooMany("core.file.too_many")
    draft.files.append(file)
    return file


def drop_file(desk: Desk, draft: Draft, file_id: str) -> None:
    """Remove a file from the draft."""
    for file in list(draft.files):
        if file.id == file_id:
            desk.draft_files.drop(file)
            draft.files.remove(file)


def all_problems(desk: Desk, draft: Draft) -> tuple[Problem, ...]:
    """Return everything that still stands in the way of sending."""
    found = check_answers(desk, draft.form, _given(draft))
    if draft.where is None:
        return (Problem(field="where", code="required"), *found)
    return found


async def submit(desk: Desk, draft: Draft) -> str:
    """Seal the draft and store it; return the receipt, the same one however often it is called.

    Raises NotAllowed while something is missing, and NothingToSealTo when nobody could ever
    open the request: then it is not accepted and the draft stays.
    """
    async with draft.lock:
        if draft.receipt is not None:
            return draft.receipt
        if all_problems(desk, draft) or forms.stopped(draft.form, _given(draft)):
            raise NotAllowed("core.ask.incomplete")
        epoch = await current_epoch(desk, "intake")
        receipt = make_receipt(random_bytes(32))
        request = RequestId(new_id())
        changes = await _sealed(desk, draft, request, receipt, epoch)
        if draft.entered_by is None:
            await desk.store.write(changes)
        else:
            await record(desk, draft.entered_by, Act.ENTERED, request, changes)
            draft.request = request
        draft.receipt = receipt
        draft.submitted_at = desk.now()
        desk.draft_files.drop_all(draft)
        return receipt


def shown_receipt(desk: Desk, draft: Draft) -> str | None:
    """Return the receipt while it may still be shown: 15 minutes, or until typed back."""
    if draft.receipt is None or draft.submitted_at is None or draft.confirmed:
        return None
    if abs(desk.now() - draft.submitted_at) >= RECEIPT_SHOWN:
        return None
    return draft.receipt


def confirm_receipt(draft: Draft, typed: tuple[str, str]) -> bool:
    """Return whether the two groups that were asked for are typed right; then it is gone."""
    if draft.receipt is None:
        return draft.confirmed
    expected = [draft.receipt[4 * (group - 1) : 4 * group] for group in draft.asked_groups]
    given = [fold_typed(text) for text in typed]
    if expected != given:
        return False
    draft.confirmed = True
    return True


async def _sealed(
    desk: Desk, draft: Draft, request: RequestId, receipt: str, epoch: EpochRow
) -> list[Change]:
    keys = receipt_keys(receipt, desk.identity.salt)
    files, notes = await _sealed_files(desk, draft, request, epoch)
    original = Original(
        form=draft.form.name,
        form_version=forms.form_version(draft.form),
        title=desk.texts.text(draft.language, f"{draft.form.name}.title"),
        language=draft.language,
        where=draft.where or Where.ABROAD,
        answers=_answers_as_seen(desk, draft),
        reply_key=keys.public,
        submitted=desk.now(),
        keep_weeks=draft.form.keep_weeks,
        files=notes,
        channel=draft.channel,
        entered_by=draft.entered_by,
    )
    return [*new_request(desk, request, epoch, receipt, original), *files]


async def _sealed_files(
    desk: Desk, draft: Draft, request: RequestId, epoch: EpochRow
) -> tuple[list[Change], tuple[FileNote, ...]]:
    changes: list[Change] = []
    notes: list[FileNote] = []
    for file in draft.files if not draft.limited else ():
        data = await asyncio.to_thread(desk.draft_files.read, file)
        changes.append(Insert(await seal_file(desk, request, epoch, file.id, data)))
        notes.append(FileNote(id=file.id, media_type=file.media_type, size=file.size))
    return changes, tuple(notes)


def show_value(desk: Desk, question: Question, value: forms.Value, language: str) -> str:
    """Return an answer as its asker reads it: the option's words, yes or no, a date."""
    texts = desk.texts
    if isinstance(value, bool):
        return texts.text(language, "core.yes" if value else "core.no")
    if isinstance(value, list):
        return "\n".join(texts.text(language, f"{question.key}.{option}") for option in value)
    if question.kind == "one_of":
        return texts.text(language, f"{question.key}.{value}")
    if question.kind == "date":
        return show_date(date.fromisoformat(str(value)), language)
    return str(value)


def _answers_as_seen(desk: Desk, draft: Draft) -> tuple[Answer, ...]:
    language = draft.language
    return tuple(
        Answer(
            field=question.field,
            question=desk.texts.text(language, f"{question.key}.label"),
            value=draft.answers[question.field],
            shown=show_value(desk, question, draft.answers[question.field], language),
            personal=question.personal,
        )
        for question in limited_questions(draft)
        if question.field in draft.answers
    )


def _given(draft: Draft) -> dict[str, forms.Value]:
    if not draft.limited:
        return draft.answers
    allowed = {question.field for question in limited_questions(draft)}
    return {field: value for field, value in draft.answers.items() if field in allowed}


def _pick_groups() -> tuple[int, int]:
    first, second = random_bytes(2)
    one = first % 6 + 1
    return (one, (one - 1 + second % 5 + 1) % 6 + 1)
