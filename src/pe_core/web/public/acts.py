"""What an asker does who came back: a word, read, solved or not, withdraw, keep, reopen, leave."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Literal

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException

from pe_core.desk.brief_threads import TEXT_LIMIT, write_helper
from pe_core.desk.files import CleanFile, clean_file
from pe_core.desk.visits import add_word, have_read, keep, leave, reopen, say_solved, withdraw
from pe_core.errors import FileRefused, NotAllowed, NotFound, NothingToSealTo, TooMany
from pe_core.model import Problem
from pe_core.model.struct import Model
from pe_core.rules.forms import Question, read_question
from pe_core.web.guards.caller import cookie_of, fields_of, visit_of
from pe_core.web.guards.cookies import clear_cookie, clear_site
from pe_core.web.guards.routes import get_page, post_page, read_parts
from pe_core.web.pages import redirect
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.public.attachments import count_upload
from pe_core.web.public.comeback import Done, Wrong, mine_page

WORD_LIMIT = 8000
WORD = Question(
    field="words", key="core.mine.word", kind="long", required=False, longest=WORD_LIMIT
)
"""How a word is read: like a long answer of a form."""
WORD_BYTES = 256 * 1024
TO_HELPER = Question(field="message", key="core.mine.helper_write", kind="long", longest=TEXT_LIMIT)
"""How a message to a helper is read: it is as long as the helper's own may be."""
Field = Literal["words", "remark", "photo", "message"]
_ACTS = ("word", "read", "solved", "withdraw", "keep", "reopen", "leave", "helper")


class Sent(Model):
    """A word as it came in: its text, its files, its one-use token, why a file was refused."""

    typed: str
    once: str
    files: tuple[CleanFile, ...]
    refused: str


@get_page([f"/{{language:str}}/mine/{act}" for act in _ACTS], guard="visit")
async def show_mine_again(request: PageRequest) -> Response[Any]:
    """Go back to the request: a reload or another language after an act lands here."""
    return redirect(f"/{language_of(request)}/mine")


@post_page("/{language:str}/mine/word", guard="visit", upload=True)
async def take_word(request: PageRequest) -> Response[Any]:
    """Add a word, a photo or both; pressed twice, it is added once."""
    count_upload(request)
    sent = await _read_word(request)
    text = _text(sent.typed)
    if isinstance(text, Problem):
        return await mine_page(request, wrong=_unfit("words", text, sent.typed))
    refused = sent.refused or ("" if text or sent.files else "core.mine.nothing")
    if refused:
        field: Field = "photo" if sent.refused else "words"
        return await mine_page(request, wrong=Wrong(field=field, key=refused, typed=sent.typed))
    files = [sha256(file.data).hexdigest() for file in sent.files]
    try:
        with _once(request, sent.once, "word", text, *files) as is_first:
            if is_first:
                await add_word(desk_of(request), visit_of(request), text, sent.files)
    except (NothingToSealTo, NotAllowed) as error:
        return await mine_page(request, wrong=_not_now("words", error, sent.typed))
    return _done(request, "word")


@post_page("/{language:str}/mine/helper", guard="visit", limit=WORD_BYTES)
async def take_to_helper(request: PageRequest) -> Response[Any]:
    """Write to somebody who helps; pressed twice, it is sent once."""
    fields = fields_of(request)
    typed, helper = fields.one("message"), fields.one("helper")
    text = read_question(TO_HELPER, [typed])
    if isinstance(text, Problem):
        return await mine_page(request, wrong=_unfit("message", text, typed, TEXT_LIMIT))
    if not helper:
        wrong = Wrong(field="helper", key="core.mine.helper_choose", typed=typed)
        return await mine_page(request, wrong=wrong)
    try:
        with _once(request, fields.one("once"), "helper", helper, str(text)) as is_first:
            if is_first:
                await write_helper(desk_of(request), visit_of(request), helper, str(text))
    except (NotFound, NotAllowed, NothingToSealTo) as error:
        return await mine_page(request, wrong=_not_now("message", error, typed))
    return _done(request, "helper")


@post_page("/{language:str}/mine/read", guard="visit")
async def take_read(request: PageRequest) -> Response[Any]:
    """Delete a reply that was read; one that is gone already is as good as read."""
    try:
        await have_read(desk_of(request), visit_of(request), fields_of(request).one("reply"))
    except NotFound:
        return redirect(f"/{language_of(request)}/mine")
    return _done(request, "read")


