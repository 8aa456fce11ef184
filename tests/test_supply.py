"""What we are given and hand on: locks, licences, imports, wheels, and the gates that judge them.

What takes long or needs more tools is `python -m tests.supply`; here are its rules.
"""

import ast
import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from functools import cache
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply import licences, wheels
from supply.audit import EXPECTED, Verdict, judge
from supply.licences import licence_of, npm_rows, permits, server_rows, tool_rows
from supply.locks import (
    LOCK,
    OURS,
    PROOFS_LOCK,
    ROOT,
    SERVER_LOCK,
    Pinned,
    closure,
    on_a_server,
    read_lock,
)
from supply.sbom import settle, wrong_with

SUM = "a" * 64
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLUGINS = sorted(ROOT.glob("plugins/*/pyproject.toml"))
BY_NAME = {
    "httptools": "uvicorn is told its name",
    "tzdata": "zoneinfo reads its files",
}
"""Needed by what runs, though no module of ours imports them."""
TOOLKIT = {"httpx", "lxml", "pytest"}
"""What only the toolkit for plugin authors imports; no process of an embassy does."""
JOBS = {
    "talking HTTP": {"aiohttp", "httpx", "requests", "urllib3", "pycurl"},
    "serving HTTP": {"uvicorn", "hypercorn", "granian", "daphne", "gunicorn"},
    "pages": {"minijinja", "jinja2", "mako", "chameleon", "django"},
    "structs": {"msgspec", "pydantic", "attrs", "marshmallow", "cattrs"},
    "encryption": {"cryptography", "pynacl", "pycryptodome", "argon2-cffi", "pyca"},
    "the database": {"sqlite-utils", "sqlalchemy", "peewee", "apsw", "aiosqlite"},
    "pictures": {"pillow", "opencv-python", "pyvips", "wand"},
    "pdf": {"pikepdf", "pypdf", "pymupdf", "reportlab"},
    "the command line": {"click", "typer", "docopt", "fire"},
    "forms on the wire": {"multipart", "python-multipart", "werkzeug"},
    "square codes": {"segno", "qrcode", "pyqrcode"},
    "dates and languages": {"babel", "arrow", "pendulum", "python-dateutil"},
}
"""For each job one library, whichever it is."""


# Locks


@pytest.mark.parametrize(
    "line",
    [
        f"click>=8.3 --hash=sha256:{SUM}",
        f"click --hash=sha256:{SUM}",
        "click==8.5.1",
        f"click==8.5.1 --hash=sha256:{SUM[1:]}",
        f"click==8.5.1 --hash=md5:{SUM[:32]}",
        f"click @ https://files.example/click.whl --hash=sha256:{SUM}",
        f"--index-url https://index.example/simple --hash=sha256:{SUM}",
        "-e .",
    ],
)
def test_a_line_that_is_not_pinned_by_version_and_sum_is_no_lock(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"anyio==4.16.0 --hash=sha256:{SUM}\n{line}\n", encoding="utf-8")

    with pytest.raises(ValueError, match="not pinned"):
        read_lock(lock)


@pytest.mark.parametrize("lock", [LOCK, PROOFS_LOCK], ids=lambda lock: lock.name)
def test_a_lock_holds_sums_alone_and_meets_what_is_declared(lock: Path) -> None:
    pinned = read_lock(lock)
    declared = [Requirement(line) for line in _declared(lock is PROOFS_LOCK)]
    unmet = [
        str(one)
        for one in declared
        if not one.specifier.contains(pinned[canonicalize_name(one.name)].version)
    ]

    assert "://" not in lock.read_text(encoding="utf-8")
    assert [] == unmet


def _declared(proofs: bool) -> Iterator[str]:
    yield from PROJECT["project"]["dependencies"]
    yield from PROJECT["dependency-groups"]["dev"]
    if proofs:
        yield from PROJECT["dependency-groups"]["proofs"]


