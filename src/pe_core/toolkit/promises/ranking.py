"""A ranking gives the same people the same order, names nobody else, and keeps nobody."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec

from pe_core.hooks import Plugins
from pe_core.hooks.loader import Ranker
from pe_core.hooks.ranking import MOST, rank
from pe_core.hooks.troubles import Troubles
from pe_core.model import (
    Box,
    Candidate,
    Card,
    Fluency,
    Need,
    Skill,
    Skilled,
    VolunteerState,
)
from pe_core.rules.catalogue import Catalogue
from pe_core.rules.vocabulary import join_vocabulary
from pe_core.toolkit.promises.listeners import shown

START = datetime(2026, 12, 20, 10, 0, tzinfo=UTC)
MARK = "invented-volunteer-"
_WHAT = {
    "slow": "takes longer than a second; meanwhile nobody else is served",
    "printed": "prints; leave that out, names of people would stand in the log",
    "no_suggestions": (
        "returns something else; return a list of Suggestion(box=..., reasons=(Reason(...),)) "
        "that are for, against or unknown, or None"
    ),
    "no_reason_text": "gives a reason that has no text; its code is a key in locales/en.po",
}


def ranking_faults(plugin: str, plugins: Plugins, texts: Catalogue) -> Iterator[str]:
    """Yield a line for each thing that is wrong with the order that a plugin gives.

    All is asked twice with other questions in between: what has no memory answers alike.
    """
    own = tuple((name, caller) for name, caller in plugins.rankers if name == plugin)
    if not own:
        return
    alone = msgspec.structs.replace(plugins, rankers=own)
    asked = [(need, people) for need in _needs(plugins) for people in _crowds(plugins)]
    for need, people in asked:
        yield from _strangers(plugin, own[0][1], need, people)
    troubles = Troubles(lambda: START)
    once, again = ([rank(alone, *one, troubles, texts) for one in asked] for _ in range(2))
    for trouble in troubles.all():
        at = f" at {trouble.place}" if trouble.place else ""
        raised = f"raises {trouble.what}{at}; return None where it knows no order"
        yield f"{plugin}: rank_volunteers {_WHAT.get(trouble.what, raised)}"
    if not troubles.all() and once != again:
        yield (
            f"{plugin}: rank_volunteers gives the same people another order when it is asked "
            "again; let it depend on nothing but the need and the candidates"
        )
    (hook,) = own[0][1].get_hookimpls()
    if MARK in held_by(hook.function.__module__.partition(".")[0]):
        yield (
            f"{plugin}: rank_volunteers keeps whom it was shown; let its modules hold nothing "
            "of the candidates"
        )


def _strangers(
    plugin: str, caller: Ranker, need: Need, people: Sequence[Candidate]
) -> Iterator[str]:
    """Yield a line if an answer names somebody who is not there, or somebody twice."""
    try:
        given = caller(need=need, candidates=tuple(people))
        boxes = [one.box for one in given or ()]
    except Exception:  # that it raises, or returns something else, is told as what it costs
        return
    if set(boxes) - {one.card.box for one in people}:
        yield f"{plugin}: rank_volunteers names somebody who is no candidate; leave them out"
    if len(set(boxes)) < len(boxes):
        yield f"{plugin}: rank_volunteers names somebody twice; name everybody once"


def _needs(plugins: Plugins) -> list[Need]:
    """Return needs here and from afar, with a skill and at a time."""
    cities = _cities(plugins)
    skill = Skill(code="core.skill.interpreting", level=Skilled.GOOD)
    end = START + timedelta(hours=2)
    return [
        Need(),
        Need(required=(skill,), languages=("be",)),
        *(Need(city=city, remote=False, start=START, end=end) for city in cities),
    ]


def _crowds(plugins: Plugins) -> list[list[Candidate]]:
    """Return nobody, one person, and as many as are ever shown, all of them unlike."""
    skills = join_vocabulary(plugins.volunteering.values()).skills
    cities = (*_cities(plugins), "")
    crowd = [
        Candidate(
            card=Card(
                box=Box(number * 7919 % 1009),
                revision=1,
                state=VolunteerState.ACTIVE,
                handle=f"{MARK}{number}",
                ready=True,
                languages=(("be", Fluency.NATIVE), ("en", 1 + number % 4)),
                skills=tuple((code, 1 + number % 3) for code in skills[number % 3 :: 3]),
                city=cities[number % len(cities)],
                reach=number % 5 * 25,
                load=1 + number % 3,
            ),
            load=number % 3,
            asked=START.toordinal() - number if number % 2 else 0,
        )
        for number in range(MOST)
    ]
    return [[], crowd[:1], crowd]


def _cities(plugins: Plugins) -> tuple[str, ...]:
    named = (city.name for law in plugins.jurisdictions.values() for city in law.cities)
    return tuple(islice(named, 3)) or ("Sampletown",)


def held_by(package: str) -> str:
    """Return what the modules of a package hold."""
    modules = [sys.modules[name] for name in sorted(sys.modules) if _inside(name, package)]
    return "".join(shown(dict(vars(module))) for module in modules)


def _inside(module: str, package: str) -> bool:
    """Return whether a module lies in a package, or is it."""
    return module == package or module.startswith(f"{package}.")
