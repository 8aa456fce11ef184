"""An embassy for Schemathesis: what a call ends or uses up comes back before the next one."""

import asyncio
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from inspect import getclosurevars
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import schemathesis
from litestar.handlers import HTTPRouteHandler
from schemathesis.transport.serialization import Binary
from tests.two_embassies import add_stranger

from pe_core.desk import accounts, applying, intake, invites, listing, proposals, requests, visits
from pe_core.desk.files import CleanFile
from pe_core.desk.sessions import Session
from pe_core.model import Need, RequestId, Skill, Where
from pe_core.store import FileRow, GrantRow, InviteRow, PeerRow, ProposalRow, ReplyRow
from pe_core.toolkit.browser import ADDRESS
from pe_core.toolkit.embassy import (
    TestEmbassy,
    close_embassy,
    open_test_embassy,
)
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    Clock,
    ask,
    hold_shift,
    look_for,
    offer_help,
    open_account,
)
from pe_core.vault.cookies import csrf_token
from pe_core.web import front, peers, public, staff, work
from pe_core.web.openapi import COOKIES, OPENER, name_of

T = TypeVar("T")

HANDLERS = (*front.ROUTES, *peers.ROUTES, *public.ROUTES, *staff.ROUTES, *work.ROUTES)
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PHOTO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5E"
)


