import asyncio
import os
import socket
import stat
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from pe_core.errors import (
    InstanceBusy,
    NotFound,
    PeError,
    SettingsError,
    StoreError,
    TooMany,
    UpkeepRefused,
)
from pe_core.store import call_control, serve_control
from pe_core.store.control import LONGEST_FRAME

SECRET = "what a person wrote"


@pytest.fixture
def path() -> Iterator[Path]:
    """A short path: a socket's may have 107 bytes at most."""
    with TemporaryDirectory() as directory:
        yield Path(directory) / "control.sock"


async def echo(arguments: dict[str, Any]) -> Any:
    return arguments


async def nothing(arguments: dict[str, Any]) -> None:
    return None


def raising(error: Exception) -> Callable[[dict[str, Any]], Awaitable[Any]]:
    async def command(arguments: dict[str, Any]) -> Any:
        raise error

    return command


async def huge(arguments: dict[str, Any]) -> Any:
    return "x" * LONGEST_FRAME


async def unspeakable(arguments: dict[str, Any]) -> Any:
    return object()


COMMANDS = {
    "echo": echo,
    "nothing": nothing,
    "huge": huge,
    "unspeakable": unspeakable,
    "not found": raising(NotFound("core.code.unknown")),
    "too many": raising(TooMany("staff.busy")),
    "refused": raising(UpkeepRefused("core.upkeep.clock")),
    "store": raising(StoreError(SECRET)),
    "bug": raising(ValueError(SECRET)),
}


def on_control(path: Path, act: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        control = await serve_control(path, COMMANDS)
        try:
            return await act()
        finally:
            await control.close()
            await control.close()

    return asyncio.run(whole())


async def send_raw(path: Path, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "command, arguments, expected",
    [
        ("echo", {}, {}),
        ("echo", {"a": 1, "b": ["x", b"\x00", None]}, {"a": 1, "b": ["x", b"\x00", None]}),
        ("nothing", {"a": 1}, None),
    ],
)
def test_a_command_gets_its_arguments_and_gives_its_value(
    path: Path, command: str, arguments: dict[str, Any], expected: Any
) -> None:
    assert expected == on_control(path, lambda: call_control(path, command, arguments))


@pytest.mark.parametrize(
    "command, kind, text",
    [
        ("not found", NotFound, "core.code.unknown"),
        ("too many", TooMany, "staff.busy"),
        ("refused", UpkeepRefused, "core.upkeep.clock"),
        ("store", StoreError, "StoreError"),
        ("bug", StoreError, "ValueError"),
        ("huge", StoreError, "StoreError"),
        ("unspeakable", StoreError, "TypeError"),
        ("no such command", SettingsError, "no such command"),
    ],
)
def test_a_problem_comes_back_with_its_class_and_key_and_no_words(
    path: Path, command: str, kind: type[PeError], text: str
) -> None:
    async def act() -> PeError:
        with pytest.raises(PeError) as caught:
            await call_control(path, command, {})
        return caught.value

    error = on_control(path, act)

    assert kind is type(error)
    assert text in str(error)
    assert SECRET not in str(error)


def test_what_a_command_raised_is_not_on_the_wire(path: Path) -> None:
    question = msgspec.msgpack.encode({"command": "bug", "arguments": {}})

    answer = on_control(path, lambda: send_raw(path, struct.pack(">I", len(question)) + question))

    assert b"ValueError" in answer
    assert SECRET.encode() not in answer


@pytest.mark.parametrize(
    "sent, answered",
    [
        (b"", False),
        (b"\x00\x00", False),
        (struct.pack(">I", 100) + b"short", False),
        (struct.pack(">I", LONGEST_FRAME + 1) + bytes(LONGEST_FRAME + 1), False),
        (struct.pack(">I", 2**32 - 1), False),
        (struct.pack(">I", 0), True),
        (struct.pack(">I", 3) + b"\xc1\xc1\xc1", True),
        (struct.pack(">I", 1) + b"\x90", True),
    ],
)
def test_a_bad_frame_is_refused_and_the_next_call_is_served(
    path: Path, sent: bytes, answered: bool
) -> None:
    async def act() -> tuple[bool, Any]:
        try:
            answer = await send_raw(path, sent)
        except ConnectionError:
            answer = b""
        return bool(answer), await call_control(path, "echo", {"still": "here"})

    assert (answered, {"still": "here"}) == on_control(path, act)


def test_a_question_that_is_too_long_is_not_sent(path: Path) -> None:
    async def act() -> None:
        with pytest.raises(StoreError):
            await call_control(path, "echo", {"a": "x" * LONGEST_FRAME})

    on_control(path, act)


def test_many_calls_at_once_are_all_answered(path: Path) -> None:
    async def act() -> list[Any]:
        calls = (call_control(path, "echo", {"n": n}) for n in range(20))
        return await asyncio.gather(*calls)

    assert [{"n": n} for n in range(20)] == on_control(path, act)


def test_a_caller_of_another_uid_gets_no_answer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = os.geteuid() + 1

    async def act() -> None:
        monkeypatch.setattr(os, "geteuid", lambda: stranger)
        with pytest.raises(StoreError):
            await call_control(path, "echo", {})

    on_control(path, act)


@pytest.mark.parametrize("umask", [0o000, 0o277])
def test_the_socket_is_ours_alone_whatever_the_umask(path: Path, umask: int) -> None:
    async def act() -> int:
        return stat.S_IMODE(path.stat().st_mode)

    before = os.umask(umask)
    try:
        mode = on_control(path, act)
    finally:
        os.umask(before)

    assert mode == 0o600


def test_a_file_left_by_a_crash_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    assert {} == on_control(path, lambda: call_control(path, "echo", {}))


def test_a_living_listener_is_not_replaced(path: Path) -> None:
    async def act() -> Any:
        with pytest.raises(InstanceBusy):
            await serve_control(path, {})
        return await call_control(path, "echo", {})

    assert {} == on_control(path, act)


@pytest.mark.parametrize("left_behind", [True, False])
def test_calling_where_nobody_listens_says_so(path: Path, left_behind: bool) -> None:
    if left_behind:
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))

    with pytest.raises(SettingsError) as caught:
        asyncio.run(call_control(path, "echo", {}))

    assert "no instance runs" in str(caught.value)


def test_closing_removes_the_socket(path: Path) -> None:
    on_control(path, lambda: call_control(path, "echo", {}))

    assert not path.exists()


def test_a_caller_that_says_nothing_does_not_hold_up_closing(path: Path) -> None:
    async def whole() -> bytes:
        control = await serve_control(path, COMMANDS)
        reader, writer = await asyncio.open_unix_connection(path)
        await call_control(path, "echo", {})
        await control.close()
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(whole()) == b""


def test_a_path_too_long_for_a_socket_says_so(tmp_path: Path) -> None:
    far = tmp_path / ("x" * 120)
    far.mkdir()

    with pytest.raises(SettingsError) as caught:
        asyncio.run(serve_control(far / "control.sock", {}))
    with pytest.raises(StoreError):
        asyncio.run(call_control(far / "control.sock", "echo", {}))

    assert "too long" in str(caught.value)
