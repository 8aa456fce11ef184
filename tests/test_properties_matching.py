"""Laws of matching: whoever the people are and whatever is needed."""

from collections.abc import Sequence
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench.volunteers import NEARNESS as MANY_CITIES
from bench.volunteers import NOW as THEN
from bench.volunteers import askings, loads, promises, volunteers
from bench.volunteers import needs as invented_needs
from matchmaking import NEARNESS, NOW, TODAY, ZONES, candidates, cards, crowds, facts, needs
from pe_core.model import Box, Candidate, Need, NeedId
from pe_core.rules.crowd import Crowd
from pe_core.rules.matching import POINTS, fits, judge, rank_key, suggest
from pe_core.rules.nearness import Nearness

SKILL_LEVELS = st.integers(1, 3)


def crowd_of(people: Sequence[Candidate], nearness: Nearness = NEARNESS) -> Crowd:
    """Return a crowd of these people's cards."""
    crowd = Crowd(nearness)
    for person in people:
        crowd.put(person.card)
    return crowd


def place_in(need: Need, people: Sequence[Candidate], box: Box) -> int | None:
    """Return which place somebody has among all who fit, None for who does not."""
    found = [suggestion.box for suggestion in suggest(need, people, NEARNESS, NOW, len(people))]
    return found.index(box) if box in found else None


@given(needs, crowds, st.integers(1, 30))
def test_the_crowd_answers_as_the_rule_does(
    need: Need, people: list[Candidate], limit: int
) -> None:
    slow = suggest(need, people, NEARNESS, NOW, limit)

    assert slow == crowd_of(people).suggest(need, **facts(people), now=NOW, limit=limit)


@given(needs, crowds, st.data())
def test_a_crowd_that_changed_answers_as_a_new_one(
    need: Need, people: list[Candidate], data: st.DataObject
) -> None:
    crowd = crowd_of(people)
    crowd.suggest(need, load={}, asked={}, busy={}, now=NOW)
    left = {person.card.box: person.card for person in people}
    for box in data.draw(st.lists(st.sampled_from(sorted(left)), unique=True)):
        crowd.drop(box)
        del left[box]
    for card in data.draw(st.lists(cards, max_size=5)):
        crowd.put(card)
        left[card.box] = card
    now_here = [Candidate(card=card) for card in left.values()]

    assert len(left) == len(crowd)
    assert suggest(need, now_here, NEARNESS, NOW, 30) == crowd.suggest(
        need, load={}, asked={}, busy={}, now=NOW, limit=30
    )


def test_a_thousand_people_are_answered_for_as_one_by_one() -> None:
    cards = list(volunteers(1_000))
    load, asked, busy = loads(cards), askings(cards), promises(cards)
    people = [
        Candidate(
            card=card,
            load=load.get(card.box, 0),
            asked=asked.get(card.box, 0),
            busy=busy.get(card.box, ()),
        )
        for card in cards
    ]
    crowd = crowd_of(people, MANY_CITIES)
    answered = 0
    for _, need in invented_needs(25):
        slow = suggest(need, people, MANY_CITIES, THEN, 50)
        answered += bool(slow)

        assert slow == crowd.suggest(need, load=load, asked=asked, busy=busy, now=THEN, limit=50)
    assert answered > 10


@given(needs, crowds, st.randoms(use_true_random=False))
def test_the_same_people_come_in_the_same_order_however_they_are_mixed(
    need: Need, people: list[Candidate], draw: Random
) -> None:
    mixed = draw.sample(people, len(people))

    assert suggest(need, people, NEARNESS, NOW) == suggest(need, mixed, NEARNESS, NOW)
    assert crowd_of(people).suggest(need, **facts(people), now=NOW) == crowd_of(mixed).suggest(
        need, **facts(mixed), now=NOW
    )


@given(needs, crowds, st.integers(1, 5), st.data())
def test_more_load_never_ranks_higher(
    need: Need, people: list[Candidate], more: int, data: st.DataObject
) -> None:
    heavier = data.draw(st.sampled_from(people))
    before = place_in(need, people, heavier.card.box)
    others = [person for person in people if person is not heavier]
    after = place_in(need, [*others, replace(heavier, load=heavier.load + more)], heavier.card.box)

    assert after is None or (before is not None and after >= before)


@given(needs, crowds, st.data())
def test_who_gains_a_wished_skill_never_falls(
    need: Need, people: list[Candidate], data: st.DataObject
) -> None:
    code = data.draw(st.sampled_from(["zz.skill.driving", "zz.skill.law", "zz.skill.care"]))
    gaining = data.draw(st.sampled_from(people))
    skills = (*gaining.card.skills, (code, data.draw(SKILL_LEVELS)))
    before = place_in(need, people, gaining.card.box)
    richer = replace(gaining, card=replace(gaining.card, skills=skills))
    others = [person for person in people if person is not gaining]
    after = place_in(need, [*others, richer], gaining.card.box)

    assert before is None or (after is not None and after <= before)


