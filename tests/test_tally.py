"""README's table of numbers is read as it stands, and a number that is not true is found."""

import pytest
from tests.tally import COUNTED, FLOORS, ROOT, Numbers, covered_percent, faults, read_table

TRUE: Numbers = dict.fromkeys(COUNTED, 1000.0) | {
    name: floor + 0.5 for name, floor in FLOORS.items()
}


def table(numbers: Numbers) -> str:
    rows = [
        f"| {name.capitalize()} | {number:,g}{'' if name in COUNTED else ' %'} |"
        for name, number in numbers.items()
    ]
    return "\n".join(["| What | Number |", "| --- | --- |", *rows])


def test_readme_tells_every_number() -> None:
    told = read_table((ROOT / "README.md").read_text(encoding="utf-8"))

    assert {*COUNTED, *FLOORS} == told.keys()


def test_a_table_of_true_numbers_has_no_fault() -> None:
    rounded = dict.fromkeys(COUNTED, 950.0) | dict(FLOORS)

    assert [] == faults(TRUE, read_table(table(rounded)))


@pytest.mark.parametrize("name", [*COUNTED, *FLOORS])
@pytest.mark.parametrize("change", [-150.0, -1.1, 0.6, 1001.0])
def test_a_number_that_is_not_true_is_found(name: str, change: float) -> None:
    small = name in COUNTED and -100 < change < 0
    told = TRUE | {name: TRUE[name] + change}

    assert (0 if small else 1) == len(faults(TRUE, read_table(table(told))))


@pytest.mark.parametrize("name", FLOORS)
def test_a_number_below_its_floor_is_found(name: str) -> None:
    low = TRUE | {name: FLOORS[name] - 0.1}

    assert faults(low, low)


def test_a_number_that_readme_does_not_tell_is_found() -> None:
    told = {name: number for name, number in TRUE.items() if name != COUNTED[0]}

    assert [f"{COUNTED[0]}: README does not tell it"] == faults(TRUE, told)


def test_a_share_is_never_rounded_up_to_the_whole() -> None:
    one = {"covered_lines": 9999, "num_statements": 10000, "covered_branches": 0, "num_branches": 0}

    assert 99.9 == covered_percent([one])
