"""The home page, against the least server that shows the same bytes."""

from contextlib import ExitStack

from tests.bench import asking
from tests.bench.embassies import new_instance, scratch
from tests.bench.figures import Figure
from tests.bench.loader import Job, Load, run_load
from tests.bench.measure import child, middle, module
from tests.bench.profiles import describe, read_samples
from tests.serving import free_port

PATH = "/be/"
CONNECTIONS = 32


def run(short: bool) -> list[Figure]:
    """Measure both in interleaved rounds."""
    rounds, size = (3, 2000) if short else (8, 6000)
    ports = {"ours": free_port(), "floor": free_port()}
    loads: dict[str, list[Load]] = {name: [] for name in ports}
    with scratch() as folder, ExitStack() as stack:
        ours, floor = (new_instance(folder / name, port) for name, port in ports.items())
        commands = {
            "ours": module("servers", "portal", ours, 0, folder / "cookies"),
            "floor": module("servers", "page", ports["floor"], floor),
        }
        pids = {n: stack.enter_context(child(commands[n], ports[n])) for n in ports}
        for _ in range(rounds + 1):
            for name, pid in pids.items():
                job = Job(ports[name], CONNECTIONS, [asking.get(ports[name], PATH)], size)
                loads[name].append(run_load(job, pid, "200"))
    return _figures({name: done[1:] for name, done in loads.items()})


def _figures(loads: dict[str, list[Load]]) -> list[Figure]:
    cpu = {name: [load.cpu_us for load in done] for name, done in loads.items()}
    used, least = min(cpu["ours"]), min(cpu["floor"])
    rates = {name: [load.rate for load in done] for name, done in loads.items()}
    rest = _rest() if used > 2 * least else ""
    return [
        Figure(
            name="home page: CPU each",
            value=used,
            median=middle(cpu["ours"]),
            unit="us",
            against=f"raw ASGI, same template, context, headers: {least:,.0f} us",
            ratio=used / least,
            aim="at most 2.0x",
            reached=used <= 2 * least,
            rest=f"{used - least:,.0f} us are not the page; of all, us: {rest}",
        ),
        Figure(
            name=f"home page, {CONNECTIONS} connections",
            value=max(rates["ours"]),
            median=middle(rates["ours"]),
            unit="1/s",
            against=f"raw ASGI: {max(rates['floor']):,.0f}/s",
            ratio=max(rates["ours"]) / max(rates["floor"]),
        ),
    ]


def _rest() -> str:
    """Say what a page costs under load, by the profile of a server of its own."""
    port, size = free_port(), 10_000
    with scratch() as folder:
        config, profile = new_instance(folder / "profile", port), folder / "profile.stats"
        with child(
            module("servers", "portal", config, 0, folder / "cookies", profile), port
        ) as pid:
            load = run_load(Job(port, CONNECTIONS, [asking.get(port, PATH)], size), pid, "200")
        return describe(read_samples(profile), load.cpu_us)