class Scene:
    """An embassy at work: a request with a photo and an answer, two coordinators, a newcomer,
    and a volunteer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = asyncio.Runner()
        self.number = 0
        self.calls = 0
        self.open()

    def run(self, act: Awaitable[T]) -> T:
        async def wait() -> T:
            return await act

        return self.runner.run(wait())

    def close(self) -> None:
        self.run(self.client.aclose())
        self.run(close_embassy(self.embassy))

    def open(self) -> None:
        """Begin anew; some of what is called cannot be taken back."""
        self.number += 1
        self.clock = Clock(START)
        self.embassy: TestEmbassy = self.run(
            open_test_embassy(self.folder / str(self.number), self.clock)
        )
        self.app = self.embassy.app()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url=ADDRESS
        )
        desk = self.embassy.desk
        self.kept: dict[str, bytes] = {}
        self.session = self.unlock(self.embassy.account)
        code = self.run(invites.make_invite(desk, self.session))
        self.second = self.unlock(self.run(open_account(desk, self.clock, code, "zubr")))
        self.volunteer = self.unlock(self.run(offer_help(desk, self.clock, "wouk")))
        self.session = self.unlock(self.embassy.account)
        self.ask()
        self.ready()

    def unlock(self, account: Account) -> Session:
        self.clock.move(minutes=1)
        code = account.code(self.clock.now())
        unlocking = accounts.unlock(self.embassy.desk, account.handle, account.passphrase, code)
        self.kept["staff"], session = self.run(unlocking)
        return session

    def ask(self) -> None:
        desk = self.embassy.desk
        self.receipt = self.run(ask(desk, ASKED[0]))
        _, visit = self.run(visits.come_back(desk, self.receipt))
        photo = CleanFile(media_type="image/png", data=PHOTO)
        self.run(visits.add_word(desk, visit, "Here it is.", [photo]))
        self.request: RequestId = self.run(listing.list_requests(desk, self.session))[0].id
        self.run(requests.reply(desk, self.session, self.request, "Thank you.", "en"))
        need = Need(required=(Skill(code="core.skill.papers"),))
        self.need = self.run(look_for(desk, self.session, self.request, "Fill in a form", need))
        self.shift = self.run(hold_shift(desk, self.session, "A stall at the fair"))
        self.file = self.run(desk.store.pick(FileRow, ("id",)))[0][0]

    def ready(self) -> None:
        """Give back whatever an earlier call has ended or used up."""
        desk = self.embassy.desk
        self.calls += 1
        self.clock.move(seconds=20)
        if not self.run(desk.store.count(PeerRow, {})):
            add_stranger(self.run, desk)
        grants = self.run(desk.store.count(GrantRow, {"box": self.session.box}))
        if not grants or self.calls % 2000 == 0:
            self.close()
            self.open()
            return
        if desk.sessions.find(self.kept["staff"]) is None:
            again = Session(box=self.session.box, handle="busel", keys=self.session.keys)
            again.compartments = frozenset(("intake", "trail", "roster", "referral"))
            self.session = again
            self.kept["staff"] = desk.sessions.add(again)
        draft = desk.drafts.find(self.kept.get("asker"))
        if draft is None or draft.receipt is not None:
            self.kept["asker"], draft = intake.begin(desk, "zz.paper", "en")
            intake.set_where(draft, Where.ABROAD)
            for field, typed in ASKED[0].typed.items():
                intake.give_answer(draft, field, typed)
        if not self.run(desk.store.count(ProposalRow)):
            self.run(proposals.propose(desk, self.second, "leave", self.session.box))
        if desk.visits.find(self.kept.get("visit")) is None:
            self.kept["visit"], _ = self.run(visits.come_back(desk, self.receipt))
        if desk.joinings.find(self.kept.get("joining")) is None:
            self.invite_newcomer()
        if desk.applicants.find(self.kept.get("applicant")) is None:
            self.kept["applicant"], _ = applying.begin_applying(desk, "en")
        if desk.sessions.find(self.kept.get("volunteer")) is None:
            again = Session(box=self.volunteer.box, handle="wouk", keys=self.volunteer.keys)
            again.is_volunteer = True
            self.kept["volunteer"] = desk.sessions.add(again)

    def invite_newcomer(self) -> None:
        desk = self.embassy.desk
        code = self.run(invites.make_invite(desk, self.session))
        for view in self.run(invites.list_invites(desk, self.second)):
            if not view.ready and view.returns is None:
                self.run(invites.sign_invite(desk, self.second, view.locator))
        self.kept["joining"], _ = self.run(invites.open_invite(desk, code))

    def cookies(self, operation: str) -> str:
        is_work = handler_of(operation).opt["guard"] == "volunteer"
        return "; ".join(
            f"{COOKIES[guard]}={urlsafe_b64encode(cookie).rstrip(b'=').decode()}"
            for guard, cookie in self.kept.items()
            if guard != ("staff" if is_work else "volunteer")
        )

    def token(self, operation: str) -> str:
        """Return the token that a form of this operation carries, for whom it is meant."""
        handler = handler_of(operation)
        guard = handler.opt["guard"]
        if guard in OPENER:
            form = getclosurevars(handler.guards[0]).nonlocals["form"]
            issued: str = self.app.portal.form_tokens.issue(form, timedelta(0))
            return issued
        known_as = "staff" if COOKIES[guard] == "pe_staff" else guard
        return csrf_token(self.kept["volunteer" if guard == "volunteer" else known_as], known_as)

    def real(self) -> dict[str, Any]:
        """Return what stands in addresses and forms and is there."""
        desk, box = self.embassy.desk, str(self.second.box)
        invite = self.run(desk.store.pick(InviteRow, ("locator",)))
        proposal = self.run(desk.store.pick(ProposalRow, ("id",)))
        reply = self.run(desk.store.pick(ReplyRow, ("id",)))
        known = {
            "request_id": self.request,
            "need_id": self.need,
            "shift_id": self.shift,
            "file_id": self.file,
            "number": "1",
            "tag": "en",
            "peer": "qqqqqqqq",
            "locator": invite[-1][0].hex() if invite else "",
            "proposal_id": proposal[-1][0] if proposal else "",
            "reply": reply[-1][0] if reply else "",
            "passphrase": self.embassy.account.passphrase,
            "weeks": "26",
            "guide": "zz.guest-passport",
            "letter": "zz.passport-request",
        }
        known |= {"invite": known["locator"], "proposal": known["proposal_id"]}
        known |= dict.fromkeys(("box", "to", "holder"), box)
        return {name: value for name, value in known.items() if value}

    def send(
        self, case: schemathesis.Case, fields: Mapping[str, Any], headers: dict[str, str]
    ) -> httpx.Response:
        """Send a case as a browser sends a form, on the loop that the embassy lives on."""
        path, query = case.formatted_path, urlencode(dict(case.query or {}), doseq=True)
        address = f"{path}?{query}" if query else path
        sent: dict[str, Any] = {}
        if case.method == "POST":
            headers = {**headers, "Origin": ADDRESS}
            if case.media_type == "multipart/form-data":
                sent["files"] = parts(fields)
            elif case.media_type == "application/json":
                headers["Content-Type"] = "application/json"
                sent["content"] = json.dumps(fields).encode()
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                sent["content"] = urlencode(dict(fields), doseq=True)
        request = self.client.build_request(case.method, address, headers=headers, **sent)
        request.read()
        return self.run(self.client.send(request))


def parts(fields: Mapping[str, Any]) -> list[tuple[str, tuple[str | None, bytes]]]:
    """Return a form's parts, the token first as pages have it."""
    found: list[tuple[str, tuple[str | None, bytes]]] = []
    for name, value in sorted(fields.items(), key=lambda item: item[0] != "token"):
        if isinstance(value, Binary):
            found.append((name, ("holiday.png", PHOTO if value.data else b"")))
        else:
            found.append((name, (None, str(value).encode())))
    return found


def handler_of(operation: str) -> HTTPRouteHandler:
    """Return the handler that an operation is made from."""
    return max(
        (each for each in HANDLERS if operation.startswith(name_of(each).replace(".", "_"))),
        key=lambda each: len(name_of(each)),
    )
