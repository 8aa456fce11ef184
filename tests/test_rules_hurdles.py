"""What shuts most people out of a need."""

from datetime import UTC, datetime

from pe_core.model import Candidate, Card, Gender, Need, Skill, VolunteerState
from pe_core.model.request import Box
from pe_core.rules.hurdles import Hurdle, find_hurdles
from pe_core.rules.nearness import Nearness

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DRIVES, WRITES = "core.skill.driving", "core.skill.papers"


def candidate(number: int, **said: object) -> Candidate:
    known: dict[str, object] = {"ready": True, "state": VolunteerState.ACTIVE, "load": 1, **said}
    card = Card(box=Box(number), revision=0, handle=f"bird{number}", **known)  # type: ignore[arg-type]
    return Candidate(card=card)


def hurdles(need: Need, *candidates: Candidate) -> list[Hurdle]:
    return find_hurdles(need, candidates, Nearness(()), NOW)


def test_the_highest_hurdle_comes_first_and_says_which_skill_it_is() -> None:
    need = Need(required=(Skill(code=DRIVES), Skill(code=WRITES)), gender=Gender.WOMAN)
    found = hurdles(
        need,
        candidate(1, skills=((DRIVES, 1),), gender="woman"),
        candidate(2, skills=((DRIVES, 1),), gender="man"),
        candidate(3, gender="woman"),
    )

    assert [
        Hurdle(kind="skill", what=WRITES, people=3),
        Hurdle(kind="gender", people=1),
        Hurdle(kind="skill", what=DRIVES, people=1),
    ] == found


def test_whoever_fits_meets_no_hurdle() -> None:
    assert [] == hurdles(Need(), candidate(1))


def test_the_same_kind_counts_once_for_each_person() -> None:
    away = datetime(2026, 12, 1, tzinfo=UTC).date().toordinal()
    need = Need(
        start=datetime(2026, 12, 1, 9, tzinfo=UTC), end=datetime(2026, 12, 1, 10, tzinfo=UTC)
    )
    span = (need.start, need.end)
    busy = Candidate(
        card=candidate(1, away=((away, away, False),)).card,
        busy=((span[0], span[1]),),  # type: ignore[arg-type]
    )

    assert [Hurdle(kind="time", people=1)] == hurdles(need, busy)


def test_a_gate_names_itself() -> None:
    need = Need(gates=("core.gate.first_aid",))

    assert [Hurdle(kind="gate", what="core.gate.first_aid", people=1)] == hurdles(
        need, candidate(1)
    )
