"""The start of `pe serve` to its first page, and the memory that it then holds.

Both again with many plugins installed of which one is enabled: they must not grow with those.
"""

import compileall
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench import asking
from tests.bench.embassies import new_instance, scratch
from tests.bench.figures import Figure
from tests.bench.loader import Job, run_load
from tests.bench.measure import (
    ROOT,
    SERVER_CORE,
    environment,
    middle,
    on_core,
    resident_megabytes,
    wait_for_answer,
)
from tests.planting import plant
from tests.serving import free_port

STARTS_AIM = 1.8
MEMORY_AIM = 80.0
PAGES = ("/be/", "/ru/", "/en/", "/he/", "/en/ask", "/be/ask", "/he/safety", "/be/code", "/ru/help")
LISTED = 5
INSTALLED = (1, 24, 100)
"""Plugins that are installed and not enabled, beside the one that is."""
STARTS_GROW, MEMORY_GROWS = 1.05, 1.02
"""What chance may add to the best of several rounds."""


def run(short: bool) -> list[Figure]:
    """Measure starts in turn with imports of Litestar, then the memory of the last one."""
    _compile()
    rounds = 3 if short else 12
    port, ours, theirs = free_port(), [], []
    with scratch() as folder:
        config = new_instance(folder / "start", port)
        _start(config, port)
        for _ in range(rounds):
            theirs.append(_import_litestar())
            ours.append(_start(config, port)[0])
        memory = [_start(config, port, pages=True)[1] for _ in range(2 if short else 3)]
        installed = _with_plugins(folder, config, port, 3 if short else 10)
    return [_start_figure(ours, theirs), _memory_figure(memory), *installed]


def _compile() -> None:
    """Compile what is not installed, so that no start has to."""
    for folder in (ROOT / "src", *ROOT.glob("plugins/*/src")):
        compileall.compile_dir(folder, quiet=2)


def _with_plugins(folder: Path, config: Path, port: int, rounds: int) -> list[Figure]:
    """Measure starts with few and with many plugins installed, in turn."""
    places = {number: _install(folder / f"plugins-{number}", number) for number in INSTALLED}
    took: dict[int, list[float]] = {number: [] for number in INSTALLED}
    memory: dict[int, list[float]] = {number: [] for number in INSTALLED}
    for _ in range(rounds):
        for number, place in places.items():
            seconds, megabytes = _start(config, port, path=place)
            took[number].append(seconds)
            memory[number].append(megabytes)
    return [
        *_growths("start of pe serve", "s", took, STARTS_GROW),
        *_growths("memory of pe serve", "MB", memory, MEMORY_GROWS),
    ]


def _install(folder: Path, number: int) -> Path:
    """Write so many plugins into a folder, as installing them would leave them there."""
    for count in range(number):
        first, second = divmod(count, 26)
        plant(folder, f"x{chr(ord('a') + first)}{chr(ord('a') + second)}")
    compileall.compile_dir(folder, quiet=2)
    return folder


def _growths(
    what: str, unit: str, found: Mapping[int, Sequence[float]], aim: float
) -> Iterator[Figure]:
    few, *many = INSTALLED
    least = min(found[few])
    for number in many:
        ratio = min(found[number]) / least
        yield Figure(
            name=f"{what}, {number} plugins installed",
            value=min(found[number]),
            median=middle(found[number]),
            unit=unit,
            against=f"{few} installed: {least:.3f} {unit}",
            ratio=ratio,
            aim=f"at most {aim}x",
            reached=ratio <= aim,
            growth=ratio ** (1 / math.log10(number / few)),
            rest="see pe_core.hooks.installed.find_plugins",
        )


def _start(
    config: Path, port: int, *, pages: bool = False, path: Path | None = None
) -> tuple[float, float]:
    """Start the embassy; return the seconds to the first page, and MB after a hundred others.

    ``path`` is a folder of plugins that Python finds too.
    """
    command = [str(Path(sys.executable).parent / "pe"), "serve", "--config", str(config)]
    begun = time.perf_counter()
    with on_core(SERVER_CORE):
        process = subprocess.Popen(
            command,
            cwd=config.parent,
            env={**environment(), **({"PYTHONPATH": str(path)} if path else {})},
            stderr=subprocess.DEVNULL,
        )
    try:
        wait_for_answer(port, process)
        took = time.perf_counter() - begun
        if pages:
            requests = [asking.get(port, path) for path in PAGES]
            run_load(Job(port, 4, requests, -(-100 // len(PAGES))), process.pid, "200")
        return took, resident_megabytes(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _import_litestar() -> float:
    begun = time.perf_counter()
    with on_core(SERVER_CORE):
        subprocess.run([sys.executable, "-c", "import litestar"], env=environment(), check=True)
    return time.perf_counter() - begun


def _start_figure(ours: list[float], theirs: list[float]) -> Figure:
    ratio = min(ours) / min(theirs)
    return Figure(
        name="start of pe serve to the first page",
        value=min(ours),
        median=middle(ours),
        unit="s",
        against=f"python -c 'import litestar': {min(theirs):.3f} s, median {middle(theirs):.3f} s",
        ratio=ratio,
        aim=f"at most {STARTS_AIM}x",
        reached=ratio <= STARTS_AIM,
        rest="" if ratio <= STARTS_AIM else f"imports by themselves: {_imports()}",
    )


def _imports() -> str:
    """Name the dearest imports of a start, each without what it imports in turn."""
    code = "import pe_core.cli.main, pe_core.cli.serve, pe_core.web.app, uvicorn.config"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env=environment(),
        stderr=subprocess.PIPE,
        check=True,
        text=True,
    )
    roots: dict[str, float] = {}
    for line in done.stderr.splitlines()[1:]:
        alone, _, name = line.removeprefix("import time:").split("|")
        root = name.strip().partition(".")[0]
        roots[root] = roots.get(root, 0.0) + int(alone) / 1000
    top = sorted(roots.items(), key=lambda item: -item[1])[: 2 * LISTED]
    return ", ".join(f"{name} {ms:,.0f} ms" for name, ms in top)


def _memory_figure(memory: list[float]) -> Figure:
    return Figure(
        name="memory of pe serve after 100 pages",
        value=min(memory),
        median=middle(memory),
        unit="MB",
        against="the aim",
        ratio=min(memory) / MEMORY_AIM,
        aim=f"under {MEMORY_AIM:.0f} MB",
        reached=min(memory) < MEMORY_AIM,
        rest="see the imports of a start",
    )
