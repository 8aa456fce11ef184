"""`pe demo`: embassies as real processes, that are peers and end together."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pe_core.cli.demo_places import (
    demo_settings,
    every_deployment,
    one_embassy,
    two_embassies,
    write_settings,
)
from pe_core.settings import RingsSettings, RingTo, read_settings
from serving import PE, ROOT, free_port

TEAM = ["busel", "zubr"]
HELPING = ["bocian", "sinica", "dziacel", "kniharka", "lastauka", "salaviej", "ziaziula"]


@dataclass
class Shown:
    """A demo that runs: its process, what its ready file says, and at its end what it printed."""

    process: subprocess.Popen[str]
    embassies: list[Any]
    output: str = ""


@contextmanager
def demo(folder: Path, *more: str) -> Iterator[Shown]:
    """Run a demo until the block ends; it and all its embassies must then have ended."""
    ready = folder / "ready.json"
    command = [*PE, "demo", *more, "--port", str(free_port(2)), "--dir", str(folder / "d")]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    deadline = time.monotonic() + 120
    while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    shown = Shown(process, [])
    try:
        assert ready.exists()
        shown.embassies = json.loads(ready.read_text(encoding="utf-8"))["embassies"]
        yield shown
    finally:
        process.send_signal(signal.SIGTERM)
        shown.output = process.communicate(timeout=60)[0]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def peers_of(folder: Path, code: str) -> dict[str, str]:
    """Return the state of each peer, as `pe peer list` says it beside the running embassy."""
    config = folder / "d" / code / "pe.toml"
    told = subprocess.run(
        [*PE, "peer", "list", "--json", "--config", str(config)],
        capture_output=True,
        text=True,
        check=True,
    )
    return {peer["code"]: peer["state"] for peer in json.loads(told.stdout)}


def letters_of(folder: Path, code: str) -> tuple[list[str], int]:
    """Return the states of an embassy's conversations, and how many letters came to it."""
    path = folder / "d" / code / "data" / "instance.sqlite"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        states = database.execute("SELECT state FROM referrals ORDER BY state").fetchall()
        (came,) = database.execute("SELECT count(*) FROM incoming WHERE thread <> ''").fetchone()
    return [state for (state,) in states], came


def handles(embassy: dict[str, Any], role: str) -> list[str]:
    return [account["handle"] for account in embassy["accounts"] if account["role"] == role]


@pytest.mark.parametrize(
    ("more", "requests", "name"),
    [
        (["--alone"], 6, "People's Embassy of Belarus in Exampleland"),
        (["--plugin", "zz"], 3, "Example embassy"),
    ],
)
def test_a_demo_of_one_embassy_is_scriptable(
    tmp_path: Path, more: list[str], requests: int, name: str
) -> None:
    with demo(tmp_path, *more) as shown:
        (embassy,) = shown.embassies
        home = httpx.get(embassy["url"], follow_redirects=True)

    assert 0 == shown.process.returncode
    assert 200 == home.status_code
    assert {"code", "url", "staff_url", "accounts", "receipts", "recovery_shares"} == set(embassy)
    assert (TEAM, HELPING) == (handles(embassy, "coordinator"), handles(embassy, "volunteer"))
    assert requests == len(embassy["receipts"])
    assert f"{name} is open. Everybody in it is invented." in shown.output


def test_a_demo_has_two_embassies_that_are_peers_and_ends_if_one_of_them_does(
    tmp_path: Path,
) -> None:
    with demo(tmp_path) as shown:
        addresses = [one["url"] for one in shown.embassies]
        homes = [httpx.get(url, follow_redirects=True).status_code for url in addresses]
        peers = [peers_of(tmp_path, one["code"]) for one in shown.embassies]
        children = Path(f"/proc/{shown.process.pid}/task/{shown.process.pid}/children")
        _, second = map(int, children.read_text(encoding="ascii").split())
        os.kill(second, signal.SIGKILL)
        shown.process.wait(timeout=60)

    assert ["zz", "pl"] == [one["code"] for one in shown.embassies]
    assert [200, 200] == homes
    assert [{"pl": "active"}, {"zz": "active"}] == peers
    assert (["accepted", "answered", "waiting"], 2) == letters_of(tmp_path, "pl")
    assert (["waiting", "waiting"], 3) == letters_of(tmp_path, "zz"), "nobody has looked yet"
    assert "They are peers" in shown.output
    assert 1 == shown.process.returncode
    assert "the embassy pl has ended by itself" in shown.output


def test_a_world_is_every_folder_of_deployments_all_of_them_peers(tmp_path: Path) -> None:
    codes = ["lt", "zz"]
    for code in codes:
        (tmp_path / "world" / code).mkdir(parents=True)
        shutil.copy(ROOT / "deployments" / code / "pe.toml", tmp_path / "world" / code)

    lt = tmp_path / "world/lt/pe.toml"
    nameless = [line for line in lt.read_text().splitlines() if not line.startswith("en = ")]
    lt.write_text("\n".join(nameless), encoding="utf-8")
    with demo(tmp_path, "--world", "--deployments", str(tmp_path / "world")) as shown:
        peers = {one["code"]: peers_of(tmp_path, one["code"]) for one in shown.embassies}
        asked = [len(one["receipts"]) for one in shown.embassies]

    assert {code: {c: "active" for c in codes if c != code} for code in codes} == peers
    assert min(asked) >= 3
    assert f"{read_settings(lt).embassy.names['be']} is open." in shown.output


