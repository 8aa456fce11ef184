"""People are brought in all or none, sealed at once, and take over what was written of them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pe_core.control import commands_of
from pe_core.desk import applying, cards, claiming, screening, volunteers
from pe_core.desk.bringing_in import bring_in
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.errors import Conflict, NotAllowed, NotFound
from pe_core.model import Spoken, VolunteerState
from pe_core.model.trail import Act
from pe_core.rules.receipts import make_receipt
from pe_core.rules.volunteering import Step
from pe_core.store import AccountRow, InviteRow, VolunteerRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Account, Clock, send_profile, unlock_account
from pe_core.upkeep import do_upkeep

Run = Callable[[Awaitable[Any]], Any]
TABLE = b"pseudonym,languages,note\nbocian,be:4,A marker of the table.\nsinica,ru,\n"


class Scene:
    """A coordinator, and two people who were brought in."""

    def __init__(self, desk: Desk, staff: Session, run: Run, clock: Clock) -> None:
        self.desk, self.staff, self.run, self.clock = desk, staff, run, clock
        assert run(bring_in(desk, TABLE, write=True)).done
        self.box = next(box for box, card in self.cards().items() if card.handle == "bocian")

    def cards(self) -> dict[Any, Any]:
        found: dict[Any, Any] = self.run(cards.catch_up_cards(self.desk, self.staff))
        return dict(found)

    def known(self) -> Any:
        return self.run(volunteers.read_volunteer(self.desk, self.staff, self.box))

    def code(self) -> str:
        code: str = self.run(claiming.make_joining_code(self.desk, self.staff, self.known()))
        return code

    def claim(self, code: str, handle: str = "busialok") -> Account:
        found = self.run(claiming.find_claim(self.desk, code))
        _, applicant = applying.begin_applying(self.desk, "be", found)
        secret = applying.applicant_words(applicant)[1]
        account = Account(handle=handle, passphrase=applicant.passphrase, totp_secret=secret)
        code = account.code(self.clock.now())
        problems = self.run(
            applying.apply(self.desk, applicant, handle, applicant.passphrase, code)
        )
        assert () == problems
        self.clock.move(minutes=1)
        return account


@pytest.fixture
def scene(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Scene:
    return Scene(pe_desk, pe_staff, pe_run, pe_clock)


def test_without_the_word_nothing_is_written(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    read = pe_run(bring_in(pe_desk, TABLE, write=False))

    assert (2, (), False) == (read.people, read.flaws, read.done)
    assert 0 == pe_run(pe_desk.store.count(VolunteerRow))


def test_one_mistake_keeps_everybody_out(pe_desk: Desk, pe_staff: Session, pe_run: Run) -> None:
    read = pe_run(bring_in(pe_desk, TABLE + b"a b,,\n", write=True))

    assert (0, False, [(4, "pseudonym")]) == (
        read.people,
        read.done,
        [(flaw.line, flaw.column) for flaw in read.flaws],
    )
    assert 0 == pe_run(pe_desk.store.count(VolunteerRow))


def test_they_come_in_sealed_without_an_account_and_the_trail_counts_them(scene: Scene) -> None:
    known = scene.known()
    page = scene.run(read_trail(scene.desk, scene.staff, act=Act.VOLUNTEER_ADDED))

    assert ("A marker of the table.", (Spoken(tag="be", fluency=4),)) == (
        known.profile.note,
        known.profile.languages,
    )
    assert (b"", b"") == (known.profile.public, known.profile.verify_key)
    assert {"bocian", "sinica"} == {card.handle for card in scene.cards().values()}
    assert {False} == {card.account or card.sent or card.ready for card in scene.cards().values()}
    assert ["2"] == [line.entry.what for line in page.lines]
    assert 1 == scene.run(scene.desk.store.count(AccountRow))


def test_nobody_vouches_for_them_before_they_have_keys(scene: Scene) -> None:
    scene.run(screening.note_talk(scene.desk, scene.staff, scene.known()))

    with pytest.raises(NotAllowed, match=r"staff\.volunteers\.no_account"):
        scene.run(screening.vouch(scene.desk, scene.staff, scene.known()))


def test_a_joining_code_gives_the_record_to_its_owner(scene: Scene) -> None:
    scene.run(screening.note_talk(scene.desk, scene.staff, scene.known()))
    account = scene.claim(scene.code())
    session = scene.run(unlock_account(scene.desk, scene.clock, account))
    own = scene.run(volunteers.read_own(scene.desk, session))
    claimed = own.profile
    scene.run(send_profile(scene.desk, session, note="Now mine."))
    scene.run(screening.vouch(scene.desk, scene.staff, scene.known()))

    assert (scene.box, True) == (session.box, session.is_volunteer)
    assert ("busialok", "A marker of the table.", None) == (
        claimed.handle,
        claimed.note,
        claimed.sent,
    )
    assert own.standing.talked is not None, "what was said before counts on"
    assert "Now mine." == scene.known().profile.note
    assert VolunteerState.ACTIVE is volunteers.state_now(scene.desk, scene.known())
    assert () == volunteers.steps_left(scene.known())
    assert 0 == scene.run(scene.desk.store.count(InviteRow))


def test_who_has_just_claimed_still_has_to_send_and_sign(scene: Scene) -> None:
    scene.claim(scene.code())

    assert tuple(Step) == volunteers.steps_left(scene.known())


def unknown(scene: Scene, code: str) -> str:
    with pytest.raises(NotFound) as error:
        scene.run(claiming.find_claim(scene.desk, code))
    return error.value.key


def test_a_code_works_once(scene: Scene) -> None:
    code = scene.code()
    scene.claim(code)

    assert "core.claim.unknown" == unknown(scene, code)


def test_of_two_who_type_the_same_code_one_has_the_record(scene: Scene) -> None:
    code = scene.code()
    claim = scene.run(claiming.find_claim(scene.desk, code))
    _, late = applying.begin_applying(scene.desk, "en", claim)
    secret = applying.applicant_words(late)[1]
    account = Account(handle="late", passphrase=late.passphrase, totp_secret=secret)
    scene.claim(code)

    with pytest.raises(NotFound) as error:
        scene.run(
            applying.apply(
                scene.desk, late, "late", late.passphrase, account.code(scene.clock.now())
            )
        )
    assert "core.claim.unknown" == error.value.key
    assert "busialok" == scene.known().profile.handle
    assert 2 == scene.run(scene.desk.store.count(AccountRow))


def test_a_new_code_or_any_change_ends_the_earlier_one(scene: Scene) -> None:
    first = scene.code()
    second = scene.code()
    ended = unknown(scene, first)
    scene.run(screening.set_words(scene.desk, scene.staff, scene.known(), "A change."))

    assert ["core.claim.unknown"] * 2 == [ended, unknown(scene, second)]


def test_a_code_ends_after_fourteen_days(scene: Scene) -> None:
    code = scene.code()
    scene.clock.move(days=14)
    good = scene.run(claiming.find_claim(scene.desk, code))
    scene.clock.move(days=1)

    assert scene.box == good.profile.box
    assert "core.claim.unknown" == unknown(scene, code)


def test_a_slip_is_told_as_one(scene: Scene) -> None:
    code = scene.code()

    assert "core.code.slip" == unknown(scene, code[:-1])
    assert "core.claim.unknown" == unknown(scene, make_receipt(bytes(32)))


def test_who_has_an_account_needs_no_code(scene: Scene) -> None:
    old = scene.known()
    scene.claim(scene.code())

    with pytest.raises(NotAllowed):
        scene.code()
    with pytest.raises(Conflict):
        scene.run(claiming.make_joining_code(scene.desk, scene.staff, old))


def test_what_nobody_claims_is_forgotten_after_half_a_year(scene: Scene) -> None:
    scene.run(do_upkeep(scene.desk))
    for weeks in (26, 1):
        kept = scene.run(scene.desk.store.count(VolunteerRow))
        for _ in range(weeks):
            scene.clock.move(weeks=1)
            scene.run(do_upkeep(scene.desk))
        if weeks == 26:
            still = scene.run(scene.desk.store.count(VolunteerRow))

    assert (2, 2, 0) == (kept, still, scene.run(scene.desk.store.count(VolunteerRow)))


def test_the_running_instance_takes_the_file_through_its_socket(
    pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    command = commands_of(pe_embassy.desk)["import-volunteers"]
    read = pe_run(command({"content": TABLE, "write": False}))
    done = pe_run(command({"content": TABLE, "write": True}))
    wrong = pe_run(command({"content": b"pseudonym\na b\n", "write": True}))

    assert {"people": 2, "flaws": (), "more": 0, "done": False} == read
    assert {"people": 2, "flaws": (), "more": 0, "done": True} == done
    assert [{"line": 2, "column": "pseudonym"}] == [
        {"line": flaw["line"], "column": flaw["column"]} for flaw in wrong["flaws"]
    ]
    with pytest.raises(TypeError):
        pe_run(command({"content": "text", "write": True}))
