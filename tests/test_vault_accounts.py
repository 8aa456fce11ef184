"""An account opens with its own passphrase, shuts with the other, and shows neither."""

import pytest

from pe_core.errors import VaultError
from pe_core.vault import accounts
from pe_core.vault.accounts import (
    OpenedSlot,
    Slots,
    make_slots,
    make_tags,
    may_open,
    open_slots,
    replace_unlock,
)
from pe_core.vault.envelope import Context, open_symmetric, seal_symmetric
from pe_core.vault.keys import Seed, derive_key

EMBASSY = "zz"
SEED = Seed(b"a" * 32)
UNLOCK, LOCK, WRONG = b"u" * 64, b"l" * 64, b"w" * 64
BOX = 4711


def rows(*slots: tuple[int, Slots]) -> list[tuple[int, bytes, bytes]]:
    """Return account rows as the store has them."""
    return [(box, each.first, each.second) for box, each in slots]


def test_the_passphrase_opens_the_account() -> None:
    accounts = rows((BOX, make_slots(SEED, UNLOCK, BOX, EMBASSY)))

    assert OpenedSlot(box=BOX, seed=SEED, kind="unlock") == open_slots(accounts, UNLOCK, EMBASSY)


def test_the_second_passphrase_locks_and_gives_no_seed_of_the_account() -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY, lock=LOCK)
    opened = open_slots(rows((BOX, slots)), LOCK, EMBASSY)

    assert opened is not None
    assert (BOX, "lock", 32) == (opened.box, opened.kind, len(opened.seed))
    assert SEED != opened.seed
    assert OpenedSlot(box=BOX, seed=SEED, kind="unlock") == open_slots(
        rows((BOX, slots)), UNLOCK, EMBASSY
    )


def test_the_right_account_of_many_is_found() -> None:
    derived = [bytes([number]) * 64 for number in range(1, 6)]
    accounts = rows(
        *(
            (number, make_slots(Seed(bytes([number]) * 32), derived[number - 1], number, EMBASSY))
            for number in range(1, 6)
        )
    )

    for number in range(1, 6):
        expected = OpenedSlot(box=number, seed=Seed(bytes([number]) * 32), kind="unlock")
        assert expected == open_slots(accounts, derived[number - 1], EMBASSY)


def test_nothing_else_opens_an_account() -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY, lock=LOCK)

    assert open_slots([], UNLOCK, EMBASSY) is None
    assert open_slots(rows((BOX, slots)), WRONG, EMBASSY) is None
    assert open_slots(rows((BOX, slots)), UNLOCK, "zy") is None
    assert open_slots(rows((BOX + 1, slots)), UNLOCK, EMBASSY) is None


def test_a_passphrase_of_one_kind_does_not_serve_as_the_other() -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY)
    locking = derive_key(UNLOCK, "slot lock")

    assert locking != derive_key(UNLOCK, "slot unlock")
    assert "unlock" == getattr(open_slots(rows((BOX, slots)), UNLOCK, EMBASSY), "kind", None)


@pytest.mark.parametrize("lock", [None, LOCK], ids=["unused", "lock"])
def test_both_slots_look_alike(lock: bytes | None) -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY, lock=lock)

    assert len(slots.first) == len(slots.second)
    assert slots.first[:8] == slots.second[:8]
    assert slots.first[8:] != slots.second[8:]


def test_accounts_with_and_without_a_lock_look_alike() -> None:
    without = make_slots(SEED, UNLOCK, BOX, EMBASSY)
    with_lock = make_slots(SEED, UNLOCK, BOX, EMBASSY, lock=LOCK)

    assert 1 == len({len(each) for s in (without, with_lock) for each in (s.first, s.second)})
    assert 1 == len({each[:8] for s in (without, with_lock) for each in (s.first, s.second)})


def test_the_place_of_the_slots_is_random() -> None:
    places = set()
    for _ in range(60):
        slots = make_slots(SEED, UNLOCK, BOX, EMBASSY)
        places.add(open_slots([(BOX, slots.first, b"")], UNLOCK, EMBASSY) is not None)

    assert {True, False} == places


def test_a_tampered_slot_does_not_open_and_spoils_no_other_account() -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY)
    spoiled = [(BOX, slots.first[:-1] + b"\0\0", slots.second[:60]), (7, b"", b"PE")]
    changed = Slots(
        first=slots.first[:-1] + bytes([slots.first[-1] ^ 1]),
        second=slots.second[:-1] + bytes([slots.second[-1] ^ 1]),
    )
    good = make_slots(SEED, UNLOCK, 9, EMBASSY)

    assert open_slots(spoiled, UNLOCK, EMBASSY) is None
    assert open_slots(rows((BOX, changed)), UNLOCK, EMBASSY) is None
    assert OpenedSlot(box=9, seed=SEED, kind="unlock") == open_slots(
        [*spoiled, *rows((9, good))], UNLOCK, EMBASSY
    )


def test_every_slot_is_tried_with_both_keys_whatever_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[bytes] = []

    def counting(envelope: bytes, *, key: bytes, context: Context) -> bytes:
        tried.append(envelope)
        return open_symmetric(envelope, key=key, context=context)

    monkeypatch.setattr(accounts, "open_symmetric", counting)
    three = rows(
        *((box, make_slots(SEED, UNLOCK if box == 1 else WRONG, box, EMBASSY)) for box in (1, 2, 3))
    )
    counts = []
    for derived in (UNLOCK, LOCK):
        tried.clear()
        open_slots(three, derived, EMBASSY)
        counts.append(len(tried))

    assert [12, 12] == counts


