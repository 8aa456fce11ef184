"""Suggestions in an unlocked session: who is shown, who is not and why, and all needs at once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from pe_core import hookimpl
from pe_core.desk import briefs, needs, offering, suggesting
from pe_core.desk.seeking import seek
from pe_core.desk.tracing import read_trail
from pe_core.desk.volunteers import read_own, write_own
from pe_core.model import (
    Box,
    BriefId,
    CallId,
    Candidate,
    Need,
    OpenNeed,
    Report,
    RequestId,
    Skill,
    Spoken,
    Suggestion,
    Verdict,
)
from pe_core.model.trail import Act
from pe_core.store import BriefRow, Delete, RequestRow, Update, VolunteerRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, active_volunteer, ask, offer_help, unlock_account
from pe_core.upkeep import do_upkeep

Register = Callable[..., Any]
Run = Callable[[Awaitable[Any]], Any]
TRANSLATING = "core.skill.translating"
SAID: dict[str, dict[str, Any]] = {
    "dzik": {"skills": (Skill(code=TRANSLATING),), "languages": (Spoken(tag="be"),)},
    "lasica": {"skills": (Skill(code=TRANSLATING), Skill(code="core.skill.driving"))},
    "wouk": {"skills": ()},
}


class Team:
    """A coordinator, a request, three active volunteers and somebody who has only applied."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.run, self.desk, self.clock = run, embassy.desk, embassy.clock
        run(ask(self.desk, ASKED[2]))
        self.busel = run(unlock_account(self.desk, self.clock, embassy.account))
        ((request,),) = run(self.desk.store.pick(RequestRow, ("id",)))
        self.request = RequestId(request)
        self.people = {
            handle: run(active_volunteer(self.desk, self.clock, [self.busel], handle, **said))[1]
            for handle, said in SAID.items()
        }
        run(offer_help(self.desk, self.clock, "zajac"))

    def need(self, **changed: Any) -> needs.NeedView:
        self.clock.move(minutes=1)
        need = Need(required=(Skill(code=TRANSLATING),), **changed)
        body = OpenNeed(
            title="Translate",
            detail="",
            language="en",
            need=need,
            by=self.busel.box,
            at=self.clock.now(),
            call=CallId(""),
        )
        assert () == self.run(seek(self.desk, self.busel, self.request, body))
        found: list[needs.NeedView] = self.run(
            needs.read_needs(self.desk, self.busel, self.request)
        )
        return found[-1]

    def suggested(self, view: needs.NeedView) -> list[str]:
        names = {session.box: handle for handle, session in self.people.items()}
        found = self.run(suggesting.suggest_people(self.desk, self.busel, view))
        return [names[one.box] for one in found]


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    return Team(pe_embassy, pe_run)


def test_only_active_people_with_the_skill_are_suggested(team: Team) -> None:
    assert {"dzik", "lasica"} == set(team.suggested(team.need()))


def test_why_somebody_is_not_suggested_is_said(team: Team) -> None:
    view = team.need()
    (found,) = team.run(suggesting.why_not(team.desk, team.busel, view, " Wouk"))
    (applied,) = team.run(suggesting.why_not(team.desk, team.busel, view, "zajac"))
    nobody = team.run(suggesting.why_not(team.desk, team.busel, view, "nobody"))

    assert ["skill"] == [r.code for r in found[1] if r.verdict is Verdict.BARS]
    assert "state" in [r.code for r in applied[1] if r.verdict is Verdict.BARS]
    assert [] == nobody


def test_who_was_asked_already_is_not_suggested_again(team: Team) -> None:
    view = team.need()
    chosen: dict[Box, Any] = {team.people["dzik"].box: ()}
    team.run(offering.offer(team.desk, team.busel, view.id, chosen))
    again = team.run(needs.read_need(team.desk, team.busel, view.id))

    assert ["lasica"] == team.suggested(again)


