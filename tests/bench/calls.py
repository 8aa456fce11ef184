"""Calls of an ASGI app in this process, for pages behind an unlocked account."""

from base64 import urlsafe_b64encode
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What an app answered."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def call(
    app: Any,
    method: str,
    path: str,
    *,
    cookies: dict[str, bytes] | None = None,
    body: bytes = b"",
) -> Answer:
    """Call the app once, as its server would; ``path`` may bring a query."""
    path, _, query = path.partition("?")
    headers = [(b"host", b"127.0.0.1:8000"), (b"content-length", str(len(body)).encode())]
    if body:
        headers.append((b"content-type", b"application/x-www-form-urlencoded"))
    for name, cookie in (cookies or {}).items():
        text = urlsafe_b64encode(cookie).rstrip(b"=").decode()
        headers.append((b"cookie", f"{name}={text}".encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "extensions": {},
        "state": {},
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    parts = (m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Answer(start["status"], list(start["headers"]), b"".join(parts))
