"""Pages of the embassy's own guides: two coordinators write, compare, publish and take back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pe_core.toolkit.browser import Browser, Page

if TYPE_CHECKING:
    from rare import House

WORDS = {
    "title": "Установа маяка",
    "summary": "Дзе яна і чаго хоча.",
    "body": "Ідзіце туды.\n\n## Што ўзяць\n\n- фота",
    "permits": "усе",
    "fee": "бясплатна",
    "status": "human",
}
FACTS = {
    "topics": ["zz.paper"],
    "authority": "Lighthouse Office",
    "checked-day": "20",
    "checked-month": "11",
    "checked-year": "2026",
    "sources": "https://lighthouse.zz.example/ The rules",
}


def guide_pages(house: "House", language: str) -> Iterator[tuple[str, Page]]:
    """Write a guide, ask a colleague, publish it, and look at every page on the way."""
    house.come_again()
    busel, zubr = house.busel, house.zubr
    name = f"own.lighthouse-{language}"
    at = f"/{language}/staff/guides/{name}"
    busel.go(f"/{language}/staff/guides/new")
    yield "own_guide_new", busel.page
    yield "own_guide_new-wrong", busel.send({"slug": "A"}, form="/new")
    busel.send({"slug": f"lighthouse-{language}"}, form="/new")
    yield "own_guide_text", busel.page
    yield "own_guide_text-wrong", busel.send({"title": "", "act": "save"}, form=f"/{language}")
    busel.go(f"{at}/text/be")
    yield "own_guide_text-preview", busel.send({**WORDS, "act": "preview"}, form="/be")
    busel.send({**WORDS, "act": "save"}, form="/be")
    yield "own_guide-draft", busel.page
    yield "own_guide-missing", _act(busel, at, "ready")
    yield "own_guide_facts", busel.go(f"{at}/facts")
    yield "own_guide_facts-wrong", busel.send({"sources": "x"}, form="/facts")
    busel.send(FACTS, form="/facts")
    yield "own_guide-ready", _act(busel, at, "ready")
    yield "own_guide-theirs", zubr.go(at)
    _act(zubr, at, "approve")
    yield "own_guide-published", zubr.page
    yield "own_guides", zubr.go(f"/{language}/staff/guides")
    yield "guide-own", zubr.go(f"/{language}/guides/{name}")
    _act(busel, at, "withdraw")
    yield "own_guide-withdrawing", zubr.go(at)
    _act(zubr, at, "approve")
    house.desk.local_guides.pop(name)


def _act(browser: Browser, at: str, name: str) -> Page:
    browser.go(at)
    for form in browser.page.forms():
        if form.xpath(f".//button[@name='act' and @value='{name}']"):
            kept = [(key, value) for key, value in form.form_values() if key != "act"]
            return browser.post(at, [*kept, ("act", name)])
    raise AssertionError(f"no button {name} at {at}")
