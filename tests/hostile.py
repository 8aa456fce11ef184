"""What the hostile tests share: the bare door of an embassy, everybody before it, a raw wire."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
import pytest

from pe_core.cli import serve
from pe_core.courier.ringing import Rings
from pe_core.desk import accounts, applying, intake, invites, listing, visits
from pe_core.desk.sessions import Session
from pe_core.model import Where
from pe_core.network.carrying import PeerCourier
from pe_core.running import Running
from pe_core.store import TABLES
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Account, ask, offer_help, open_account
from pe_core.vault.cookies import csrf_token
from pe_core.web.app import create_app
from serving import free_port

Run = Callable[[Awaitable[Any]], Any]
Headers = Sequence[tuple[str, str]]
HOST = "127.0.0.1:8000"
OWN = f"http://{HOST}"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
COOKIES = {
    "asker": "pe_ask",
    "visit": "pe_visit",
    "joining": "pe_join",
    "applicant": "pe_apply",
    "staff": "pe_staff",
    "volunteer": "pe_staff",
    "member": "pe_staff",
    "writer": "pe_staff",
    "coordinator": "pe_staff",
}


NAMED = {"/en/help/code": "claim"}
"""Forms without a cookie that are not called by the end of their address."""


class Answer(NamedTuple):
    """An answer as it leaves the app: status, headers in their order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    def header(self, name: str) -> str:
        """Return a header that is there at most once, '' if it is not there."""
        found = self.all(name)
        assert len(found) <= 1, f"{name} more than once"
        return found[0] if found else ""

    def all(self, name: str) -> list[str]:
        """Return all headers of this name."""
        return [value for key, value in self.headers if key == name]


class Form(NamedTuple):
    """A route that takes a form: who may send it, and where to."""

    guard: str
    path: str
    address: str


class Door:
    """The app, spoken to without a client that would tidy up what is sent."""

    def __init__(self, app: Any, run: Run) -> None:
        """Knock on ``app`` on the loop of ``run``."""
        self.app = app
        self.run = run

    def call(
        self,
        method: str,
        path: str,
        headers: Headers = (),
        body: bytes | Sequence[bytes] = b"",
        query: bytes = b"",
        host: str = HOST,
    ) -> Answer:
        """Send one request as a server hands it on; a body of several chunks comes in those."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        coming = [
            {"type": "http.request", "body": chunk, "more_body": at < len(chunks)}
            for at, chunk in enumerate(chunks, 1)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return coming.pop(0) if coming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        named = [("host", host)] if host else []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogatepass"),
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in (*named, *headers)
            ],
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 1),
            "state": {},
        }
        self.run(self.app(scope, receive, send))
        start, *rest = sent
        return Answer(
            status=start["status"],
            headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in start["headers"]),
            body=b"".join(part.get("body", b"") for part in rest),
        )


class House(Door):
    """A portal with one of everything in it, and somebody of every kind before it."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        """Let an asker begin, one come back, one unlock, and one be invited."""
        super().__init__(create_app(embassy.desk, secure=False), run)
        self.embassy, self.desk, self.clock = embassy, embassy.desk, embassy.clock
        self.receipt = run(ask(self.desk, ASKED[2]))
        _, first = self.unlock(embassy.account)
        self.request = run(listing.list_requests(self.desk, first))[0].id
        self.colleague = run(
            open_account(self.desk, self.clock, run(invites.make_invite(self.desk, first)), "zubr")
        )
        _, second = self.unlock(self.colleague)
        self.box = second.box
        invite = run(invites.make_invite(self.desk, second))
        (view,) = run(invites.list_invites(self.desk, first))
        self.locator = view.locator
        run(invites.sign_invite(self.desk, first, view.locator))
        helper, _ = self.unlock(run(offer_help(self.desk, self.clock, "wouk")))
        staff, self.session = self.unlock(embassy.account)
        draft, begun = intake.begin(self.desk, "zz.paper", "en")
        intake.set_where(begun, Where.ABROAD)
        self.cookies = {
            "asker": draft,
            "visit": run(visits.come_back(self.desk, self.receipt))[0],
            "joining": run(invites.open_invite(self.desk, invite))[0],
            "applicant": applying.begin_applying(self.desk, "en")[0],
            "staff": staff,
            "volunteer": helper,
            "member": staff,
            "writer": staff,
            "coordinator": staff,
        }

    def unlock(self, account: Account) -> tuple[bytes, Session]:
        """Unlock an account with a fresh code."""
        self.clock.move(minutes=1)
        code = account.code(self.clock.now())
        opened: tuple[bytes, Session] = self.run(
            accounts.unlock(self.desk, account.handle, account.passphrase, code)
        )
        return opened

    def forms(self) -> list[Form]:
        """Return every route of the app that takes a form, found by walking the app.

        Where other embassies knock no browser has anything to send: test_hostile_peers.py.
        """
        return [
            Form(handler.opt["guard"], route.path, self.fill(route.path))
            for route in self.app.routes
            for handler in route.route_handlers
            if "POST" in handler.http_methods and handler.opt["guard"] != "peer"
        ]

    def pages(self) -> list[Form]:
        """Return every route of the app that is looked at."""
        return [
            Form(handler.opt["guard"], route.path, self.fill(route.path))
            for route in self.app.routes
            for handler in route.route_handlers
            if "GET" in handler.http_methods
        ]

    def fill(self, path: str) -> str:
        """Return an address of a route, with the names of things that are there."""
        for part, value in {
            "{language:str}": "en",
            "{number:int}": "1",
            "{what:str}": "word",
            "{name:str}": "none.css",
            "{request_id:str}": self.request,
            "{box:int}": str(self.box),
            "{locator:str}": self.locator,
            "{guide:str}": "zz.guest-passport",
            "{tag:str}": "en",
            "{letter:str}": "zz.passport-request",
        }.items():
            path = path.replace(part, value)
        head, *rest = path.split("{")
        return head + "".join("none" + part.partition("}")[2] for part in rest)

    def token(self, guard: str, form: Form) -> str:
        """Return the token that the real page of a form carries for its rightful sender."""
        if guard in COOKIES:
            return csrf_token(
                self.cookies[guard], "staff" if COOKIES[guard] == "pe_staff" else guard
            )
        last = form.address.rpartition("/")[2]
        name = "letter" if "/letters/" in form.address else NAMED.get(form.address, last)
        token: str = self.portal.form_tokens.issue(name)
        self.clock.move(seconds=6)
        return token

    @property
    def portal(self) -> Any:
        """Return the portal behind the app."""
        return self.app.portal

    def cookie(self, guard: str) -> list[tuple[str, str]]:
        """Return the header with the rightful cookie of a guard, none if it needs none."""
        if guard not in COOKIES:
            return []
        return [("Cookie", f"{COOKIES[guard]}={text_of(self.cookies[guard])}")]

    def send(self, form: Form, headers: Headers = (), **fields: str) -> Answer:
        """Send a form as its page does, with its own origin, token and cookie."""
        given = {"token": self.token(form.guard, form), **fields}
        own = [] if any(name == "Origin" for name, _ in headers) else [("Origin", OWN)]
        return self.call(
            "POST",
            form.address,
            [FORM, *own, *self.cookie(form.guard), *headers],
            urlencode(given).encode(),
        )

    def everything(self) -> tuple[object, ...]:
        """Return all rows, and all that is open in memory."""
        rows = [self.run(self.desk.store.select(table.row)) for table in TABLES]
        desk = self.desk
        keepers = (desk.drafts, desk.visits, desk.joinings, desk.applicants, desk.sessions)
        open_now = [[id(item) for item in keeper.items()] for keeper in keepers]
        draft = self.desk.drafts.find(self.cookies["asker"])
        asked = None if draft is None else (draft.where, dict(draft.answers), draft.receipt)
        return rows, open_now, asked, self.session.entering, self.session.renewing


def text_of(cookie: bytes) -> str:
    """Return a cookie's value as a browser sends it."""
    return urlsafe_b64encode(cookie).rstrip(b"=").decode()