def test_the_tools_of_the_proofs_are_added_and_change_nothing_else() -> None:
    ordinary, proofs = read_lock(LOCK), read_lock(PROOFS_LOCK)

    assert ordinary == {name: proofs[name] for name in ordinary}


def test_what_is_installed_here_is_what_is_pinned() -> None:
    pinned = read_lock(LOCK)
    here = {
        name: distribution(name).version
        for name, one in pinned.items()
        if not one.marker or Marker(one.marker).evaluate()
    }

    assert {name: pinned[name].version for name in here} == here


def test_a_server_installs_no_tool_of_ours() -> None:
    tools = {
        canonicalize_name(Requirement(line).name)
        for group in PROJECT["dependency-groups"].values()
        for line in group
    }
    needed = closure()

    assert set(OURS) <= needed
    assert needed - set(OURS) <= set(read_lock(LOCK))
    assert {"lxml"} == tools & needed, "pikepdf needs it"


def test_the_lock_of_a_server_is_its_part_of_the_lock() -> None:
    ordinary, server = read_lock(LOCK), read_lock(SERVER_LOCK)
    on_it = {
        name for name, one in server.items() if not one.marker or on_a_server(Marker(one.marker))
    }

    assert {name: ordinary[name] for name in server} == server
    assert closure() - set(OURS) == on_it


def test_a_host_is_told_to_install_what_is_pinned_and_nothing_else() -> None:
    steps = (ROOT / "deployments/README.md").read_text(encoding="utf-8")
    installing = [line for line in steps.splitlines() if "pip install" in line]

    assert installing
    for line in installing:
        assert ("--require-hashes" in line and SERVER_LOCK.name in line) or (
            "--no-deps" in line and "--no-index" in line
        )


def test_npm_takes_exact_versions_with_sums_and_no_address() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    others = {name: one for name, one in packages.items() if name}

    assert "dependencies" not in wanted, "nothing of npm is served"
    assert [] == [v for v in wanted["devDependencies"].values() if not re.match(r"\d", v)]
    assert others
    assert [] == [name for name, one in others.items() if "resolved" in one]
    assert [] == [n for n, one in others.items() if not one["integrity"].startswith("sha512-")]
    assert [] == [name for name, one in others.items() if not one.get("dev")]


# Imports


_known = cache(packages_distributions)


@cache
def _imports(root: Path) -> dict[str, set[str]]:
    """Return which top modules each file below imports, at whatever depth."""
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
        found[str(path.relative_to(root))] = names - set(sys.stdlib_module_names)
    return found


def _distributions(modules: set[str]) -> set[str]:
    """Return the distributions that these modules come from."""
    return {canonicalize_name(_known()[module][0]) for module in modules}


def test_the_core_imports_what_it_declares_and_declares_what_it_needs() -> None:
    imports = _imports(ROOT / "src/pe_core")
    used = _distributions(set().union(*imports.values()) - {"pe_core"})
    declared = {
        canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]
    }

    assert declared == (used - TOOLKIT) | set(BY_NAME)


def test_tools_are_imported_by_the_toolkit_alone() -> None:
    using = {
        path
        for path, modules in _imports(ROOT / "src/pe_core").items()
        if _distributions(modules - {"pe_core"}) & TOOLKIT
    }

    assert {
        "toolkit/browser.py",
        "toolkit/contract.py",
        "toolkit/guarding.py",
        "toolkit/pytest_plugin.py",
        "toolkit/scene.py",
    } == using


def test_no_process_of_an_embassy_imports_a_tool() -> None:
    imports = _imports(ROOT / "src/pe_core")
    reaching = [
        path
        for path in imports
        if not path.startswith("toolkit/")
        and re.search(
            r"pe_core\.toolkit(\.| import )(browser|pytest_plugin)",
            (ROOT / "src/pe_core" / path).read_text(encoding="utf-8"),
        )
    ]

    assert [] == reaching


