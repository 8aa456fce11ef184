"""Guides of the embassy's own: written by one, approved by another, and public only then."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.desk import guide_drafts, invites, local_guides
from pe_core.desk.local_guides import edition_now, editions_of
from pe_core.desk.reading import guides_of, search
from pe_core.desk.sessions import Session
from pe_core.errors import DeskError
from pe_core.model import Guide, GuideText, SourceLink
from pe_core.model.trail import Act
from pe_core.store import GuideDraftRow, GuideRow, Insert
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, open_account, unlock_account

Run = Callable[[Any], Any]
NAME = "own.lighthouse-office"
MARKER = "Zzmarkerword"


def guide(name: str = NAME, **changes: Any) -> Guide:
    text = GuideText(title="The lighthouse office", summary="Where it is.", body=f"Go. {MARKER}")
    facts: dict[str, Any] = {
        "topics": ("zz.paper",),
        "jurisdiction": "zz",
        "authority": "Lighthouse Office",
        "checked_on": date(2026, 11, 20),
        "sources": (SourceLink(title="Invented", url="https://lighthouse.zz.example/"),),
        "texts": {"en": text},
    }
    return Guide(name=name, **{**facts, **changes})


class House:
    """Two coordinators and an editor, each unlocked."""

    def __init__(self, embassy: TestEmbassy, clock: Clock, run: Run) -> None:
        self.desk, self.clock, self.run = embassy.desk, clock, run
        self.first = run(unlock_account(self.desk, clock, embassy.account))
        self.second = self.join("zubr", "coordinator")
        self.editor = self.join("bocian", "editor")

    def join(self, handle: str, role: str) -> Session:
        code = self.run(invites.make_invite(self.desk, self.first, role))
        for session in (getattr(self, "second", None),):
            if session is not None:
                (view,) = self.run(invites.list_invites(self.desk, session))
                self.run(invites.sign_invite(self.desk, session, view.locator))
        account = self.run(open_account(self.desk, self.clock, code, handle))
        session: Session = self.run(unlock_account(self.desk, self.clock, account))
        return session

    def save(self, session: Session, told: Guide | None = None, *, ready: bool = True) -> str:
        there = self.run(guide_drafts.find_draft(self.desk, session, NAME))
        version = there.id if there is not None else ""
        told = told or guide()
        self.run(guide_drafts.save_draft(self.desk, session, NAME, told, version, ready=ready))
        return self.version(session)

    def version(self, session: Session) -> str:
        there = self.run(guide_drafts.find_draft(self.desk, session, NAME))
        assert there is not None
        return str(there.id)

    def refused(self, act: Any) -> str:
        with pytest.raises(DeskError) as error:
            self.run(act)
        return error.value.key


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_clock: Clock, pe_run: Run) -> House:
    return House(pe_embassy, pe_clock, pe_run)


def test_what_one_wrote_another_publishes(house: House) -> None:
    version = house.save(house.first)
    assert NAME not in guides_of(house.desk)
    house.run(guide_drafts.approve_draft(house.desk, house.second, NAME, version))

    assert "Lighthouse Office" == guides_of(house.desk)[NAME].authority
    assert [guides_of(house.desk)[NAME]] == list(search(house.desk, "lighthouse"))
    assert [] == house.run(guide_drafts.list_drafts(house.desk, house.first))
    assert 1 == edition_now(house.desk, NAME)


def test_nobody_approves_what_they_had_a_hand_in(house: House) -> None:
    version = house.save(house.first)
    assert "staff.guides.not_by_yourself" == house.refused(
        guide_drafts.approve_draft(house.desk, house.first, NAME, version)
    )
    version = house.save(house.second, guide(authority="Other Office"))

    for session in (house.first, house.second):
        act = guide_drafts.approve_draft(house.desk, session, NAME, version)
        assert "staff.guides.not_by_yourself" == house.refused(act)
    house.run(guide_drafts.approve_draft(house.desk, house.editor, NAME, version))
    assert "Other Office" == guides_of(house.desk)[NAME].authority


def test_what_was_given_back_can_be_approved_by_who_gave_it_back(house: House) -> None:
    version = house.save(house.first)
    house.run(guide_drafts.return_draft(house.desk, house.second, NAME, version, "Look again."))
    (there,) = house.run(guide_drafts.list_drafts(house.desk, house.first))
    assert ("Look again.", False) == (there.draft.word, there.draft.ready)
    act = guide_drafts.approve_draft(house.desk, house.second, NAME, there.id)
    assert "staff.guides.not_ready" == house.refused(act)
    version = house.save(house.first)
    house.run(guide_drafts.approve_draft(house.desk, house.second, NAME, version))

    assert NAME in guides_of(house.desk)


def test_who_writes_on_an_older_state_is_told_and_overwrites_nothing(house: House) -> None:
    old = house.save(house.first)
    house.save(house.second, guide(authority="Newer"))

    act = guide_drafts.save_draft(house.desk, house.first, NAME, guide(authority="Older"), old)
    assert "staff.guides.moved_on" == house.refused(act)
    for act in (
        guide_drafts.approve_draft(house.desk, house.editor, NAME, old),
        guide_drafts.return_draft(house.desk, house.editor, NAME, old, ""),
        guide_drafts.drop_draft(house.desk, house.editor, NAME, old),
    ):
        assert "staff.guides.moved_on" == house.refused(act)
    (there,) = house.run(guide_drafts.list_drafts(house.desk, house.first))
    assert there.draft.guide is not None and "Newer" == there.draft.guide.authority


def test_a_plugins_guide_is_corrected_and_comes_back_when_that_is_withdrawn(house: House) -> None:
    name = next(iter(house.desk.guides))
    theirs = house.desk.guides[name]
    ours = msgspec.structs.replace(theirs, authority="Renamed Office")
    publish(house, name, ours)
    assert "Renamed Office" == guides_of(house.desk)[name].authority
    publish(house, name, None)

    assert theirs == guides_of(house.desk)[name]
    assert [2, 1] == [each.edition for each in house.run(editions_of(house.desk, name))]


def publish(house: House, name: str, told: Guide | None) -> None:
    desk = house.desk
    house.run(guide_drafts.save_draft(desk, house.first, name, told, "", ready=True))
    there = house.run(guide_drafts.find_draft(desk, house.second, name))
    house.run(guide_drafts.approve_draft(desk, house.second, name, there.id))


def test_the_last_twenty_editions_are_kept(house: House) -> None:
    for number in range(23):
        publish(house, NAME, guide(authority=f"Office {number}"))

    kept = [each.edition for each in house.run(editions_of(house.desk, NAME))]
    assert list(range(23, 3, -1)) == kept


def test_a_restart_finds_what_was_published(house: House) -> None:
    publish(house, NAME, guide())
    house.desk.local_guides.clear()
    house.desk.hears[1:] = []
    house.run(local_guides.load_local_guides(house.desk))

    assert NAME in guides_of(house.desk)


def test_a_topic_whose_form_is_gone_is_left_out(house: House) -> None:
    publish(house, NAME, guide(topics=("zz.paper", "xx.gone")))

    assert ("zz.paper",) == guides_of(house.desk)[NAME].topics


def test_a_draft_is_nowhere_in_clear_and_what_is_published_names_nobody(
    house: House, pe_embassy: TestEmbassy
) -> None:
    version = house.save(house.first)
    assert [] == found_in(pe_embassy.folder, MARKER, "lighthouse-office")
    house.run(guide_drafts.approve_draft(house.desk, house.second, NAME, version))

    assert [] != found_in(pe_embassy.folder, MARKER)
    (row,) = house.run(house.desk.store.select(GuideRow))
    assert guide() == msgspec.msgpack.decode(row.body, type=Guide)


def found_in(folder: Path, *words: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [p for p in files if any(word.encode() in p.read_bytes() for word in words)]


def test_a_draft_that_no_member_signed_is_not_shown(house: House) -> None:
    house.save(house.first)
    (row,) = house.run(house.desk.store.select(GuideDraftRow))
    forged = msgspec.structs.replace(row, id="another-id")
    house.run(house.desk.store.write([Insert(forged)]))

    assert 1 == len(house.run(guide_drafts.list_drafts(house.desk, house.second)))


def test_who_joins_later_sees_it_once_a_colleague_has_looked(house: House) -> None:
    house.save(house.first)
    late = house.join("busko", "editor")
    assert [] == house.run(guide_drafts.list_drafts(house.desk, late))
    house.run(guide_drafts.list_drafts(house.desk, house.second))

    assert 1 == len(house.run(guide_drafts.list_drafts(house.desk, late)))


def test_a_draft_that_nobody_approves_ends(house: House) -> None:
    house.save(house.first)
    house.clock.move(days=91)

    assert [] == house.run(guide_drafts.list_drafts(house.desk, house.first))
    (row,) = house.run(house.desk.store.select(GuideDraftRow))
    assert row.day < house.clock.now().date().toordinal()
    assert timedelta(days=90) == guide_drafts.DRAFT_LASTS


def test_whoever_holds_no_drafts_writes_none(house: House) -> None:
    house.editor.compartments = frozenset({"outreach"})
    act = guide_drafts.save_draft(house.desk, house.editor, NAME, guide(), "")

    assert "staff.guides.not_yours" == house.refused(act)


def test_there_is_an_end_to_guides(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guide_drafts, "GUIDES_LIMIT", 1)
    publish(house, NAME, guide())
    other = guide(name="own.other")
    act = guide_drafts.save_draft(house.desk, house.first, "own.other", other, "")

    assert "staff.guides.too_many" == house.refused(act)


def test_every_act_is_in_the_trail(house: House, desk_acts: Callable[[], list[Act]]) -> None:
    version = house.save(house.first)
    house.run(guide_drafts.return_draft(house.desk, house.second, NAME, version, ""))
    version = house.save(house.first)
    house.run(guide_drafts.approve_draft(house.desk, house.second, NAME, version))
    version = house.save(house.first)
    house.run(guide_drafts.drop_draft(house.desk, house.second, NAME, version))

    assert [
        Act.GUIDE_WRITTEN,
        Act.GUIDE_RETURNED,
        Act.GUIDE_WRITTEN,
        Act.GUIDE_PUBLISHED,
        Act.GUIDE_WRITTEN,
        Act.GUIDE_DROPPED,
    ] == [act for act in desk_acts() if act.value.startswith("guide_")]


@pytest.fixture
def desk_acts(house: House) -> Callable[[], list[Act]]:
    """What the trail tells, oldest first."""
    from pe_core.desk.tracing import read_trail

    def acts() -> list[Act]:
        traces = house.run(read_trail(house.desk, house.first))
        return [line.entry.act for line in reversed(traces.lines) if line.entry is not None]

    return acts
