"""With a right token of their own, nobody does what is not theirs, to no object of the desk."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.two_embassies import add_dead_letter, add_stranger

from between import begin_talk
from pe_core.desk import accounts, invites, listing, proposals, visits
from pe_core.desk.sessions import Session
from pe_core.model import Need
from pe_core.store import TABLES, MetaRow, TrailRow
from pe_core.toolkit.browser import ADDRESS
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    ask,
    hold_shift,
    look_for,
    offer_help,
    open_account,
)
from pe_core.vault.cookies import csrf_token
from pe_core.web import staff
from pe_core.web.openapi_fields import VOLUNTEER_ACTS

Run = Callable[[Awaitable[Any]], Any]
ACTORS = ("nobody", "visit", "volunteer", "editor", "left", "other")
"""``visit`` is the asker with the receipt, ``left`` a coordinator who left, ``other`` an unlocked
coordinator whose token comes with somebody else's cookie."""
TYPED = {
    "act": "claim",
    "note": "x",
    "text": "x",
    "state": "closed",
    "outcome": "spam",
    "was": "new",
    "topic": "zz.bed",
    "urgency": "urgent",
    "sensitivity": "normal",
    "weeks": "26",
    "role": "coordinator",
    "query": "x",
    "who": "1",
    "handle": "wouk",
    "offer": "x:1",
    "title": "x",
    "peer": "yy",
    "words": "x",
    "field": "story",
}


