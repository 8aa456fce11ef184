"""Pages of a volunteer's tasks, and of the asker whom they help, in every state."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pe_core.desk import brief_threads, briefs, locking, needs, offering, seeking, visits
from pe_core.desk.listing import list_requests
from pe_core.model import BriefId, CallId, Need, OpenNeed, Reason, Verdict, Way
from pe_core.toolkit.browser import Page
from pe_core.toolkit.invented import ASKED, active_volunteer, ask

if TYPE_CHECKING:
    from rare import House

TITLES = {"be": "Перакласці старонку", "en": "Translate a page"}
DETAILS = {"be": "Гэта адмова ўстановы.", "en": "It is a refusal of the office."}
GONE = Way(notifier="gone.bell", address="dzik@mail.example", readable=True)
WHY = (
    Reason(code="language", verdict=Verdict.FOR, values={"language": "be"}),
    Reason(code="skill", verdict=Verdict.FOR, values={"skill": "core.skill.translating"}),
)


def task_pages(house: "House", language: str) -> Iterator[tuple[str, Page]]:
    """Nothing to do, an offer, one that overlaps, work, mistakes, the feed, the end, a lock."""
    house.come_again()
    session = next(s for s in house.desk.sessions.items() if s.handle == "busel")
    receipt = house.run(ask(house.desk, ASKED[2]))
    request = house.run(list_requests(house.desk, session))[0].id
    handle = f"wouk-{language}"
    account, helper = house.run(
        active_volunteer(house.desk, house.embassy.clock, [session], handle, ways=(GONE,))
    )
    first = _offer(house, session, request, helper, language)
    house.run(briefs.accept(house.desk, helper, first))
    second = _offer(house, session, request, helper, language)
    third = _offer(house, session, request, helper, language, timed=False)
    asker = house.open()
    asker.go(f"/{language}/code")
    yield "mine-helped", asker.send({"code": receipt})
    browser, at = house.unlock(account), f"/{language}/work/tasks"
    yield "my_work-tasks", browser.go(f"/{language}/work")
    yield "task-offered", browser.go(f"{at}/{second}")
    yield "task-overlap", browser.send({"act": "accept"}, form=f"/{second}")
    yield "task-taken", browser.go(f"{at}/{first}")
    yield "task-wrong", browser.send({"words": ""}, form="/words")
    browser.go(f"{at}/{first}")
    browser.send({"words": DETAILS.get(language, DETAILS["en"])}, form="/words")
    _answer(house, receipt, first)
    yield "task-written", browser.go(f"{at}/{first}?done=written")
    yield "mine-helper", asker.go(f"/{language}/mine")
    yield "mine-helper-wrong", asker.send({"message": ""}, form="/helper")
    yield "task_back", browser.go(f"{at}/{first}/back")
    yield "task_done", browser.go(f"{at}/{first}/done")
    yield "task_done-wrong", browser.send({"hours": "x"}, form="/done")
    yield "ways-gone", browser.go(f"/{language}/work/me/ways")
    yield "about_me-gone", browser.go(f"/{language}/work/me")
    yield "feed", browser.go(f"/{language}/work/calendar")
    yield "feed-made", browser.send({"act": "make"}, form="/calendar")
    browser.go(f"{at}/{first}/done")
    yield "my_work-done", browser.send({"hours": "1", "support": "yes"}, form="/done")
    yield "task_over", browser.go(f"{at}/{first}")
    yield "mine-helper-over", asker.go(f"/{language}/mine")
    house.run(locking.lock_account(house.desk, helper.box))
    need = house.run(needs.read_needs(house.desk, session, request))[-1].id
    here = f"/{language}/staff/requests/{request}"
    yield "need-locked", house.busel.go(f"{here}/needs/{need}")
    yield "request-locked", house.busel.go(here)
    yield "print-needs", house.busel.go(f"{here}/print")
    yield "volunteer-locked", house.busel.go(f"/{language}/staff/volunteers/{helper.box}")
    house.run(offering.take_back(house.desk, session, need, third))


def _offer(
    house: "House", session: Any, request: Any, helper: Any, language: str, timed: bool = True
) -> BriefId:
    """Look for somebody who translates, offer it to one person, and return their brief."""
    house.embassy.clock.move(minutes=1)
    now = house.desk.now().replace(minute=0)
    start = now + timedelta(days=2)
    span = {"start": start, "end": start + timedelta(hours=2)} if timed else {}
    body = OpenNeed(
        title=TITLES.get(language, TITLES["en"]),
        detail=DETAILS.get(language, DETAILS["en"]),
        language=language if language in TITLES else "en",
        need=Need(languages=("be",), **span),
        by=session.box,
        at=house.desk.now(),
        call=CallId(""),
        checklist="core.checklist.translation",
    )
    house.run(seeking.seek(house.desk, session, request, body))
    view = house.run(needs.read_needs(house.desk, session, request))[-1]
    house.run(offering.offer(house.desk, session, view.id, {helper.box: WHY}))
    view = house.run(needs.read_need(house.desk, session, view.id))
    return BriefId(view.body.briefs[-1][0])


def _answer(house: "House", receipt: str, brief: BriefId) -> None:
    """Let the asker write to who helps."""
    _, visit = house.run(visits.come_back(house.desk, receipt))
    house.run(brief_threads.write_helper(house.desk, visit, brief, "Thank you. On Monday."))
