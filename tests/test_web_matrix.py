"""Who reaches what: every actor against every route and object, on the whole portal."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from tests.two_embassies import add_stranger

from pe_core.desk import accounts, applying, intake, invites, listing, visits
from pe_core.model import Need, Where
from pe_core.network.identity import begin_network
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
from pe_core.vault import Seed, join_shares, keys_of
from pe_core.web import front, peers, public, staff, work

Run = Callable[[Awaitable[Any]], Any]
HANDLERS = (*front.ROUTES, *peers.ROUTES, *public.ROUTES, *staff.ROUTES, *work.ROUTES)
COOKIES = {
    "asker": "pe_ask",
    "visit": "pe_visit",
    "joining": "pe_join",
    "applicant": "pe_apply",
    "staff": "pe_staff",
}
UNLOCKED = {"staff", "volunteer", "member", "writer", "coordinator"}
GUARDS = {"public", "signed_out", "peer", *COOKIES, *UNLOCKED}
ACTORS = (
    "nobody",
    "asker",
    "visit",
    "joining",
    "applicant",
    "staff",
    "newcomer",
    "volunteer",
    "ended",
    "forged",
)
"""``staff`` and ``newcomer`` are coordinators, the one joined after the request; ``volunteer``
offers help and nobody has vouched for them; ``ended`` had a session once."""


class Scene:
    """A portal with one request in it, and somebody of every kind before it."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy = embassy
        self.run = run
        self.app = embassy.app()
        desk, clock = embassy.desk, embassy.clock
        root = join_shares([embassy.opening.root_words])
        run(begin_network(desk, keys_of(Seed(root))))
        receipt = run(ask(desk, ASKED[2]))
        cookie, draft = intake.begin(desk, "zz.other", "en")
        intake.set_where(draft, Where.ABROAD)
        clock.move(minutes=1)
        first, session = self.unlock(embassy.account)
        self.request = run(listing.list_requests(desk, session))[0].id
        need = run(look_for(desk, session, self.request, "Translate a page", Need()))
        shift = run(hold_shift(desk, session, "A stall at the fair"))
        self.known = {
            "requests": self.request,
            "needs": need,
            "shifts": shift,
            "peers": add_stranger(run, desk),
        }
        code = run(invites.make_invite(desk, session))
        late = run(open_account(desk, clock, code, "zubr"))
        clock.move(minutes=1)
        newcomer, other = self.unlock(late)
        clock.move(minutes=1)
        invite = run(invites.make_invite(desk, other))
        (view,) = run(invites.list_invites(desk, session))
        run(invites.sign_invite(desk, session, view.locator))
        ended, _ = self.unlock(late)
        clock.move(minutes=1)
        newcomer, _ = self.unlock(late)
        clock.move(minutes=1)
        volunteer, _ = self.unlock(run(offer_help(desk, clock, "wouk")))
        clock.move(minutes=1)
        self.cookies = {
            "nobody": {},
            "asker": {"pe_ask": cookie},
            "visit": {"pe_visit": run(visits.come_back(desk, receipt))[0]},
            "joining": {"pe_join": run(invites.open_invite(desk, invite))[0]},
            "applicant": {"pe_apply": applying.begin_applying(desk, "en")[0]},
            "staff": {"pe_staff": first},
            "newcomer": {"pe_staff": newcomer},
            "volunteer": {"pe_staff": volunteer},
            "ended": {"pe_staff": ended},
            "forged": {name: bytes(32) for name in COOKIES.values()},
        }

    def unlock(self, account: Account) -> Any:
        code = account.code(self.embassy.clock.now())
        return self.run(
            accounts.unlock(self.embassy.desk, account.handle, account.passphrase, code)
        )

    def address(self, path: str) -> str:
        filled = path.replace("{language:str}", "en").replace("{name:str}", "none.css")
        filled = filled.replace("{number:int}", "1").replace("{what:str}", "word")
        parts = filled.split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                parts[place] = self.known.get(parts[place - 1], "none")
        return "/".join(parts)

    def call(self, method: str, path: str, actor: str) -> httpx.Response:
        cookies = "; ".join(
            f"{name}={urlsafe_b64encode(value).rstrip(b'=').decode()}"
            for name, value in self.cookies[actor].items()
        )
        headers = {"Cookie": cookies} if cookies else {}
        headers |= (
            {
                "Origin": ADDRESS,
                "Content-Type": "application/x-www-form-urlencoded",
            }
            if method == "POST"
            else {}
        )

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, headers=headers)

        answer: httpx.Response = self.run(send())
        return answer


