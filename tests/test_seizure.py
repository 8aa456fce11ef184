"""A seized server tells nobody anything: the promise of the project, on a real process.

Markers go through every question of every form, a file's metadata, a word, a reply, a note of
a move, a handle, what is brought in and said of a volunteer, and all that one types; then
everything that the process left is searched: database and WAL, the data folder, the log, the
temporary folder, the working directory; once while it runs and once after it was killed.
"""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from between import Between
from enclosures import ask_with, items, picture, pixels, prepare
from pe_core.desk import visits
from pe_core.hooks import Instance, find_plugins, load_plugins
from pe_core.model import Form
from pe_core.model.peer import Kind
from pe_core.network.accepting import accept
from pe_core.network.consenting import read_asked
from pe_core.network.gathering import open_enclosed
from pe_core.network.preparing import CaseWords
from pe_core.rules.forms import Question, questions
from pe_core.rules.receipts import show_receipt
from pe_core.settings import embassy_of
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy, example_settings
from pe_core.toolkit.invented import Account, Asked, demo_start
from pe_core.toolkit.searching import spellings
from serving import PE, open_the_doors, serving, write_settings

Run = Callable[[Awaitable[Any]], Any]
MARK = "Жураўлінка-Zhuravinka"
"""Plainly a marker, half in Cyrillic, so that every way of writing bytes is tried."""
HANDLE = "zhuravinka.handle"
PSEUDONYM = "zhuravinka.helps"
OFFERS = "zhuravinka.offers"
HIDDEN = ("token", "revision")


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