@pytest.mark.parametrize("project", PLUGINS, ids=lambda path: path.parent.name)
def test_a_plugin_imports_the_core_and_what_the_core_declares(project: Path) -> None:
    own = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    lines = [*own["dependencies"], *PROJECT["project"]["dependencies"]]
    modules = set().union(*_imports(project.parent / "src").values())
    ours = {"pe_core", own["name"].replace("-", "_")}
    declared = {canonicalize_name(Requirement(line).name) for line in lines}

    assert "pe_core" in modules
    assert set() == _distributions(modules - ours) - declared


@pytest.mark.parametrize("job", JOBS)
def test_there_is_one_library_for_a_job(job: str) -> None:
    declared = {
        canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]
    }

    assert len(declared & JOBS[job]) <= 1


# The audit's verdict

ONE = {"click": Pinned("click", "8.5.1", (SUM,), "")}
WARNED = f"WARNING:pip_audit._cli:The flag {EXPECTED}."


def _report(*ids: str, name: str = "click") -> str:
    return json.dumps({"dependencies": [{"name": name, "vulns": [{"id": one} for one in ids]}]})


def test_nothing_known_of_everything_asked_is_clean() -> None:
    assert Verdict(1, {}) == judge(ONE, 0, _report(), WARNED)
    assert judge(ONE, 0, _report(), WARNED).clean


@pytest.mark.parametrize(
    ("code", "out", "told"),
    [
        (1, _report("PYSEC-0000-1"), ""),
        (1, _report(), ""),
        (0, _report("PYSEC-0000-1"), ""),
        (0, "", ""),
        (0, "{}", ""),
        (0, "null", ""),
        (0, '{"dependencies": null}', ""),
        (0, '{"dependencies": []}', ""),
        (0, '{"dependencies": [{"name": "click", "skip_reason": "not found"}]}', ""),
        (0, _report(name="other"), ""),
        (0, _report(), "WARNING:pip_audit._service.osv:Unsupported OSV schema version: 2.0.0"),
        (1, "", "requests.exceptions.ConnectionError: nobody listens"),
    ],
)
def test_what_is_known_and_what_nobody_can_say_are_both_no_clean(
    code: int, out: str, told: str
) -> None:
    assert judge(ONE, code, out, told).clean is False


def test_a_package_that_is_never_installed_here_need_not_be_asked_about() -> None:
    other = {**ONE, "colorama": Pinned("colorama", "0.4.6", (SUM,), "sys_platform == 'plan9'")}

    assert judge(other, 0, _report(), "").clean


# Licences


def test_everything_that_a_server_installs_may_be_handed_on() -> None:
    rows = server_rows()

    assert closure() == {canonicalize_name(row.name) for row in rows}
    assert [] == [row for row in rows if row.wrong]


def test_every_tool_and_every_package_of_npm_may_be_used() -> None:
    rows = [*tool_rows(), *npm_rows()]

    assert len(rows) > 40
    assert [] == [row for row in rows if row.wrong]


@pytest.mark.parametrize("licence", licences.ALLOWED)
def test_the_table_of_licences_is_in_the_words_of_spdx_with_a_reason(licence: str) -> None:
    assert canonicalize_license_expression(licence) == licence
    assert licences.ALLOWED[licence]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND PSF-2.0", True),
        ("(MIT OR GPL-3.0-only) AND ISC", True),
        ("MIT OR GPL-3.0-only AND AGPL-3.0-only", True),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False),
        ("((MIT))", True),
        ("(MIT) AND (AGPL-3.0-only)", False),
        ("MIT WITH Some-exception", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("AGPL-3.0-or-later", False),
        ("SSPL-1.0", False),
        ("mit", False),
        ("", False),
        ("UNKNOWN", False),
        ("Proprietary", False),
        ("BSD License", False),
    ],
)
def test_all_of_and_or_one_of_or_must_be_in_the_table(expression: str, allowed: bool) -> None:
    assert permits(expression) is allowed