def test_who_has_promised_the_time_is_not_suggested_for_it(team: Team) -> None:
    start = team.clock.now() + timedelta(days=3)
    first = team.need(start=start, end=start + timedelta(hours=2))
    everyday = (2**24 - 1,) * 7
    for handle in ("dzik", "lasica"):
        session = team.people[handle]
        known = team.run(read_own(team.desk, session))
        freed = msgspec.structs.replace(known.profile, hours=everyday, load=5)
        team.run(write_own(team.desk, session, known, freed))
    before = set(team.suggested(first))
    dzik = team.people["dzik"]
    chosen: dict[Box, Any] = {dzik.box: ()}
    team.run(offering.offer(team.desk, team.busel, first.id, chosen))
    (row,) = team.run(team.desk.store.select(BriefRow))
    team.run(briefs.accept(team.desk, dzik, BriefId(row.id)))
    second = team.need(start=start + timedelta(hours=1), end=start + timedelta(hours=3))

    assert {"dzik", "lasica"} == before
    assert ["lasica"] == team.suggested(second)


def test_a_task_whose_asker_has_ended_the_request_keeps_nobody_from_another(team: Team) -> None:
    start = team.clock.now() + timedelta(days=3)
    view = team.need(start=start, end=start + timedelta(hours=2))
    dzik = team.people["dzik"]
    chosen: dict[Box, Any] = {dzik.box: ()}
    team.run(offering.offer(team.desk, team.busel, view.id, chosen))
    ((brief,),) = team.run(team.desk.store.pick(BriefRow, ("id",)))
    team.run(briefs.accept(team.desk, dzik, BriefId(brief)))
    before = team.run(suggesting.read_duties(team.desk, team.busel))
    ended = Update(RequestRow, (team.request,), {"state": "closed"})
    team.run(team.desk.store.write([ended]))
    after = team.run(suggesting.read_duties(team.desk, team.busel))

    assert (1, True) == (before.load[dzik.box], dzik.box in before.busy)
    assert (0, False) == (after.load.get(dzik.box, 0), dzik.box in after.busy)


def test_a_profile_that_changes_is_seen_at_the_next_look(team: Team) -> None:
    view = team.need()
    before = team.suggested(view)
    wouk = team.people["wouk"]
    known = team.run(read_own(team.desk, wouk))
    learnt = msgspec.structs.replace(known.profile, skills=(Skill(code=TRANSLATING),))
    team.run(write_own(team.desk, wouk, known, learnt))

    assert "wouk" not in before
    assert "wouk" in team.suggested(view)


def test_all_open_needs_get_a_proposal_and_nobody_gets_two(team: Team) -> None:
    first, second, third = team.need(), team.need(), team.need()
    proposals = team.run(suggesting.propose_for_all(team.desk, team.busel))
    asked = [one.suggestions[0].box for one in proposals if one.suggestions]

    assert [first.id, second.id, third.id] == [one.view.id for one in proposals]
    assert 2 == len(asked) == len(set(asked))


def test_a_need_whose_places_are_offered_waits_and_a_larger_one_gets_the_rest(team: Team) -> None:
    small, large = team.need(), team.need(places=2)
    chosen: dict[Box, Any] = {team.people["dzik"].box: ()}
    team.run(offering.offer(team.desk, team.busel, small.id, chosen))
    team.run(offering.offer(team.desk, team.busel, large.id, chosen))
    proposals = team.run(suggesting.propose_for_all(team.desk, team.busel))

    lasica = team.people["lasica"].box
    assert [[], [lasica]] == [[found.box for found in one.suggestions] for one in proposals]


def test_a_place_in_which_somebody_has_helped_is_not_proposed_again(team: Team) -> None:
    dzik = team.people["dzik"]
    view = team.need(places=2)
    chosen: dict[Box, Any] = {dzik.box: ()}
    team.run(offering.offer(team.desk, team.busel, view.id, chosen))
    ((brief,),) = team.run(team.desk.store.pick(BriefRow, ("id",)))
    team.run(briefs.accept(team.desk, dzik, BriefId(brief)))
    team.run(briefs.report_done(team.desk, dzik, BriefId(brief), Report(minutes=30)))
    team.run(active_volunteer(team.desk, team.clock, [team.busel], "rys", **SAID["lasica"]))
    (proposal,) = team.run(suggesting.propose_for_all(team.desk, team.busel))

    assert 1 == len(proposal.suggestions)


