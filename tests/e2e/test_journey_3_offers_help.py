"""Journey 3: somebody offers help, on a phone, without a script, up to *Sent*."""

from collections.abc import Callable

import pytest
from people import Person
from walks_work import enter, offering, saying, sign, write

pytestmark = pytest.mark.e2e

PHONE = {"width": 360, "height": 740}
NEVER_ASKED = ("money", "papers", "secret")


def test_help_is_offered_under_a_pseudonym_and_reaches_the_coordinators(
    meet: Callable[..., Person],
) -> None:
    person = meet("be", viewport=PHONE, is_mobile=True, has_touch=True)

    person.page.goto("/")
    person.follow("core.home.help")
    never = [person.reads(person.words(f"core.help.never_{what}")) for what in NEVER_ASKED]
    offered = offering(person, "вясёлка")
    try:
        while True:
            next(offered)
    except StopIteration as end:
        wouk = end.value
    enter(person, wouk)
    nothing_yet = person.reads(person.words("work.home.steps_about"))
    person.follow("work.step.profile")
    why = []
    for step in saying(person):
        why.append(step == "about_me" or person.page.locator(".why").count() == 1)
    person.press("work.about.send")
    person.sees("work.home.done_sent")
    sign(person)
    write(person, "Магу гаварыць у чацвер увечары.")
    person.open("work")
    told = person.reads(person.words("work.home.next"))
    states = [
        person.page.locator(".tasklist li").nth(place).locator(".badge").inner_text()
        for place in range(4)
    ]
    done, not_yet = person.words("work.home.done"), person.words("work.home.open")
    person.open("staff")
    at_home = person.page.url.endswith("/be/work")

    assert [True] * len(NEVER_ASKED) == never
    assert nothing_yet and told and at_home
    assert [True] * len(why) == why, "each page says why it is asked"
    assert [done, done, not_yet, not_yet] == [state.strip() for state in states]