@pytest.fixture
def scene(pe_embassy: TestEmbassy, pe_run: Run) -> Iterator[Scene]:
    """The portal and everybody before it."""
    yield Scene(pe_embassy, pe_run)


def routes(method: str) -> list[tuple[str, str]]:
    """Return (guard, path) of every route with this method."""
    return [
        (handler.opt["guard"], path)
        for handler in HANDLERS
        for path in sorted(handler.paths)
        if method in handler.http_methods
    ]


def holds(actor: str, guard: str) -> bool:
    """Return whether this actor is whom a guard lets in."""
    if guard in ("coordinator", "writer", "member"):
        return actor in ("staff", "newcomer")
    if guard == "volunteer":
        return actor == "volunteer"
    is_unlocked = actor in ("staff", "newcomer", "volunteer")
    return guard == "public" or actor == guard or (is_unlocked and guard == "staff")


def test_every_route_of_the_app_declares_a_guard(scene: Scene) -> None:
    declared = {path for handler in HANDLERS for path in handler.paths}
    served = {route.path_format for route in scene.app.routes}
    plain = {
        path.replace(":str}", "}").replace(":int}", "}").rstrip("/") or "/" for path in declared
    }

    assert GUARDS == {guard for method in ("GET", "POST") for guard, _ in routes(method)}
    slashless = {path.rstrip("/") or "/" for path in plain | declared}
    assert {path.rstrip("/") or "/" for path in served} <= slashless


def test_nobody_opens_a_page_that_is_another_actors(scene: Scene) -> None:
    wrong = []
    for guard, path in routes("GET"):
        for actor in ACTORS:
            if guard == "signed_out" or holds(actor, guard) or path.startswith("/static"):
                continue
            answer = scene.call("GET", scene.address(path), actor)
            elsewhere = answer.headers.get("location", "").endswith(("/staff/unlock", "/work"))
            refused = answer.status_code in (403, 404) or (guard in UNLOCKED and elsewhere)
            # A refusal links to the address that was asked for, in other languages.
            shown = unescape(answer.text)
            for folder, name in scene.known.items():
                shown = shown.replace(f"/{folder}/{name}", "")
            if not refused or any(name in shown for name in scene.known.values()):
                wrong.append((actor, path, answer.status_code))

    assert [] == wrong


def test_everybody_opens_what_is_theirs(scene: Scene) -> None:
    wrong = []
    # The way out comes last: it ends what the others need.
    for guard, path in sorted(routes("GET"), key=lambda route: route[1].endswith("/exit")):
        for actor in ACTORS:
            if holds(actor, guard) and "{" not in path.replace("{language:str}", ""):
                answer = scene.call("GET", scene.address(path), actor)
                if answer.status_code not in (200, 303):
                    wrong.append((actor, path, answer.status_code))

    assert [] == wrong


def test_no_post_is_taken_without_its_token_whoever_sends_it(scene: Scene) -> None:
    before = scene.run(_everything(scene))
    wrong = []
    for _, path in routes("POST"):
        for actor in ACTORS:
            answer = scene.call("POST", scene.address(path), actor)
            if answer.status_code not in (303, 403, 404, 415) or (
                answer.status_code == 303 and "/staff" not in answer.headers["location"]
            ):
                wrong.append((actor, path, answer.status_code))

    assert [] == wrong
    assert before == scene.run(_everything(scene)), "and nothing was written"


def test_a_newcomer_reaches_no_object_of_an_older_request(scene: Scene) -> None:
    paths = [path for guard, path in routes("GET") if guard in UNLOCKED and "requests/{" in path]

    statuses = {scene.call("GET", scene.address(path), "newcomer").status_code for path in paths}
    opened = scene.call("GET", f"/en/staff/requests/{scene.request}", "staff")

    assert {404} == statuses
    assert 200 == opened.status_code


def test_an_unknown_language_is_no_way_around_a_guard(scene: Scene) -> None:
    for guard, path in routes("GET"):
        if "{language:str}" in path and guard != "public":
            address = scene.address(path).replace("/en/", "/xx/", 1)

            assert 404 == scene.call("GET", address, "staff").status_code, address


async def _everything(scene: Scene) -> list[int]:
    from pe_core.store import TABLES

    counts = await asyncio.gather(*(scene.embassy.desk.store.count(table.row) for table in TABLES))
    return list(counts)
