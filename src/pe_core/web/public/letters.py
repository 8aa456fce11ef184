"""Letters: what one says, its blanks as a form, and the letter itself to print; nothing is kept."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from litestar import Response
from litestar.params import FromPath

from pe_core.desk.reading import letters_of
from pe_core.model import Blank, Letter, LetterText, Problem
from pe_core.model.struct import Model
from pe_core.rules.forms import Question, Value, read_question
from pe_core.rules.guides import text_in
from pe_core.rules.letters import fill
from pe_core.rules.texts import direction, own_name, show_date, show_number
from pe_core.web.guards.body import Fields
from pe_core.web.guards.caller import fields_of
from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page, post_page
from pe_core.web.guards.tokens import SHORTEST
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest, desk_of, form_token, language_of
from pe_core.web.public.alone import alone
from pe_core.web.public.questions import ANSWER, ANSWER_BYTES, typed_answer
from pe_core.web.public.told import about


class Gap(Model):
    """A blank as the form shows it; ``question`` is how it is read."""

    question: Question
    name: str
    label: str
    hint: str
    values: Sequence[str]
    wrong: str


@get_page("/{language:str}/letters/{letter:str}", guard="public")
async def show_letter(request: PageRequest, letter: FromPath[str]) -> Response[str]:
    """Show what a letter says and ask for what goes into its blanks."""
    told = _letter(request, letter)
    with alone(request, letter):
        return _letter_page(request, told)


@post_page(
    "/{language:str}/letters/{letter:str}", guard="public", form="letter", limit=ANSWER_BYTES
)
async def fill_letter(request: PageRequest, letter: FromPath[str]) -> Response[str]:
    """Show the letter with its blanks filled; what was typed is on this page and nowhere else."""
    told = _letter(request, letter)
    with alone(request, letter):
        return _filled_page(request, told)


def _filled_page(request: PageRequest, told: Letter) -> Response[str]:
    typed = _typed(told, fields_of(request))
    read = {blank.name: read_question(_question(blank), typed[blank.name]) for blank in told.blanks}
    problems = {name: value for name, value in read.items() if isinstance(value, Problem)}
    if problems:
        return _letter_page(request, told, typed, problems)
    filled = {blank.name: _shown(blank, read[blank.name], told.language) for blank in told.blanks}
    return render(
        request,
        "public/letter_print.html",
        exit=True,
        told=told,
        paragraphs=fill(told.body, filled),
        letter_direction=direction(told.language),
        again=f"/{language_of(request)}/letters/{told.name}",
    )


def _letter(request: PageRequest, name: str) -> Letter:
    told = letters_of(desk_of(request)).get(name)
    if told is None:
        raise refusal("not_found")
    return told


def _letter_page(
    request: PageRequest,
    told: Letter,
    typed: Mapping[str, Sequence[str]] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> Response[str]:
    language = language_of(request)
    _, text = text_in(told.texts, language)
    wrong = {name: _problem_words(request, problem) for name, problem in (problems or {}).items()}
    gaps = [_gap(blank, text, typed or {}, wrong.get(blank.name, "")) for blank in told.blanks]
    labels = {blank.name: f"[{text.labels[blank.name]}]" for blank in told.blanks}
    return render(
        request,
        "public/letter.html",
        status=422 if wrong else 200,
        exit=True,
        token=form_token(request, "letter", timedelta(0) if wrong else SHORTEST),
        **about(request, told),
        letter_name=own_name(told.language),
        says=fill(text.body, labels),
        gaps=gaps,
        problems=[(gap.name, _line(request, gap)) for gap in gaps if gap.wrong],
    )


def _gap(blank: Blank, text: LetterText, typed: Mapping[str, Sequence[str]], wrong: str) -> Gap:
    return Gap(
        question=_question(blank),
        name=_name(blank),
        label=text.labels[blank.name],
        hint=text.hints.get(blank.name, ""),
        values=typed.get(blank.name, ()),
        wrong=wrong,
    )


def _question(blank: Blank) -> Question:
    """Return how a blank is read: like a question of a form."""
    longest = None if blank.kind == "date" else blank.longest
    return Question(
        field=blank.name, key="", kind=blank.kind, required=blank.required, longest=longest
    )


def _name(blank: Blank) -> str:
    return f"{ANSWER}-{blank.name}"


def _typed(told: Letter, fields: Fields) -> dict[str, list[str]]:
    return {
        blank.name: typed_answer(_question(blank), fields, _name(blank)) for blank in told.blanks
    }


def _shown(blank: Blank, value: Value | Problem | None, language: str) -> str:
    """Return what goes into the letter, a day in the words of the letter's language."""
    if value is None:
        return ""
    if blank.kind == "date":
        return show_date(date.fromisoformat(str(value)), language)
    return str(value)


def _problem_words(request: PageRequest, problem: Problem) -> str:
    desk, language = desk_of(request), language_of(request)
    limits = {
        name: show_number(limit, language) if isinstance(limit, int) else limit
        for name, limit in problem.limits.items()
    }
    return desk.texts.text(language, f"core.problem.{problem.code}", **limits)


def _line(request: PageRequest, gap: Gap) -> str:
    """Return a line of the summary; it names the blank that is meant."""
    text, language = desk_of(request).texts.text, language_of(request)
    return text(language, "core.ask.all.problem", question=gap.label, problem=gap.wrong)
