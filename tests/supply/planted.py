"""The gate of the audit, tried against services of our own: it must not say clean in doubt."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .audit import KNOWN, Verdict, audit_all, show
from .locks import LOCK, PROOFS_LOCK, read_lock

Answer = Callable[[str, str], tuple[int, object]]
"""Says status and body for a package and its version."""


def entry(name: str, **more: object) -> dict[str, Any]:
    """Return an OSV entry against one package."""
    return {
        "schema_version": "1.7.0",
        "id": f"PYSEC-0000-{name}",
        "summary": "Invented.",
        "affected": [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}],
        **more,
    }


def knowing(**planted: Mapping[str, object]) -> Answer:
    """Return a service that knows what all know, and these entries by package."""

    def answer(name: str, version: str) -> tuple[int, object]:
        entries = {KNOWN.name: entry(KNOWN.name), **planted}
        return 200, {"vulns": [entries[name]]} if name in entries else {}

    return answer


def failing_at(package: str) -> Answer:
    """Return a service that breaks when it is asked about this package."""
    healthy = knowing()

    def answer(name: str, version: str) -> tuple[int, object]:
        return (503, {}) if name == package else healthy(name, version)

    return answer


@contextmanager
def service(answer: Answer) -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """Speak the query API of OSV on the loopback address; gives its address and who was asked."""
    asked: set[tuple[str, str]] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            about = (query["package"]["name"], query["version"])
            asked.add(about)
            status, body = answer(*about)
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
        finally:
            server.shutdown()


CASES: Mapping[str, tuple[Answer, bool]] = {
    "nothing is known": (knowing(), True),
    "one planted in the first lock": (knowing(litestar=entry("litestar")), False),
    "one planted among the tools alone": (knowing(mutmut=entry("mutmut")), False),
    "one that was withdrawn": (
        knowing(litestar=entry("litestar", withdrawn="2026-01-01T00:00:00Z")),
        True,
    ),
    "one of a schema to come": (
        knowing(litestar=entry("litestar", schema_version="2.0.0")),
        False,
    ),
    "one that names no package": (knowing(litestar=entry("litestar", affected=None)), False),
    "it breaks in the middle": (failing_at("litestar"), False),
    "it refuses everything": (lambda name, version: (429, {}), False),
    "it answers what is no JSON": (lambda name, version: (200, b"<html>welcome</html>"), False),
    "it says nothing of anything": (lambda name, version: (200, {}), False),
}


def run() -> bool:
    """Try every case; tell whether the gate did what it should in each."""
    good = True
    for case, (answer, clean) in CASES.items():
        with service(answer) as (address, asked):
            verdicts = audit_all(service=address)
        good &= _tell(case, verdicts, clean)
        if case == "nothing is known":
            good &= _tell_all_asked(asked)
    # The address of the last one: nobody listens there any more.
    return good & _tell("nobody listens", audit_all(service=address), False)


def _tell(case: str, verdicts: Mapping[str, Verdict], clean: bool) -> bool:
    right = clean is all(verdict.clean for verdict in verdicts.values())
    print(f"\n{case}: {'as it should' if right else 'WRONG'}")  # noqa: T201
    show(verdicts)
    return right


def _tell_all_asked(asked: set[tuple[str, str]]) -> bool:
    pinned = [p for lock in (LOCK, PROOFS_LOCK) for p in read_lock(lock).values() if not p.marker]
    missed = {(p.name, p.version) for p in pinned} - asked
    if missed:
        print(f"WRONG: never asked about {sorted(missed)}")  # noqa: T201
    return not missed
