"""Ask plugins in which order volunteers are suggested, and trust nothing that comes back.

A preference may change the order and add reasons of its own. It brings nobody in, leaves nobody
out and hides no reason of the core; one that fails is switched off, and the core's order holds.
"""

import contextlib
from collections.abc import Mapping, Sequence
from itertools import islice

from pe_core.hooks.loader import Plugins, Ranker
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.hooks.watched import Printed
from pe_core.model import Box, Candidate, Need, Reason, Suggestion, Verdict
from pe_core.rules.catalogue import Catalogue

MOST = 200
"""Candidates that a plugin is shown; who comes after them keeps the core's order."""
SLOW = 1.0
"""Seconds: meanwhile nobody else is served."""
_MOST_BACK = 5 * MOST
_MOST_REASONS = 5
_LONGEST = 60
"""Characters of a value: codes and names of the vocabulary are short."""
_WORDED = frozenset({"language", "fluency", "skill", "level", "gate", "day"})
"""Names of values that pages put in words; a plugin's are shown as they are."""
_SAID = (Verdict.FOR, Verdict.AGAINST, Verdict.UNKNOWN)
"""What a plugin may say; nobody but the core shuts somebody out."""


class _Refused(Exception):
    """What a plugin returned is of no use; its word goes to the page of plugins."""


def rank(
    plugins: Plugins,
    need: Need,
    candidates: Sequence[Candidate],
    troubles: Troubles,
    texts: Catalogue,
) -> tuple[Suggestion, ...] | None:
    """Return the candidates in a plugin's order, None where no plugin has one.

    ``candidates`` fit the need and stand in the core's order. Each of them is in the answer
    once; the reasons there are the plugin's own (see ``add_reasons``). Plugins are asked in the
    order of pe.toml; one that raises, ends, prints, takes longer than a second or returns
    something else is switched off, and the next one is asked.
    """
    for plugin, caller in plugins.rankers:
        part = part_of(plugin)
        if not troubles.is_off(Kind.RANKING, part):
            found = _ask(plugin, caller, need, tuple(candidates[:MOST]), troubles, texts)
            if found is not None:
                return _whole(found, candidates)
    return None


def part_of(plugin: str) -> str:
    """Return the name under which the ranking of a plugin is switched off and on."""
    return f"{plugin}.rank_volunteers"


def add_reasons(
    ranked: Sequence[Suggestion], suggested: Sequence[Suggestion]
) -> tuple[Suggestion, ...]:
    """Return the core's suggestions in a plugin's order, its reasons after the core's."""
    reasons = {suggestion.box: suggestion.reasons for suggestion in suggested}
    return tuple(
        Suggestion(box=one.box, reasons=(*reasons[one.box], *one.reasons))
        for one in ranked
        if one.box in reasons
    )


def _ask(
    plugin: str,
    caller: Ranker,
    need: Need,
    candidates: tuple[Candidate, ...],
    troubles: Troubles,
    texts: Catalogue,
) -> dict[Box, tuple[Reason, ...]] | None:
    """Return whom a plugin named, each with its reasons; None if it left that to others."""
    printed, begun, wrong = Printed(), troubles.clock(), ""
    found: dict[Box, tuple[Reason, ...]] | None = None
    try:
        # What it prints would stand in the log of the server, names of people and all.
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            found = _read(plugin, caller(need=need, candidates=candidates), candidates, texts)
    except _Refused as refused:
        wrong = str(refused)
    except (Exception, SystemExit) as error:  # a plugin may fail in any way
        (hook,) = caller.get_hookimpls()
        troubles.raised(Kind.RANKING, part_of(plugin), error, hook.function)
        return None
    if troubles.clock() - begun > SLOW:
        wrong = "slow"
    elif printed.any:
        wrong = "printed"
    if wrong:
        troubles.switch_off(Kind.RANKING, part_of(plugin), wrong)
        return None
    return found


def _read(
    plugin: str, answer: object, candidates: tuple[Candidate, ...], texts: Catalogue
) -> dict[Box, tuple[Reason, ...]] | None:
    """Return what is of use in an answer: strangers and repeats are dropped."""
    if answer is None:
        return None
    if not isinstance(answer, Sequence):
        raise _Refused("no_suggestions")
    known = {candidate.card.box: candidate.card.box for candidate in candidates}
    found: dict[Box, tuple[Reason, ...]] = {}
    for one in islice(answer, _MOST_BACK):
        if not isinstance(one, Suggestion):
            raise _Refused("no_suggestions")
        box = known.get(one.box)
        if box is not None and box not in found:
            found[box] = tuple(_reasons(plugin, one.reasons, texts))
    return found


def _reasons(plugin: str, given: object, texts: Catalogue) -> list[Reason]:
    """Return copies of a plugin's reasons; a page must be able to say each of them."""
    if not isinstance(given, Sequence):
        raise _Refused("no_suggestions")
    reasons = []
    for reason in islice(given, _MOST_REASONS):
        if not isinstance(reason, Reason) or reason.verdict not in _SAID:
            raise _Refused("no_suggestions")
        code, values = reason.code, _values(reason.values)
        if not code.startswith(f"{plugin}.") or not texts.has(texts.languages[0], code):
            raise _Refused("no_reason_text")
        texts.text(texts.languages[0], code, **values)  # raises for a gap without a value
        reasons.append(Reason(code=code, verdict=Verdict(reason.verdict), values=values))
    return reasons


def _values(given: Mapping[str, str | int]) -> dict[str, str | int]:
    values = dict(islice(given.items(), _MOST_REASONS))
    plain = (
        isinstance(value, str | int) and len(str(value)) <= _LONGEST for value in values.values()
    )
    if all(plain) and not _WORDED.intersection(values):
        return values
    raise _Refused("no_suggestions")


def _whole(
    found: Mapping[Box, tuple[Reason, ...]], candidates: Sequence[Candidate]
) -> tuple[Suggestion, ...]:
    """Return everybody once: whom the plugin named, then the others in the core's order."""
    boxes = [candidate.card.box for candidate in candidates]
    order = dict.fromkeys((*found, *boxes))
    return tuple(Suggestion(box=box, reasons=found.get(box, ())) for box in order)
