"""A seized server tells nobody anything: the promise of the project, on a real process.

Markers go through every question of every form, a file's metadata, a word, a reply, a note of
a move and a handle; then everything that the process left is searched: database and WAL, the
data folder, the log, the temporary folder, the working directory; once while it runs and once
after it was killed.
"""

import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.model import Form
from pe_core.rules.forms import Question, questions
from pe_core.rules.receipts import show_receipt
from pe_core.settings import embassy_of
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import example_settings
from pe_core.toolkit.invented import Account, demo_start
from pe_core.toolkit.searching import spellings
from serving import PE, open_the_doors, serving, write_settings

Run = Callable[[Awaitable[Any]], Any]
MARK = "Жураўлінка-Zhuravinka"
"""Plainly a marker, half in Cyrillic, so that every way of writing bytes is tried."""
HANDLE = "zhuravinka.handle"


def found_in(folder: Path, texts: list[str]) -> list[str]:
    """Return which files of a folder hold which of these texts, in any spelling."""
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            for text in texts:
                if any(spelling in data for spelling in spellings(text)):
                    hits.append(f"{path.relative_to(folder)}: {text}")
    return hits


def example_forms() -> list[Form]:
    """Return the forms of Exampleland."""
    instance = Instance(embassy_of(example_settings()), "http://x.example", demo_start, {})
    return list(load_plugins(["zz"], instance, find_plugins()).forms.values())


def typed_for(question: Question) -> dict[str, str | list[str]]:
    """Return what is typed into a question: the marker wherever words can be typed."""
    match question.kind:
        case "text" | "long":
            return {"answer": f"{MARK} {question.field}"}
        case "one_of":
            # Never the answer that leads to a page of next steps instead of to the receipt.
            option = "permit" if "permit" in question.options else question.options[0]
            return {"answer": option}
        case "any_of":
            return {"answer": [question.options[0]]}
        case "yes_no":
            return {"answer": "yes"}
        case "number":
            return {"answer": "3"}
        case "date":
            return {"answer-day": "20", "answer-month": "12", "answer-year": "2026"}


def marked_picture() -> bytes:
    """Return a PNG whose metadata holds the marker."""
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("Author", MARK)
    data = BytesIO()
    Image.new("RGB", (60, 40), "white").save(data, "PNG", pnginfo=notes)
    return data.getvalue()


def ask(browser: Browser, form: Form) -> str:
    """Walk a form to its receipt as an asker does, markers everywhere; return the receipt."""
    topics = browser.go("/en/ask")
    while not browser.page.path.endswith("/where"):
        browser.page = topics  # a form that is sent within five seconds is a machine's
        browser.send({"topic": form.name})
        assert browser.page.status < 500, browser.page.words
    browser.send({"where": "abroad"})
    while not browser.page.path.endswith(("/files", "/check")):
        before = browser.page.path
        browser.send(typed_for(questions(form)[int(before.rpartition("/")[2]) - 1]))
        assert before != browser.page.path, browser.page.words
    if browser.page.path.endswith("/files"):
        browser.upload({"continue": "1"}, {"file": marked_picture()})
    assert browser.page.path.endswith("/check"), browser.page.words
    assert MARK in browser.page.words
    browser.send()
    assert browser.page.path.endswith("/receipt"), browser.page.words
    listed = browser.page.tree.xpath("//ol[@class='receipt']/li")
    groups = [item.text_content().strip()[1:] for item in listed]
    first, second = (
        int("".join(filter(str.isdigit, label.text_content())))
        for label in browser.page.tree.xpath("//label")[:2]
    )
    browser.send({"first": groups[first - 1], "second": groups[second - 1]})
    assert browser.page.path.endswith("/done"), browser.page.words
    return "".join(groups)


