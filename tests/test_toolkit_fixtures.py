"""The fixtures that plugin authors have, and the guards that stop a test and say the mend."""

from pathlib import Path

import pytest

from inner import installed, run_tests
from pe_core import (
    Answers,
    Event,
    Form,
    Instance,
    Listener,
    MemberJoined,
    RequestSubmitted,
    hookimpl,
)
from pe_core.errors import PluginError, SettingsError
from pe_core.model import ReplySent, StateChanged
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.bringing import settings_for
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.coordinator import Coordinator
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.examples import typed_by_number, ways
from pe_core.toolkit.invented import Clock
from pe_core.toolkit.outbox import Outbox
from pe_core.toolkit.pytest_plugin import Register

GUARDED = """
import asyncio, smtplib, socket

import pytest


def test_connects():
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.01)
    except Exception:
        pass


def test_looks_up():
    socket.getaddrinfo("office.example", 443)


def test_writes():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))


def test_mails():
    smtplib.SMTP("127.0.0.1", 2525)


def test_mails_by_itself():
    socket.create_connection(("127.0.0.1", 25), timeout=0.01)


def test_forgets_to_await():
    async def ring(): ...

    ring()


def test_stays_here():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_is_told_its_plugins(pe_plugins):
    assert ("aa", "bb") == pe_plugins
"""
SAID = {
    "connects": "reach the network (192.0.2.1): give the plugin an object that answers",
    "looks_up": "reach the network (office.example)",
    "writes": "reach the network (192.0.2.1)",
    "mails": "send mail (smtplib to 127.0.0.1:2525): give the notifier an object that keeps",
    "mails_by_itself": "send mail (port 25)",
    "forgets_to_await": "never awaited: test_forgets_to_await.<locals>.ring; write `await`",
}


class Ear:
    """A listener that keeps the kinds of what it hears."""

    name = "test.ear"

    def __init__(self, fails: bool = False) -> None:
        self.heard: list[type[Event]] = []
        self.fails = fails

    async def hear(self, event: Event) -> None:
        if self.fails:
            raise RuntimeError
        self.heard.append(type(event))


class Bringing:
    """A plugin of one object."""

    def __init__(self, *listeners: Listener) -> None:
        self.listeners = listeners

    @hookimpl
    def register_listeners(self, instance: Instance) -> list[Listener]:
        """Bring what was given."""
        return list(self.listeners)


class Asking:
    """A plugin of one form, which somebody forgot to name after it."""

    name = "other.form"

    @hookimpl
    def register_forms(self) -> list[Form]:
        """Bring a form without questions."""
        return [Form(name=self.name, answers=Answers)]


def test_an_instance_runs_the_named_plugins_on_real_files(pe_instance: TestEmbassy) -> None:
    assert ("zz",) == pe_instance.plugins.names
    assert "zz" == pe_instance.embassy.code
    assert "http://127.0.0.1:8000" == pe_instance.address
    assert (pe_instance.folder / "drafts").is_dir()


def test_an_embassy_made_for_the_tests_plugin_is_the_cores_own_example() -> None:
    assert example_settings() == settings_for(["zz"])


@pytest.mark.pe_settings(zz={"bell": False})
def test_a_marker_fills_a_plugins_table(pe_instance: TestEmbassy) -> None:
    assert () == pe_instance.plugins.listeners


def test_a_client_asks_a_coordinator_answers_and_the_outbox_tells(
    pe_instance: TestEmbassy,
    pe_client: Browser,
    pe_clock: Clock,
    pe_outbox: Outbox,
    pe_coordinator: Coordinator,
) -> None:
    form = pe_instance.desk.forms["zz.bed"]
    receipt = Asker(pe_client, pe_clock).ask(form.name, typed_by_number(form, ways(form, {})[0]))
    (entry,) = pe_coordinator.list_requests()
    opened = pe_coordinator.open(entry.id)
    pe_coordinator.answer(entry.id, "Come tonight.")
    waiting = pe_outbox.waiting()
    told = pe_outbox.empty()

    assert "zz.bed" == opened.original.form
    assert [MemberJoined, RequestSubmitted, ReplySent, StateChanged] == [
        type(event) for event in told
    ]
    assert told == waiting == pe_outbox.told
    assert [] == pe_outbox.empty() == pe_outbox.waiting()
    assert "Come tonight." in Asker(pe_client, pe_clock).come_back(receipt).words


def test_a_registered_plugin_hears_and_is_gone_afterwards(
    pe_register: Register, pe_outbox: Outbox, pe_instance: TestEmbassy
) -> None:
    ear = Ear()

    plugins = pe_register(Bringing(ear))
    pe_outbox.empty()

    assert ("zz", "test") == plugins.names
    assert plugins is pe_instance.desk.plugins
    assert [MemberJoined] == ear.heard


def test_the_next_test_knows_nothing_of_it(pe_instance: TestEmbassy) -> None:
    assert ("zz",) == pe_instance.plugins.names


def test_a_registered_plugins_faults_raise_as_at_the_start(pe_register: Register) -> None:
    with pytest.raises(PluginError, match=r"'other\.form' must start with 'test\.'"):
        pe_register(Asking())


def test_a_registered_form_is_on_the_pages_of_a_client_that_was_there(
    pe_register: Register, pe_client: Browser, tmp_path: Path
) -> None:
    locales = tmp_path / "plugin" / "locales"
    locales.mkdir(parents=True)
    texts = {"test.ask.title": "Something new", "test.ask.summary": "Ask."}
    entries = [f'msgid "{key}"\nmsgstr "{text}"\n' for key, text in texts.items()]
    (locales / "en.po").write_text("\n".join(entries), encoding="utf-8")
    before = pe_client.go("/en/ask").words
    asking = Asking()
    asking.name = "test.ask"

    pe_register(asking, folder=tmp_path / "plugin")

    assert "Something new" not in before
    assert "Something new" in pe_client.go("/en/ask").words


def test_an_outbox_says_when_a_listener_fails(pe_register: Register, pe_outbox: Outbox) -> None:
    pe_register(Bringing(Ear(fails=True)))

    with pytest.raises(AssertionError, match=r"fails on MemberJoined .* await its hear\(event\)"):
        pe_outbox.empty()


def test_an_embassy_needs_a_plugin_that_brings_a_jurisdiction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in installed("nothing", "").items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(SettingsError, match=r'name one that does, such as pe_plugins = \["zz"'):
        settings_for(["nothing"])


def test_a_guard_fails_what_leaves_this_machine_and_says_what_to_do(tmp_path: Path) -> None:
    outcomes = run_tests(tmp_path, {"test_guarded.py": GUARDED}, "pe_plugins = aa bb")

    failed = {
        name.removeprefix("test_guarded.test_"): said
        for name, (outcome, said) in outcomes.items()
        if outcome != "passed"
    }
    assert SAID.keys() == failed.keys()
    assert {} == {name: said for name, said in failed.items() if SAID[name] not in said}
