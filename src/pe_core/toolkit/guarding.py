"""What a test must not do: reach another machine, send mail, leave a coroutine unawaited."""

import socket
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

HERE = frozenset({"", "127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})  # noqa: S104, only compared
MAIL_PORTS = frozenset({25, 465, 587})
NO_NETWORK = (
    "a test tried to reach the network ({0}): give the plugin an object that answers in its "
    "place, and reach out in the objects that a hook returns, never while it loads"
)
NO_MAIL = (
    "a test tried to send mail ({0}): give the notifier an object that keeps what it would send, "
    "and compare that"
)
UNAWAITED = "never awaited: {0}; write `await`, or pe_run(...) in a test"


def forbid_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to, writes to or looks up anything but this machine."""
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    send, look_up = socket.socket.sendto, socket.getaddrinfo

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check(rest[-1])
        return send(self, data, *rest)

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        _check((host, 0))
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "sendto", sendto)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def forbid_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that opens a connection to a mail server, also on this machine."""
    import smtplib

    def connect(_self: Any, host: str = "localhost", port: int = 0, *_rest: Any) -> NoReturn:
        pytest.fail(NO_MAIL.format(f"smtplib to {host}:{port}"), pytrace=False)

    monkeypatch.setattr(smtplib.SMTP, "connect", connect)
    monkeypatch.setattr(smtplib.LMTP, "connect", connect)


def note_unawaited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that takes the name of each coroutine that is dropped without an await."""
    names: list[str] = []

    def note(coroutine: Any) -> None:
        names.append(str(getattr(coroutine, "__qualname__", coroutine)))

    # What CPython calls for each of them, before any filter of warnings is asked.
    monkeypatch.setattr(warnings, "_warn_unawaited_coroutine", note)
    return names


def _guarded(real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        _check(address)
        return real(self, address)

    return connect


def _check(address: Any) -> None:
    """Fail for an address of another machine, and for a mail server on this one."""
    if not isinstance(address, tuple):
        return  # a socket of this machine's file system
    host = address[0].decode() if isinstance(address[0], bytes) else address[0] or ""
    if host not in HERE:
        pytest.fail(NO_NETWORK.format(host), pytrace=False)
    if address[1] in MAIL_PORTS:
        pytest.fail(NO_MAIL.format(f"port {address[1]}"), pytrace=False)
