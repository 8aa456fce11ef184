"""Known vulnerabilities of everything that is pinned, asked of OSV by pip-audit.

The gate passes only when the service was asked about every package and knows of nothing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Marker

from .locks import LOCK, PROOFS_LOCK, Pinned, read_lock

OSV = "https://api.osv.dev/v1/query"
LOCKS = (LOCK, PROOFS_LOCK)
KNOWN = Pinned("jinja2", "2.4.1", ("0" * 64,), "")
"""The example of OSV's own documentation: a service that knows nothing of it knows nothing."""
PATIENCE = 15
EXPECTED = "only enforces hash presence NOT hash validity"
"""pip-audit's one warning that we know: hashes are held by every installation, not by it."""

Found = Mapping[str, Sequence[str]]


class Verdict(NamedTuple):
    """What came out for one lock: vulnerabilities by package, or why nobody can say."""

    asked: int
    found: Found
    fault: str = ""

    @property
    def clean(self) -> bool:
        """Everything was asked, and nothing is known."""
        return not self.fault and not self.found


def audit_all(locks: Sequence[Path] = LOCKS, service: str = OSV) -> dict[str, Verdict]:
    """Return the verdict of each lock, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "known.txt"
        known.write_text(f"{KNOWN.name}=={KNOWN.version} --hash=sha256:{KNOWN.hashes[0]}\n")
        answered = audit(known, service)
    if answered.fault:
        return {lock.name: answered for lock in locks}
    if KNOWN.name not in answered.found:
        fault = f"the service does not know of {KNOWN.name} {KNOWN.version}, so it knows nothing"
        return {lock.name: Verdict(0, {}, fault) for lock in locks}
    return {lock.name: audit(lock, service) for lock in locks}


def audit(lock: Path, service: str = OSV) -> Verdict:
    """Ask about every package of one lock that this machine would install."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(lock)),
            *("--require-hashes", "--disable-pip", "--strict", "--progress-spinner", "off"),
            *("--vulnerability-service", "osv", "--osv-url", service),
            *("--timeout", str(PATIENCE), "--format", "json", "--desc", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return judge(read_lock(lock), done.returncode, done.stdout, done.stderr)


def judge(lock: Mapping[str, Pinned], code: int, out: str, told: str) -> Verdict:
    """Return what the tool's exit code, report and warnings say; in doubt it is a fault."""
    try:
        report: list[dict[str, Any]] = json.loads(out)["dependencies"]
        found = {one["name"]: [v["id"] for v in one["vulns"]] for one in report}
    except (ValueError, KeyError, TypeError):
        return Verdict(0, {}, f"no answer: {_last(told)}")
    bad = {name: ids for name, ids in found.items() if ids}
    missing = sorted(_applying(lock) - set(found))
    if missing:
        return Verdict(len(found), bad, f"not asked about: {', '.join(missing)}")
    # pip-audit only warns of an entry that it cannot read, and would call the package clean.
    strange = [line for line in told.splitlines() if "WARNING" in line and EXPECTED not in line]
    if strange:
        return Verdict(len(found), bad, f"not understood: {strange[0]}")
    if code != bool(bad):
        return Verdict(len(found), bad, f"exit code {code}: {_last(told)}")
    return Verdict(len(found), bad)


def _applying(lock: Mapping[str, Pinned]) -> set[str]:
    return {p.name for p in lock.values() if not p.marker or Marker(p.marker).evaluate()}


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def show(verdicts: Mapping[str, Verdict]) -> bool:
    """Print the verdicts; tell whether all are clean."""
    for name, verdict in verdicts.items():
        print(f"{name:26} {verdict.asked:4} asked  {_say(verdict)}")  # noqa: T201
    return bool(verdicts) and all(verdict.clean for verdict in verdicts.values())


def _say(verdict: Verdict) -> str:
    bad = "; ".join(f"{name}: {', '.join(ids)}" for name, ids in verdict.found.items())
    if verdict.fault:
        return f"FAILED, nobody can say: {verdict.fault}" + (f"; known: {bad}" if bad else "")
    return f"FAILED: {bad}" if bad else "nothing is known against them"
