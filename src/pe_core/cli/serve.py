"""`pe serve`: run an embassy."""

import asyncio
import contextlib
import gc
import logging
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import uvloop
from uvicorn import Config, Server

from pe_core.cli.options import config_option, read_config
from pe_core.running import Running, run_instance
from pe_core.settings import Settings


@click.command("serve")
@config_option
@click.option("--dev", is_flag=True, help="Read templates anew for each page.")
def command(config: Path, dev: bool) -> None:
    """Run the embassy that pe.toml describes, until Ctrl-C or SIGTERM.

    Behind a proxy for TLS; see deployments/README.md.

    \b
    Example:
      pe serve --config /srv/embassy/pe.toml
    """
    settings, folder = read_config(config)
    start_log()
    gc.freeze()
    uvloop.run(_serve(settings, folder, dev))


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
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


async def _serve(settings: Settings, folder: Path, dev: bool) -> None:
    async with run_instance(settings, folder) as running:
        address = running.settings.server.address
        await serve_pages(
            running, dev=dev, on_ready=lambda: click.echo(f"serving {address}", err=True)
        )


async def serve_pages(running: Running, *, on_ready: Callable[[], None], dev: bool = False) -> None:
    """Serve the pages of a running instance until the process is told to stop.

    ``on_ready`` is called once it listens. No access log is written: who looks at what is
    nobody's business.
    """
    from pe_core.web.app import create_app

    served = running.settings.server
    app = create_app(
        running.desk,
        secure=served.address.startswith("https://"),
        onion=served.onion,
        dev=dev,
    )
    config = Config(
        app,
        host=served.host,
        port=served.port,
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
        limit_concurrency=2000,
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


class PlainServer(Server):
    """uvicorn's server, which leaves signals to us: a stopped portal has ended well."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing; uvicorn would raise the signal again after a clean end."""
        yield


async def _tell_ready(server: Server, on_ready: Callable[[], None]) -> None:
    while not server.started:
        await asyncio.sleep(0.02)
    on_ready()