@post_page("/{language:str}/mine/solved", guard="visit", limit=WORD_BYTES)
async def take_solved(request: PageRequest) -> Response[Any]:
    """Take the answer to "we think this is solved"; pressed twice, it is taken once."""
    fields = fields_of(request)
    typed, answer = fields.one("remark"), fields.one("solved")
    text = _text(typed)
    if isinstance(text, Problem):
        return await mine_page(request, wrong=_unfit("remark", text, typed))
    if answer not in ("yes", "no"):
        wrong = Wrong(field="solved", key="core.problem.required_choice", typed=typed)
        return await mine_page(request, wrong=wrong)
    try:
        with _once(request, fields.one("once"), "solved", answer, text) as is_first:
            if not is_first:
                return redirect(f"/{language_of(request)}/mine")
            await say_solved(desk_of(request), visit_of(request), answer == "yes", text)
    except NotAllowed as error:
        return await _already(request, error, typed)
    except NothingToSealTo as error:
        return await mine_page(request, wrong=_not_now("remark", error, typed))
    return _done(request, "solved" if answer == "yes" else "unsolved")


@post_page("/{language:str}/mine/withdraw", guard="visit")
async def take_withdrawal(request: PageRequest) -> Response[Any]:
    """Ask to withdraw; it takes effect after 48 hours."""
    try:
        await withdraw(desk_of(request), visit_of(request))
    except NotAllowed as error:
        return await _already(request, error)
    return _done(request, "withdrawn")


@post_page("/{language:str}/mine/keep", guard="visit")
async def take_keep(request: PageRequest) -> Response[Any]:
    """Take a withdrawal back."""
    await keep(desk_of(request), visit_of(request))
    return _done(request, "kept")


@post_page("/{language:str}/mine/reopen", guard="visit", limit=WORD_BYTES)
async def take_reopening(request: PageRequest) -> Response[Any]:
    """Open a closed request again; pressed twice, it is opened once."""
    fields = fields_of(request)
    typed = fields.one("remark")
    text = _text(typed)
    if isinstance(text, Problem):
        return await mine_page(request, wrong=_unfit("remark", text, typed))
    try:
        with _once(request, fields.one("once"), "reopen", text) as is_first:
            if not is_first:
                return redirect(f"/{language_of(request)}/mine")
            await reopen(desk_of(request), visit_of(request), text)
    except NotAllowed as error:
        return await _already(request, error, typed)
    except NothingToSealTo as error:
        return await mine_page(request, wrong=_not_now("remark", error, typed))
    return _done(request, "reopened")


@post_page("/{language:str}/mine/leave", guard="visit")
async def take_leave(request: PageRequest) -> Response[Any]:
    """End the visit and have the browser forget it."""
    leave(desk_of(request), cookie_of(request))
    response = redirect(f"/{language_of(request)}/")
    return clear_site(clear_cookie(request, response, "pe_visit"))


async def _read_word(request: PageRequest) -> Sent:
    """Read the whole form, so that the answer reaches the browser whatever is wrong in it."""
    typed, once, refused = "", "", ""
    files: list[CleanFile] = []
    async for part in read_parts(request):
        if part.chunks is None:
            typed = part.text if part.name == "words" else typed
            once = part.text if part.name == "once" else once
        elif not files:
            try:
                files.append(await clean_file(part.chunks))
            except (FileRefused, TooMany) as error:
                refused = error.key
    return Sent(typed=typed, once=once, files=tuple(files), refused=refused)


def _text(typed: str) -> str | Problem:
    value = read_question(WORD, [typed])
    return value if isinstance(value, Problem) else str(value or "")


@contextmanager
def _once(request: PageRequest, once: str, *sent: str) -> Iterator[bool]:
    """Use up the form's own token; False when these very words were taken with it already.

    Other words are taken, whichever form of the page they come from: the first answer may never
    have reached the browser. What could not be kept may be sent again.
    """
    tokens, words = portal_of(request).form_tokens, msgspec.msgpack.encode(sent)
    try:
        tokens.take("word", once, words)
    except HTTPException as refused:
        if refused.detail != "form_used":
            raise
        yield False
        return
    try:
        yield True
    except Exception:
        tokens.give_back("word", once, words)
        raise


def _unfit(field: Field, problem: Problem, typed: str, limit: int = WORD_LIMIT) -> Wrong:
    """Return what is wrong with a text: too long, or characters that are none."""
    return Wrong(field=field, key=f"core.problem.{problem.code}", typed=typed, limit=limit)


def _not_now(field: Field, error: NothingToSealTo | NotAllowed | NotFound, typed: str) -> Wrong:
    """Return that the words cannot be taken now; they stay on the page."""
    if isinstance(error, NotAllowed | NotFound):
        return Wrong(field=field, key=error.key, typed=typed)
    return Wrong(field=field, key="core.mine.not_now", typed=typed, status=503)


async def _already(request: PageRequest, error: NotAllowed, typed: str = "") -> Response[Any]:
    """Show where the request stands now, with what was typed: it has moved on meanwhile."""
    if error.key == "core.mine.too_many_words":
        raise error
    if typed.strip():
        return await mine_page(request, wrong=_not_now("remark", error, typed))
    return redirect(f"/{language_of(request)}/mine")


def _done(request: PageRequest, what: Done) -> Response[Any]:
    return redirect(f"/{language_of(request)}/mine/done/{what}")
