"""What of a request may leave: never more than its asker agreed to."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.model import Answer, FileNote, Original, Sharing, Where
from pe_core.model.consent import Agreed, Consent
from pe_core.model.peer import PeerCode
from pe_core.rules.sharing import (
    agree,
    asked_first,
    files_that_leave,
    files_to_ask_for,
    first_day,
    is_usable,
    may_ask_for,
    what_leaves,
)

FIELDS = ("paper", "region", "story", "name", "contact")
PERSONAL = {"name", "contact"}
PEER, OTHER = PeerCode("yy"), PeerCode("xx")
TODAY = date(2026, 11, 24)


def original() -> Original:
    return Original(
        form="zz.paper",
        form_version="1",
        title="A paper",
        language="be",
        where=Where.ABROAD,
        answers=tuple(
            Answer(
                field=field,
                question=f"{field}?",
                value=field,
                shown=f"my {field}",
                personal=field in PERSONAL,
            )
            for field in FIELDS
        ),
        reply_key=b"",
        submitted=datetime(2026, 11, 20, tzinfo=UTC),
        keep_weeks=12,
    )


def consent(*fields: str) -> Consent:
    return agree(PEER, fields, Agreed.RECEIPT, TODAY)


def left(*agreed: str, held: Sharing | None = None, chosen: set[str] | None = None) -> list[str]:
    return [one.field for one in what_leaves(original(), consent(*agreed), held, chosen)]


@pytest.mark.parametrize(
    ("agreed", "allowed", "chosen", "expected"),
    [
        ((), None, None, []),
        (("paper",), None, None, ["paper"]),
        (("story", "paper"), None, None, ["paper", "story"]),
        (("paper", "nothing"), None, None, ["paper"]),
        (("paper", "name"), None, None, ["paper", "name"]),
        (("paper", "story"), ("story",), None, ["story"]),
        (("paper",), ("paper", "story", "name"), None, ["paper"]),
        (("paper", "story"), (), None, []),
        (("paper", "story"), None, {"story", "name"}, ["story"]),
        (("paper", "story"), None, set(), []),
    ],
)
def test_what_leaves_is_agreed_to_and_held_back_by_nobody(
    agreed: tuple[str, ...],
    allowed: tuple[str, ...] | None,
    chosen: set[str] | None,
    expected: list[str],
) -> None:
    held = Sharing(fields=allowed) if allowed is not None else None

    assert expected == left(*agreed, held=held, chosen=chosen)


@given(st.sets(st.sampled_from(FIELDS)), st.sets(st.sampled_from((*FIELDS, "more"))))
def test_a_plugin_narrows_and_never_widens(agreed: set[str], allowed: set[str]) -> None:
    held = Sharing(fields=tuple(allowed))

    assert set(left(*agreed, held=held)) == agreed & allowed
    assert set(left(*agreed, held=held)) <= set(left(*agreed))


def test_what_is_personal_leaves_only_where_the_asker_names_it() -> None:
    assert [] == [field for field in left("paper", "region", "story") if field in PERSONAL]
    assert ["name"] == left("name", held=Sharing(fields=FIELDS))
    assert ("paper", "region", "story") == asked_first(may_ask_for(original(), None))


def test_an_answer_leaves_with_its_question_as_the_asker_read_both() -> None:
    (shared,) = what_leaves(original(), consent("story"), None)

    assert ("story", "story?", "my story", False) == (
        shared.field,
        shared.question,
        shared.answer,
        shared.personal,
    )


def test_an_asker_is_not_asked_for_what_a_plugin_holds_back() -> None:
    asked = may_ask_for(original(), Sharing(fields=("paper", "name")))

    assert ["paper", "name"] == [answer.field for answer in asked]


FILES = tuple(FileNote(id=name, media_type="image/png", size=9) for name in ("one", "two"))
ONE, TWO = (note.item for note in FILES)


@pytest.mark.parametrize(
    ("agreed", "allowed", "chosen", "expected"),
    [
        (("paper",), None, None, []),
        (("paper", ONE), None, None, [ONE]),
        ((TWO, ONE), None, None, [ONE, TWO]),
        (("one", "two"), None, None, []),
        ((ONE, TWO), (TWO,), None, [TWO]),
        ((ONE,), ("paper", "story"), None, []),
        ((ONE,), (ONE, TWO), None, [ONE]),
        ((ONE, TWO), None, {"paper", ONE}, [ONE]),
        ((ONE, TWO), None, set(), []),
    ],
)
def test_a_file_leaves_only_by_its_own_name(
    agreed: tuple[str, ...],
    allowed: tuple[str, ...] | None,
    chosen: set[str] | None,
    expected: list[str],
) -> None:
    held = Sharing(fields=allowed) if allowed is not None else None
    leaving = files_that_leave(FILES, consent(*agreed), held, chosen)

    assert expected == [note.item for note in leaving]


def test_an_asker_is_not_asked_for_a_file_that_a_plugin_does_not_name() -> None:
    assert FILES == files_to_ask_for(FILES, None)
    assert FILES[1:] == files_to_ask_for(FILES, Sharing(fields=("paper", TWO)))


@pytest.mark.parametrize(("how", "expected"), [(Agreed.SPOKEN, 24), (Agreed.RECEIPT, 27)])
def test_what_a_found_receipt_agreed_to_waits_for_48_hours(how: Agreed, expected: int) -> None:
    assert date(2026, 11, expected) == first_day(agree(PEER, ["paper"], how, TODAY))


@pytest.mark.parametrize(
    ("peer", "day", "expected"),
    [
        (PEER, date(2026, 11, 26), False),
        (PEER, date(2026, 11, 27), True),
        (PEER, date(2027, 5, 25), True),
        (PEER, date(2027, 5, 26), False),
        (OTHER, date(2026, 11, 27), False),
    ],
)
def test_a_consent_is_for_one_embassy_and_half_a_year(
    peer: PeerCode, day: date, expected: bool
) -> None:
    assert expected is is_usable(consent("paper"), peer, day)


def test_a_field_is_named_once() -> None:
    assert ("paper", "story") == agree(
        PEER, ["paper", "story", "paper"], Agreed.SPOKEN, TODAY
    ).fields