def screen(browser: Browser, place: Path, environment: dict[str, str]) -> str:
    """Bring a volunteer in and do all that can be typed about them; return the joining code."""
    table = place.parent / "people.csv"
    table.write_text(f'pseudonym,note\n{PSEUDONYM},"{MARK} table"\n', encoding="utf-8")
    brought = subprocess.run(
        [*PE, "import", "volunteers", str(table), "--yes"],
        cwd=place,
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    assert b"1 person was brought in" in brought.stdout
    table.unlink()
    browser.go("/en/staff/volunteers?tab=all")
    browser.send({"query": PSEUDONYM}, form="/search")
    (at,) = browser.page.tree.xpath("//td[@class='topic']/a/@href")
    assert f"{MARK} table" in browser.go(at).words
    press(browser, at, "words", words=f"{MARK} words")
    press(browser, at, "code")
    listed = browser.page.tree.xpath("//ol[@class='receipt']/li")
    code = "".join(item.text_content().strip()[1:] for item in listed)
    press(browser, at, "decline", reason=f"{MARK} reason")
    assert f"{MARK} reason" in browser.page.words
    return code


def offer(browser: Browser) -> Account:
    """Offer help and type all that a volunteer types, markers everywhere."""
    begins = browser.go("/en/help")
    while not browser.page.path.endswith("/account"):
        browser.page = begins  # a form that is sent within five seconds is a machine's
        browser.send(form="/help")
        assert browser.page.status < 500, browser.page.words
    words = " ".join(e.text_content() for e in browser.page.tree.xpath("//ol[@class='seven']/li"))
    key = browser.page.tree.xpath("//p[@class='groups mono']")[0].text_content()
    account = Account(handle=OFFERS, passphrase=words, totp_secret="".join(key.split()))
    code = account.code(datetime.now(UTC) - timedelta(seconds=30))
    browser.send({"handle": OFFERS, "passphrase": words, "code": code}, form="/account")
    assert browser.page.path.endswith("/unlock"), browser.page.words
    code = account.code(datetime.now(UTC))
    browser.send({"name": OFFERS, "passphrase": words, "code": code})
    for part, typed in (
        ("languages", {"fluency-1": "4"}),
        ("skills", {"level-1": "2"}),
        ("place", {"reach": "25", "remote": "yes"}),
        ("asked/1", {"answer": "no"}),
        ("asked/3", {"answer": MARK[:10]}),
        ("note", {"note": f"{MARK} of me"}),
    ):
        browser.go(f"/en/work/me/{part}")
        browser.send(typed, form=browser.page.path)
        assert 200 == browser.page.status, browser.page.words
    assert f"{MARK} of me" in browser.go("/en/work/me").words
    browser.send(form="/work/me")
    assert browser.page.path.endswith("/work"), browser.page.words
    browser.go("/en/work/agreement")
    browser.send({"agreed": "yes"}, form="/agreement")
    browser.go("/en/work/messages")
    browser.send({"text": f"{MARK} to you"}, form="/messages")
    assert f"{MARK} to you" in browser.page.words
    browser.go("/en/work/export")
    browser.send({"passphrase": words}, form="/export")
    assert f"{MARK} of me" in browser.page.text
    return account


def help_one(staff: Browser, helper: Browser, asker: Browser, receipt: str) -> None:
    """Go from a need to a task that is done, markers in all that is written on the way."""
    staff.go("/en/staff/volunteers?tab=all")
    staff.send({"query": OFFERS}, form="/search")
    (at,) = staff.page.tree.xpath("//td[@class='topic']/a/@href")
    press(staff, at, "talk")
    press(staff, at, "vouch", sure="yes")
    press(staff, at, "message", text=f"{MARK} welcome")
    links = staff.go("/en/staff").tree.xpath("//a/@href")
    request = next(link for link in links if "/staff/requests/" in link)
    staff.go(f"{request}/needs/new")
    words = {"title": f"{MARK} task", "detail": f"{MARK} detail", "place": "afar", "time": "free"}
    staff.send({**words, "languages": ["be"], "fluency": "2"}, form="/needs/new")
    boxes = staff.page.tree.xpath("//input[@name='who']/@value")
    assert 1 == len(boxes), staff.page.words
    staff.send({"who": boxes}, form="/offer")
    assert f"{MARK} welcome" in helper.go("/en/work/messages").words
    tasks = [h for h in helper.go("/en/work").tree.xpath("//a/@href") if "/work/tasks/" in h]
    task = tasks[0].partition("?")[0]
    helper.go(task)
    helper.send({"act": "accept"}, form=task)
    assert f"{MARK} detail" in helper.page.words, helper.page.words
    helper.send({"words": f"{MARK} hello"}, form="/words")
    asker.go("/en/code")
    asker.send({"code": receipt})
    assert f"{MARK} hello" in asker.page.words, asker.page.words
    asker.send({"message": f"{MARK} thanks"}, form="/helper")
    assert f"{MARK} thanks" in helper.go(task).words
    helper.go(f"{task}/done")
    helper.send({"hours": "1", "line": f"{MARK} line"}, form="/done")
    assert f"{MARK} line" in staff.go(request).words
    assert f"{MARK} detail" not in helper.go(task).words


def press(browser: Browser, at: str, act: str, **typed: str) -> None:
    """Open a volunteer's page and press one of its buttons."""
    tree = browser.go(at).tree
    hidden = {name: tree.xpath(f"string(//input[@name='{name}']/@value)") for name in HIDDEN}
    browser.post(at, [*hidden.items(), ("act", act), *typed.items()])
    assert 200 == browser.page.status, browser.page.words


def hold_shift(browser: Browser) -> None:
    """Make a shift with the marker in what is read before signing up and after it."""
    day = datetime.now(UTC) + timedelta(days=3)
    parts = {"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)}
    times = {**parts, "start": "12", "end": "14"}
    words = {"title": f"{MARK} shift", "detail": f"{MARK} fountain", "place": "afar"}
    browser.go("/en/staff/shifts/new")
    browser.send({**words, **times}, form="/new")
    assert f"{MARK} fountain" in browser.page.words, browser.page.words
    assert f"{MARK} shift" in browser.go("/en/staff/shifts").words


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
        asker, staff, helper = (Browser(None, pe_run, address) for _ in range(3))
        account = join(staff, invite)
        receipts = [ask(asker, form) for form in example_forms()]
        work(staff, account)
        hold_shift(staff)
        offered = offer(helper)
        help_one(staff, helper, asker, receipts[-1])
        for receipt in receipts:
            come_back(asker, receipt)
        receipts.append(screen(staff, place, environment))
        secrets = [
            MARK,
            HANDLE,
            PSEUDONYM,
            OFFERS,
            MARK[:10],
            offered.passphrase,
            offered.totp_secret,
            account.passphrase,
            account.totp_secret,
            invite,
            *receipts,
        ]
        secrets += [show_receipt(code) for code in (invite, *receipts)]
        while_running = found_in(place, secrets)
        process.kill()
        process.wait()
        killed = found_in(place, secrets)
        for browser in (asker, staff, helper):
            browser.close()

    assert [] == while_running
    assert [] == killed
    assert [] == list((place / "tmp").iterdir())


def holding(folder: Path, pieces: list[bytes]) -> list[str]:
    """Return which files of a folder hold any of these bytes, as they are or in base64."""
    spelt = [b64encode(piece[at : at + 45]) for piece in pieces for at in range(3)]
    held = []
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        held += [str(path.relative_to(folder)) for one in (*pieces, *spelt) if one in data]
    return held


def test_the_search_would_find_what_it_looks_for(tmp_path: Path) -> None:
    for number, spelling in enumerate(spellings(MARK)):
        (tmp_path / f"{number}.bin").write_bytes(b"\0\1" + spelling + b"\2")

    (tmp_path / "picture.bin").write_bytes(b"\0" * 9000 + picture()[4096:9000])
    (tmp_path / "spelt.bin").write_bytes(b64encode(picture()[4095:9000]))

    assert len(spellings(MARK)) == len(found_in(tmp_path, [MARK]))
    assert ["picture.bin", "spelt.bin"] == holding(tmp_path, [picture()[4096 : 4096 + 48]])


def test_in_the_middle_of_a_referral_neither_disk_tells_what_it_is_about(
    pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path
) -> None:
    two = Between(pe_embassy, pe_run, tmp_path / "other")
    typed = {"story": [f"{MARK} story"], "name": [f"{MARK} name"]}
    asked = Asked(form="zz.other", language="be", typed=typed)
    receipt, request = ask_with(two, picture(note=MARK), asked=asked)
    two.agree(request, "story", "name", *items(two, request))
    words = CaseWords(asked=f"{MARK} asked", language="en")
    help_request = two.near.request(request)
    prepared = prepare(two, request, Kind.TRANSFER, words)
    (file,) = prepared.files
    thread = two.near.begin(prepared, request)
    folders = [two.near.embassy.folder, two.far.embassy.folder]

    def told() -> list[str]:
        """Return where the words are, or any stretch of what the file shows."""
        pieces = [file[at : at + 48] for at in range(0, len(file) - 48, 4096)]
        shows = (hold for folder in folders for hold in holding(folder, pieces))
        return [*(hit for folder in folders for hit in found_in(folder, [MARK])), *shows]

    waiting = told()
    two.carry()
    arrived = told()
    two.near.look()
    two.far.look()
    came = told()
    shown = two.run(open_enclosed(two.far.desk, two.far.session, thread, 1))
    two.run(accept(two.far.desk, two.far.session, thread, f"{MARK} gladly", "en"))
    two.exchange()
    taken = told()
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    moved = two.run(read_asked(two.near.desk, visit)).moved
    done = [hit for folder in folders for hit in found_in(folder, [MARK, moved.receipt])]
    names = {f"{MARK} story", f"{MARK} name"}
    two.close()

    assert moved.receipt
    assert pixels(file) == pixels(shown.data)
    assert ([], [], [], [], []) == (waiting, arrived, came, taken, done)
    assert names == {answer.shown for answer in help_request.original.answers}
