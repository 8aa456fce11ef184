"""A guide or a letter that cannot be shown: its page alone says so, and coordinators read why."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pe_core.desk.desk import Desk
from pe_core.hooks.troubles import Kind
from pe_core.model import Guide, GuideText, Letter, LetterText
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.invented import Clock
from pe_core.web.public import guides, letters

Open = Callable[[], Browser]
DAY = date(2026, 11, 20)


def guide(name: str, body: str) -> Guide:
    return Guide(
        name=name,
        topics=(),
        jurisdiction="zz",
        authority="Office of Stays",
        checked_on=DAY,
        sources=(),
        texts={"en": GuideText(title=f"The guide {name}", summary="Short.", body=body)},
    )


@pytest.fixture(autouse=True)
def two_guides(pe_desk: Desk) -> None:
    """Two guides and a letter on the desk."""
    text = LetterText(title="A letter", summary="Short.", body="It asks.")
    letter = Letter(
        name="zz.letter",
        topics=(),
        jurisdiction="zz",
        authority="Office of Stays",
        language="en",
        body="We ask.",
        blanks=(),
        checked_on=DAY,
        sources=(),
        texts={"en": text},
    )
    pe_desk.guides = {name: guide(name, name) for name in ("zz.broken", "zz.well")}
    pe_desk.letters = {"zz.letter": letter}


def test_a_guide_that_cannot_be_rendered_fails_alone_and_costs_one_log_line(
    pe_desk: Desk,
    pe_browser: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real = guides.render_markdown

    def render(body: str) -> Any:
        if body == "zz.broken":
            raise ValueError("words of a plugin")
        return real(body)

    monkeypatch.setattr(guides, "render_markdown", render)
    browser = pe_browser()

    statuses = [browser.go("/en/guides/zz.broken").status for _ in range(3)]
    others = [browser.go(path).status for path in ("/en/guides", "/en/guides/zz.well", "/en/")]

    assert [500, 500, 500] == statuses
    assert [200, 200, 200] == others
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("pe.")]
    assert line.startswith(
        "plugin zz: the page of zz.broken is switched off (ValueError at pe_core"
    )
    assert "words of a plugin" not in caplog.text

    pe_desk.troubles.switch_on("zz.broken")
    monkeypatch.undo()
    assert 200 == browser.go("/en/guides/zz.broken").status


def test_a_letter_that_cannot_be_shown_or_filled_fails_alone(
    pe_desk: Desk, pe_clock: Clock, pe_browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = pe_browser()
    browser.go("/en/letters/zz.letter")
    pe_clock.move(seconds=6)
    monkeypatch.setattr(letters, "fill", lambda *_: 1 / 0)

    filled = browser.send(form="/zz.letter").status
    shown = browser.go("/en/letters/zz.letter").status

    assert [500, 500] == [filled, shown]
    assert [(Kind.PAGE, "zz.letter")] == [(t.kind, t.part) for t in pe_desk.troubles.all()]
    assert 200 == browser.go("/en/guides/zz.well").status


def test_what_is_not_there_is_no_trouble(pe_desk: Desk, pe_browser: Open) -> None:
    assert 404 == pe_browser().go("/en/guides/zz.nothing").status
    assert () == pe_desk.troubles.all()
