"""A colleague of another embassy who means ill: their letters close no page and speak as nobody."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.model import Skill, Skilled
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import Ask, Transfer
from pe_core.network.bodies import decode_body, encode_body
from pe_core.network.preparing import CaseWords, Prepared, prepare_case
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED
from two_browsers import Pages, Run, two_browsers

OURS = ("staff.keys", "staff.referrals.erased", "staff.ask.fitting", "staff.emergency.title")
"""Keys of texts of ours: one needs a name, one a day, one is a plural, one sounds like us."""


@pytest.fixture
def pages(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Pages]:
    """Two embassies that know each other, and a coordinator of each in a browser."""
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as found:
        yield found


def ask_for(pages: Pages, **bent: Any) -> ThreadId:
    """Let the near embassy send an ask that no page of ours would make."""
    due = pages.two.clock.now().date() + timedelta(days=3)
    body = Ask(language="en", answer_by=due, **bent)
    raw = encode_body(body)
    thread = pages.two.near.begin(Prepared(peer=pages.two.far.code, kind=Kind.ASK, raw=raw))
    pages.two.carry()
    return thread


@pytest.mark.parametrize("code", [*OURS, "<b id=x>", ""])
def test_a_code_that_is_no_skill_stays_a_code(pages: Pages, code: str) -> None:
    thread = ask_for(pages, required=(Skill(code=code, level=Skilled.GOOD),), languages=("ko",))
    listed = pages.far.go("referrals")
    page = pages.far.go(f"referrals/{thread}")

    assert (200, 200) == (listed.status, page.status)
    assert code in listed.words and code in page.words
    assert [] == page.tree.xpath("//*[@id='x']")


@pytest.mark.parametrize("topic", ["staff.keys", "staff.leave", "staff.emergency"])
def test_a_topic_that_is_no_form_of_ours_is_told_by_its_title(pages: Pages, topic: str) -> None:
    _, request = pages.two.ask(ASKED[0])
    pages.two.agree(request, "paper")
    words = CaseWords(asked="Can you?", language="en")
    near = pages.two.near
    case = near.request(request)
    honest = prepare_case(near.desk, case, pages.two.far.code, Kind.TRANSFER, words)
    body = decode_body(honest.kind, honest.raw)
    assert isinstance(body, Transfer)
    bent = msgspec.structs.replace(body, topic=topic, title="What they chose there")
    thread = near.begin(msgspec.structs.replace(honest, raw=encode_body(bent)), request)
    pages.two.carry()
    listed = pages.far.go("referrals")
    pages.far.go(f"referrals/{thread}")
    taken = pages.far.send({"act": "accept"}, f"/referrals/{thread}")
    ours = pages.far.go("")

    assert [200, 200, 200] == [listed.status, taken.status, ours.status]
    assert "What they chose there" in listed.words
    assert "What they chose there" in ours.words
