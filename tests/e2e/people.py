"""People in front of a browser: what they read, press and type, and what they wrote down."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pe_core.model import Form
from pe_core.rules.forms import Question, questions
from pe_core.rules.texts import Catalogue
from pe_core.toolkit.invented import Account

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PLACE = "55.1904 N 30.2049 E"
GLIMPSE = 40
"""Characters of a request's first words that a list shows for certain."""
GROUP = re.compile(r"[1-6]?\s*([0-9A-Z]{4})")
TYPED_WITHIN = 10.0
"""Seconds of a half minute in which the code of the one before is still good for twenty more."""
TOKEN_RIPE = 5.2
"""Seconds after which a form without a cookie is taken (vault.md); people read that long."""


@dataclass
class Colleague:
    """A coordinator of the demo, with an authenticator that never shows one code twice."""

    account: Account
    last_step: int = 0

    def code(self) -> str:
        """Return a code that was not used yet and is good for twenty seconds at least.

        It may be that of the half minute before, as from a slow phone, or of the next one; who
        wants more of them at once waits, as people do.
        """
        now = time.time()
        step = max(self.last_step + 1, int(now - TYPED_WITHIN) // 30)
        while step > time.time() // 30 + 1:
            time.sleep(0.5)
        self.last_step = step
        return self.account.code(datetime.fromtimestamp(0, UTC) + timedelta(seconds=30 * step))


@dataclass(frozen=True)
class Demo:
    """What the ready file says about an embassy that runs."""

    code: str
    address: str
    receipts: tuple[str, ...]
    colleagues: tuple[Colleague, ...]
    volunteers: tuple[Colleague, ...] = ()
    invites: list[str] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    """Cookies by person, so that a later test need not unlock or wait once more."""


class Person:
    """Somebody in front of a browser who reads, follows links, fills in and presses buttons.

    What they look for is named by its text's key; a key's words are those of their language.
    """

    def __init__(self, page: "Page", language: str, texts: Catalogue, forms: Mapping[str, Form]):
        """Sit down before an empty page."""
        self.page = page
        self.language = language
        self._texts = texts
        self._forms = forms
        self._opened = time.monotonic()

    def words(self, key: str, **values: object) -> str:
        """Return a text in this person's language."""
        return self._texts.text(self.language, key, **values)

    def plural(self, key: str, number: int) -> str:
        """Return the form of a text that fits a number."""
        return self._texts.plural(self.language, key, number)

    def open(self, path: str = "") -> None:
        """Type an address, in this person's language."""
        response = self.page.goto(f"/{self.language}/{path}")
        self._opened = time.monotonic()
        assert response is not None
        assert response.status < 400, (path, response.status)

    def reads(self, words: str) -> bool:
        """Return whether the page says this."""
        return " ".join(words.split()) in " ".join(self.page.inner_text("body").split())

    def sees(self, key: str, **values: object) -> None:
        """Fail unless the page says this text."""
        assert self.reads(self.words(key, **values)), f"{self.page.url} does not say {key}"

    def heading(self) -> str:
        """Return the page's heading."""
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def is_at(self, key: str) -> bool:
        """Return whether this text is in the page's heading."""
        return self.words(key) in self.heading()

    def follow(self, key: str) -> None:
        """Follow the first link of this name."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=self.words(key)).first.click()
        self._opened = time.monotonic()

    def press(self, key: str, item: str = "") -> None:
        """Press the first button of this name, on the page or in the item with these words."""
        place = self.page.get_by_role("listitem").filter(has_text=item) if item else self.page
        with self.page.expect_navigation():
            place.get_by_role("button", name=self.words(key)).first.click()

    def press_at(self, path: str, key: str) -> None:
        """Open a page and press its button, with nothing filled in."""
        self.open(path)
        self.press(key)

    def open_row(self, words: str) -> None:
        """Follow the link in the row of a table that begins like this."""
        with self.page.expect_navigation():
            self._row(words).get_by_role("link").click()

    def row(self, words: str) -> str:
        """Return what stands in that row."""
        return self._row(words).inner_text()

    def change(self, key: str) -> None:
        """Follow the link that changes the answer to this question."""
        name = f"{self.words('core.form.change')} {self.words(key)}"
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).click()

    def add_photo(self, field: str, button: str) -> None:
        """Choose a photo from the device and send it."""
        self.page.get_by_label(self.words(field)).set_input_files(take_photo())
        self.press(button)

    def choose(self, key: str) -> None:
        """Mark the radio button or the tick box of this name; its label covers it."""
        name = self.words(key)
        either = self.page.get_by_role("radio", name=name, exact=True)
        either.or_(self.page.get_by_role("checkbox", name=name, exact=True)).first.check(force=True)

    def field(self, key: str, **values: object) -> "Locator":
        """Return the field of this label, which may go on, such as with "(optional)"."""
        label = self.words(key, **values)
        exact = self.page.get_by_label(label, exact=True)
        return exact.or_(self.page.get_by_role("textbox", name=label)).first

    def _row(self, words: str) -> "Locator":
        return self.page.get_by_role("row").filter(has_text=words[:GLIMPSE])

    def fill(self, key: str, typed: str) -> None:
        """Type into the field of this label."""
        self.field(key).fill(typed)

    def go_on(self) -> None:
        """Press *Continue*."""
        self.press("core.form.continue")

    def begin(self, form: str) -> None:
        """Choose a topic, after the seconds that a machine would not wait."""
        self.choose(f"{form}.title")
        if not any(cookie["name"] == "pe_ask" for cookie in self.page.context.cookies()):
            self.wait()
        self.go_on()

    def wait(self) -> None:
        """Take the seconds for a form that a machine would not wait."""
        left = TOKEN_RIPE - (time.monotonic() - self._opened)
        self.page.wait_for_timeout(max(0.0, left) * 1000)

    def question(self, form: str) -> Question | None:
        """Return the question that the page asks: its label is the heading."""
        return next((q for q in self.questions(form) if self.is_at(f"{q.key}.label")), None)

    def questions(self, form: str) -> tuple[Question, ...]:
        """Return all questions of a form."""
        return questions(self._forms[form])

    def receipt(self) -> str:
        """Write down the receipt that the page shows: six groups of four."""
        items = [item.strip() for item in self.page.get_by_role("listitem").all_inner_texts()]
        groups = [found[1] for item in items if (found := GROUP.fullmatch(item))]
        assert len(groups) == 6, items
        return "".join(groups)

    def type_back(self, receipt: str) -> None:
        """Type back the two groups that the page asks for."""
        for number in range(1, 7):
            field = self.field("core.receipt.group", number=number)
            if field.count():
                field.fill(receipt[4 * number - 4 : 4 * number])
        self.press("core.receipt.confirm")

    def come_back(self, receipt: str) -> None:
        """Open a request with its receipt."""
        self.open("code")
        self.fill("core.code.label", receipt)
        self.press("core.code.open")
        self.sees("core.mine.title")

    def unlock(self, colleague: Colleague) -> None:
        """Unlock an account with all three parts."""
        self.open("staff/unlock")
        self.fill("staff.unlock.name", colleague.account.handle)
        self.fill("staff.unlock.passphrase", colleague.account.passphrase)
        self.fill("staff.unlock.code", colleague.code())
        self.press("staff.unlock.button")
        self.sees("staff.requests.title")

    def answer(self, question: Question, typed: Sequence[str]) -> None:
        """Answer one question; ``typed`` is as `pe_core.toolkit.invented` has it."""
        if not typed:
            return
        if question.kind in ("one_of", "any_of"):
            for option in typed:
                self.choose(f"{question.key}.{option}")
        elif question.kind == "yes_no":
            self.choose(f"core.{typed[0]}")
        elif question.kind == "date":
            for part, value in zip(
                ("day", "month", "year"), typed[0].split("-")[::-1], strict=True
            ):
                self.fill(f"core.form.{part}", value)
        else:
            self.fill(f"{question.key}.label", typed[0])


def take_photo() -> dict[str, str | bytes]:
    """Return a photo of a paper, with a place in it that must not come through."""
    picture, written = Image.new("RGB", (320, 240), "#a33"), BytesIO()
    place = PngInfo()
    place.add_text("GPS", PLACE)
    picture.save(written, "PNG", pnginfo=place)
    return {"name": "paper.png", "mimeType": "image/png", "buffer": written.getvalue()}
