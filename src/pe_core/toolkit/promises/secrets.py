"""What people write is read by a coordinator, and is in clear nowhere else."""

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pe_core.model import Form
from pe_core.toolkit.browser import Page
from pe_core.toolkit.examples import Given, typed_by_number, ways
from pe_core.toolkit.promises.pages import addresses
from pe_core.toolkit.scene import Scene, Visitor
from pe_core.toolkit.searching import (
    is_mark,
    mark_answers,
    mark_for,
    marks_in,
    marks_in_files,
)

FILE = "a plugin writes no file: what was typed lives in the request, and nowhere else"
LOG = "the log is public: write ids, never words, and no exception that quotes"
PRINT = "nothing is printed: use instance.log(...), with ids only"
PAGE = "keep nothing between two calls of check, and repeat no answer"
ADDRESS = "titles and addresses stay in the history of a browser"
EVENT = "an event holds ids only"

Marks = dict[str, str]


def asking_faults(
    scene: Scene, given: Given, typed: Marks, look: Callable[[Marks], Iterable[str]]
) -> Iterator[str]:
    """Send each form with a mark in each text, through its pages up to the receipt.

    ``typed`` takes the marks; ``look`` is called while they are in a draft that was not sent.
    """
    sent: set[str] = set()
    for form in scene.forms:
        for answers in ways(form, given):
            marked, marks = mark_answers(form, answers)
            if typed.keys() >= marks.keys() and form.name in sent:
                continue
            typed.update(marks)
            sent.add(form.name)
            visitor = scene.visitor()
            if not visitor.goes_to_check(form, typed_by_number(form, marked)):
                yield _ends(visitor, form, "the page before sending")
                continue
            for name in sorted(set(marks) - set(marks_in(visitor.page.text, marks))):
                yield f"{name}: an asker does not see what they typed before they send it"
            yield from look(marks)
            yield from _sending_faults(visitor, form)
            yield from _titles(visitor, marks)


def letter_faults(scene: Scene, typed: Marks) -> Iterator[str]:
    """Fill in each letter with a mark in each blank, which the page to print shows.

    ``typed`` takes the marks.
    """
    for name, letter in scene.instance.plugins.letters.items():
        if not scene.owns(name):
            continue
        marks = {
            f"{name}.{blank.name}": mark
            for blank in letter.blanks
            if blank.kind != "date"
            if (mark := mark_for(f"{name}.{blank.name}", blank.longest))
        }
        typed.update(marks)
        visitor = scene.visitor()
        visitor.go(f"letters/{name}")
        scene.instance.clock.move(seconds=6)
        page = visitor.browser.send(_blanks(visitor.page, name), form=f"/letters/{name}")
        missing = sorted(set(marks) - set(marks_in(page.text, marks)))
        if page.status != 200 or missing:
            yield (
                f"/letters/{name} answers {page.status} when it is filled in, without "
                f"{', '.join(missing) or 'a blank'}; each blank has its {{gap}} in the letter"
            )
        yield from _titles(visitor, marks)


def reading_faults(scene: Scene, marks: Marks) -> Iterator[str]:
    """Yield a line for each mark that a coordinator does not read in the request."""
    answers = repr([request.original.answers for request in scene.coordinator().open_all()])
    for name in sorted(set(marks) - set(marks_in(answers, marks))):
        yield f"{name}: a coordinator does not read what was typed; ask for it, or take it out"


def left_behind(
    scene: Scene, marks: Marks, records: Sequence[logging.LogRecord], printed: str
) -> Iterator[str]:
    """Yield a line for each mark in clear: in files, the log, what was printed, in events."""
    yield from files_faults(scene.folder, marks)
    places: Mapping[str, tuple[str, str]] = {
        "the log": ("\n".join(map(_whole, records)), LOG),
        "the output": (printed, PRINT),
        "an event": (repr(scene.outbox.told), EVENT),
    }
    for place, (text, mend) in places.items():
        for name in marks_in(text, marks):
            yield f"{place} holds what was typed into {name}; {mend}"


def files_faults(folder: Path, marks: Marks) -> Iterator[str]:
    """Yield a line for each file of a folder that holds a mark in clear."""
    for path, name in marks_in_files(folder, marks):
        yield f"{path} holds what was typed into {name}; {FILE}"


def stranger_faults(scene: Scene, marks: Marks, given: Given) -> Iterator[str]:
    """Look at every page as somebody else does, and begin each form: no mark is on any."""
    visitor = scene.visitor()
    for address in addresses(scene):
        visitor.go(address)
    for form in scene.forms:
        for answers in ways(form, given)[:1]:
            if visitor.goes_to_check(form, typed_by_number(form, answers)):
                visitor.go("ask/all")
                visitor.browser.send({}, form=-1)
    foreign = {name: mark for name, mark in marks.items() if is_mark(mark)}
    for response in visitor.came:
        for name in marks_in(response.text, foreign):
            yield f"{response.url.path} shows another visitor what was typed into {name}; {PAGE}"


def _sending_faults(visitor: Visitor, form: Form) -> Iterator[str]:
    """Send what was checked and type the receipt back; yield what is wrong."""
    for send in (visitor.browser.send, visitor.type_back):
        if not visitor.page.forms() or visitor.page.status != 200:
            break
        send()
    if not visitor.page.path.endswith("/ask/done"):
        yield _ends(visitor, form, "the receipt")


def _ends(visitor: Visitor, form: Form, where: str) -> str:
    return (
        f"{form.name}: an example ends at {visitor.page.path} ({visitor.page.status}) instead of "
        f"{where}; let each page answer, and check take what its fields take"
    )


def _titles(visitor: Visitor, marks: Marks) -> Iterator[str]:
    for response in visitor.came:
        where = f"{response.url} {response.headers.get('location', '')}"
        title = Page(response).title if "<title>" in response.text else ""
        for name in marks_in(f"{where} {title}", marks):
            yield f"the title or address of a page holds what was typed into {name}; {ADDRESS}"


def _blanks(page: Page, name: str) -> dict[str, str]:
    """Return what is typed into the blanks of a letter, by the inputs on its page."""
    typed: dict[str, str] = {}
    for field in page.tree.xpath("//form//input[not(@type='hidden')] | //form//textarea"):
        key = str(field.get("name"))
        if not key.startswith("answer-"):
            continue
        end = key.rpartition("-")[2]
        if end in ("day", "month", "year"):
            typed[key] = {"day": "20", "month": "12", "year": "2026"}[end]
        else:
            room = int(field.get("maxlength") or 0) or None
            typed[key] = mark_for(f"{name}.{key.removeprefix('answer-')}", room)
    return typed


def _whole(record: logging.LogRecord) -> str:
    """Return everything that a log record holds, whatever a formatter would show of it."""
    told = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    return f"{record.getMessage()} {vars(record)!r} {told}"
