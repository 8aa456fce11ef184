"""A coordinator who looks for somebody, in a browser; for tests of those pages."""

from collections.abc import Awaitable, Callable
from typing import Any

from pe_core.desk import briefs, needs
from pe_core.desk.needs import NeedView
from pe_core.desk.sessions import Session
from pe_core.model import BriefId, Fluency, RequestId, Skill, Skilled, Spoken
from pe_core.store import BriefRow, RequestRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Asked, active_volunteer, ask

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
TRANSLATES = (Skill(code="core.skill.translating", level=Skilled.GOOD),)
RUSSIAN = (Spoken(tag="ru", fluency=Fluency.FLUENT), Spoken(tag="be", fluency=Fluency.NATIVE))
TITLE = "Translate <b>one</b> page"


class Office:
    """A coordinator in a browser, a request, and three volunteers who are active."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy, self.desk, self.run = embassy, embassy.desk, run
        self.browser = open_browser()
        self.request = self.ask(ASKED[1])
        self.unlock()
        self.people: dict[str, Session] = {}

    def ask(self, asked: Asked) -> RequestId:
        """Ask for help, and return the new request."""
        before = self.run(self.desk.store.pick(RequestRow, ("id",)))
        self.run(ask(self.desk, asked))
        (new,) = set(self.run(self.desk.store.pick(RequestRow, ("id",)))) - set(before)
        return RequestId(new[0])

    def unlock(self) -> None:
        self.embassy.clock.move(minutes=1)
        self.browser.client.cookies.clear()
        self.browser.go("/en/staff/unlock")
        account = self.embassy.account
        code = account.code(self.embassy.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        self.browser.send(fields)

    @property
    def session(self) -> Session:
        """Return the coordinator's newest session."""
        return [s for s in self.desk.sessions.items() if not s.is_volunteer][-1]

    def volunteer(self, handle: str, **said: Any) -> None:
        said = {"skills": TRANSLATES, "languages": RUSSIAN, **said}
        made = active_volunteer(self.desk, self.embassy.clock, [self.session], handle, **said)
        self.people[handle] = self.run(made)[1]

    def team(self) -> None:
        self.volunteer("dzik", skills=(Skill(code=TRANSLATES[0].code, level=Skilled.EXPERT),))
        self.volunteer("lasica")
        self.volunteer("wouk", skills=())

    def go(self, rest: str = "", request: RequestId | None = None) -> Page:
        return self.browser.go(f"/en/staff/requests/{request or self.request}{rest}")

    def need(self, **typed: Any) -> NeedView:
        """Add a need through the form and return it; ``skills`` are what its lists have chosen."""
        self.embassy.clock.move(minutes=1)
        self.go("/needs/new")
        skills = typed.pop("skills", ["core.skill.translating:required:2"])
        fields = {"title": TITLE, "skill-1": skills, **typed}
        page = self.browser.send(fields, form="/needs/new")
        assert 200 == page.status, page.words
        return self.needs()[-1]

    def needs(self) -> list[NeedView]:
        read = needs.read_needs(self.desk, self.session, self.request)
        found: list[NeedView] = self.run(read)
        return found

    def offer(self, *handles: str) -> Page:
        """Offer the need that is shown to these, by their ticks on its page."""
        boxes = [str(self.people[handle].box) for handle in handles]
        return self.browser.send({"who": boxes}, form="/offer")

    def brief(self, handle: str) -> BriefId:
        rows = self.run(self.desk.store.select(BriefRow, {"box": self.people[handle].box}))
        return BriefId([row for row in rows if row.own is not None][-1].id)

    def accept(self, handle: str) -> None:
        self.run(briefs.accept(self.desk, self.people[handle], self.brief(handle)))

    def states(self) -> dict[str, str]:
        names = {session.box: handle for handle, session in self.people.items()}
        picked = self.run(self.desk.store.pick(BriefRow, ("box", "state")))
        return {names[box]: state for box, state in picked}

    def words(self, key: str, **values: object) -> str:
        return self.desk.texts.text("en", key, **values)


def wrong(page: Page) -> list[str]:
    return [link.get("href") for link in page.tree.xpath("//*[@id='error-summary']//a")]


def suggested(page: Page) -> list[str]:
    """Return the pseudonyms that can be ticked, in their order."""
    return [
        label.text_content()
        for label in page.tree.xpath("//input[@name='who' and @type='checkbox']/..//label")
    ]


def points(page: Page, verdict: str) -> list[str]:
    """Return what is said with a verdict, of everybody on the page."""
    return [
        item.text_content()
        for item in page.tree.xpath(f"//dl[@class='points']/div[@class='{verdict}']/dd")
    ]


def offers(page: Page) -> dict[str, str]:
    """Return what stands beside each pseudonym that was asked."""
    return {
        item.xpath(".//b")[0].text_content(): " ".join(
            item.xpath(".//*[contains(@class, 'badge')]")[0].text_content().split()
        )
        for item in page.tree.xpath("//ul[contains(@class, 'offers')]/li")
    }


def thread(page: Page) -> list[str]:
    lines = page.tree.xpath("//ol[@class='thread']/li")
    return [" ".join(line.text_content().split()) for line in lines]