class Invented(Distribution):
    """A package that is not installed, with these metadata."""

    def __init__(self, **fields: str | list[str]) -> None:
        self.message = Message()
        for name, value in {"Name": "invented", **fields}.items():
            for one in [value] if isinstance(value, str) else value:
                self.message[name.replace("_", "-")] = one

    def read_text(self, filename: str) -> str | None:
        return self.message.as_string() if filename == "METADATA" else None

    def locate_file(self, path: Any) -> Any:
        return Path(path)


MIT = "License :: OSI Approved :: MIT License"
GPL = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License_Expression": "ISC", "License": "MIT"}, "ISC"),
        ({"License": "MIT License"}, "MIT"),
        ({"License": "UNKNOWN", "Classifier": MIT}, "MIT"),
        ({"Classifier": [MIT, "Topic :: Internet"]}, "MIT"),
        ({"Classifier": [MIT, GPL]}, "MIT AND GNU General Public License v3 (GPLv3)"),
        ({"License": "Do what I say"}, "Do what I say"),
        ({}, ""),
        ({"Name": "segno", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD-3-Clause"),
        ({"Name": "segno", "License_Expression": "AGPL-3.0-only"}, "AGPL-3.0-only"),
    ],
)
def test_a_licence_is_read_from_what_the_package_says(
    fields: dict[str, str | list[str]], licence: str
) -> None:
    assert licence_of(Invented(**fields)) == licence


@pytest.mark.parametrize("licence", ["", "Do what I say", "GPL-3.0-only", "LGPL-3.0-or-later"])
def test_a_licence_that_nobody_looked_at_is_refused(tmp_path: Path, licence: str) -> None:
    lock = tmp_path / "package-lock.json"
    package = {"version": "1.0.0", **({"license": licence} if licence else {})}
    lock.write_text(json.dumps({"packages": {"": {}, "node_modules/invented": package}}))

    assert [True] == [bool(row.wrong) for row in npm_rows(lock)]


