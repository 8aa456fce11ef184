"""The wheels that embassies install: built twice as differently as can be, and tried alone.

They are made of the last commit, never of what else lies in the folder, with its date.
"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from .locks import LOCK, ROOT, closure, read_lock

DIST = ROOT / "dist"
UV = ROOT / ".uv/bin/uv"
NEVER = ("/tests/", "__pycache__", ".pyc", "/.", "pe.toml", ".sqlite", ".key")
"""Parts of names that no file of a wheel has."""
PATIENCE = 120.0


class Circumstances(NamedTuple):
    """What differs between the machines of two builders, and must not show."""

    umask: int
    environment: Mapping[str, str]


HERE = Circumstances(0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"})
ELSEWHERE = Circumstances(0o077, {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "4711"})


def projects(source: Path) -> list[Path]:
    """Return the folders that become wheels: the core and each plugin."""
    return [source, *sorted(path.parent for path in source.glob("plugins/*/pyproject.toml"))]


def export(folder: Path, umask: int = HERE.umask) -> Path:
    """Write the last commit into a folder, as somebody with this umask has it; return it."""
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    for path in folder.rglob("*"):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)
    return folder


def last_commit() -> str:
    """Return the second of the last commit, the date of every file in a wheel."""
    asked = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()


def build(source: Path, out: Path, epoch: str, where: Circumstances = HERE) -> list[Path]:
    """Build the wheels of a source tree, with the hatchling that is here and no network."""
    inherited = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT")}
    for project in projects(source):
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(out)],
            cwd=project,
            env={**inherited, **where.environment, "SOURCE_DATE_EPOCH": epoch},
            umask=where.umask,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{project.name} does not build: {done.stderr[-2000:]}")
    return sorted(out.glob("*.whl"))


def sums(wheels: Sequence[Path]) -> dict[str, str]:
    """Return the SHA-256 sum of each wheel by its file name."""
    return {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}


def strange_files(wheel: Path, project: Path) -> list[str]:
    """Return what a wheel holds too much or lacks, beside the package, its licence and metadata."""
    package = next(path.parent for path in project.glob("src/*/__init__.py"))
    stem = "-".join(wheel.name.split("-")[:2])
    expected = {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    expected |= {f"{stem}.dist-info/{name}" for name in names}
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    too_much = {f"too much: {name}" for name in set(held) - expected}
    too_much |= {f"never: {name}" for name in held if any(part in f"/{name}" for part in NEVER)}
    twice = {f"twice: {name}" for name in held if held.count(name) > 1}
    return sorted({f"missing: {name}" for name in expected - set(held)} | too_much | twice)


def local_paths(wheel: Path, *folders: Path) -> list[str]:
    """Return the files of a wheel that mention one of these folders of this machine."""
    with zipfile.ZipFile(wheel) as archive:
        return [
            name
            for name in archive.namelist()
            if any(str(folder).encode() in archive.read(name) for folder in folders)
        ]


def server_requirements() -> str:
    """Return the part of the lock that a server installs, with all hashes."""
    lock = read_lock(LOCK)
    pinned = [lock[name] for name in sorted(closure() & set(lock))]
    lines = [
        f"{p.name}=={p.version} {' '.join(f'--hash=sha256:{h}' for h in p.hashes)}" for p in pinned
    ]
    return "\n".join([*lines, ""])


def install(wheels: Sequence[Path], folder: Path) -> Path:
    """Make an environment of these wheels and the lock alone; return its folder."""
    target, needed = folder / "venv", folder / "requirements.txt"
    needed.write_text(server_requirements(), encoding="utf-8")
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    for command in (
        ("venv", "--python", python, target),
        ("pip", "sync", "--python", target, "--require-hashes", needed),
        ("pip", "install", "--python", target, "--no-deps", "--no-index", *wheels),
    ):
        call = [UV, "--quiet", "--offline", "--no-config", *command]
        subprocess.run([*map(str, call)], cwd=folder, check=True)
    return target


def try_demo(environment: Path, folder: Path) -> list[str]:
    """Run ``pe --help`` and ``pe demo`` of an environment, and return what is wrong."""
    folder.mkdir()
    clean = {"PATH": str(environment / "bin"), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    pe, ready = environment / "bin/pe", folder / "ready.json"
    told = subprocess.run([pe, "--help"], cwd=folder, env=clean, capture_output=True, check=False)
    if told.returncode or b"demo" not in told.stdout:
        return [f"pe --help: {told.stderr.decode()[-500:]}"]
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [pe, "demo", "--port", str(_free_port()), "--dir", folder / "d", "--ready-file", ready],
            cwd=folder,
            env=clean,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        good = ready.exists() and bool(_embassies(ready))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    return [] if good else [f"pe demo: {(folder / 'log.txt').read_text()[-500:]}"]


def _embassies(ready: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ready.read_text(encoding="utf-8"))["embassies"]
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def build_twice(folder: Path) -> tuple[list[Path], list[str]]:
    """Build the last commit twice; return the wheels of the first time, and what differs."""
    epoch = last_commit()
    first = export(folder / "a")
    second = export(folder / "elsewhere" / "b c", ELSEWHERE.umask)
    one = build(first, folder / "one", epoch, HERE)
    two = build(second, folder / "two", epoch, ELSEWHERE)
    wrong = [] if sums(one) == sums(two) else [f"differ: {sums(one)} and {sums(two)}"]
    by_stem = {wheel.name.split("-")[0]: wheel for wheel in one}
    for project in projects(first):
        package = next(project.glob("src/*/__init__.py")).parent.name
        wheel = by_stem[package]
        wrong += [f"{wheel.name}: {strange}" for strange in strange_files(wheel, project)]
        paths = local_paths(wheel, ROOT, folder, Path.home())
        wrong += [f"{wheel.name}: a path of this machine in {name}" for name in paths]
    return one, wrong


def run() -> bool:
    """Build, compare, install, try; if all is well, write the wheels and their sums to dist/."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built, wrong = build_twice(folder)
        wrong += try_demo(install(built, folder), folder / "trial")
        listed = sums(built)
        if not wrong:
            _keep(built)
    print("\n".join(f"{digest}  {wheel}" for wheel, digest in listed.items()))  # noqa: T201
    for line in wrong:
        print(f"FAILED: {line}")  # noqa: T201
    if not wrong:
        print("the same bytes twice; pe demo runs from the wheels and the lock alone")  # noqa: T201
    return not wrong


def _keep(wheels: Sequence[Path]) -> None:
    DIST.mkdir(exist_ok=True)
    for old in DIST.glob("*.whl"):
        old.unlink()
    for wheel in wheels:
        (DIST / wheel.name).write_bytes(wheel.read_bytes())
    lines = [f"{digest}  {wheel}" for wheel, digest in sums(wheels).items()]
    (DIST / "SHA256SUMS").write_text("\n".join([*lines, ""]), encoding="utf-8")