def test_a_slot_that_was_moved_to_another_use_does_not_open() -> None:
    key = derive_key(UNLOCK, "slot unlock")
    elsewhere = seal_symmetric(SEED, key=key, context=("private", EMBASSY, str(BOX)))

    assert open_slots([(BOX, elsewhere, elsewhere)], UNLOCK, EMBASSY) is None


def test_an_opened_slot_does_not_show_its_seed() -> None:
    opened = OpenedSlot(box=BOX, seed=SEED, kind="unlock")

    assert "<OpenedSlot unlock>" == repr(opened)


SALT = b"s" * 32
TAGS = make_tags(SALT, "busel", "one two three four five six seven")
OTHER_TAGS = make_tags(SALT, "busel", "eight nine ten eleven twelve more words")
NEW_TAGS = make_tags(SALT, "busel", "some words that nobody has had so far")


def test_a_passphrase_fits_the_tags_of_its_own_account_only() -> None:
    slots = make_slots(SEED, UNLOCK, BOX, EMBASSY, tags=TAGS, lock=LOCK, lock_tags=OTHER_TAGS)
    typed = make_tags(SALT, "busel", "  ONE two three   four five six seven")

    assert may_open(slots.tags, typed)
    assert may_open(slots.tags, OTHER_TAGS)
    assert not may_open(slots.tags, make_tags(SALT, "zubr", "one two three four five six seven"))
    assert not may_open(
        slots.tags, make_tags(b"t" * 32, "busel", "one two three four five six seven")
    )
    assert not may_open(slots.tags, make_tags(SALT, "busel", "one two three four five six eight"))


def test_an_account_without_tags_may_always_open() -> None:
    assert make_slots(SEED, UNLOCK, BOX, EMBASSY).tags is None
    assert may_open(None, TAGS)


def test_tags_stand_beside_their_slots_and_an_unused_one_is_random() -> None:
    made = [make_slots(SEED, UNLOCK, BOX, EMBASSY, tags=TAGS) for _ in range(40)]
    others = set()
    for slots in made:
        is_first = open_slots([(BOX, slots.first, b"")], UNLOCK, EMBASSY) is not None
        tags = slots.tags or b""
        own, other = (tags[:2], tags[2:]) if is_first else (tags[2:], tags[:2])
        others.add(other)
        assert TAGS.unlock == own

    assert len(others) > 30
    assert TAGS.lock != TAGS.unlock


def test_an_odd_passphrase_has_tags_too() -> None:
    assert 2 == len(make_tags(SALT, "\udfff", "\ud800").unlock)


@pytest.mark.parametrize("lock", [None, LOCK], ids=["unused", "lock"])
def test_a_new_passphrase_replaces_one_slot_and_keeps_the_other(lock: bytes | None) -> None:
    for _ in range(8):
        before = make_slots(
            SEED, UNLOCK, BOX, EMBASSY, tags=TAGS, lock=lock, lock_tags=OTHER_TAGS if lock else None
        )
        after = replace_unlock(before, SEED, UNLOCK, b"n" * 64, BOX, EMBASSY, tags=OTHER_TAGS)
        opened = open_slots(rows((BOX, after)), b"n" * 64, EMBASSY)
        kept = {before.first, before.second} & {after.first, after.second}

        assert OpenedSlot(box=BOX, seed=SEED, kind="unlock") == opened
        assert open_slots(rows((BOX, after)), UNLOCK, EMBASSY) is None
        assert (lock is None) == (open_slots(rows((BOX, after)), LOCK, EMBASSY) is None)
        assert 1 == len(kept)
        assert 4 == len(after.tags or b"")
        assert may_open(after.tags, OTHER_TAGS)


def test_a_new_passphrase_changes_its_own_tag_and_no_other() -> None:
    for _ in range(8):
        before = make_slots(SEED, UNLOCK, BOX, EMBASSY, tags=TAGS, lock=LOCK, lock_tags=OTHER_TAGS)
        after = replace_unlock(before, SEED, UNLOCK, b"n" * 64, BOX, EMBASSY, tags=NEW_TAGS)
        is_first = after.second == before.second
        tags = (NEW_TAGS.unlock, OTHER_TAGS.lock)

        assert b"".join(tags if is_first else tags[::-1]) == after.tags


def test_an_account_that_had_no_tags_has_two_after_the_next_change() -> None:
    for _ in range(8):
        before = make_slots(SEED, UNLOCK, BOX, EMBASSY)
        after = replace_unlock(before, SEED, UNLOCK, b"n" * 64, BOX, EMBASSY, tags=NEW_TAGS)

        assert 4 == len(after.tags or b"")
        assert may_open(after.tags, NEW_TAGS)


def test_an_account_changed_without_tags_has_none() -> None:
    for _ in range(8):
        before = make_slots(SEED, UNLOCK, BOX, EMBASSY, tags=TAGS)

        assert replace_unlock(before, SEED, UNLOCK, b"n" * 64, BOX, EMBASSY).tags is None


def test_a_passphrase_that_does_not_open_replaces_nothing() -> None:
    before = make_slots(SEED, UNLOCK, BOX, EMBASSY, lock=LOCK)

    for wrong in (WRONG, LOCK):
        with pytest.raises(
            VaultError, match=r"^this passphrase does not open the account that is to be changed$"
        ):
            replace_unlock(before, SEED, wrong, b"n" * 64, BOX, EMBASSY)
