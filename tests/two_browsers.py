"""A coordinator of each of two embassies that know each other, before the pages of their desks."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from between import Between, House
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy

Run = Callable[[Awaitable[Any]], Any]


class Side:
    """A coordinator of one of the two, in a browser."""

    def __init__(self, house: House, run: Run) -> None:
        self.house = house
        self.browser = Browser(house.embassy.lasting_app(), run)
        clock, account = house.embassy.clock, house.embassy.account
        clock.move(minutes=1)
        self.browser.go("/en/staff/unlock")
        code = account.code(clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        self.browser.send(fields)
        house.session = house.desk.sessions.items()[-1]

    def go(self, path: str) -> Page:
        return self.browser.go(f"/en/staff/{path}")

    def send(self, fields: dict[str, Any], form: str) -> Page:
        return self.browser.send(fields, form=form)


class Pages:
    """Both coordinators before their pages."""

    def __init__(self, two: Between) -> None:
        self.two = two
        self.near, self.far = Side(two.near, two.run), Side(two.far, two.run)

    def close(self) -> None:
        for side in (self.near, self.far):
            side.browser.close()


@contextmanager
def two_browsers(embassy: TestEmbassy, run: Run, folder: Path) -> Iterator[Pages]:
    """Open two embassies that know each other, and a coordinator of each in a browser."""
    two = Between(embassy, run, folder)
    found = Pages(two)
    yield found
    found.close()
    two.close()


def links(page: Page) -> list[str]:
    """Return where all links of a page lead."""
    return [str(address) for address in page.tree.xpath("//a/@href")]
