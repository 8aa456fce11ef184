"""Durable submissions a second over HTTP, against the sum of their steps and a naive handler."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
from fast_query_parsers import parse_query_string
from tests.bench import asking
from tests.bench.embassies import embassy, new_instance, original, scratch, sealed_row
from tests.bench.figures import Figure
from tests.bench.loader import Job, Load, run_load
from tests.bench.measure import (
    child,
    cpu_each,
    cpu_seconds,
    middle,
    module,
    wait_until_idle,
)
from tests.bench.profiles import describe, read_samples
from tests.serving import free_port

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch
from pe_core.model import RequestId, RequestSubmitted
from pe_core.rules import forms
from pe_core.rules.receipts import make_receipt
from pe_core.store import Add, CountRow, EpochRow, Insert, Tell
from pe_core.vault import locator_hash, random_bytes, receipt_keys, seal

CONNECTIONS = 64
SENT = "303 /be/ask/receipt"
GROUP = 64
"""Rows of a full group commit: one of each connection."""


def run(short: bool) -> list[Figure]:
    """Measure all in interleaved rounds."""
    rounds, size = (3, 512) if short else (6, 1536)
    with scratch() as folder:
        loads, telling = _loads(folder, rounds, size)
        steps = asyncio.run(_steps(folder / "steps", rounds))
    return _figures(loads, steps, telling)


def _loads(folder: Path, rounds: int, size: int) -> tuple[dict[str, list[Load]], list[float]]:
    ports = {name: free_port() for name in ("ours", "floor", "naive")}
    ours, naive = (new_instance(folder / name, ports[name]) for name in ("ours", "naive"))
    cookies = folder / "cookies"
    commands = {
        "ours": module("servers", "portal", ours, (rounds + 1) * size, cookies),
        "floor": module("servers", "floor", ports["floor"]),
        "naive": module("servers", "naive", ports["naive"], naive),
    }
    loads: dict[str, list[Load]] = {name: [] for name in commands}
    telling = []
    with ExitStack() as stack:
        pids = {n: stack.enter_context(child(commands[n], ports[n])) for n in commands}
        drafts = msgspec.msgpack.decode(cookies.read_bytes())
        for turn in range(rounds + 1):
            chosen = drafts[turn * size : (turn + 1) * size]
            for name, pid in pids.items():
                requests = [asking.post(ports[name], cookie) for cookie in chosen]
                if name == "naive":
                    requests = requests[: size // 3]
                loads[name].append(run_load(Job(ports[name], CONNECTIONS, requests), pid, SENT))
                if name == "ours":
                    telling.append(_tell(pid, size))
    # The first round warms up.
    return {name: done[1:] for name, done in loads.items()}, telling[1:]


def _tell(pid: int, size: int) -> float:
    """Wait until the courier has told everything; return CPU microseconds a submission."""
    before = cpu_seconds(pid)
    return (wait_until_idle(pid) - before) / size * 1e6


async def _steps(folder: Path, rounds: int) -> dict[str, float]:
    """Measure each step alone; CPU microseconds a submission, the best of the rounds."""
    async with embassy(folder) as held:
        desk = held.desk
        epoch = await current_epoch(desk, "intake")
        best: dict[str, float] = {}
        for _ in range(rounds + 1):
            for name, act in _acts(desk, epoch).items():
                best[name] = min(best.get(name, 1e9), cpu_each(act, 200))
            best["store"] = min(best.get("store", 1e9), await _store_each(desk, epoch))
        return best


def _acts(desk: Desk, epoch: EpochRow) -> dict[str, Callable[[], object]]:
    body, salt, form = asking.body("x" * 43), desk.identity.salt, desk.forms[asking.FORM]
    keys = receipt_keys(make_receipt(random_bytes(32)), salt)
    filled = original(desk, keys.public)
    context = desk.context("request", "a" * 26)

    def validate() -> None:
        answers = {}
        for question in forms.questions(form):
            value = forms.read_question(question, asking.TYPED.get(question.field, ()))
            if value is not None:
                answers[question.field] = value
        if forms.problems(form, answers):
            raise ValueError("the benches' form is not valid")

    def make_keys() -> None:
        receipt = make_receipt(random_bytes(32))
        receipt_keys(receipt, salt)
        locator_hash(receipt, salt)

    return {
        "parse": lambda: parse_query_string(body, "&"),
        "validate": validate,
        "receipt keys": make_keys,
        "seal": lambda: seal(msgspec.msgpack.encode(filled), to=[epoch.public], context=context),
    }


async def _store_each(desk: Desk, epoch: EpochRow) -> float:
    """Return the CPU microseconds of one submission in full groups, its event and count too."""
    groups = [
        [sealed_row(desk, epoch, bytes(1216), random_bytes(32)) for _ in range(GROUP)]
        for _ in range(8)
    ]
    used = time.process_time()
    for group in groups:
        await asyncio.gather(
            *(
                desk.store.write(
                    [
                        Insert(row),
                        Tell(RequestSubmitted(request=RequestId(row.id))),
                        Add(CountRow, key=(row.week,), column="number", by=1),
                    ]
                )
                for row in group
            )
        )
    return (time.process_time() - used) / GROUP / len(groups) * 1e6


def _figures(
    loads: dict[str, list[Load]], steps: dict[str, float], telling: list[float]
) -> list[Figure]:
    rates = {name: [load.rate for load in done] for name, done in loads.items()}
    cpu = {name: [load.cpu_us for load in done] for name, done in loads.items()}
    steps = {"HTTP": min(cpu["floor"]), **steps}
    least = sum(steps.values())
    listed = " + ".join(f"{name} {us:,.0f}" for name, us in steps.items())
    p99 = [load.report.p99 * 1000 for load in loads["ours"]]
    naive99 = [load.report.p99 * 1000 for load in loads["naive"]]
    used, faster = min(cpu["ours"]), max(rates["ours"]) / max(rates["naive"])
    missed = used > 2 * least or faster < 3
    rest = _rest() if missed else ""
    return [
        Figure(
            name="submissions: CPU each",
            value=used,
            median=middle(cpu["ours"]),
            unit="us",
            against=f"its steps: {listed} = {least:,.0f} us",
            ratio=used / least,
            aim="at most 2.0x",
            reached=used <= 2 * least,
            rest=f"{used - least:,.0f} us are no step; of all, us: {rest}",
        ),
        Figure(
            name=f"submissions, {CONNECTIONS} connections",
            value=max(rates["ours"]),
            median=middle(rates["ours"]),
            unit="1/s",
            against=f"naive: {max(rates['naive']):,.0f}/s, {min(cpu['naive']):,.0f} us",
            ratio=faster,
            aim="at least 3x",
            reached=faster >= 3,
            rest="see the line above",
        ),
        Figure(
            name="submissions: the slowest hundredth",
            value=min(p99),
            median=middle(p99),
            unit="ms",
            against=f"naive: {min(naive99):,.0f} ms",
            ratio=min(p99) / min(naive99),
        ),
        Figure(
            name="telling of a submission afterwards: CPU each",
            value=min(telling),
            median=middle(telling),
            unit="us",
            against="a submission's CPU",
            ratio=min(telling) / used,
        ),
    ]


def _rest() -> str:
    """Say what a submission costs under load, by the profile of a server of its own."""
    port, size = free_port(), 1024
    with scratch() as folder:
        config = new_instance(folder / "profile", port)
        cookies, profile = folder / "cookies", folder / "profile.stats"
        with child(module("servers", "portal", config, size, cookies, profile), port) as pid:
            drafts = msgspec.msgpack.decode(cookies.read_bytes())
            requests = [asking.post(port, cookie) for cookie in drafts]
            before = cpu_seconds(pid)
            load = run_load(Job(port, CONNECTIONS, requests), pid, SENT)
            told = wait_until_idle(pid) - before
        samples = read_samples(profile)
        return f"{describe(samples, told / size * 1e6)} (telling included, {load.rate:,.0f}/s)"
