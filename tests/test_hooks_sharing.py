"""What plugins hold back from other embassies, and that nothing leaves where one of them fails."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pe_core import HelpRequest, Instance, Sharing, hookimpl
from pe_core.errors import NotAllowed
from pe_core.hooks import Plugins, load_plugins
from pe_core.hooks.sharing import narrow, part_of
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.model import Answer, FileNote, Original, RequestId, State, Summary, Where
from pe_core.model.peer import PeerCode
from pe_core.model.week import Week
from pe_core.settings import embassy_of
from pe_core.toolkit.embassy import example_settings
from test_hooks import found, module_with

SECRET = "Zlata the singer"
PEER = PeerCode("yy")
ASKED: list[Any] = []


def now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


def help_request(*fields: str) -> HelpRequest:
    told: dict[str, Any] = {"form": "aa.ask", "title": "", "language": "be", "where": Where.ABROAD}
    answers = tuple(Answer(field=f, question=f, value=SECRET, shown=SECRET) for f in fields)
    return HelpRequest(
        id=RequestId("a"),
        state=State.TRIAGE,
        week=Week(1),
        keep_until=Week(2),
        original=Original(
            form_version="1",
            answers=answers,
            reply_key=b"",
            submitted=now(),
            keep_weeks=12,
            **told,
        ),
        summary=Summary(revision=1, submitted=now(), **told),
    )


REQUEST = help_request("paper", "story")


def plugins_with(**rules: Callable[..., Any]) -> Plugins:
    modules = {name: module_with(may_share=hookimpl(rule)) for name, rule in rules.items()}
    instance = Instance(embassy_of(example_settings()), "http://127.0.0.1:8000", now, {})
    return load_plugins(list(rules), instance, found(**modules))


@pytest.fixture
def troubles() -> Troubles:
    return Troubles(now, clock=lambda: 0.0)


def test_where_no_plugin_has_a_rule_the_asker_alone_decides(troubles: Troubles) -> None:
    assert narrow(plugins_with(), REQUEST, PEER, troubles) is None
    assert narrow(plugins_with(aa=lambda peer: None), REQUEST, PEER, troubles) is None


def test_the_first_plugin_of_the_configuration_that_has_a_rule_is_heard(
    troubles: Troubles,
) -> None:
    plugins = plugins_with(
        aa=lambda: None,
        bb=lambda: Sharing(fields=("story",)),
        cc=lambda: Sharing(fields=("paper",)),
    )

    assert Sharing(fields=("story",)) == narrow(plugins, REQUEST, PEER, troubles)


def test_a_rule_is_told_the_request_and_where_it_would_go(troubles: Troubles) -> None:
    ASKED.clear()

    narrow(plugins_with(aa=_note), REQUEST, PEER, troubles)

    assert [(REQUEST, "yy")] == ASKED


def _note(help_request: HelpRequest, peer: str) -> None:
    ASKED.append((help_request, peer))


def test_fields_that_a_request_does_not_have_are_dropped(troubles: Troubles) -> None:
    answer = Sharing(fields=("story", SECRET, "story", "more"))

    assert Sharing(fields=("story",)) == narrow(
        plugins_with(aa=lambda: answer), REQUEST, PEER, troubles
    )


def _raise(help_request: HelpRequest) -> None:
    raise ValueError(help_request.original.answers[0].shown)


def _end(help_request: HelpRequest) -> None:
    raise SystemExit(SECRET)


def _print() -> Sharing:
    print(SECRET)  # noqa: T201
    return Sharing(fields=())


def _mutter() -> None:
    sys.stderr.write(SECRET)


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        (_raise, "ValueError"),
        (_end, "SystemExit"),
        (_print, "printed"),
        (_mutter, "printed"),
        (lambda: ("story",), "TypeError"),
        (lambda: "story", "TypeError"),
        (lambda: True, "TypeError"),
        (lambda: Sharing(fields="story"), "TypeError"),  # type: ignore[arg-type]
        (lambda: Sharing(fields=None), "TypeError"),  # type: ignore[arg-type]
        (lambda: Sharing(fields=([],)), "TypeError"),  # type: ignore[arg-type]
    ],
)
def test_where_a_rule_fails_nothing_leaves_until_it_is_on_again(
    troubles: Troubles,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    rule: Callable[..., Any],
    what: str,
) -> None:
    plugins = plugins_with(aa=rule, bb=lambda: Sharing(fields=("story",)))

    for _ in range(2):
        with pytest.raises(NotAllowed, match="rule_failed"):
            narrow(plugins, REQUEST, PEER, troubles)

    (off,) = troubles.all()
    assert (Kind.SHARING, "aa.may_share", "aa", what) == (off.kind, off.part, off.plugin, off.what)
    assert SECRET not in caplog.text
    assert ("", "") == capfd.readouterr()


def test_a_rule_that_takes_longer_than_a_second_lets_nothing_go() -> None:
    ticks = iter((0.0, 1.01))
    slow = Troubles(now, clock=lambda: next(ticks))

    with pytest.raises(NotAllowed):
        narrow(plugins_with(aa=lambda: None), REQUEST, PEER, slow)

    assert slow.is_off(Kind.SHARING, part_of("aa"))


def test_a_rule_that_was_switched_on_again_is_asked_again(troubles: Troubles) -> None:
    ASKED.clear()
    plugins = plugins_with(aa=_raise_once)

    with pytest.raises(NotAllowed):
        narrow(plugins, REQUEST, PEER, troubles)
    troubles.switch_on("aa.may_share")

    assert Sharing(fields=()) == narrow(plugins, REQUEST, PEER, troubles)


def _raise_once() -> Sharing:
    ASKED.append(1)
    if len(ASKED) == 1:
        raise ValueError
    return Sharing(fields=())


FILES = (FileNote(id="one", media_type="image/png", size=9),)
WITH_FILES = msgspec.structs.replace(
    REQUEST, original=msgspec.structs.replace(REQUEST.original, files=FILES)
)


@pytest.mark.parametrize(
    ("named", "expected"),
    [(("story",), ("story",)), (("file:one", "story"), ("file:one", "story")), (("one",), ())],
)
def test_a_file_goes_only_where_a_rule_names_it(
    troubles: Troubles, named: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    plugins = plugins_with(aa=lambda: Sharing(fields=named))

    assert Sharing(fields=expected) == narrow(plugins, WITH_FILES, PEER, troubles)
    assert Sharing(fields=()) == narrow(
        plugins_with(aa=lambda: Sharing(fields=("file:one",))), REQUEST, PEER, troubles
    )
