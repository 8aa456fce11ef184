"""A coordinator for tests: unlocked, and able to list, open and answer requests."""

from collections.abc import Awaitable, Callable
from typing import Any

from pe_core.desk import listing, requests
from pe_core.desk.sessions import Session
from pe_core.desk.shelf import Entry
from pe_core.model import HelpRequest, RequestId
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]


class Coordinator:
    """Somebody at the desk of a test's instance; ``session`` is what the desk's acts take."""

    def __init__(self, instance: TestEmbassy, session: Session, run: Run) -> None:
        """Sit down at the desk, unlocked."""
        self.session = session
        self._desk = instance.desk
        self._run = run

    def list_requests(self) -> list[Entry]:
        """Return all requests, newest first."""
        found: list[Entry] = self._run(listing.list_requests(self._desk, self.session))
        return found

    def open(self, request: RequestId) -> HelpRequest:
        """Open a request, with its answers and its thread."""
        opened: HelpRequest = self._run(requests.open_request(self._desk, self.session, request))
        return opened

    def open_all(self) -> list[HelpRequest]:
        """Open every request, newest first."""
        return [self.open(entry.id) for entry in self.list_requests()]

    def answer(self, request: RequestId, text: str, language: str = "en") -> None:
        """Answer a request; its asker reads that when they come back."""
        self._run(requests.reply(self._desk, self.session, request, text, language))