# Wheels


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Build the wheels of this tree twice, under different circumstances."""
    out = tmp_path_factory.mktemp("wheels")
    return {
        name: wheels.build(ROOT, out / name, "1700000000", where)
        for name, where in (("here", wheels.HERE), ("elsewhere", wheels.ELSEWHERE))
    }


def test_the_wheels_are_the_same_bytes_whoever_builds_them(built: dict[str, list[Path]]) -> None:
    assert len(OURS) == len(built["here"])
    assert wheels.sums(built["here"]) == wheels.sums(built["elsewhere"])


def _pairs(built: dict[str, list[Path]]) -> Iterator[tuple[Path, Path]]:
    held = {wheel.name.split("-")[0]: wheel for wheel in built["here"]}
    for project in wheels.projects(ROOT):
        yield held[next(project.glob("src/*/__init__.py")).parent.name], project


def test_the_wheel_of_the_core_holds_the_package_and_its_licence(
    built: dict[str, list[Path]],
) -> None:
    core, project = next(_pairs(built))

    assert project == ROOT
    assert [] == wheels.strange_files(core, project)


def test_the_wheels_of_plugins_hold_the_package_and_its_licence(
    built: dict[str, list[Path]],
) -> None:
    strange = {wheel.name: wheels.strange_files(wheel, folder) for wheel, folder in _pairs(built)}

    assert {name: [] for name in strange} == strange
    for project in wheels.projects(ROOT):
        assert (ROOT / "LICENSE").read_bytes() == (project / "LICENSE").read_bytes()


def test_no_wheel_names_a_folder_of_this_machine(built: dict[str, list[Path]]) -> None:
    folders = (ROOT, Path.home(), Path(sys.prefix), Path(sys.base_prefix))

    assert [] == [name for wheel in built["here"] for name in wheels.local_paths(wheel, *folders)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tests/test_invented.py", "too much"),
        ("pe_core/__pycache__/invented.pyc", "never"),
        ("pe_core/.env", "never"),
        ("pe_core-0.1.0.data/scripts/run.sh", "too much"),
    ],
)
def test_a_wheel_with_something_more_is_noticed(
    built: dict[str, list[Path]], tmp_path: Path, name: str, said: str
) -> None:
    whole, project = next(_pairs(built))
    wheel = tmp_path / whole.name
    wheel.write_bytes(whole.read_bytes())
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(name, str(ROOT))

    assert f"{said}: {name}" in wheels.strange_files(wheel, project)
    assert [name] == wheels.local_paths(wheel, ROOT)


def test_what_a_server_installs_is_pinned_for_the_trial_of_the_wheels(tmp_path: Path) -> None:
    written = tmp_path / "requirements.txt"
    written.write_text(wheels.server_requirements(), encoding="utf-8")

    assert closure() - set(OURS) == set(read_lock(written))


# The bill of materials


def _bill() -> dict[str, Any]:
    """Return what cyclonedx-bom says of a machine with one package and ours."""
    path = "file:///home/invented/dist/pe_core-0.1.0-py3-none-any.whl"
    site = {"type": "website", "url": "https://click.example"}
    return {
        "metadata": {
            "timestamp": "2026-01-01T00:00:00Z",
            "component": {"bom-ref": "root", "type": "application", "name": "pe-core"}
            | {"version": "0.1.0", "externalReferences": [{"type": "distribution", "url": path}]},
            "tools": {
                "components": [
                    {"type": "library", "name": "a", "version": "1", "externalReferences": [site]}
                ]
            },
        },
        "serialNumber": "urn:uuid:invented",
        "components": [
            {"bom-ref": "c", "type": "library", "name": "click", "version": "8.5.1"}
            | {"externalReferences": [site]}
        ],
        "dependencies": [{"ref": "root", "dependsOn": ["c"]}, {"ref": "c"}],
    }


def _settled() -> dict[str, Any]:
    return settle(_bill(), ONE, {"pe_core": "b" * 64}, {"click": "MIT", "pe-core": "MPL-2.0"})


def test_the_bill_has_sums_and_licences_and_nothing_of_one_machine() -> None:
    bill = _settled()
    parts = [bill["metadata"]["component"], *bill["components"]]
    sums = [p["externalReferences"][0]["hashes"][0]["content"] for p in parts]

    assert [] == wrong_with(json.dumps(bill), {"click", "pe-core"})
    assert ["b" * 64, SUM] == sums
    assert [[{"expression": "MPL-2.0"}], [{"expression": "MIT"}]] == [p["licenses"] for p in parts]


def test_a_bill_of_another_version_than_the_lock_is_not_made() -> None:
    bill = _bill()
    bill["components"][0]["version"] = "8.5.2"

    with pytest.raises(ValueError, match="not the one of the lock"):
        settle(bill, ONE, {"pe_core": "b" * 64}, {"click": "MIT", "pe-core": "MPL-2.0"})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("components", [], "missing: click"),
        ("serialNumber", "urn:uuid:invented", "changes each time: serialNumber"),
        ("extra", "http://127.0.0.1/simple", "an address or a path: http://127.0.0.1/simple"),
        ("extra", ["/home/invented"], "an address or a path: /home/invented"),
        ("extra", "file:invented", "an address or a path: file:invented"),
        ("components", [{"name": "more", "licenses": [1]}], "no hash: more"),
        ("components", [{"name": "more", "licenses": [1]}], "too much: more"),
        ("components", [{"name": "more"}], "no licence: more"),
        ("components", [{"name": "click"}, {"name": "click"}], "twice: click"),
    ],
)
def test_a_bill_that_is_wrong_is_noticed(key: str, value: Any, said: str) -> None:
    bill = {**_settled(), key: value}

    assert said in wrong_with(json.dumps(bill), {"click", "pe-core"})
