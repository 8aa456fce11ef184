"""Pages of a plugin: facts as TOML between two lines ``+++``, then words; all faults at once."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from pe_core.errors import PluginError
from pe_core.model.struct import Model

S = TypeVar("S", bound=msgspec.Struct)

FENCE = "+++"
BODY_LIMIT = 40_000
"""Characters of a body; what is longer is no guide that anybody reads."""

_LINE = r"\A[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*\Z"
Line = Annotated[str, Meta(pattern=_LINE, max_length=300)]
"""A line of text that is not empty."""
Title = Annotated[str, Meta(pattern=_LINE, max_length=90)]
Count = Annotated[int, Meta(ge=1, le=10_000)]


class SourceHead(Model, forbid_unknown_fields=True):
    """Where a fact was read, as authors write it."""

    title: Line
    url: Annotated[str, Meta(pattern=r"\Ahttps://[^\s/?#<>\"'@]+\.[^\s<>\"']+\Z", max_length=500)]


MENDS: Mapping[str, str] = {
    "title": "one line of at most 90 characters",
    "summary": "one sentence on one line, at most 300 characters",
    "topics": 'a list of names of forms, such as ["xx.document"]; [] is for everybody',
    "jurisdiction": "the code of a jurisdiction in quotes",
    "authority": "the office's name in quotes, as on its door",
    "document": "what the paper is called there, in quotes; or leave the line out",
    "proof": '"none", "case_by_case" or "formal_refusal"; or leave the line out',
    "permits": "a list of lines, who can ask for it",
    "fee": "what it costs, in words; or leave the line out",
    "wait": "how long it takes, in words; or leave the line out",
    "valid_until": "a date without quotes, such as 2026-11-24; or leave the line out",
    "checked_on": "the day on which somebody last looked, without quotes, such as 2026-11-24",
    "revision": "a whole number from 1; raise it whenever a fact changes",
    "letters": 'a list of names of letters, such as ["xx.some-letter"]',
    "sources": 'at least one { title = "...", url = "https://..." }',
    "status": '"machine", "human" or "reviewed"',
    "of": "the revision of the source that this translation tells",
    "language": 'the tag of the language that the letter is in, such as "be"',
    "blanks": (
        'a list such as [{ name = "day", kind = "date" }]; '
        "kind is text, long or date, beside it may stand longest and required"
    ),
    "labels": 'what each blank asks for, such as { day = "Date of birth" }',
    "hints": 'more about a blank, such as { day = "As in your passport" }',
}
"""What each key wants, for the lines that say what is wrong."""


def read_page(
    text: str, kind: type[S], look: Callable[[str], Iterable[str]] = lambda body: ()
) -> tuple[S, str]:
    """Return what stands between the fences as ``kind``, and the body behind them.

    Raises PluginError with a line for every key that is unknown, missing or wrong, and for
    what ``look`` says of the body.
    """
    head, body = _split(text)
    faults = [*_faults(head, kind), *look(body)]
    if not body:
        faults.append("there are no words behind the second line +++")
    elif len(body) > BODY_LIMIT:
        faults.append(f"its words are too many: {len(body)} characters, at most {BODY_LIMIT}")
    if faults:
        raise PluginError(faults)
    return msgspec.convert(head, kind), body


def _split(text: str) -> tuple[Mapping[str, Any], str]:
    """Part a page at its fences; line ends of any machine and a mark of order are borne."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    first, _, rest = plain.partition("\n")
    if first.rstrip() != FENCE:
        raise PluginError([f"begin it with a line {FENCE}, its facts, and another line {FENCE}"])
    head, fence, body = f"\n{rest}".partition(f"\n{FENCE}\n")
    if not fence:
        head, fence, body = f"\n{rest}".partition(f"\n{FENCE}")
        if not fence or body.strip():
            raise PluginError([f"a second line {FENCE} must end its facts"])
    try:
        return tomllib.loads(head), body.strip()
    except RecursionError:
        raise PluginError(["its facts are no valid TOML: nested too deeply"]) from None
    except ValueError as error:
        # Lines are counted with the fence, as an editor does: the empty first one stands for it.
        raise PluginError([f"its facts are no valid TOML: {error}"]) from None


@lru_cache(maxsize=16)
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, FieldInfo]:
    """Return the keys of a page; looked at once, not once a file."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _faults(head: Mapping[str, Any], kind: type[msgspec.Struct]) -> Iterator[str]:
    fields = _fields(kind)
    for key in head:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(fields)}"
            yield f"unknown key {key!r}; {hint}"
    for key, field in fields.items():
        if key in head:
            try:
                msgspec.convert(head[key], field.type)
            except msgspec.ValidationError as error:
                _, _, place = str(error).partition(" - at `$")
                at = place.removesuffix("`")
                yield f"the key {key!r} is wrong{f' at {at}' if at else ''}; write {MENDS[key]}"
        elif field.required:
            yield f"the key {key!r} is missing; write {MENDS[key]}"
