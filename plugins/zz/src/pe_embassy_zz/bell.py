"""A bell on the desk: it rings when something happened, and says nothing else."""

import logging

from pe_core import Event, MessageAdded, RequestErased, RequestSubmitted


class Bell:
    """Counts what rang, each thing once, however often it is told."""

    name = "zz.bell"

    def __init__(self, log: logging.Logger) -> None:
        """Ring into this log."""
        self.log = log
        self.rang: dict[str, set[str]] = {}

    async def hear(self, event: Event) -> None:
        """Ring for a new request and for each word added; forget what is erased."""
        match event:
            case RequestSubmitted():
                self.ring(event.request, event.request)
            case MessageAdded():
                self.ring(event.request, event.message)
            case RequestErased():
                self.rang.pop(event.request, None)

    def ring(self, request: str, what: str) -> None:
        """Ring once for each thing of a request: events come at least once, not exactly once."""
        known = self.rang.setdefault(request, set())
        if what not in known:
            known.add(what)
            self.log.info("ding")


class DeskBell:
    """Rings the bell of a desk; its address is the desk's number."""

    name = "zz.desk"
    problems = ("no_desk",)
    desks = 99

    def __init__(self, log: logging.Logger) -> None:
        """Ring into this log."""
        self.log = log

    def check(self, address: str) -> str | None:
        """Take the number of a desk."""
        known = address.isascii() and address.isdecimal() and len(address) < 3
        return None if known and 1 <= int(address) <= self.desks else "no_desk"

    async def ring(self, address: str, words: str) -> None:
        """Ring; the log is public, so neither the desk nor the words stand in it."""
        self.log.info("ding")