def join(browser: Browser, invite: str) -> Account:
    """Redeem the first invite as its newcomer does."""
    browser.go("/en/staff/join")
    browser.send({"code": invite})
    words = [e.text_content().strip() for e in browser.page.tree.xpath("//ol[@class='seven']/li")]
    key = browser.page.tree.xpath("//p[@class='groups mono']")[0].text_content()
    account = Account(handle=HANDLE, passphrase=" ".join(words), totp_secret="".join(key.split()))
    code = account.code(datetime.now(UTC) - timedelta(seconds=30))
    browser.send({"handle": HANDLE, "passphrase": account.passphrase, "code": code})
    assert "/unlock" in browser.page.path or 200 == browser.page.status, browser.page.words
    return account


def work(browser: Browser, account: Account) -> None:
    """Unlock, read every request and file, answer each and move it, markers everywhere."""
    browser.go("/en/staff/unlock")
    code = account.code(datetime.now(UTC))
    browser.send({"name": HANDLE, "passphrase": account.passphrase, "code": code})
    requests = [link for link in browser.page.tree.xpath("//a/@href") if "/staff/requests/" in link]
    assert 3 == len(set(requests)), browser.page.words
    for request in sorted(set(requests)):
        browser.go(request)
        assert MARK in browser.page.words
        for file in [h for h in browser.page.tree.xpath("//a/@href") if "/files/" in h]:
            assert 200 == browser.go(file).status
        browser.go(request)
        browser.send({"text": f"{MARK} reply", "language": "en"}, form="/reply")
        browser.send({"act": "send"}, form="/reply")
        browser.go(request)
        browser.send({"state": "active", "word": f"{MARK} note"}, form="/move")
        browser.go(request)
        browser.send({"note": f"{MARK} team note"}, form="/note")
        assert f"{MARK} team note" in browser.page.words
        assert 200 == browser.go(f"{request}/print").status
        browser.go("/en/staff")
        browser.send({"query": MARK}, form="/search")
        assert MARK in browser.page.words


def come_back(browser: Browser, receipt: str) -> None:
    """Read the answer, add a word with a photo, and withdraw."""
    browser.go("/en/code")
    browser.send({"code": receipt})
    assert f"{MARK} reply" in browser.page.words, browser.page.words
    browser.upload({"words": f"{MARK} word"}, {"photo": marked_picture()}, form="/word")
    browser.go("/en/mine")
    browser.send(form="/withdraw")


@pytest.fixture
def server(tmp_path: Path) -> tuple[Path, str, dict[str, str], str]:
    """An opened embassy with folders of its own: place, address, environment, first invite."""
    place = tmp_path / "server"
    (place / "tmp").mkdir(parents=True)
    environment = {"TMPDIR": str(place / "tmp"), "HOME": str(place / "tmp")}
    address = write_settings(place)
    opened = subprocess.run(
        [*PE, "init", "--json"],
        cwd=place,
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    open_the_doors(place)
    return place, address, environment, json.loads(opened.stdout)["invite"]


def test_everything_that_people_wrote_is_nowhere_on_the_disk(
    server: tuple[Path, str, dict[str, str], str], pe_run: Run
) -> None:
    place, address, environment, invite = server
    with serving(place, address, environment) as process:
        asker, staff = (Browser(None, pe_run, address) for _ in range(2))
        account = join(staff, invite)
        receipts = [ask(asker, form) for form in example_forms()]
        work(staff, account)
        for receipt in receipts:
            come_back(asker, receipt)
        secrets = [MARK, HANDLE, account.passphrase, account.totp_secret, invite, *receipts]
        secrets += [show_receipt(code) for code in (invite, *receipts)]
        while_running = found_in(place, secrets)
        process.kill()
        process.wait()
        killed = found_in(place, secrets)
        for browser in (asker, staff):
            browser.close()

    assert [] == while_running
    assert [] == killed
    assert [] == list((place / "tmp").iterdir())


def test_the_search_would_find_what_it_looks_for(tmp_path: Path) -> None:
    for number, spelling in enumerate(spellings(MARK)):
        (tmp_path / f"{number}.bin").write_bytes(b"\0\1" + spelling + b"\2")

    assert len(spellings(MARK)) == len(found_in(tmp_path, [MARK]))
