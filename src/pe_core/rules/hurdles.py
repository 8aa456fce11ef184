"""What shuts most people out of a need: for whoever wonders that nobody is suggested."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from pe_core.model import Candidate, Need, Reason, Verdict
from pe_core.model.struct import Model
from pe_core.rules.matching import judge
from pe_core.rules.nearness import Nearness

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "remote": "place",
        "far": "place",
        "hours": "time",
        "away": "time",
        "overlap": "time",
        "state": "ready",
        "paused": "ready",
    }
)
"""Points that are one hurdle to whoever reads of it; every other one is a hurdle of its own."""


class Hurdle(Model):
    """What a need asks for, how many people it shuts out, and which skill or gate it is."""

    kind: str
    people: int
    what: str = ""


def find_hurdles(
    need: Need, candidates: Iterable[Candidate], nearness: Nearness, now: datetime
) -> list[Hurdle]:
    """Return every hurdle that shuts somebody out, the highest first.

    ``now`` is an aware moment on the embassy's clocks. It looks at each person by themselves.
    """
    shut_out: Counter[tuple[str, str]] = Counter()
    for candidate in candidates:
        reasons = judge(need, candidate, nearness, now)
        shut_out.update({_hurdle(one) for one in reasons if one.verdict is Verdict.BARS})
    return [
        Hurdle(kind=kind, what=what, people=people)
        for (kind, what), people in sorted(shut_out.items(), key=lambda item: (-item[1], item[0]))
    ]


def _hurdle(reason: Reason) -> tuple[str, str]:
    what = reason.values.get("skill", reason.values.get("gate", ""))
    return KINDS.get(reason.code, reason.code), str(what)
