"""The bill of materials of a server: every package with its version, hashes and licence.

cyclonedx-bom reads an environment that holds a server's packages and nothing else; what would
differ from machine to machine is taken out, and the hashes of the lock are put in.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from . import wheels
from .licences import licence_of
from .locks import LOCK, ROOT, Pinned, closure, read_lock

SBOM = ROOT / "dist/sbom.cdx.json"
KEPT = ("bom-ref", "type", "name", "version", "description", "purl")
"""Of a package's entry; the addresses that its author put into its metadata are not ours to say."""
ADDRESS = re.compile(r"https?://|file:|/(?:home|root|tmp|work|Users|opt|usr|srv)/")
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

Bom = dict[str, Any]


def make(folder: Path) -> str:
    """Return the bill of a server that is installed below this empty folder."""
    built = wheels.build(wheels.export(folder / "source"), folder / "out", wheels.last_commit())
    environment = wheels.install(built, folder)
    described = subprocess.run(
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
            *("--of", "JSON", "--sv", "1.6", "--validate"),
            *("--pyproject", str(folder / "source/pyproject.toml"), str(environment)),
        ],
        capture_output=True,
        check=True,
    )
    ours = {name.split("-")[0]: digest for name, digest in wheels.sums(built).items()}
    found: dict[str, str] = {
        canonicalize_name(one.name): licence_of(one) for one in distributions()
    }
    bill = settle(json.loads(described.stdout), read_lock(LOCK), ours, found)
    return json.dumps(bill, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def settle(
    bill: Bom,
    lock: Mapping[str, Pinned],
    ours: Mapping[str, str],
    licences: Mapping[str, str],
) -> Bom:
    """Return the tool's bill without what is of one machine, with hashes and plain licences."""
    root, tools = bill["metadata"]["component"], bill["metadata"]["tools"]["components"]
    parts = [root, *bill["components"]]
    made = []
    for part in parts:
        name = canonicalize_name(part["name"])
        hashes = lock[name].hashes if name in lock else (ours[name.replace("-", "_")],)
        if name in lock and lock[name].version != part["version"]:
            raise ValueError(f"{name} {part['version']} is not the one of the lock")
        made.append(_component(part, name, hashes, licences[name]))
    root, *others = made
    named = [{key: tool[key] for key in ("type", "name", "version")} for tool in tools]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root, "tools": {"components": named}},
        "components": sorted(others, key=lambda one: canonicalize_name(one["name"])),
        "dependencies": bill["dependencies"],
    }


def _component(part: Bom, name: str, hashes: tuple[str, ...], licence: str) -> Bom:
    kept = {key: part[key] for key in KEPT if key in part}
    purl = f"pkg:pypi/{name}@{part['version']}"
    listed = [{"alg": "SHA-256", "content": digest} for digest in hashes]
    return {
        **kept,
        "purl": purl,
        "licenses": [{"expression": licence}],
        # Any of these files may be what a server got; which registry gave it is its own affair.
        "externalReferences": [{"type": "distribution", "url": purl, "hashes": listed}],
    }


def wrong_with(text: str, names: set[str]) -> list[str]:
    """Return what is wrong with a bill that should list exactly these packages."""
    bill: Bom = json.loads(text)
    parts = [bill["metadata"]["component"], *bill["components"]]
    listed = [canonicalize_name(part["name"]) for part in parts]
    wrong = [f"missing: {name}" for name in names - set(listed)]
    wrong += [f"too much: {name}" for name in set(listed) - names]
    wrong += [f"twice: {name}" for name in set(listed) if listed.count(name) > 1]
    wrong += [f"no hash: {part['name']}" for part in parts if not _hashes(part)]
    wrong += [f"no licence: {part['name']}" for part in parts if not part.get("licenses")]
    wrong += [f"an address or a path: {line}" for line in _addresses(bill)]
    wrong += [f"changes each time: {key}" for key in ("serialNumber",) if key in bill]
    wrong += ["changes each time: timestamp"] if "timestamp" in bill["metadata"] else []
    return sorted(wrong)


def _hashes(part: Bom) -> list[Any]:
    return [digest for one in part.get("externalReferences", ()) for digest in one["hashes"]]


def _addresses(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for key, one in value.items() if key != "$schema" for line in _addresses(one)]
    if isinstance(value, list):
        return [line for one in value for line in _addresses(one)]
    return [value] if isinstance(value, str) and ADDRESS.search(value) else []


def _invalid(text: str) -> list[str]:
    """Ask the tool's own validator; it is only where the proofs are."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return [f"not valid: {found}"] if found else []


def run() -> bool:
    """Make the bill twice in different places; write it when it is right."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        text, again = make(Path(one)), make(Path(two))
    wrong = wrong_with(text, closure()) + _invalid(text)
    wrong += [] if text == again else ["two runs differ"]
    for line in wrong:
        print(f"FAILED: {line}")  # noqa: T201
    if not wrong:
        SBOM.parent.mkdir(exist_ok=True)
        SBOM.write_text(text, encoding="utf-8")
        print(f"{len(closure())} packages in {SBOM.relative_to(ROOT)}")  # noqa: T201
    return not wrong