def multipart(fields: Sequence[tuple[str, str]], boundary: str = "edge") -> bytes:
    """Return fields as a multipart body."""
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return f"{parts}--{boundary}--\r\n".encode()


class Wire:
    """A real server, spoken to in bytes."""

    def __init__(self, port: int, run: Run) -> None:
        """Speak to what listens at ``port``."""
        self.port = port
        self.run = run

    def say(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back until the server ends the connection."""
        return self.run(asyncio.wait_for(self._say(data), 20))  # type: ignore[no-any-return]

    async def _say(self, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        heard = b""
        try:
            writer.write(data)
            await writer.drain()
            heard = await reader.read()
        except ConnectionError:
            pass  # it was refused in the middle of what was said
        finally:
            writer.close()
        return heard

    def get(self, target: bytes, *headers: bytes) -> bytes:
        """Ask for one address as it stands, once."""
        lines = (b"GET " + target + b" HTTP/1.1", b"Host: " + HOST.encode(), *headers)
        return self.say(b"\r\n".join((*lines, b"Connection: close", b"", b"")))


@contextmanager
def on_the_wire(embassy: TestEmbassy, run: Run, patch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Serve an embassy by the very server of ``pe serve``, in this process."""
    started: list[serve.PlainServer] = []

    class Caught(serve.PlainServer):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            started.append(self)

    patch.setattr(serve, "PlainServer", Caught)
    server = msgspec.structs.replace(embassy.settings.server, port=free_port())
    running = Running(
        settings=msgspec.structs.replace(embassy.settings, server=server),
        folder=embassy.folder,
        plugins=embassy.plugins,
        desk=embassy.desk,
        courier=embassy.courier,
        peers=PeerCourier(embassy.desk, embassy.desk.door),
        rings=Rings(embassy.desk),
    )

    async def begin() -> asyncio.Task[None]:
        ready = asyncio.Event()
        task = asyncio.create_task(serve.serve_pages(running, on_ready=ready.set))
        await asyncio.wait_for(ready.wait(), 20)
        return task

    async def finish(task: asyncio.Task[None]) -> None:
        started[0].should_exit = True
        await asyncio.wait_for(task, 20)

    task = run(begin())
    try:
        yield Wire(server.port, run)
    finally:
        run(finish(task))


def answers_in(heard: bytes) -> list[tuple[int, bytes]]:
    """Return status and whole text of each answer in what a wire said, by its length."""
    found = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        lengths = [line for line in lines if line.lower().startswith(b"content-length:")]
        size = int(lengths[0].partition(b":")[2]) if lengths else 0
        found.append((int(lines[0].split(b" ")[1]), head + b"\r\n\r\n" + rest[:size]))
        heard = rest[size:]
    return found
