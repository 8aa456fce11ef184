"""The page of plugins, and what happens when one of them fails while people ask for help."""

import logging
import subprocess
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.desk import intake
from pe_core.desk.checking import check_answers
from pe_core.desk.desk import Desk
from pe_core.hooks import fingerprint
from pe_core.hooks.ranking import part_of
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.model import Form, Problem, Where
from pe_core.store import CountRow, RequestRow
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
MARKER = "My permit ends and my passport is not valid."
"""What an asker types into ``zz.paper`` (``toolkit.asker``)."""
OTHER = {"story": "nothing to be checked"}


def raise_answer(answers: Any) -> Iterable[Problem]:
    raise ValueError(f"cannot check {answers.story}")


def end_process(answers: Any) -> Iterable[Problem]:
    raise SystemExit(answers.story)


def print_answer(answers: Any) -> Iterable[Problem]:
    print(answers.story)  # noqa: T201
    return ()


def find_for_ever(answers: Any) -> Iterable[Problem]:
    while True:
        yield Problem(field="story", code="too_long", limits={"limit": 1})


def planted(desk: Desk, name: str, check: Callable[[Any], Any]) -> Form:
    """Give a form of the desk another check."""
    form = msgspec.structs.replace(desk.forms[name], check=check)
    desk.forms = {**desk.forms, name: form}
    return form


@pytest.fixture
def colleague(pe_embassy: TestEmbassy, pe_browser: Open, pe_clock: Clock) -> Browser:
    """A coordinator in a browser."""
    browser = pe_browser()
    browser.go("/en/staff/unlock")
    account = pe_embassy.account
    code = account.code(pe_clock.now())
    browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})
    return browser


def plugins_page(browser: Browser) -> Page:
    return browser.go("/en/staff/plugins")


def test_the_page_says_what_is_enabled_and_what_it_adds(colleague: Browser) -> None:
    page = plugins_page(colleague)
    rows = {
        " ".join(row.xpath("dt")[0].text_content().split()): [
            item.text_content() for item in row.xpath("dd//li")
        ]
        for row in page.tree.xpath("//section[@class='plugin']//dl/div")
    }

    assert 200 == page.status
    assert "Portal" == page.title
    assert ["zz"] == [h.text_content() for h in page.tree.xpath("//section//h3")]
    assert ["Exampleland (zz)"] == rows["Law of"]
    assert 3 == len(rows["Topics"])
    assert ["zz.bell"] == rows["Listeners"]
    assert "Беларуская" in rows["Languages of its texts"]
    assert "Its code could read whatever" in page.words
    assert "Switched off" not in page.words


def test_the_page_names_what_is_installed_and_not_enabled(colleague: Browser) -> None:
    page = plugins_page(colleague)
    others = page.tree.xpath("//ul[@aria-labelledby='others']/li/b")

    assert "pl" in {" ".join(other.text_content().split()) for other in others}
    assert "zz" not in {" ".join(other.text_content().split()) for other in others}


def test_the_fingerprint_is_that_of_the_files_as_any_machine_reckons_it(
    colleague: Browser, pe_embassy: TestEmbassy
) -> None:
    folder = pe_embassy.plugins.folders["zz"]
    command = (
        f"find {folder.name} -type f -not -path '*/__pycache__/*' "
        "| LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder.parent, capture_output=True, text=True, check=True
    )

    (shown,) = plugins_page(colleague).tree.xpath("//code[@class='whole']/text()")

    assert done.stdout.split()[0] == shown


def test_another_byte_in_any_file_is_another_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "pe_embassy_aa"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "a.py").write_text("a")
    before = fingerprint(folder)

    (folder / "__pycache__" / "a.pyc").write_text("b")
    same = fingerprint(folder)
    (folder / "a.py").rename(folder / "b.py")
    renamed = fingerprint(folder)
    (folder / "b.py").write_text("b")

    assert before == same
    assert 3 == len({before, renamed, fingerprint(folder)})


