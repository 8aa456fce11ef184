"""How long a new machine takes to be ready: each line of `make` in a fresh clone, empty caches."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from .locks import ROOT

TARGETS = ("setup", "node", ".proofs")


def lines_of(clone: Path, target: str) -> list[str]:
    """Return what `make` would still run for a target."""
    asked = ["make", "--dry-run", "--no-print-directory", target]
    told = subprocess.run(asked, cwd=clone, capture_output=True, text=True, check=True)
    return [line for line in told.stdout.splitlines() if line.strip()]


def run() -> bool:
    """Time every line; tell whether all went well."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {
            **os.environ,
            "UV_CACHE_DIR": str(folder / "uv"),
            "PIP_CACHE_DIR": str(folder / "pip"),
            "npm_config_cache": str(folder / "npm"),
            "UV_PYTHON_DOWNLOADS": "never",
        }
        return all([_time(clone, target, environment) for target in TARGETS])


def _time(clone: Path, target: str, environment: dict[str, str]) -> bool:
    for line in lines_of(clone, target):
        begun = time.perf_counter()
        done = subprocess.run(
            ["bash", "-c", line.removeprefix("@")],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.perf_counter() - begun
        print(f"{target:8} {took:6.1f} s  {line[:90]}", flush=True)  # noqa: T201
        if done.returncode:
            print(f"FAILED: {(done.stderr or done.stdout).strip()[-500:]}")  # noqa: T201
            return False
    return True
