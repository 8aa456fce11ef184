"""A volunteer who was turned tries every address with every id that exists, and every button."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec
import pytest

from pe_core.desk import brief_threads, requests
from pe_core.desk.sessions import Session
from pe_core.store import (
    TABLES,
    AccountRow,
    FeedRow,
    MetaRow,
    OpenAddressRow,
    VolunteerNoteRow,
    VolunteerRow,
)
from pe_core.toolkit.browser import ADDRESS
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault.cookies import csrf_token
from pe_core.web import staff, work
from teamwork import Team

Run = Callable[[Awaitable[Any]], Any]
OWN = (AccountRow, VolunteerRow, VolunteerNoteRow, FeedRow, OpenAddressRow)
"""Tables in which a volunteer may change the row of their own box."""
PARAMETER = re.compile(r"{(\w+):(\w+)}")
SECRETS = (
    "Translate a page",
    "It is a refusal of the office.",
    "A word to the asker",
    "A word of the team",
    "We arrived this morning",
    "lasica",
    "dzik",
    "busel",
)
"""What is written for others, and who they are."""
TYPED = {
    "note": "x",
    "text": "x",
    "words": "x",
    "line": "x",
    "hours": "1",
    "state": "closed",
    "outcome": "spam",
    "was": "new",
    "weeks": "26",
    "query": "x",
    "role": "coordinator",
    "title": "x",
}


class Thief(Team):
    """The team with a task under way, and a volunteer who wants what is others'."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        super().__init__(embassy, run)
        self.app = embassy.app()
        start = self.clock.now() + timedelta(days=2)
        view = self.need(start=start, end=start + timedelta(hours=1))
        self.offer(view, "dzik")
        self.accept("dzik")
        self.offer(self.need(), "lasica")
        words = "A word to the asker"
        dzik, brief = self.people["dzik"], self.brief("dzik")
        run(brief_threads.write_asker(self.desk, dzik, brief, words, "en"))
        run(requests.reply(self.desk, self.busel, self.request, "A word of the team", "en"))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url=ADDRESS
        )

    def cookie(self) -> bytes:
        """Return the cookie of a fresh session of the thief's, whatever ended the last one."""
        own = self.people["wouk"]
        session = Session(box=own.box, handle="wouk", keys=own.keys)
        session.is_volunteer = True
        return bytes(self.desk.sessions.add(session))

    def call(self, method: str, address: str, act: str = "") -> httpx.Response:
        """Ask for an address, or send it a form, as the thief with their own right token."""
        cookie = self.cookie()
        headers = {"Cookie": f"pe_staff={urlsafe_b64encode(cookie).rstrip(b'=').decode()}"}
        body = ""
        if method == "POST":
            headers |= {
                "Origin": ADDRESS,
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = urlencode({"token": csrf_token(cookie, "staff"), "act": act, **TYPED})
        answer: httpx.Response = self.run(
            self.client.request(method, address, headers=headers, content=body)
        )
        self.desk.sessions.drop(cookie)
        return answer

    def ids(self) -> tuple[list[str], list[str]]:
        """Return everything by which a row can be named, words apart from numbers."""
        words, numbers = {"none"}, {"1"}
        for table in TABLES:
            for row in self.run(self.desk.store.pick(table.row, table.key)):
                for value in row:
                    if isinstance(value, int):
                        numbers.add(str(value))
                    else:
                        words.add(value.hex() if isinstance(value, bytes) else str(value))
        return sorted(words), sorted(numbers)

    def addresses(self, path: str) -> Iterator[str]:
        """Yield a route's addresses with every id there is, in all of its places at once."""
        words, numbers = self.ids()
        plain = path.replace("{language:str}", "en")
        kinds = {kind for _, kind in PARAMETER.findall(plain)}
        for number in numbers if "int" in kinds else ["1"]:
            for word in words if "str" in kinds else ["x"]:
                yield PARAMETER.sub(
                    lambda found, n=number, w=word: n if found[2] == "int" else quote(w, safe=""),
                    plain,
                )

    def rows(self) -> dict[str, bytes]:
        """Return every row that is not the thief's own, by table and place."""
        found = {}
        for table in TABLES:
            if table.row is MetaRow:
                continue
            for row in self.run(self.desk.store.select(table.row)):
                if table.row not in OWN or row.box != self.box("wouk"):
                    key = tuple(getattr(row, column) for column in table.key)
                    found[f"{table.name} {key}"] = msgspec.msgpack.encode(row)
        return found


@pytest.fixture
def thief(pe_embassy: TestEmbassy, pe_run: Run) -> Iterator[Thief]:
    """The team and the thief before it."""
    made = Thief(pe_embassy, pe_run)
    yield made
    pe_run(made.client.aclose())


def routes(method: str) -> list[str]:
    """Return every address behind an unlocked account."""
    return sorted(
        {
            path
            for handler in (*staff.ROUTES, *work.ROUTES)
            if method in handler.http_methods
            and handler.opt["guard"] not in ("public", "signed_out", "joining")
            for path in sorted(handler.paths)
        }
    )


def leaks(thief: Thief, method: str, path: str, act: str = "") -> list[tuple[str, str]]:
    """Return the addresses of a route whose answer tells something of others."""
    found = []
    for address in thief.addresses(path):
        answer = thief.call(method, address, act)
        assert answer.status_code < 500, (address, answer.status_code)
        found += [(address, secret) for secret in SECRETS if secret in answer.text]
    return found


def test_no_address_with_any_id_shows_anything_of_others(thief: Thief) -> None:
    assert [] == [leak for path in routes("GET") for leak in leaks(thief, "GET", path)]


@pytest.mark.parametrize("act", ["claim", "accept"])
def test_no_button_with_any_id_changes_or_shows_anything_of_others(thief: Thief, act: str) -> None:
    before = thief.rows()
    found = [leak for path in routes("POST") for leak in leaks(thief, "POST", path, act)]

    assert [] == found
    assert before == thief.rows()


def test_the_walk_would_find_what_is_the_thiefs_to_see(thief: Thief) -> None:
    thief.offer(thief.need(), "wouk")
    seen = leaks(thief, "GET", "/{language:str}/work/tasks/{brief_id:str}")
    before = thief.rows()
    leaks(thief, "POST", "/{language:str}/work/tasks/{brief_id:str}", "accept")

    assert [(f"/en/work/tasks/{thief.brief('wouk')}", SECRETS[0])] == seen
    assert before != thief.rows()
