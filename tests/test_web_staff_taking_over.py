"""A guide that another embassy shared becomes a draft of ours: once, marked, by our own rules."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pe_core.desk.guide_drafts import OpenDraft, drop_draft, list_drafts
from pe_core.desk.reading import guides_of
from pe_core.desk.trail import read_entry
from pe_core.errors import NotAllowed
from pe_core.model import Guide, GuideText, SourceLink, Status
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import Share
from pe_core.model.trail import Act
from pe_core.network import referring
from pe_core.network.bodies import encode_body
from pe_core.network.preparing import Prepared
from pe_core.network.taking_over import take_over_shared
from pe_core.store import TrailRow
from pe_core.toolkit.browser import Page
from pe_core.toolkit.embassy import TestEmbassy
from two_browsers import Pages, Run, links, two_browsers

HARBOUR = Guide(
    name="own.harbour-office",
    topics=("zz.paper", "xx.of-theirs"),
    jurisdiction="xx",
    authority="Harbour Office",
    document="Harbour card",
    checked_on=date(2026, 11, 20),
    sources=(SourceLink(title="Rules", url="https://harbour.xx.example/rules"),),
    texts={
        "en": GuideText(title="The harbour office", summary="Where it is.", body="Go there."),
        "be": GuideText(
            title="Партовая ўправа",
            summary="Дзе яна.",
            body="Ідзіце туды.",
            permits=("усе",),
            status=Status.MACHINE,
        ),
        "ka": GuideText(title="ნავსადგური", summary="სად არის.", body="წადით."),
    },
    letters=("xx.letter-of-theirs",),
    revision=7,
)
NAME = HARBOUR.name


@pytest.fixture
def pages(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Pages]:
    """Two embassies that know each other, and a coordinator of each in a browser."""
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as found:
        yield found


def share(pages: Pages, guide: Guide = HARBOUR) -> ThreadId:
    """Let the near embassy share a guide, and the far one take its letter in."""
    raw = encode_body(Share(guide=guide, language="en"))
    thread = pages.two.near.begin(Prepared(peer=pages.two.far.code, kind=Kind.SHARE, raw=raw))
    pages.two.carry()
    pages.far.go("referrals")
    return thread


def take(pages: Pages, thread: str, **typed: str) -> Page:
    """Press *Take over as a draft* on the page of a conversation."""
    at = f"/referrals/{thread}"
    pages.far.go(f"referrals/{thread}")
    forms = [form.action for form in pages.far.browser.page.forms()]
    place = next(n for n, f in enumerate(pages.far.browser.page.forms()) if "slug" in f.fields)
    assert forms[place].endswith(at)
    return pages.far.browser.send({**typed, "act": "take_over"}, form=place)


def drafts(pages: Pages) -> list[OpenDraft]:
    found: list[OpenDraft] = pages.two.run(list_drafts(pages.two.far.desk, pages.two.far.session))
    return found


def acts(pages: Pages) -> list[tuple[Act, str]]:
    desk, session = pages.two.far.desk, pages.two.far.session
    rows = pages.two.run(desk.store.select(TrailRow, order="number"))
    found = [read_entry(desk, session, row) for row in rows]
    return [(one.act, one.what) for one in found if one is not None]


def changed(**facts: Any) -> Guide:
    return msgspec.structs.replace(HARBOUR, **facts)


def worded(**words: Any) -> Guide:
    text = msgspec.structs.replace(HARBOUR.texts["en"], **words)
    return changed(texts={**HARBOUR.texts, "en": text})


def test_a_shared_guide_becomes_a_draft_with_a_mark_and_nothing_is_public(pages: Pages) -> None:
    thread = share(pages)
    page = take(pages, thread)
    (found,) = drafts(pages)
    told = found.draft.guide
    listed = pages.far.go("guides")

    assert told is not None
    assert (NAME, "zz", False) == (found.draft.name, found.draft.origin.peer, found.draft.ready)
    assert ["en", "be"] == sorted(told.texts, reverse=True), "what is in our languages"
    assert ("zz.paper",) == told.topics and () == told.letters, "what we have as well"
    assert ("zz", 1) == (told.jurisdiction, told.revision)
    assert (HARBOUR.authority, HARBOUR.sources) == (told.authority, told.sources)
    assert (Status.HUMAN, Status.MACHINE) == (told.texts["en"].status, told.texts["be"].status)
    assert "Taken over as a draft. Nothing is public yet." in page.words
    assert "From embassy ZZ" in page.words and "From embassy ZZ" in listed.words
    assert f"/en/staff/referrals/{thread}" in links(page)
    assert NAME not in guides_of(pages.two.far.desk)
    assert 404 == pages.far.browser.go(f"/en/guides/{NAME}").status


def test_it_is_in_the_trail_with_the_embassy_that_shared_it(pages: Pages) -> None:
    take(pages, share(pages))

    assert (Act.GUIDE_TAKEN_OVER, f"{NAME}/zz") in acts(pages)
    assert f"{NAME}, zz" in pages.far.go("trail").words


def test_a_second_press_leads_to_the_same_draft(pages: Pages) -> None:
    thread = share(pages)
    first = take(pages, thread)
    page = pages.far.go(f"referrals/{thread}")
    token = page.forms()[-1].fields["token"]
    again = [("token", token), ("act", "take_over"), ("slug", "another-address")]
    second = pages.far.browser.post(f"/en/staff/referrals/{thread}", again)

    assert 1 == len(drafts(pages))
    assert first.path == second.path
    assert "It is a draft here already." in page.words
    assert [] == page.tree.xpath("//input[@name='slug']")


def test_two_presses_at_once_make_one_draft(pages: Pages) -> None:
    far, thread = pages.two.far, share(pages)
    view = far.view(thread)

    async def both() -> list[Any]:
        presses = (
            take_over_shared(far.desk, far.session, view, HARBOUR, slug)
            for slug in ("harbour", "harbour-office")
        )
        return await asyncio.gather(*presses, return_exceptions=True)

    found = pages.two.run(both())

    assert 1 == len(drafts(pages))
    assert 1 == sum(isinstance(one, NotAllowed) for one in found)


def test_one_writes_on_in_it_and_the_mark_stays(pages: Pages) -> None:
    take(pages, share(pages))
    pages.far.go(f"guides/{NAME}/text/en")
    fields = {"body": "Go there early.", "act": "save"}
    page = pages.far.send(fields, "/text/en")

    assert "From embassy ZZ" in page.words
    assert "Go there early." in page.words


def test_a_guide_of_ours_with_the_same_name_is_named_and_stays_until_somebody_chooses_it(
    pages: Pages,
) -> None:
    theirs = guides_of(pages.two.near.desk)["zz.guest-passport"]
    text = msgspec.structs.replace(theirs.texts["en"], fee="21 shells")
    thread = share(
        pages, msgspec.structs.replace(theirs, texts={"en": text}, authority="Another Office")
    )
    before = pages.far.go(f"referrals/{thread}")
    page = take(pages, thread, into="ours")
    (found,) = drafts(pages)
    told = found.draft.guide

    assert "A change to our guide “A guest's passport" in before.words
    assert ["new"] == before.tree.xpath("//input[@name='into'][@checked]/@value")
    assert told is not None
    assert "zz.guest-passport" == found.draft.name
    assert ("zz.passport-request",) == told.letters
    assert set(theirs.texts) == set(told.texts), "what we have in other languages stays"
    assert (2, 2, 1) == (told.revision, told.texts["en"].of, told.texts["be"].of)
    assert "Added: 21 shells" in page.words and "Removed: 20 shells" in page.words
    assert "Office of Stays" == guides_of(pages.two.far.desk)["zz.guest-passport"].authority


def test_our_guide_is_not_changed_while_a_colleague_changes_it(pages: Pages) -> None:
    thread = share(pages, guides_of(pages.two.near.desk)["zz.guest-passport"])
    pages.far.go("guides/zz.guest-passport/text/en")
    pages.far.send({"fee": "30 shells", "act": "save"}, "/text/en")
    page = take(pages, thread, into="ours")
    (found,) = drafts(pages)

    assert 422 == page.status
    assert "Somebody is changing this guide of ours already" in page.words
    assert "#field-into" in links(page)
    assert found.draft.origin is None


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("harbour-office", "This address is taken."),
        ("", "two to forty small Latin letters"),
        ("../x", "two to forty small Latin letters"),
        ("Порт", "two to forty small Latin letters"),
    ],
)
def test_an_address_that_is_taken_or_none_is_said_beside_it(
    pages: Pages, slug: str, said: str
) -> None:
    take(pages, share(pages))
    page = take(pages, share(pages), slug=slug)

    assert 422 == page.status
    assert "#field-slug" in links(page) and 2 == page.words.count(said)
    assert [NAME] == [one.draft.name for one in drafts(pages)]


def test_a_free_address_is_proposed_where_the_first_one_is_taken(pages: Pages) -> None:
    take(pages, share(pages))
    page = pages.far.go(f"referrals/{share(pages)}")

    assert ["harbour-office-zz"] == page.tree.xpath("//input[@name='slug']/@value")


def test_a_draft_that_was_forgotten_can_be_made_again(pages: Pages) -> None:
    thread, far = share(pages), pages.two.far
    take(pages, thread)
    (found,) = drafts(pages)
    pages.two.run(drop_draft(far.desk, far.session, NAME, found.id))
    take(pages, thread)

    assert [NAME] == [one.draft.name for one in drafts(pages)]


TODAY = date(2026, 11, 24)
LONG = "x" * 301
HOSTILE = {
    "a script": worded(body="<script>alert(1)</script>"),
    "a picture": worded(body="![x](https://evil.example/x.png)"),
    "a link that runs": worded(body="[here](javascript:alert(1))"),
    "a reference that runs": worded(body="[here][x]\n\n[x]: javascript:alert(1)"),
    "a body that is too long": worded(body="x" * 40_001),
    "no body": worded(body=" \n "),
    "a title of two lines": worded(title="One\nTwo"),
    "a title that is too long": worded(title="x" * 91),
    "no title": worded(title=" "),
    "a summary that is too long": worded(summary=LONG),
    "a fee that nobody sees": worded(fee="1\x00"),
    "a long line of who may": worded(permits=(LONG,)),
    "too many of who may": worded(permits=("a",) * 21),
    "an office that hides": changed(authority="Office\u202eeciffO"),
    "an office that is too long": changed(authority=LONG),
    "a paper of two lines": changed(document="A\nB"),
    "a day to come": changed(checked_on=TODAY + timedelta(days=1)),
    "a source that runs": changed(sources=(SourceLink(title="x", url="javascript:alert(1)"),)),
    "a source in clear": changed(sources=(SourceLink(title="x", url="http://x.example/"),)),
    "a source without words": changed(sources=(SourceLink(title="", url="https://x.example/"),)),
}


@pytest.mark.parametrize("guide", HOSTILE.values(), ids=HOSTILE)
def test_what_our_own_people_could_not_type_is_not_taken_over(pages: Pages, guide: Guide) -> None:
    thread, far = share(pages, guide), pages.two.far
    page = pages.far.go(f"referrals/{thread}")
    token = page.forms()[-1].fields["token"]
    by_hand = [("token", token), ("act", "take_over"), ("slug", "harbour")]
    forced = pages.far.browser.post(f"/en/staff/referrals/{thread}", by_hand)

    assert 200 == page.status
    assert "our own people could not have written it like this" in page.words
    assert [] == page.tree.xpath("//input[@name='slug']")
    assert 403 == forced.status
    assert [] == page.tree.xpath("//script | //img | //a[starts-with(@href, 'javascript')]")
    assert [] == drafts(pages)
    assert "" == far.view(thread).body.guide


@pytest.mark.parametrize(
    "name",
    ["own.../../etc", "own.<b>", "staff", "", "own." + "x" * 60, "own.a b", "zz.Порт", "." * 300],
)
def test_a_strange_name_is_no_address_of_ours(pages: Pages, name: str) -> None:
    thread = share(pages, changed(name=name))
    page = pages.far.go(f"referrals/{thread}")
    proposed = page.tree.xpath("//input[@name='slug']/@value")
    taken = take(pages, thread, slug="harbour")

    assert 200 == page.status
    assert ["" if name != "staff" else "staff"] == proposed
    assert "/en/staff/guides/own.harbour" == taken.path


@pytest.mark.parametrize("tag", ["../x", "<b>", "staff", "x" * 300])
def test_words_in_a_language_that_is_none_of_ours_stay_there(pages: Pages, tag: str) -> None:
    thread = share(pages, changed(texts={tag: HARBOUR.texts["en"]}))
    page = pages.far.go(f"referrals/{thread}")

    assert 200 == page.status
    assert "in none of our embassy's languages" in page.words
    assert [] == page.tree.xpath("//input[@name='slug']")


def test_what_was_taken_back_there_cannot_be_taken_over_any_more(pages: Pages) -> None:
    thread, near = share(pages), pages.two.near
    page = pages.far.go(f"referrals/{thread}")
    token = page.forms()[-1].fields["token"]
    pages.two.run(referring.revoke(near.desk, near.session, thread))
    pages.two.carry()
    by_hand = [("token", token), ("act", "take_over"), ("slug", "harbour")]
    late = pages.far.browser.post(f"/en/staff/referrals/{thread}", by_hand)

    assert 403 == late.status
    assert [] == drafts(pages)


def test_who_shared_it_and_who_writes_no_guides_is_offered_nothing(pages: Pages) -> None:
    thread = share(pages)
    ours = pages.near.go(f"referrals/{thread}")
    pages.two.far.session.compartments = frozenset({"intake", "referral", "trail", "roster"})
    theirs = pages.far.go(f"referrals/{thread}")

    assert "Take it over" not in ours.words
    assert "Take it over" not in theirs.words
