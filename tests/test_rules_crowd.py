"""The crowd of a session: cards come, change and go; many needs are proposed for at once."""

import pytest
from msgspec.structs import replace

from matchmaking import NEARNESS, NOW, TODAY, at, card, facts, one, said
from pe_core.model import Box, Candidate, Card, Need, NeedId, Skill, Skilled
from pe_core.model.volunteer import NEVER
from pe_core.rules.crowd import CHOICES, Crowd
from pe_core.rules.people_sets import in_order, members, people
from pe_core.rules.week_hours import DAY

NOTHING: dict[str, dict[Box, object]] = {"load": {}, "asked": {}, "busy": {}}


def crowd_of(*cards: Card) -> Crowd:
    """Return a crowd of these cards."""
    crowd = Crowd(NEARNESS)
    for each in cards:
        crowd.put(each)
    return crowd


def suggested(crowd: Crowd, need: Need = Need()) -> list[int]:  # noqa: B008
    """Return whom a crowd suggests when nothing is known of today."""
    return [found.box for found in crowd.suggest(need, **NOTHING, now=NOW)]


def proposed(
    crowd: Crowd, *needs: Need, each: int = 1, candidates: tuple[Candidate, ...] = ()
) -> list[list[int]]:
    """Return the boxes that are proposed for each need."""
    named = [(NeedId(str(number)), need) for number, need in enumerate(needs)]
    found = crowd.propose(named, **facts(candidates), now=NOW, each=each)

    assert [name for name, _ in named] == list(found)
    return [[suggestion.box for suggestion in found[name]] for name, _ in named]


def test_a_crowd_of_nobody_suggests_and_proposes_nobody() -> None:
    crowd = Crowd(NEARNESS)

    assert 0 == len(crowd)
    assert [] == suggested(crowd)
    assert [[]] == proposed(crowd, Need())
    assert () == crowd.why_not(Box(1), Need(), **NOTHING, now=NOW)


def test_a_card_is_given_back_as_it_came() -> None:
    first = card(1, away=((TODAY, TODAY + 1, True),), gates=(("zz.gate.sworn", 0),))
    crowd = crowd_of(first, card(2))

    assert first == crowd.get(Box(1))
    assert crowd.get(Box(3)) is None
    assert [1, 2] == sorted(each.box for each in crowd)


def test_a_changed_card_counts_at_once() -> None:
    crowd = crowd_of(card(1), card(2))
    law = Need(required=(Skill(code="zz.skill.law"),))

    assert [] == suggested(crowd, law)
    crowd.put(card(1, skills=(("zz.skill.law", 1),)))
    assert [1] == suggested(crowd, law)
    crowd.put(card(1))
    assert [] == suggested(crowd, law)
    assert 2 == len(crowd)


def test_who_is_dropped_is_gone_and_may_come_back() -> None:
    crowd = crowd_of(card(1), card(2))
    crowd.drop(Box(1))
    crowd.drop(Box(7))

    assert [2] == suggested(crowd)
    assert crowd.get(Box(1)) is None
    assert 1 == len(crowd)
    crowd.put(card(1))
    assert [1, 2] == suggested(crowd)


def test_a_crowd_whose_cards_change_all_day_still_answers() -> None:
    crowd = crowd_of(*[card(box) for box in range(1, 11)])
    for turn in range(200):
        for box in range(1, 11):
            crowd.put(card(box, load=1 + turn % 3))

        assert [1, 2, 3, 4, 5] == suggested(crowd)


def test_why_not_is_answered_for_anybody() -> None:
    crowd = crowd_of(card(1, city="Faraway"), card(2))
    need = Need(city="Inventown", remote=False)
    found = crowd.why_not(Box(1), need, load={Box(1): 2}, asked={}, busy={}, now=NOW)

    assert ["far_bars", "load_bars", "asked_for"] == said(found)


def test_numbers_that_are_no_hours_close_the_crowd_to_nobody() -> None:
    odd = (-1, 1 << 40, 0, 0, 0, 0, 0)
    crowd = crowd_of(card(1, hours=odd), card(2, zone="../.."), card(3, hours=NEVER), card(4))
    monday = Need(start=at(7, 10), end=at(7, 12))
    tuesday = Need(start=at(8, 10), end=at(8, 12))

    assert [1, 4, 2, 3] == suggested(crowd, monday)
    assert [4, 2, 3] == suggested(crowd, tuesday)


def test_two_needs_do_not_get_the_same_person_at_the_same_time() -> None:
    crowd = crowd_of(card(1, load=5), card(2, load=5, skills=()))
    driving = (Skill(code="zz.skill.driving"),)
    morning = Need(required=driving, start=at(1, 9), end=at(1, 11))
    later = Need(start=at(1, 10), end=at(1, 12))
    afternoon = Need(required=driving, start=at(1, 11), end=at(1, 13))

    assert [[1], [2], [1]] == proposed(crowd, morning, later, afternoon)


def test_nobody_gets_more_than_their_limit() -> None:
    crowd = crowd_of(card(1, load=2), card(2, load=1))

    assert [[1], [2], [1], []] == proposed(crowd, Need(), Need(), Need(), Need())
    assert [[2], [1], []] == proposed(
        crowd, Need(), Need(), Need(), candidates=(one(1, load=2, tasks=1),)
    )


def test_a_need_gets_as_many_people_as_it_has_places_times_each() -> None:
    crowd = crowd_of(*[card(box) for box in range(1, 9)])

    assert [[1, 2]] == proposed(crowd, Need(places=2))
    assert [[1, 2, 3, 4]] == proposed(crowd, Need(places=2), each=2)


def test_a_need_with_few_to_choose_from_is_not_left_without() -> None:
    crowd = crowd_of(card(1, load=1, city="Faraway"), card(2, load=1))
    anybody, near_faraway = Need(), Need(city="Faraway", remote=False)

    assert [[2], [1]] == proposed(crowd, anybody, near_faraway)


def test_more_needs_of_a_kind_than_the_first_choices_all_get_somebody() -> None:
    many = CHOICES * 3
    crowd = crowd_of(*[card(box, load=1) for box in range(1, many + 11)])
    found = proposed(crowd, *[Need() for _ in range(many)])

    assert [1] * many == [len(boxes) for boxes in found]
    assert many == len({box for boxes in found for box in boxes})


@pytest.mark.parametrize("size", [0, 1, 47, 48, 49, 200, 1000])
def test_a_set_of_people_holds_just_its_members(size: int) -> None:
    slots = list(range(0, size * 3, 3))
    found = people(slots, size * 3)

    assert slots == list(members(found))
    assert size == found.bit_count()


def test_people_come_by_the_first_key_then_by_the_next() -> None:
    keys = [(0b0110, 0b1001), (0b0011, 0b1100)]

    assert [((0, 0), 0b0010), ((0, 1), 0b0100), ((1, 0), 0b0001)] == list(in_order(0b0111, keys))


def test_levels_beside_each_other_count_by_the_best() -> None:
    twice = card(1, skills=(("zz.skill.law", 1), ("zz.skill.law", 3)))
    crowd = crowd_of(twice, card(2, skills=(("zz.skill.law", 2),)), card(3, hours=(DAY,) * 7))

    for level, expected in ((Skilled.SOME, [1, 2]), (Skilled.EXPERT, [1])):
        assert expected == suggested(
            crowd, Need(required=(Skill(code="zz.skill.law", level=level),))
        )
    assert twice == replace(crowd.get(Box(1)) or card(1))
