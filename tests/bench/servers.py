"""The servers that are measured: the portal itself, the floors under it, the naive handler.

``python -m tests.bench.servers KIND ...`` runs one of them on the loopback address.
"""

import asyncio
import importlib
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import uvloop
from litestar import Litestar, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from sqlite_utils import Database
from tests.bench.asking import FORM
from tests.bench.calls import call
from tests.bench.embassies import begin_drafts, sealed_row
from tests.bench.profiles import Sampler, write_samples
from uvicorn import Config, Server

from pe_core.cli.connections import House, connection_class, raise_file_limit
from pe_core.desk.desk import Desk
from pe_core.running import Running, run_instance
from pe_core.settings import read_settings
from pe_core.store.sqlite.connection import connect_writer
from pe_core.vault import locator_hash, random_bytes, receipt_keys
from pe_core.web.app import App
from pe_core.web.guards.quotas import Quotas
from pe_core.web.public.questions import ANSWER


class Unlimited(Quotas):
    """Counts as always, and never refuses: one load generator stands for thousands of people."""

    def take(self, act: str, **kwargs: Any) -> None:
        """Count one act under a limit that is never met."""
        super().take(act, **kwargs | {"limit": 1 << 40})


def serve_portal(config: Path, drafts: int, cookies: Path, profile: Path | None = None) -> None:
    """Run `pe serve` as it is, with drafts begun beforehand and without limits a minute.

    With ``profile`` a profile from the first request on is written there at its end.
    """
    command = importlib.import_module("pe_core.cli.serve")
    app = importlib.import_module("pe_core.web.app")
    command.run_instance = _with_drafts(command.run_instance, drafts, cookies)
    profiler = Sampler() if profile else None
    app.create_app = _without_limits(app.create_app, profiler)
    command.command.main(["--config", str(config)], standalone_mode=False)
    if profiler and profile:
        write_samples(profiler.stop(), profile)


def _with_drafts(run: Callable[..., Any], drafts: int, cookies: Path) -> Callable[..., Any]:
    @asynccontextmanager
    async def running(*args: Any, **kwargs: Any) -> AsyncIterator[Running]:
        async with run(*args, **kwargs) as held:
            begun = begin_drafts(held.desk, drafts)
            cookies.write_bytes(msgspec.msgpack.encode([cookie for cookie, _ in begun]))
            yield held

    return running


def _without_limits(create: Callable[..., App], profiler: Sampler | None) -> Callable[..., Any]:
    def created(desk: Desk, **kwargs: Any) -> Any:
        app = create(desk, **kwargs)
        app.portal.quotas = Unlimited(desk.now)

        async def profiled(scope: Any, receive: Any, send: Any) -> None:
            if profiler and scope["type"] == "http":
                profiler.start()
            await app(scope, receive, send)

        return profiled if profiler else app

    return created


async def answer_303(scope: Any, receive: Any, send: Any) -> None:
    """Be the least that takes a form: read the body, send the browser on."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        continue
    headers = [(b"location", b"/be/ask/receipt"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def serve_floor(port: int) -> None:
    """Run the least that takes a form."""
    await serve(answer_303, port)


async def answer_200(scope: Any, receive: Any, send: Any) -> None:
    """Be the least that takes a packet: read the body, say nothing."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        continue
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def serve_bare(port: int) -> None:
    """Run the least that takes a packet."""
    await serve(answer_200, port)


async def serve_page(port: int, config: Path) -> None:
    """Run the least that shows the home page: its template, its context, its headers."""
    async with run_instance(read_settings(config), config.parent, at_work=False) as held:
        app = importlib.import_module("pe_core.web.app").create_app(held.desk, secure=False)
        name, language, context, headers = await record_page(app, "/be/")
        environment = app.portal.templates._environments[language]

        async def page(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                body = environment.render_template(name, **context).encode()
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})

        await serve(page, port)


async def record_page(app: App, path: str) -> tuple[str, str, dict[str, Any], Any]:
    """Look at a page of the portal once; return its template, language, context and headers."""
    templates = app.portal.templates
    rendered: list[tuple[str, str, dict[str, Any]]] = []
    render = templates.render

    def note(name: str, language: str, context: dict[str, Any]) -> str:
        rendered.append((name, language, dict(context)))
        return render(name, language, context)

    templates.render = note
    answer = await call(app, "GET", path)
    templates.render = render
    return *rendered[-1], answer.headers


async def serve_naive(port: int, config: Path) -> None:
    """Run what one would write first: Litestar's form, sqlite-utils in threads, one commit each."""
    async with run_instance(read_settings(config), config.parent, at_work=False) as held:
        await serve(naive_app(held.desk, held.folder), port)


def naive_app(desk: Desk, folder: Path) -> Litestar:
    """Return the naive portal; it validates and seals with our own functions."""
    forms = importlib.import_module("pe_core.rules.forms")
    receipts = importlib.import_module("pe_core.rules.receipts")
    epochs = importlib.import_module("pe_core.desk.epochs")
    local = threading.local()
    form = desk.forms[FORM]

    def insert(row: Any) -> None:
        if not hasattr(local, "database"):
            # synchronous is FULL here as in ours, and WAL is a property of the file
            local.database = Database(connect_writer(folder / "instance.sqlite"))
        local.database["requests"].insert(msgspec.structs.asdict(row), pk="id")

    @post("/be/ask/all", status_code=303)
    async def ask(
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        answers = {}
        for question in forms.questions(form):
            typed = data.get(f"{ANSWER}-{question.field}", [])
            value = forms.read_question(question, [typed] if isinstance(typed, str) else typed)
            if value is not None:
                answers[question.field] = value
        if forms.problems(form, answers):
            raise ValueError("the benches' form is not valid")
        receipt = receipts.make_receipt(random_bytes(32))
        public = receipt_keys(receipt, desk.identity.salt).public
        locator = locator_hash(receipt, desk.identity.salt)
        epoch = await epochs.current_epoch(desk, "intake")
        await asyncio.to_thread(insert, sealed_row(desk, epoch, public, locator))
        return Redirect("/be/ask/receipt", status_code=303)

    return Litestar([ask], openapi_config=None, logging_config=None)


async def serve(app: Any, port: int) -> None:
    """Serve an app with the settings of `pe serve`."""
    config = Config(
        app,
        port=port,
        http=connection_class(House(raise_file_limit(), [])),
        ws="none",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
        backlog=1024,
    )
    await Server(config).serve()


if __name__ == "__main__":
    kind, *given = sys.argv[1:]
    if kind == "portal":
        serve_portal(Path(given[0]), int(given[1]), *map(Path, given[2:]))
    else:
        kinds = {"floor": serve_floor, "bare": serve_bare, "page": serve_page, "naive": serve_naive}
        uvloop.run(kinds[kind](int(given[0]), *map(Path, given[1:])))
