"""An asker for tests: goes from page to page as a person without scripts does."""

from collections.abc import Mapping, Sequence

from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.invented import Clock

Typed = Mapping[str, str | Sequence[str]]

PAPER: Mapping[int, Typed] = {
    1: {"answer": "permit"},
    2: {"answer-day": "20", "answer-month": "12", "answer-year": "2026"},
    3: {"answer": "coast"},
    4: {"answer": ["stays", "shelter"]},
    5: {"answer": "yes"},
    6: {"answer": "They said no."},
    7: {"answer": "My permit ends and my passport is not valid."},
    8: {"answer": "Invented Bird"},
    9: {"answer": "Only here, please"},
}
"""What is typed on the pages of ``zz.paper``, by the number in the address; nine questions."""


class Asker:
    """A person with a browser, on one embassy's pages, in one language."""

    def __init__(self, browser: Browser, clock: Clock, language: str = "en") -> None:
        """Nothing is opened yet."""
        self.browser = browser
        self.clock = clock
        self.language = language

    @property
    def page(self) -> Page:
        """Return the page that is open."""
        return self.browser.page

    def go(self, path: str, **headers: str) -> Page:
        """Open an address below the language, such as ``ask/check``."""
        return self.browser.go(f"/{self.language}/{path}", **headers)

    def begin(self, topic: str = "zz.paper", where: str = "abroad") -> Page:
        """Choose a topic and say where one is; ends at the first question or the warning."""
        self.go("ask")
        self.clock.move(seconds=6)
        self.browser.send({"topic": topic})
        return self.browser.send({"where": where})

    def answer(self, answers: Mapping[int, Typed] = PAPER) -> Page:
        """Answer the questions that come, each by its number, until one is not among them."""
        number = self.number()
        while number is not None and number in answers:
            self.browser.send(answers[number])
            number = self.number()
        return self.page

    def number(self) -> int | None:
        """Return the number of the question that is open, if one is."""
        last = self.page.path.rpartition("/")[2]
        return int(last) if last.isdecimal() else None

    def to_check(self, topic: str = "zz.paper", answers: Mapping[int, Typed] = PAPER) -> Page:
        """Go all the way to *Check your answers*, without a file."""
        self.begin(topic)
        self.answer(answers)
        if self.page.path.endswith("/files"):
            self.browser.upload({"continue": "1"}, form=-1)
        return self.page

    def ask(self, topic: str = "zz.paper", answers: Mapping[int, Typed] = PAPER) -> str:
        """Ask for help and return the receipt as it is shown, in six groups."""
        self.to_check(topic, answers)
        self.browser.send()
        return " ".join(self.groups())

    def groups(self) -> list[str]:
        """Return the groups of the receipt on the page, none if it is not there."""
        items = self.page.tree.xpath("//ol[@class='receipt']/li")
        return [str(item.xpath("text()")[0]).strip() for item in items]

    def type_back(self) -> Page:
        """Type the two groups that are asked for."""
        groups = self.groups()
        labels = self.page.tree.xpath("//label[@for='field-first' or @for='field-second']")
        first, second = (groups[int(label.text_content().split()[-1]) - 1] for label in labels)
        return self.browser.send({"first": first, "second": second})

    def come_back(self, code: str) -> Page:
        """Open a request by its code."""
        self.go("code")
        return self.browser.send({"code": code})

    def act(self, name: str, **typed: str) -> Page:
        """Send the form of an act on the asker's own page, such as ``withdraw``."""
        actions = [form.action for form in self.page.forms()]
        return self.browser.send(typed, form=actions.index(f"/{self.language}/mine/{name}"))

    def add_word(self, text: str = "", photo: bytes | None = None) -> Page:
        """Add a word, with a photo if there is one."""
        actions = [form.action for form in self.page.forms()]
        place = actions.index(f"/{self.language}/mine/word")
        files = {} if photo is None else {"photo": photo}
        return self.browser.upload({"words": text}, files, form=place)
