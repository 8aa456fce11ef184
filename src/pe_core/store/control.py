"""The door of a running instance for its own commands: ``DIR/control.sock``, one act a call.

A frame is a length (four bytes, big-endian) and that many bytes of msgpack, at most 1 MiB. A
connection carries one question, ``{"command", "arguments"}``, and one answer, ``{"value"}`` or
``{"problem", "key"}``: the class of an exception and its text key, never its words.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from pe_core.errors import (
    DeskError,
    FileRefused,
    InstanceBusy,
    NotAllowed,
    NotFound,
    SettingsError,
    StoreError,
    TooMany,
    UpkeepRefused,
)
from pe_core.model.struct import Model

LONGEST_FRAME = 1024 * 1024
_UNKNOWN = "UnknownCommand"
Command: TypeAlias = Callable[[dict[str, Any]], Awaitable[Any]]

_FOR_PEOPLE: Mapping[str, type[DeskError]] = {
    kind.__name__: kind for kind in (NotFound, NotAllowed, TooMany, FileRefused, UpkeepRefused)
}

_log = logging.getLogger("pe.control")


class _Question(Model):
    command: str
    arguments: dict[str, Any]


class _Answer(Model):
    value: Any = None
    problem: str = ""
    key: str = ""


class Control:
    """A listening control socket."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        """Know the commands; use ``serve_control``."""
        self._path = path
        self._commands = commands
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; see ``serve_control``."""
        listening = _bind(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=listening)

    async def close(self) -> None:
        """Stop listening, hang up, and remove the socket's file."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self._path.unlink(missing_ok=True)
        for writer in tuple(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if _peer_uid(writer) == os.geteuid():
                await _send(writer, await self._answer(await _receive(reader)))
        except (ConnectionError, asyncio.IncompleteReadError, StoreError) as error:
            _log.warning("a call was broken off: %s", type(error).__name__)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, frame: bytes) -> bytes:
        try:
            question = msgspec.msgpack.decode(frame, type=_Question)
            command = self._commands.get(question.command)
            if command is None:
                return _problem(_UNKNOWN, "")
            value = await command(question.arguments)
            return _checked(msgspec.msgpack.encode(_Answer(value=value)))
        except Exception as error:
            # Whatever it is, the caller hears its class; its words could quote somebody, but for
            # those of the store, which say what to do and hold no values.
            said = str(error) if isinstance(error, StoreError) else type(error).__name__
            _log.warning("a command failed: %s", said)
            return _problem(type(error).__name__, error.key if isinstance(error, DeskError) else "")


async def serve_control(path: Path, commands: Mapping[str, Command]) -> Control:
    """Listen at ``path`` (0600) for callers of our own uid; a file left by a crash is replaced.

    Raises InstanceBusy if another process listens there.
    """
    control = Control(path, commands)
    await control.start()
    return control


async def call_control(path: Path, command: str, arguments: Mapping[str, Any]) -> Any:
    """Have the running instance carry out a command; return its result.

    Raises SettingsError if no instance runs or it does not know the command, the DeskError
    that the command raised, and StoreError for everything else.
    """
    frame = _checked(msgspec.msgpack.encode(_Question(command=command, arguments=dict(arguments))))
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        raise SettingsError(f"no instance runs in {path.parent}; start it first") from None
    except OSError as error:
        raise StoreError(f"cannot reach {path}: {error.strerror or 'path too long'}") from None
    try:
        await _send(writer, frame)
        answer = msgspec.msgpack.decode(await _receive(reader), type=_Answer)
    except (ConnectionError, asyncio.IncompleteReadError, ValueError, RecursionError):
        raise StoreError("the running instance hung up; its log says why") from None
    finally:
        writer.close()
    if answer.problem:
        raise _exception(command, answer)
    return answer.value


def _exception(command: str, answer: _Answer) -> Exception:
    kind = _FOR_PEOPLE.get(answer.problem)
    if kind is not None:
        return kind(answer.key)
    if answer.problem == _UNKNOWN:
        return SettingsError(f"the running instance cannot do {command!r}; is it older than this?")
    return StoreError(f"the running instance failed ({answer.problem}); its log says where")


def _problem(name: str, key: str) -> bytes:
    return msgspec.msgpack.encode(_Answer(problem=name, key=key))


def _checked(frame: bytes) -> bytes:
    if len(frame) > LONGEST_FRAME:
        raise StoreError("too much for one call through the control socket")
    return frame


async def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(struct.pack(">I", len(frame)) + frame)
    await writer.drain()


async def _receive(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    if length > LONGEST_FRAME:
        raise StoreError("a frame on the control socket is too long")
    return await reader.readexactly(length)


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    connection = writer.get_extra_info("socket")
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", found)[1]
    return uid


def _bind(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _replace_stale(path)
        # Linux gives the file the mode of the socket, so that it is never open to others.
        os.fchmod(listening.fileno(), 0o600)
        listening.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        listening.close()
        why = error.strerror or "the path is too long for a socket, choose a shorter data folder"
        raise SettingsError(f"cannot listen at {path}: {why}") from None
    except InstanceBusy:
        listening.close()
        raise
    return listening


def _replace_stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
        try:
            knocking.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink()
            return
    raise InstanceBusy(f"another process listens at {path}: stop that instance first")
