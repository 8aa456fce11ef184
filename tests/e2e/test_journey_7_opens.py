"""Journey 7: from an empty folder to the first request, on a real process of `pe serve`."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from people import Colleague, Person
from walks import OTHER, ask

from pe_core.toolkit.invented import Account
from serving import PE, serving, write_settings

pytestmark = pytest.mark.e2e

STEPS = 8


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """An embassy that one command opened and another one serves: its address, its invite."""
    address = write_settings(tmp_path)
    opening = subprocess.run([*PE, "init", "--json"], cwd=tmp_path, capture_output=True, check=True)
    with serving(tmp_path, address):
        yield address, json.loads(opening.stdout)["invite"]


@pytest.fixture
def come(
    opened: tuple[str, str], chromium: Any, texts: Any, plugins: Any
) -> Iterator[Callable[[], Person]]:
    """Meet somebody in front of that embassy, with a browser of their own and no scripts."""
    contexts = []

    def come() -> Person:
        context = chromium.new_context(base_url=opened[0], locale="be", java_script_enabled=False)
        contexts.append(context)
        return Person(context.new_page(), "be", texts, plugins.forms)

    yield come
    for context in contexts:
        context.close()


def test_an_embassy_opens_from_nothing_to_its_first_request(
    opened: tuple[str, str], come: Callable[[], Person]
) -> None:
    visitor, first, second = come(), come(), come()
    visitor.page.goto("/be/ask")
    closed = visitor.reads(visitor.words("core.trouble.not_open.title"))
    busel = _join(first, opened[1], "busel")
    first.open("staff/setup")
    begun = first.reads(first.words("staff.setup.live_not_yet"))
    zubr = _join(second, _invite(first, busel), "zubr")

    first.open("staff/setup")
    first.press("staff.setup.notices.confirm")
    first.press("staff.setup.retention.confirm")
    first.open("staff/setup/shares")
    for name in ("busel", "zubr"):
        first.page.get_by_role("checkbox", name=name).check(force=True)
    _step_up(first, busel, "staff.shares.button")
    first.sees("staff.setup.done.shares")
    second.open("staff/members")
    second.follow("staff.proposals.look")
    _step_up(second, zubr, "staff.proposals.confirm")
    for holder in (first, second):
        _write_share_down(holder)
    first.open("staff/setup")
    first.sees("staff.setup.progress", ready=STEPS, all=STEPS)
    _step_up(first, busel, "staff.setup.live_button")
    first.sees("staff.setup.done.live")
    receipt = ask(visitor, "zz.other", OTHER)
    first.open("staff")
    first.open_row(OTHER["story"][0])

    assert closed
    assert begun
    assert 24 == len(receipt)
    assert first.reads(OTHER["story"][0])


def _join(person: Person, invite: str, handle: str) -> Colleague:
    """Redeem an invite, write everything down, and unlock."""
    person.open("staff/join")
    person.fill("staff.join.code", invite)
    person.press("staff.join.continue")
    words = [item.strip() for item in person.page.locator("ol.seven li").all_inner_texts()]
    key = "".join(person.page.locator("p.groups.mono").inner_text().split())
    account = Account(handle=handle, passphrase=" ".join(words), totp_secret=key)
    colleague = Colleague(account, last_step=int(datetime.now(UTC).timestamp()) // 30 - 2)
    person.fill("staff.account.handle", handle)
    person.fill("staff.account.passphrase", account.passphrase)
    person.fill("staff.account.code", colleague.code())
    person.press("staff.account.button")
    person.unlock(colleague)
    return colleague


def _invite(person: Person, colleague: Colleague) -> str:
    person.open("staff/members/invite")
    person.choose("staff.role.coordinator")
    _step_up(person, colleague, "staff.invites.invite_button")
    return person.receipt()


def _step_up(person: Person, colleague: Colleague, button: str) -> None:
    person.fill("staff.step_up.label", colleague.account.passphrase)
    person.press(button)


def _write_share_down(person: Person) -> None:
    """Look at one's share, which is shown this once, and type two of its words back."""
    person.open("staff/shares")
    person.press("staff.share.show")
    words = [item.strip() for item in person.page.locator("ol.share li").all_inner_texts()]
    for number, word in enumerate(words, start=1):
        field = person.page.get_by_label(
            person.words("staff.share.word", number=number), exact=True
        )
        if field.count():
            field.fill(word)
    person.press("staff.share.confirm")
    person.sees("staff.share.done")
