"""A volunteer's record opens for two sides, each writes its own part, and no third one does."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import cards, invites, listing, locking, screening, volunteers
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.errors import Conflict, EnvelopeRefused, NotAllowed, NotFound
from pe_core.model import Profile, Standing, VolunteerState
from pe_core.model.week import week_of
from pe_core.rules.volunteering import Step
from pe_core.store import (
    AccountRow,
    BriefRow,
    CallRow,
    Insert,
    MemberListRow,
    OpenAddressRow,
    TrailRow,
    Update,
    VolunteerRow,
)
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    Clock,
    active_volunteer,
    ask,
    offer_help,
    open_account,
    send_profile,
    unlock_account,
)
from pe_core.upkeep import do_upkeep
from pe_core.vault import Keys, keys_of, new_seed, seal, sign_body, unsigned_body

Run = Callable[[Awaitable[Any]], Any]
V = VolunteerState


class Scene:
    """A coordinator, and somebody who offered help."""

    def __init__(self, desk: Desk, staff: Session, run: Run, clock: Clock) -> None:
        self.desk, self.staff, self.run, self.clock = desk, staff, run, clock
        self.account: Account = run(offer_help(desk, clock, "wouk"))
        self.wouk: Session = run(unlock_account(desk, clock, self.account))
        self.box = self.wouk.box

    def known(self) -> Any:
        return self.run(volunteers.read_volunteer(self.desk, self.staff, self.box))

    def own(self) -> Any:
        return self.run(volunteers.read_own(self.desk, self.wouk))

    def put(self, purpose: str, body: bytes, to: Keys | None = None) -> None:
        """Put sealed bytes into the row, as whoever has the disk can."""
        epoch = self.run(current_epoch(self.desk, "roster"))
        public = [epoch.public, (to or self.wouk.keys).public]
        sealed = seal(body, to=public, context=self.desk.context(purpose, str(self.box)))
        column = {"volunteer": "body", "standing": "standing"}[purpose]
        self.run(self.desk.store.write([Update(VolunteerRow, (self.box,), {column: sealed})]))

    def join(self, handle: str) -> Session:
        """Let a second coordinator join."""
        code = self.run(invites.make_invite(self.desk, self.staff))
        account = self.run(open_account(self.desk, self.clock, code, handle))
        session: Session = self.run(unlock_account(self.desk, self.clock, account))
        return session


@pytest.fixture
def scene(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Scene:
    return Scene(pe_desk, pe_staff, pe_run, pe_clock)


def test_who_offers_help_has_an_account_and_a_record_and_no_grant(scene: Scene) -> None:
    known = scene.known()

    assert ("wouk", True) == (known.profile.handle, scene.wouk.is_volunteer)
    assert frozenset() == scene.wouk.compartments
    assert {} == scene.wouk.epochs
    assert V.APPLIED is volunteers.state_now(scene.desk, known)
    assert tuple(Step) == volunteers.steps_left(known)


def test_a_volunteer_opens_nothing_but_their_own_record(scene: Scene) -> None:
    scene.run(ask(scene.desk, ASKED[0]))
    _, other = scene.run(active_volunteer(scene.desk, scene.clock, [scene.staff], "lis"))

    assert [] == [e for e in scene.run(listing.list_requests(scene.desk, scene.wouk)) if e.summary]
    with pytest.raises(NotFound):
        scene.run(volunteers.read_volunteer(scene.desk, scene.wouk, other.box))
    with pytest.raises(NotFound):
        scene.run(volunteers.read_volunteer(scene.desk, scene.wouk, scene.box))
    row = scene.run(scene.desk.store.get(VolunteerRow, other.box))
    with pytest.raises(EnvelopeRefused):
        scene.run(volunteers.open_record(scene.desk, row, scene.wouk.keys))


def test_when_a_volunteer_comes_is_nobodys_business(scene: Scene) -> None:
    before = scene.run(scene.desk.store.count(TrailRow))
    scene.run(unlock_account(scene.desk, scene.clock, scene.account))

    assert before == scene.run(scene.desk.store.count(TrailRow))


def test_a_code_opens_a_volunteers_account_once(scene: Scene) -> None:
    from pe_core.desk import accounts

    scene.clock.move(minutes=1)
    account, code = scene.account, scene.account.code(scene.clock.now())
    scene.run(accounts.unlock(scene.desk, account.handle, account.passphrase, code))

    with pytest.raises(NotAllowed, match=r"staff\.unlock\.wrong"):
        scene.run(accounts.unlock(scene.desk, account.handle, account.passphrase, code))


def test_both_sides_write_their_own_part_and_read_the_others(scene: Scene) -> None:
    scene.run(screening.set_words(scene.desk, scene.staff, scene.known(), "Welcome."))
    scene.run(send_profile(scene.desk, scene.wouk, note="I drive."))

    assert ("I drive.", "Welcome.") == (scene.known().profile.note, scene.own().standing.words)
    assert 3 == scene.own().row.revision


def test_of_two_writes_from_the_same_look_the_second_is_refused(scene: Scene) -> None:
    seen, own = scene.known(), scene.own()
    scene.run(volunteers.write_own(scene.desk, scene.wouk, own, own.profile))

    with pytest.raises(Conflict):
        scene.run(volunteers.write_own(scene.desk, scene.wouk, own, own.profile))
    with pytest.raises(Conflict):
        scene.run(screening.note_talk(scene.desk, scene.staff, seen))


def refuse(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.known()
    with pytest.raises(EnvelopeRefused):
        scene.own()


def test_a_profile_that_another_key_signed_is_refused(scene: Scene) -> None:
    profile = scene.known().profile
    scene.put("volunteer", volunteers.sign_profile(scene.desk, profile, keys_of(new_seed())))

    refuse(scene)


def test_a_profile_of_another_box_is_refused(scene: Scene) -> None:
    profile = msgspec.structs.replace(scene.known().profile, box=scene.box + 1)
    scene.put("volunteer", volunteers.sign_profile(scene.desk, profile, scene.wouk.keys))

    refuse(scene)


def test_a_row_that_was_moved_to_another_box_is_refused(scene: Scene) -> None:
    row = scene.run(scene.desk.store.get(VolunteerRow, scene.box))
    moved = msgspec.structs.replace(row, box=12_345)
    scene.run(scene.desk.store.write([Insert(moved)]))

    with pytest.raises(NotFound):
        scene.run(volunteers.read_volunteer(scene.desk, scene.staff, 12_345))


@pytest.mark.parametrize("missing", ["public", "verify_key"])
def test_a_profile_with_one_key_without_the_other_is_refused(scene: Scene, missing: str) -> None:
    profile = msgspec.structs.replace(scene.known().profile, **{missing: b""})
    body = msgspec.msgpack.encode(profile)
    if missing == "verify_key":
        scene.put("volunteer", unsigned_body(body))
    else:
        scene.put("volunteer", volunteers.sign_profile(scene.desk, profile, scene.wouk.keys))

    refuse(scene)


def test_a_profile_whose_key_nothing_can_be_sealed_to_is_refused(scene: Scene) -> None:
    profile = msgspec.structs.replace(scene.known().profile, public=b"p" * 7)
    scene.put("volunteer", volunteers.sign_profile(scene.desk, profile, scene.wouk.keys))

    refuse(scene)


def test_nobody_takes_over_what_was_said_of_somebody_else(scene: Scene) -> None:
    scene.run(screening.set_words(scene.desk, scene.staff, scene.known(), "For wouk alone."))
    thief = keys_of(new_seed())
    profile = msgspec.structs.replace(
        scene.known().profile, public=thief.public, verify_key=thief.verify_key
    )
    scene.put("volunteer", volunteers.sign_profile(scene.desk, profile, thief), thief)

    with pytest.raises(NotFound):
        scene.known()


def standing_of(scene: Scene) -> Standing:
    since = scene.clock.now() + timedelta(days=1)
    return Standing(since=since, state=V.ACTIVE, talked=since)


def test_a_standing_that_nobody_signed_is_refused(scene: Scene) -> None:
    scene.put("standing", unsigned_body(msgspec.msgpack.encode(standing_of(scene))))

    refuse(scene)


def test_a_standing_that_the_volunteer_signed_is_refused(scene: Scene) -> None:
    profile, keys = scene.known().profile, scene.wouk.keys
    scene.put("standing", volunteers.sign_standing(scene.desk, profile, standing_of(scene), keys))

    refuse(scene)


def test_a_standing_of_somebody_who_never_was_a_coordinator_is_refused(scene: Scene) -> None:
    profile, keys = scene.known().profile, keys_of(new_seed())
    scene.put("standing", volunteers.sign_standing(scene.desk, profile, standing_of(scene), keys))

    refuse(scene)


def test_a_coordinators_words_about_somebody_else_are_refused(scene: Scene) -> None:
    other = msgspec.structs.replace(scene.known().profile, box=scene.box + 1)
    keys = scene.staff.keys
    scene.put("standing", volunteers.sign_standing(scene.desk, other, standing_of(scene), keys))

    refuse(scene)


@pytest.mark.parametrize("purpose", ["volunteer", "standing"])
@pytest.mark.parametrize("nonsense", [b"", b"\xc1", b"\x91" * 3_000], ids=repr)
def test_nonsense_in_a_record_is_nobody(scene: Scene, purpose: str, nonsense: bytes) -> None:
    keys = scene.staff.keys
    about = (scene.desk.embassy.code, scene.box)
    scene.put(purpose, nonsense)

    refuse(scene)
    scene.put(purpose, sign_body("profile", nonsense, keys, about))

    refuse(scene)


def test_what_was_said_before_there_was_an_account_counts_after(scene: Scene) -> None:
    profile, keys = scene.known().profile, scene.staff.keys
    before = msgspec.structs.replace(profile, public=b"", verify_key=b"")
    standing = standing_of(scene)
    scene.put("standing", volunteers.sign_standing(scene.desk, before, standing, keys))

    assert standing == scene.known().standing


def test_one_vouch_is_enough_until_a_second_coordinator_joins(scene: Scene) -> None:
    def missing() -> tuple[Step, ...]:
        return volunteers.steps_left(scene.run(volunteers.read_own(scene.desk, lis)))

    _, lis = scene.run(active_volunteer(scene.desk, scene.clock, [scene.staff], "lis"))
    alone = missing()
    zubr = scene.join("zubr")
    joined = missing()
    scene.run(cards.catch_up_cards(scene.desk, scene.staff))
    known = scene.run(volunteers.read_volunteer(scene.desk, zubr, lis.box))
    scene.run(screening.vouch(scene.desk, zubr, known))

    assert ((), (Step.VOUCHES,), ()) == (alone, joined, missing())


def test_a_second_passphrase_ends_a_volunteers_own_session_and_no_other(scene: Scene) -> None:
    _, other = scene.run(active_volunteer(scene.desk, scene.clock, [scene.staff], "lis"))
    call = CallRow(id="c" * 22, keep_until=9_999, places=1, taken=1)
    briefs = [
        BriefRow(
            id=name * 22,
            call=call.id,
            box=box,
            state="accepted",
            day=1,
            keep_until=9_999,
            epoch="intake/x",
            own=b"key",
            team=b"key",
            card=b"",
            detail=b"",
            stub=b"",
        )
        for name, box in (("a", scene.box), ("b", other.box))
    ]
    scene.run(scene.desk.store.write([Insert(call), *(Insert(brief) for brief in briefs)]))
    before = {session.box for session in scene.desk.sessions.items()}
    froze = scene.run(locking.lock_account(scene.desk, scene.box))
    left = {session.box for session in scene.desk.sessions.items()}
    keys = {row.id[0]: row.own for row in scene.run(scene.desk.store.select(BriefRow))}

    assert (False, None) == (froze, scene.run(locking.read_frozen(scene.desk)))
    assert {scene.box} == before - left
    assert {"a": None, "b": b"key"} == keys


def test_a_record_lives_as_long_as_its_owner_comes_back(scene: Scene) -> None:
    def until() -> int:
        row = scene.run(scene.desk.store.get(VolunteerRow, scene.box))
        return int(row.keep_until)

    week = week_of(scene.clock.now().date())
    begun = until()
    scene.run(send_profile(scene.desk, scene.wouk))
    sent = until()
    scene.clock.move(weeks=2)
    scene.run(unlock_account(scene.desk, scene.clock, scene.account))

    assert (week + 1, week + 26, week + 28) == (begun, sent, until())


def test_who_was_turned_away_is_forgotten_however_often_they_look(scene: Scene) -> None:
    scene.run(
        screening.turn_away(scene.desk, scene.staff, scene.known(), V.BLOCKED, "Known to harm.")
    )
    before = scene.run(scene.desk.store.get(VolunteerRow, scene.box)).keep_until
    scene.clock.move(weeks=2)
    scene.run(unlock_account(scene.desk, scene.clock, scene.account))

    assert before == scene.run(scene.desk.store.get(VolunteerRow, scene.box)).keep_until


def test_what_is_written_of_who_was_turned_away_keeps_them_no_longer(scene: Scene) -> None:
    block = V.BLOCKED
    scene.run(screening.turn_away(scene.desk, scene.staff, scene.known(), block, "Known to harm."))
    told = scene.known().row.keep_until
    scene.clock.move(weeks=2)
    scene.run(screening.set_words(scene.desk, scene.staff, scene.known(), "We are sorry."))

    assert "We are sorry." == scene.known().standing.words
    assert told == scene.known().row.keep_until


def keep_up(scene: Scene, weeks: int) -> None:
    for _ in range(weeks):
        scene.clock.move(weeks=1)
        scene.run(do_upkeep(scene.desk))


def test_an_account_goes_with_its_record_and_members_stay(scene: Scene) -> None:
    address = OpenAddressRow(box=scene.box, notifier="x", address="y", hours="z")
    scene.run(scene.desk.store.write([Insert(address)]))
    scene.run(do_upkeep(scene.desk))
    before = scene.run(scene.desk.store.count(AccountRow))
    keep_up(scene, 1)
    kept = scene.run(scene.desk.store.count(AccountRow))
    keep_up(scene, 1)
    left = [row.box for row in scene.run(scene.desk.store.select(AccountRow))]

    assert (2, 2, [scene.staff.box]) == (before, kept, left)
    assert 0 == scene.run(scene.desk.store.count(VolunteerRow))
    assert 0 == scene.run(scene.desk.store.count(OpenAddressRow))
    assert scene.box not in [session.box for session in scene.desk.sessions.items()]


def test_under_a_list_that_does_not_verify_no_account_is_erased(scene: Scene) -> None:
    (row,) = scene.run(scene.desk.store.select(MemberListRow, {"serial": 1}))
    broken = Update(MemberListRow, (1,), {"body": row.body[:-1] + bytes([row.body[-1] ^ 1])})
    scene.run(scene.desk.store.write([broken]))
    keep_up(scene, 2)

    assert 2 == scene.run(scene.desk.store.count(AccountRow))


def test_the_profile_is_what_its_owner_last_said(scene: Scene) -> None:
    profile: Profile = scene.own().profile
    changed = msgspec.structs.replace(profile, note="Neither seen nor signed.")
    scene.put(
        "volunteer", sign_body("profile", msgspec.msgpack.encode(changed), scene.wouk.keys, ())
    )

    refuse(scene)
