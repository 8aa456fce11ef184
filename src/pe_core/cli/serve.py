"""`pe serve`: run an embassy."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import uvloop
from uvicorn import Config, Server

from pe_core.cli.connections import Connection, House, connection_class, raise_file_limit
from pe_core.cli.options import config_option, read_config
from pe_core.errors import SettingsError
from pe_core.running import Running, run_instance
from pe_core.settings import Settings


@click.command("serve")
@config_option
@click.option("--dev", is_flag=True, help="For authors: read anew what changes in a plugin.")
@click.option("--quiet", is_flag=True, help="Log warnings and errors only.")
def command(config: Path, dev: bool, quiet: bool) -> None:
    """Run the embassy that pe.toml describes, until Ctrl-C or SIGTERM.

    Behind a proxy for TLS; see deployments/README.md.

    \b
    Example:
      pe serve --config /srv/embassy/pe.toml
    """
    settings, folder = read_config(config)
    start_log(logging.WARNING if quiet else logging.INFO)
    gc.freeze()
    if not dev:
        uvloop.run(_serve(settings, folder, quiet=quiet))
    elif uvloop.run(_serve_author(settings, folder, config)):
        from pe_core.cli.dev import begin_anew

        begin_anew()


class PlainFormatter(logging.Formatter):
    """Formats a record without the words of an exception, which may quote what a person wrote."""

    def formatException(self, ei: Any) -> str:
        """Return the class of the exception and where it was raised."""
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        return f"{kind.__name__ if kind else 'exception'}{where}"


def start_log(level: int = logging.INFO) -> None:
    """Log to the standard error stream: a level and a text that holds nothing personal."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=level)
    # Its warnings are of strangers' broken requests: a flood of them would fill the disk.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


async def _serve(settings: Settings, folder: Path, *, quiet: bool) -> None:
    async with run_instance(settings, folder) as running:
        say = (lambda: None) if quiet else partial(_say_ready, settings)
        await serve_pages(running, on_ready=say)


async def _serve_author(settings: Settings, folder: Path, config: Path) -> bool:
    """Serve and read anew what changes; returns whether new code wants a new process."""
    from pe_core.cli.dev import Watcher

    async with run_instance(settings, folder) as running:
        watcher = Watcher(running, config)
        watching = asyncio.create_task(watcher.watch())
        try:
            await serve_pages(running, dev=True, on_ready=partial(_say_ready, settings))
        finally:
            watching.cancel()
    return watcher.begin_anew


def _say_ready(settings: Settings) -> None:
    click.echo(f"serving {settings.server.address}", err=True)


async def serve_pages(running: Running, *, on_ready: Callable[[], None], dev: bool = False) -> None:
    """Serve the pages of a running instance until the process is told to stop.

    ``on_ready`` is called once it listens. No access log is written: who looks at what is
    nobody's business.
    """
    from pe_core.web.app import create_app

    served = running.settings.server
    secure = served.address.startswith("https://")
    await _check_port(served.host, served.port)
    app = create_app(running.desk, secure=secure, onion=served.onion, dev=dev)
    house = House(raise_file_limit(), await _own_headers(secure and not served.onion))
    config = Config(
        app,
        host=served.host,
        port=served.port,
        http=connection_class(house),
        ws="none",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
        backlog=1024,
    )
    server = PlainServer(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    waiting = asyncio.create_task(_tell_ready(server, on_ready))
    try:
        await server.serve()
    finally:
        waiting.cancel()


async def _check_port(host: str, port: int) -> None:
    """Raise SettingsError if nothing can listen there: uvicorn would end the process itself."""
    loop = asyncio.get_running_loop()
    try:
        probe = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "no such address"
        raise SettingsError(
            f"cannot listen at {host}:{port} ({why}): see [server] in pe.toml"
        ) from None
    probe.close()
    await probe.wait_closed()


class PlainServer(Server):
    """uvicorn's server, which leaves signals to us: a stopped portal has ended well.

    Each second it looks after connections that do not go on.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing; uvicorn would raise the signal again after a clean end."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Do what uvicorn does ten times a second, and watch all connections each second."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.watch(now)
        return await super().on_tick(counter)


async def _own_headers(transport: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers of every page, for answers that are made before one is."""
    from pe_core.web.guards.headers import set_headers

    start: Any = {"type": "http.response.start", "status": 503, "headers": []}
    scope: Any = {"path": ""}
    await set_headers(transport=transport)(start, scope)
    headers: list[tuple[bytes, bytes]] = start["headers"]
    return headers


async def _tell_ready(server: Server, on_ready: Callable[[], None]) -> None:
    while not server.started:
        await asyncio.sleep(0.02)
    on_ready()
