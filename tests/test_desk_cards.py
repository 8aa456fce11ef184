"""Cards are made from the records, believed only as far as these, and move on with the roster."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from pe_core.desk import cards, invites, screening, volunteers
from pe_core.desk.cards import catch_up_cards, shown_state
from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.desk.sessions import Session
from pe_core.model import Away, Card, Fluency, Gate, Gender, Skill, Skilled, Spoken, VolunteerState
from pe_core.store import Delete, Insert, Update, VolunteerRow
from pe_core.toolkit.invented import (
    Clock,
    active_volunteer,
    offer_help,
    open_account,
    send_profile,
    unlock_account,
)
from pe_core.vault import seal, seal_symmetric

Run = Callable[[Awaitable[Any]], Any]
V = VolunteerState
HOURS = (1 << 18, 0, 0, 0, 0, 3 << 10, 0)
SAID = {
    "languages": (Spoken(tag="be", fluency=Fluency.NATIVE), Spoken(tag="ru")),
    "skills": (Skill(code="core.skill.driving", level=Skilled.GOOD),),
    "city": "zz.city.coast",
    "reach": 50,
    "remote": False,
    "gender": Gender.WOMAN,
    "zone": "Europe/Vilnius",
    "hours": HOURS,
    "away": (Away(first=date(2026, 12, 1), last=date(2026, 12, 3)),),
    "load": 2,
}


class Scene:
    """A coordinator and an active volunteer."""

    def __init__(self, desk: Desk, staff: Session, run: Run, clock: Clock) -> None:
        self.desk, self.staff, self.run, self.clock = desk, staff, run, clock
        account, self.wouk = run(active_volunteer(desk, clock, [staff], "wouk", **SAID))
        self.account, self.box = account, self.wouk.box

    def look(self, session: Session | None = None) -> dict[int, Card]:
        found: dict[int, Card] = self.run(catch_up_cards(self.desk, session or self.staff))
        return dict(found)

    def row(self) -> VolunteerRow:
        row: VolunteerRow = self.run(self.desk.store.get(VolunteerRow, self.box))
        return row

    def put(self, **columns: Any) -> None:
        self.run(self.desk.store.write([Update(VolunteerRow, (self.box,), columns)]))

    def seal(self, card: Card) -> bytes:
        """Seal a card as whoever holds the roster can."""
        key = self.staff.epochs[self.row().epoch].symmetric
        context = cards._context(self.desk, self.box)
        return seal_symmetric(msgspec.msgpack.encode(card), key=key, context=context)

    def anew(self) -> Session:
        """Return a session of the coordinator that knows of nothing yet."""
        session = Session(box=self.staff.box, handle="busel", keys=self.staff.keys)
        session.compartments = self.staff.compartments
        return session


@pytest.fixture
def scene(pe_desk: Desk, pe_staff: Session, pe_run: Run, pe_clock: Clock) -> Scene:
    return Scene(pe_desk, pe_staff, pe_run, pe_clock)


def test_a_card_says_what_lists_and_matching_read(scene: Scene) -> None:
    known = scene.run(volunteers.read_volunteer(scene.desk, scene.staff, scene.box))
    gates = [Gate(code="zz.gate.sworn", until=date(2027, 1, 31)), Gate(code="zz.gate.other")]
    scene.run(screening.set_gates(scene.desk, scene.staff, known, gates))
    row = scene.row()

    assert {
        scene.box: Card(
            box=scene.box,
            revision=row.revision,
            state=V.ACTIVE,
            handle="wouk",
            ready=True,
            languages=(("be", 4), ("ru", 2)),
            skills=(("core.skill.driving", 2),),
            gates=(("zz.gate.other", 0), ("zz.gate.sworn", date(2027, 1, 31).toordinal())),
            city="zz.city.coast",
            reach=50,
            remote=False,
            gender="woman",
            zone="Europe/Vilnius",
            hours=HOURS,
            away=((date(2026, 12, 1).toordinal(), date(2026, 12, 3).toordinal(), False),),
            load=2,
            began=scene.clock.now().date().toordinal(),
            sent=True,
            account=True,
        )
    } == scene.look()


def test_it_is_made_once_and_opened_by_the_next_session(scene: Scene) -> None:
    made = scene.look()
    sealed = scene.row().card

    assert made == scene.look(scene.anew())
    assert sealed is not None
    assert sealed == scene.row().card


def test_a_look_opens_only_what_changed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.look()
    opened: list[int] = []
    real = cards.open_parts
    monkeypatch.setattr(
        cards,
        "open_parts",
        lambda desk, row, *rest: opened.append(row.box) or real(desk, row, *rest),
    )
    scene.look()
    unchanged = list(opened)
    _, lis = scene.run(active_volunteer(scene.desk, scene.clock, [scene.staff], "lis"))
    scene.look()

    assert [] == unchanged
    assert [lis.box] == opened


def test_what_its_owner_or_the_embassy_changes_is_seen_at_the_next_look(scene: Scene) -> None:
    scene.look()
    scene.run(send_profile(scene.desk, scene.wouk, load=3, sent=scene.clock.now()))
    applied_again = scene.look()[scene.box]

    assert (3, V.APPLIED, False) == (applied_again.load, applied_again.state, applied_again.ready)


def test_who_is_gone_has_no_card(scene: Scene) -> None:
    scene.look()
    scene.run(scene.desk.store.write([Delete(VolunteerRow, {"box": scene.box})]))

    assert {} == scene.look()


@pytest.mark.parametrize("what", ["forged", "old", "another's", "nonsense"])
def test_a_card_that_is_not_the_records_is_made_anew(scene: Scene, what: str) -> None:
    true = scene.look()
    card = true[scene.box]
    old = msgspec.structs.replace(card, revision=card.revision - 1, load=9)
    other = msgspec.structs.replace(card, box=scene.box + 1)
    scene.put(
        card={
            "forged": b"\0" * 1_000,
            "old": scene.seal(old),
            "another's": scene.seal(other),
            "nonsense": seal_symmetric(
                b"\xc1",
                key=scene.staff.epochs[scene.row().epoch].symmetric,
                context=cards._context(scene.desk, scene.box),
            ),
        }[what]
    )

    assert true == scene.look(scene.anew())


def test_under_a_new_agreement_all_cards_are_made_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pe_core.rules import volunteering

    ready = scene.look()[scene.box].ready
    for module in (cards, volunteering):
        monkeypatch.setattr(module, "AGREEMENT", 2)

    assert (True, False) == (ready, scene.look(scene.anew())[scene.box].ready)


def test_a_record_that_nobody_wrote_closes_the_list_to_nobody(scene: Scene) -> None:
    epoch = scene.run(current_epoch(scene.desk, "roster"))
    nonsense = [
        VolunteerRow(
            box=number,
            epoch=epoch.id,
            keep_until=9_999,
            revision=1,
            body=seal(b"x", to=[epoch.public], context=("volunteer", "zz", str(number))),
            standing=b"",
            card=None,
        )
        for number in range(1, 4)
    ]
    scene.run(scene.desk.store.write([Insert(row) for row in nonsense]))

    assert [scene.box] == list(scene.look())


def test_when_somebody_joins_the_cards_move_so_that_they_read_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "BATCH", 1)
    scene.run(offer_help(scene.desk, scene.clock, "lis"))
    scene.look()
    before = scene.row().epoch
    code = scene.run(invites.make_invite(scene.desk, scene.staff))
    account = scene.run(open_account(scene.desk, scene.clock, code, "zubr"))
    zubr = scene.run(unlock_account(scene.desk, scene.clock, account))
    first = scene.look(zubr)
    scene.look()
    half = scene.look(zubr)
    ready = scene.look()
    after = scene.row()

    assert {} == first
    assert (1, 2) == (len(half), len(scene.look(zubr)))
    assert before != after.epoch
    assert not ready[scene.box].ready, "one vouch is not enough any more"
    known = scene.run(volunteers.read_volunteer(scene.desk, zubr, scene.box))
    scene.run(screening.vouch(scene.desk, zubr, known))
    assert scene.look(zubr)[scene.box].ready
    own = scene.run(volunteers.read_own(scene.desk, scene.wouk))
    assert "wouk" == own.profile.handle


def test_what_nobody_opens_does_not_stand_in_the_way_of_the_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "BATCH", 1)
    old = scene.row()
    nonsense = msgspec.structs.replace(old, box=1, body=b"", standing=b"", card=None)
    scene.run(scene.desk.store.write([Insert(nonsense)]))
    code = scene.run(invites.make_invite(scene.desk, scene.staff))
    scene.run(open_account(scene.desk, scene.clock, code, "zubr"))
    scene.look()

    assert old.epoch != scene.row().epoch


def test_a_pause_shows_until_its_last_day_and_ends_by_itself(scene: Scene) -> None:
    known = scene.run(volunteers.read_volunteer(scene.desk, scene.staff, scene.box))
    until = scene.clock.now().date() + timedelta(days=1)
    scene.run(screening.pause(scene.desk, scene.staff, known, until))
    card = scene.look()[scene.box]
    paused = shown_state(scene.desk, card)
    scene.clock.move(days=2)

    assert (V.ACTIVE, until.toordinal()) == (card.state, card.paused_until)
    assert (V.PAUSED, V.ACTIVE) == (paused, shown_state(scene.desk, card))


def test_what_waits_for_a_second_coordinator_is_on_the_card(
    scene: Scene,
) -> None:
    code = scene.run(invites.make_invite(scene.desk, scene.staff))
    scene.run(open_account(scene.desk, scene.clock, code, "zubr"))
    known = scene.run(volunteers.read_volunteer(scene.desk, scene.staff, scene.box))
    scene.run(screening.turn_away(scene.desk, scene.staff, known, V.BLOCKED, "Known to harm."))

    assert scene.look()[scene.box].pending


def test_a_volunteers_session_has_no_cards(scene: Scene) -> None:
    scene.look()

    assert {} == scene.look(scene.wouk)