def test_the_set_up_page_leads_to_it_and_nobody_else_reaches_it(
    colleague: Browser, pe_browser: Open
) -> None:
    links = colleague.go("/en/staff/setup").tree.xpath("//a/@href")

    assert "/en/staff/plugins" in links
    assert pe_browser().go("/en/staff/plugins").path.endswith("/unlock")


def test_an_asker_gets_the_receipt_though_the_check_of_a_plugin_raises(
    pe_desk: Desk,
    pe_run: Run,
    pe_clock: Clock,
    pe_browser: Open,
    colleague: Browser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    planted(pe_desk, "zz.paper", raise_answer)

    with caplog.at_level(logging.DEBUG):
        receipt = Asker(pe_browser(), pe_clock).ask()
        again = Asker(pe_browser(), pe_clock).ask()
    page = plugins_page(colleague)

    assert [6, 6] == [len(receipt.split()), len(again.split())]
    assert 2 == pe_run(pe_desk.store.count(RequestRow))
    assert MARKER not in caplog.text
    line = raise_answer.__code__.co_firstlineno + 1
    assert [
        "plugin zz: the check of zz.paper is switched off "
        f"(ValueError at tests/test_web_staff_plugins.py:{line}); see the plugin page"
    ] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "Switched off" in page.words
    assert "It raised ValueError at tests/test_web_staff_plugins.py:" in page.words
    assert MARKER not in page.text


def test_a_check_is_tried_again_by_a_coordinator_and_the_trail_says_so(
    pe_desk: Desk, pe_clock: Clock, pe_browser: Open, colleague: Browser
) -> None:
    form = pe_desk.forms["zz.paper"]
    planted(pe_desk, "zz.paper", raise_answer)
    Asker(pe_browser(), pe_clock).to_check()
    pe_desk.forms = {**pe_desk.forms, "zz.paper": form}
    plugins_page(colleague)

    done = colleague.send(form="/plugins")
    trail = colleague.go("/en/staff/trail").words

    assert "It is switched on again." in done.words
    assert "Switched off" not in done.words
    assert () == pe_desk.troubles.all()
    assert "Switched a part of a plugin on againzz.paper" in trail


def test_the_list_of_requests_says_that_something_is_off_and_leads_to_it(
    pe_desk: Desk, colleague: Browser
) -> None:
    before = colleague.go("/en/staff")
    pe_desk.troubles.switch_off(Kind.LISTENER, "zz.bell", "OSError")
    after = colleague.go("/en/staff")

    assert "Something in a plugin failed" not in before.words
    assert "Something in a plugin failed and is switched off" in after.words
    assert "/en/staff/plugins" in after.tree.xpath("//main//a/@href")


def test_what_is_not_off_cannot_be_switched_on(pe_desk: Desk, colleague: Browser) -> None:
    pe_desk.troubles.switch_off(Kind.CHECK, "zz.bed", "slow")
    plugins_page(colleague)

    page = colleague.send({"part": "zz.paper"}, form="/plugins")

    assert 404 == page.status
    assert ["zz.bed"] == [trouble.part for trouble in pe_desk.troubles.all()]


@pytest.mark.parametrize(
    ("check", "what"),
    [
        (raise_answer, "ValueError"),
        (end_process, "SystemExit"),
        (print_answer, "printed"),
        (find_for_ever, "endless"),
        (lambda _: None, "TypeError"),
        (lambda _: 7, "TypeError"),
        (lambda _: ["story"], "no_problem"),
        (lambda _: [Problem(field="nothing", code="required")], "no_problem"),
        (lambda _: [Problem(field="story", code="of_no_text")], "no_text"),
    ],
)
def test_a_check_that_fails_in_any_way_is_as_if_it_found_nothing(
    pe_desk: Desk, capfd: pytest.CaptureFixture[str], check: Callable[[Any], Any], what: str
) -> None:
    form = planted(pe_desk, "zz.other", check)

    found = check_answers(pe_desk, form, OTHER)

    assert () == found
    assert [what] == [trouble.what for trouble in pe_desk.troubles.all()]
    assert ("", "") == capfd.readouterr()


@pytest.mark.parametrize(("seconds", "is_off"), [(1.0, False), (1.01, True)])
def test_a_check_that_takes_longer_than_a_second_is_switched_off(
    pe_desk: Desk, pe_clock: Clock, seconds: float, is_off: bool
) -> None:
    ticks = iter((0.0, seconds))
    pe_desk.troubles = Troubles(pe_clock.now, clock=lambda: next(ticks))
    wrong = Problem(field="story", code="required")
    form = planted(pe_desk, "zz.other", lambda _: [wrong])

    found = check_answers(pe_desk, form, OTHER)

    assert (() if is_off else (wrong,)) == found
    assert is_off is pe_desk.troubles.is_off(Kind.CHECK, "zz.other")


def test_an_order_of_suggestions_is_told_and_one_that_is_off_is_tried_again(
    pe_desk: Desk, colleague: Browser
) -> None:
    before = colleague.go("/en/staff/plugins").words
    pe_desk.troubles.switch_off(Kind.RANKING, part_of("zz"), "no_suggestions")
    off = colleague.go("/en/staff/plugins").words
    done = colleague.send(form="/plugins").words

    assert "Has a say in the order ofsuggested volunteers" in before
    assert "For volunteersHelping in Exampleland" in before
    assert "is given the needs and the cards of volunteers" in before
    assert "Order of suggestions: zz" in off
    assert "It returned something that is no list of suggestions." in off
    assert "Volunteers are suggested in the portal's own order." in off
    assert "It is switched on again." in done


def test_a_check_that_is_off_is_not_asked_until_it_is_on_again(pe_desk: Desk) -> None:
    asked: list[str] = []

    def check(answers: Any) -> Iterable[Problem]:
        asked.append(answers.story)
        raise ValueError

    form = planted(pe_desk, "zz.other", check)

    for _ in range(3):
        check_answers(pe_desk, form, OTHER)
    assert 1 == len(asked)
    pe_desk.troubles.switch_on("zz.other")
    check_answers(pe_desk, form, OTHER)

    assert 2 == len(asked)


def test_a_check_that_finds_something_is_heard(pe_desk: Desk) -> None:
    form = pe_desk.forms["zz.paper"]
    answers: dict[str, Any] = {
        "paper": "passport",
        "region": "coast",
        "offices": ["stays", "none"],
        "refused": False,
        "story": "...",
    }

    found = check_answers(pe_desk, form, answers)

    assert [Problem(field="offices", code="none_and_some")] == list(found)
    assert () == pe_desk.troubles.all()


def test_a_field_problem_keeps_the_check_from_being_asked(pe_desk: Desk) -> None:
    form = planted(pe_desk, "zz.other", raise_answer)

    (found,) = check_answers(pe_desk, form, {})

    assert Problem(field="story", code="required") == found
    assert () == pe_desk.troubles.all()


def test_a_request_is_sealed_and_counted_though_its_check_raises(
    pe_desk: Desk, pe_run: Run
) -> None:
    planted(pe_desk, "zz.other", raise_answer)
    _, draft = intake.begin(pe_desk, "zz.other", "en")
    intake.set_where(draft, Where.ABROAD)
    intake.give_answer(draft, "story", ["anything"])

    receipt = pe_run(intake.submit(pe_desk, draft))

    assert 24 == len(receipt)
    assert 1 == pe_run(pe_desk.store.count(CountRow))


@given(st.lists(st.sampled_from(["fails", "again"]), max_size=30))
def test_a_flood_of_failures_costs_one_log_line_until_somebody_tries_again(acts: list[str]) -> None:
    lines: list[str] = []
    listening = _Lines(lines)
    log = logging.getLogger("pe.plugins")
    log.addHandler(listening)
    troubles, expected, is_off = Troubles(_never), 0, False
    try:
        for act in acts:
            if act == "again":
                troubles.switch_on("aa.help")
                is_off = False
            else:
                troubles.raised(Kind.CHECK, "aa.help", ValueError("words"), raise_answer)
                expected += not is_off
                is_off = True
    finally:
        log.removeHandler(listening)

    assert expected == len(lines)
    assert "words" not in "".join(lines)


class _Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _never() -> Any:
    return None