def test_a_world_is_kept_in_its_own_folder_and_rings_nobody(tmp_path: Path) -> None:
    file = tmp_path / "world/zz/pe.toml"
    file.parent.mkdir(parents=True)
    real = (ROOT / "deployments/zz/pe.toml").read_text(encoding="utf-8")
    rings = '[rings]\nto = [{ notifier = "zz.desk", address = "real" }]\nat = ["09:00"]\n'
    file.write_text(f'data = "{tmp_path}/real"\n{real}\n{rings}', encoding="utf-8")
    (place,) = every_deployment(tmp_path / "d", 8000, tmp_path / "world")

    assert tmp_path / "d/zz/data" == place.data
    assert () == place.settings.rings.to


def test_a_demo_that_is_stopped_while_it_is_made_ends_well_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(
        [*PE, "demo", "--port", str(free_port(2)), "--dir", str(tmp_path / "d")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    inventing = process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)

    assert "Inventing people" in inventing
    assert 0 == process.returncode
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_of_two_ports_that_are_taken_both_are_said(tmp_path: Path) -> None:
    with socket.socket() as first, socket.socket() as second:
        port = free_port(2)
        for place, taken in enumerate((first, second)):
            taken.bind(("127.0.0.1", port + place))
            taken.listen()
        wanted = [*PE, "demo", "--port", str(port), "--dir", str(tmp_path / "d")]
        told = subprocess.run(wanted, capture_output=True, text=True, check=False)

    assert f"ports {port}, {port + 1} are taken; choose another --port" in told.stderr


def test_a_port_that_is_taken_is_said_before_anything_is_invented(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        wanted = [*PE, "demo", "--port", port, "--dir", str(tmp_path / "d")]
        told = subprocess.run(wanted, capture_output=True, text=True, check=False)

    assert 1 == told.returncode
    assert f"port {port} is taken; choose another --port" in told.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("port", "code", "says"),
    [
        ("99999", 2, "'--port': 99999 is not in the range 1<=x<=65535"),
        ("0", 2, "'--port': 0 is not in the range 1<=x<=65535"),
        ("abc", 2, "'--port': 'abc' is not a valid integer"),
        ("65535", 1, "pe: 2 embassies need ports up to 65536, and the last is 65535"),
    ],
)
def test_a_port_that_there_is_not_is_said_before_anything_is_invented(
    tmp_path: Path, port: str, code: int, says: str
) -> None:
    wanted = [*PE, "demo", "--port", port, "--dir", str(tmp_path / "d")]
    told = subprocess.run(wanted, capture_output=True, text=True, check=False)

    assert code == told.returncode
    assert says in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "d").exists()


def test_a_demo_of_a_plugin_that_is_not_there_says_what_is(tmp_path: Path) -> None:
    wanted = [*PE, "demo", "--plugin", "qq", "--dir", str(tmp_path / "d")]
    told = subprocess.run(wanted, capture_output=True, text=True, check=False)

    assert 1 == told.returncode
    assert "qq: not installed" in told.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--world", "--alone"], "--world has all embassies"),
        (["--world", "--deployments", "nowhere"], "nowhere has no folder with a pe.toml"),
    ],
)
def test_a_world_that_cannot_be_says_why(tmp_path: Path, more: list[str], says: str) -> None:
    told = subprocess.run(
        [*PE, "demo", *more], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert 1 == told.returncode
    assert says in told.stderr


def test_each_embassy_may_speak_with_the_others_and_with_nobody_else_inside(
    tmp_path: Path,
) -> None:
    first, second = two_embassies(tmp_path, 8000)

    assert ("127.0.0.1:8001",) == first.settings.door.allow
    assert ("127.0.0.1:8000",) == second.settings.door.allow
    assert () == one_embassy(tmp_path, 8000)[0].settings.door.allow


def test_what_is_written_into_a_pe_toml_is_read_again(tmp_path: Path) -> None:
    (place,) = one_embassy(tmp_path, 8000)
    settings = msgspec.structs.replace(
        demo_settings(8000),
        rings=RingsSettings(to=(RingTo(notifier="zz.bell", address='a "quoted" \\ one'),)),
        plugin={"zz": {"bell": False, "a key with spaces": [1, 2]}},
    )

    file = write_settings(msgspec.structs.replace(place, settings=settings))

    assert settings == read_settings(file)


def test_the_demo_never_touches_a_folder_that_is_no_demo(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("keep me")

    wanted = [*PE, "demo", "--dir", str(tmp_path)]
    refused = subprocess.run(wanted, capture_output=True, text=True, check=False)

    assert 1 == refused.returncode
    assert "no demo" in refused.stderr
    assert ["precious.txt"] == [path.name for path in tmp_path.iterdir()]