class Team:
    """A desk with one older request and an account of every role before it."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy, self.run, self.app = embassy, run, embassy.app()
        self.receipt = run(ask(embassy.desk, ASKED[2]))
        self.first_cookie, self.first = self.unlock(embassy.account)
        self.request = run(listing.list_requests(embassy.desk, self.first))[0].id
        looked = look_for(embassy.desk, self.first, self.request, "Translate a page", Need())
        self.need = run(looked)
        self.shift = run(hold_shift(embassy.desk, self.first, "A stall at the fair"))
        self.peer = add_stranger(run, embassy.desk)
        self.thread = run(begin_talk(embassy.desk, self.first))
        self.packet = add_dead_letter(run, embassy.desk)
        second_account = self.join("zubr", "coordinator")
        self.second_cookie, self.second = self.unlock(second_account)
        accounts_of = {"editor": "sava", "left": "lis"}
        roles = {"editor": "editor", "left": "coordinator"}
        joined = {who: self.join(name, roles[who]) for who, name in accounts_of.items()}
        joined["volunteer"] = run(offer_help(embassy.desk, embassy.clock, "wouk"))
        unlocked = {who: self.unlock(account) for who, account in joined.items()}
        self.volunteer = unlocked["volunteer"][1]
        cookies = {who: cookie for who, (cookie, _) in unlocked.items()}
        self.dismiss("lis")
        visit, _ = run(visits.come_back(embassy.desk, self.receipt))
        self.cookies: dict[str, dict[str, bytes]] = {
            "nobody": {},
            "visit": {"pe_visit": visit},
            "other": {"pe_staff": self.first_cookie},
            "newcomer": {"pe_staff": self.second_cookie},
            "coordinator": {"pe_staff": self.first_cookie},
            **{who: {"pe_staff": cookie} for who, cookie in cookies.items()},
        }

    def unlock(self, account: Account) -> tuple[bytes, Session]:
        self.embassy.clock.move(minutes=1)
        code = account.code(self.embassy.clock.now())
        unlocked: tuple[bytes, Session] = self.run(
            accounts.unlock(self.embassy.desk, account.handle, account.passphrase, code)
        )
        return unlocked

    def join(self, handle: str, role: str) -> Account:
        desk = self.embassy.desk
        code = self.run(invites.make_invite(desk, self.first, role))
        for view in self.run(invites.list_invites(desk, self.signer())):
            if not view.ready:
                self.run(invites.sign_invite(desk, self.signer(), view.locator))
        account: Account = self.run(open_account(desk, self.embassy.clock, code, handle))
        return account

    def signer(self) -> Session:
        """Return who signs what the first coordinator made, once there is a second one."""
        return getattr(self, "second", self.first)

    def dismiss(self, handle: str) -> None:
        from pe_core.desk.roster import list_members

        desk = self.embassy.desk
        members = self.run(list_members(desk, self.first))
        (box,) = [member.box for member in members if member.handle == handle]
        self.run(proposals.propose(desk, self.first, "leave", box))
        (view,) = self.run(proposals.list_proposals(desk, self.second))
        self.run(proposals.confirm(desk, self.second, view.id))

    def post(self, path: str, actor: str, box: int | None = None, **typed: str) -> httpx.Response:
        """Send a form as this actor does, with the right token of their own cookie."""
        address = path.replace("{language:str}", "en")
        address = address.replace("{request_id:str}", self.request)
        address = address.replace("{box:int}", str(box or self.second.box))
        address = address.replace("{need_id:str}", self.need)
        address = address.replace("{shift_id:str}", self.shift)
        address = address.replace("{thread_id:str}", self.thread)
        address = address.replace("{peer:str}", self.peer)
        address = address.replace("{packet_id:str}", self.packet)
        address = address.replace("{locator:str}", "0" * 64).replace("{proposal_id:str}", "none")
        cookies = self.cookies[actor]
        token = "".join(csrf_token(cookie, name[3:]) for name, cookie in cookies.items())
        if actor == "other":
            token = csrf_token(self.second_cookie, "staff")
        headers = {
            "Origin": ADDRESS,
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(
                f"{name}={urlsafe_b64encode(value).rstrip(b'=').decode()}"
                for name, value in cookies.items()
            ),
        }

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                body = urlencode({"token": token, "to": str(self.first.box), **TYPED, **typed})
                return await client.post(address, content=body, headers=headers)

        answer: httpx.Response = self.run(send())
        return answer

    def rows(self) -> list[list[Any]]:
        """Return every row of every table; what is only noted of looking is left out."""
        tables = [table for table in TABLES if table.row not in (TrailRow, MetaRow)]
        return [self.run(self.embassy.desk.store.select(table.row)) for table in tables]


@pytest.fixture
def team(pe_embassy: TestEmbassy, pe_run: Run) -> Team:
    """The desk and everybody before it."""
    return Team(pe_embassy, pe_run)


def post_paths(*guards: str) -> list[str]:
    """Return the addresses of all forms behind these guards."""
    return [
        path
        for handler in staff.ROUTES
        for path in sorted(handler.paths)
        if "POST" in handler.http_methods and handler.opt["guard"] in guards
    ]


def test_no_form_of_coordinators_is_taken_from_anybody_else(team: Team) -> None:
    paths = post_paths("coordinator")
    before = team.rows()

    answers = {(path, who): team.post(path, who).status_code for path in paths for who in ACTORS}

    assert len(paths) > 15
    assert {} == {at: code for at, code in answers.items() if code not in (403, 404)}
    assert before == team.rows()


def test_a_newcomer_changes_nothing_about_a_request_that_came_before_them(team: Team) -> None:
    paths = [path for path in post_paths("coordinator") if "{request_id:str}" in path]
    before = team.rows()

    answers = {path: team.post(path, "newcomer").status_code for path in paths}

    assert len(paths) > 5
    assert {404} == set(answers.values()), answers
    assert before == team.rows()


def test_the_coordinator_whose_request_it_is_does_what_the_others_may_not(team: Team) -> None:
    before = team.rows()

    answer = team.post("/{language:str}/staff/requests/{request_id:str}/note", "coordinator")

    assert 303 == answer.status_code
    assert before != team.rows()


def test_whoever_left_cannot_unlock_and_their_cookie_opens_nothing(team: Team) -> None:
    statuses = {team.post(path, "left").status_code for path in post_paths("staff", "member")}

    assert {403} == statuses


def test_nobody_but_a_coordinator_does_anything_about_a_volunteer(team: Team) -> None:
    path, box = "/{language:str}/staff/volunteers/{box:int}", team.volunteer.box
    before = team.rows()
    typed = {"revision": "1", "sure": "yes", "reason": "x", "words": "x"}
    answers = {
        (act, who): team.post(path, who, box, act=act, **typed).status_code
        for act in VOLUNTEER_ACTS
        for who in ACTORS
    }
    refused = before == team.rows()
    done = team.post(path, "coordinator", box, act="talk", **typed)

    assert {403} == set(answers.values()), answers
    assert refused
    assert 303 == done.status_code
    assert before != team.rows()


@pytest.mark.parametrize("whose", ["first", "second", "nobody"])
def test_the_box_of_somebody_who_is_no_volunteer_is_nobodys(team: Team, whose: str) -> None:
    box = {"first": team.first.box, "second": team.second.box, "nobody": 7}[whose]
    path = "/{language:str}/staff/volunteers/{box:int}"
    before = team.rows()
    answers = {
        team.post(path, "coordinator", box, act=act, revision="1", sure="yes").status_code
        for act in VOLUNTEER_ACTS
    }

    assert {404} == answers
    assert before == team.rows()


def test_a_newcomer_opens_no_conversation_that_came_before_them(team: Team) -> None:
    path = "/{language:str}/staff/referrals/{thread_id:str}"
    before = team.rows()

    statuses = {
        act: team.post(path, "newcomer", act=act).status_code for act in ("revoke", "close", "wait")
    }
    done = team.post(path, "coordinator", act="wait")

    assert {404} == set(statuses.values())
    assert before != team.rows() and 303 == done.status_code