def test_a_need_whose_time_has_begun_takes_nobody_from_the_others(team: Team) -> None:
    freed: Any = {"hours": (2**24 - 1,) * 7}
    for session in (team.people["dzik"], team.people["lasica"]):
        known = team.run(read_own(team.desk, session))
        profile = msgspec.structs.replace(known.profile, **freed)
        team.run(write_own(team.desk, session, known, profile))
    start = team.clock.now() + timedelta(hours=1)
    begun = team.need(start=start, end=start + timedelta(hours=2), places=2)
    before = team.run(suggesting.propose_for_all(team.desk, team.busel))
    team.clock.move(hours=1, minutes=30)
    other = team.need(places=2)
    after = team.run(suggesting.propose_for_all(team.desk, team.busel))

    assert [(begun.id, 2)] == [(one.view.id, len(one.suggestions)) for one in before]
    assert [(begun.id, 0), (other.id, 2)] == [(one.view.id, len(one.suggestions)) for one in after]


def test_the_trail_knows_that_people_were_suggested(team: Team) -> None:
    team.suggested(team.need())
    entries = [trace.entry for trace in team.run(read_trail(team.desk, team.busel)).lines]

    assert (Act.MATCHED, team.request) in [(e.act, e.what) for e in entries if e is not None]


def test_the_plugin_of_exampleland_prefers_the_same_town(team: Team) -> None:
    view = team.need(city="Coastville", remote=True)
    dzik = team.people["dzik"]
    known = team.run(read_own(team.desk, dzik))
    moved = msgspec.structs.replace(known.profile, city="Coastville", reach=10)
    team.run(write_own(team.desk, dzik, known, moved))

    assert "dzik" == team.suggested(view)[0]


class Hostile:
    """A plugin that wants one stranger asked and nobody else."""

    @hookimpl
    def rank_volunteers(self, candidates: Sequence[Candidate]) -> Sequence[Suggestion]:
        return [Suggestion(box=Box(1))]


class Broken:
    """A plugin that fails on everybody whom it is shown."""

    @hookimpl
    def rank_volunteers(self, candidates: Sequence[Candidate]) -> Sequence[Suggestion]:
        raise ValueError(candidates[0].card.handle)


@pytest.mark.parametrize(("plugin", "off"), [(Hostile, []), (Broken, ["test.rank_volunteers"])])
def test_no_plugin_takes_a_place_or_a_reason_from_anybody(
    team: Team, pe_register: Register, plugin: type, off: list[str]
) -> None:
    view = team.need()
    before = team.run(suggesting.suggest_people(team.desk, team.busel, view))
    pe_register(plugin())
    after = team.run(suggesting.suggest_people(team.desk, team.busel, view))

    assert 2 == len(before)
    assert before == after
    assert off == [trouble.part for trouble in team.desk.troubles.all()]


def test_what_is_kept_for_matching_goes_with_the_session(team: Team) -> None:
    team.suggested(team.need())
    session = team.busel
    held = (len(session.cards), session.crowd is not None)
    team.desk.sessions.drop_where(lambda _: True)

    assert (4, True) == held
    assert ({}, None, {}) == (session.cards, session.crowd, session.promises)


def test_a_second_look_asks_only_for_who_changed(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = team.need()
    for _ in range(2):  # the first look makes the cards, which the second one sees
        team.suggested(view)
    asked: list[Any] = []
    pick = team.desk.store.pick

    async def noting(table: Any, columns: Any, where: Any = MappingProxyType({})) -> Any:
        rows = await pick(table, columns, where)
        if table is VolunteerRow:
            asked.append(len(rows))
        return rows

    monkeypatch.setattr(team.desk.store, "pick", noting)
    team.suggested(view)
    wouk = team.people["wouk"]
    known = team.run(read_own(team.desk, wouk))
    team.run(write_own(team.desk, wouk, known, known.profile))
    team.suggested(view)

    assert [0, 1] == asked[:2]


def test_who_was_erased_is_gone_at_the_next_look(team: Team) -> None:
    view = team.need()
    before = team.suggested(view)
    gone = Update(VolunteerRow, (team.people["dzik"].box,), {"keep_until": 1})
    team.run(team.desk.store.write([gone]))
    team.run(do_upkeep(team.desk))

    assert "dzik" in before
    assert "dzik" not in team.suggested(view)


def test_whose_record_is_deleted_is_gone_at_once(team: Team) -> None:
    view = team.need()
    before = team.suggested(view)
    team.run(team.desk.store.write([Delete(VolunteerRow, {"box": team.people["dzik"].box})]))

    assert "dzik" in before
    assert "dzik" not in team.suggested(view)