@given(needs, candidates, st.integers(1, 400))
def test_an_expired_gate_never_passes(need: Need, candidate: Candidate, ago: int) -> None:
    gate = "zz.gate.sworn"
    last = NOW if need.end is None else need.end.astimezone(NOW.tzinfo)
    gates = ((gate, last.toordinal() - ago), ("zz.gate.lawyer", 0))
    needing = replace(need, gates=(gate,))
    late = replace(candidate, card=replace(candidate.card, gates=gates))

    assert () == suggest(needing, [late], NEARNESS, NOW)
    assert () == crowd_of([late]).suggest(needing, **facts([late]), now=NOW)


@given(needs, candidates)
def test_nobody_is_suggested_against_a_wish_an_exclusion_or_their_limit(
    need: Need, candidate: Candidate
) -> None:
    card = candidate.card
    for found in suggest(need, [candidate], NEARNESS, NOW):
        assert found.box not in need.excluded
        assert candidate.load < card.load
        assert need.gender in ("", card.gender)
        assert card.ready
        assert card.paused_until < TODAY


@given(needs, candidates, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_it_does_not_matter_on_which_clocks_a_moment_was_written(
    need: Need, candidate: Candidate, one: str, other: str
) -> None:
    def moved(moment: datetime | None, zone: str) -> datetime | None:
        return None if moment is None else moment.astimezone(ZoneInfo(zone))

    same = replace(need, start=moved(need.start, one), end=moved(need.end, other))

    assert judge(need, candidate, NEARNESS, NOW) == judge(same, candidate, NEARNESS, NOW)


@given(needs, candidates)
def test_every_point_is_one_of_the_list_and_a_code_is_told_once_or_for_each_thing(
    need: Need, candidate: Candidate
) -> None:
    reasons = judge(need, candidate, NEARNESS, NOW)
    several = {"skill", "wished", "gate"}
    single = [reason.code for reason in reasons if reason.code not in several]

    assert all(reason.verdict in POINTS[reason.code] for reason in reasons)
    assert len(set(single)) == len(single)


@given(needs, crowds)
def test_the_order_is_that_of_the_key_and_nobody_else_fits(
    need: Need, people: list[Candidate]
) -> None:
    found = suggest(need, people, NEARNESS, NOW, len(people))
    keys = [rank_key(suggestion.box, suggestion.reasons) for suggestion in found]
    fitting = {person.card.box for person in people if fits(judge(need, person, NEARNESS, NOW))}

    assert sorted(keys) == keys
    assert fitting == {suggestion.box for suggestion in found}


@given(st.lists(needs, min_size=1, max_size=6), crowds, st.integers(1, 2))
def test_a_proposal_asks_nobody_too_much_and_nobody_who_does_not_fit(
    wanted: list[Need], people: list[Candidate], each: int
) -> None:
    named = [(NeedId(f"need {number}"), need) for number, need in enumerate(wanted)]
    by_box = {person.card.box: person for person in people}
    proposal = crowd_of(people).propose(named, **facts(people), now=NOW, each=each)
    given_to: dict[Box, list[Need]] = {}
    for name, need in named:
        boxes = [suggestion.box for suggestion in proposal[name]]
        for suggestion in proposal[name]:
            given_to.setdefault(suggestion.box, []).append(need)

            assert suggestion.reasons == judge(need, by_box[suggestion.box], NEARNESS, NOW)
            assert fits(suggestion.reasons)
        assert len(set(boxes)) == len(boxes) <= need.places * each
    for box, got in given_to.items():
        assert len(got) + by_box[box].load <= by_box[box].card.load
        assert not any(clash(one, other) for at, one in enumerate(got) for other in got[at + 1 :])


def clash(one: Need, other: Need) -> bool:
    """Return whether two needs are at the same time."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    return max(one.start, other.start).timestamp() < min(one.end, other.end).timestamp()


@given(st.lists(needs, min_size=1, max_size=6), crowds, st.randoms(use_true_random=False))
def test_a_proposal_does_not_depend_on_how_the_people_are_mixed(
    wanted: list[Need], people: list[Candidate], draw: Random
) -> None:
    named = [(NeedId(f"need {number}"), need) for number, need in enumerate(wanted)]
    mixed = draw.sample(people, len(people))

    assert crowd_of(people).propose(named, **facts(people), now=NOW) == crowd_of(mixed).propose(
        named, **facts(mixed), now=NOW
    )


@given(needs, crowds)
def test_a_need_alone_is_proposed_whom_it_would_be_suggested(
    need: Need, people: list[Candidate]
) -> None:
    crowd = crowd_of(people)
    first = crowd.suggest(need, **facts(people), now=NOW, limit=need.places)

    assert {"a": first} == crowd.propose([(NeedId("a"), need)], **facts(people), now=NOW)
