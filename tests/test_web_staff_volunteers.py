"""What coordinators see of volunteers and do about them, through the pages."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from pe_core.desk import cards, invites, screening, volunteers
from pe_core.desk.bringing_in import bring_in
from pe_core.desk.own_record import leave
from pe_core.desk.sessions import Session
from pe_core.desk.tracing import read_trail
from pe_core.desk.volunteer_notes import read_notes, write_note
from pe_core.model import Box, Gate, Skill, Spoken, VolunteerState
from pe_core.model.trail import Act
from pe_core.rules.receipts import make_receipt
from pe_core.store import VolunteerRow
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import (
    ASKED,
    Account,
    active_volunteer,
    ask,
    offer_help,
    open_account,
    send_profile,
    unlock_account,
)

Run = Callable[[Awaitable[Any]], Any]
Open = Callable[[], Browser]
LIST = "/en/staff/volunteers"
V = VolunteerState


class Office:
    """Two coordinators in two browsers, and somebody who offered help."""

    def __init__(self, embassy: TestEmbassy, run: Run, open_browser: Open) -> None:
        self.embassy, self.desk, self.run = embassy, embassy.desk, run
        self.busel, self.zubr = open_browser(), open_browser()
        self.unlock(self.busel, embassy.account)
        code = run(invites.make_invite(self.desk, self.session("busel")))
        second: Account = run(open_account(self.desk, embassy.clock, code, "zubr"))
        self.unlock(self.zubr, second)
        self.unlock(self.busel, embassy.account)
        self.offered = run(offer_help(self.desk, embassy.clock, "wouk", "be"))
        session: Session = run(unlock_account(self.desk, embassy.clock, self.offered))
        self.wouk = session
        said: dict[str, Any] = {
            "languages": (Spoken(tag="be"),),
            "skills": (Skill(code="core.skill.driving"),),
            "note": "Маю аўтобус <b>на восем</b> месцаў.",
            "hours": (0b11 << 18, 0, 0, 0, 0, 1 << 23, 0),
            "city": "Coastville",
            "reach": 30,
        }
        run(send_profile(self.desk, session, **said))
        embassy.clock.move(minutes=1)

    def unlock(self, browser: Browser, account: Account) -> Page:
        self.embassy.clock.move(minutes=1)
        browser.client.cookies.clear()
        browser.go("/en/staff/unlock")
        code = account.code(self.embassy.clock.now())
        fields = {"name": account.handle, "passphrase": account.passphrase, "code": code}
        return browser.send(fields)

    def session(self, handle: str) -> Session:
        return next(s for s in self.desk.sessions.items() if s.handle == handle)

    @property
    def at(self) -> str:
        return f"{LIST}/{self.wouk.box}"

    def act(self, browser: Browser, name: str, **fields: str) -> Page:
        """Open the page and press one of its buttons."""
        page = browser.go(self.at)
        revision = page.tree.xpath("string(//input[@name='revision']/@value)")
        return self.post(browser, {"act": name, "revision": revision, **fields})

    def post(self, browser: Browser, fields: dict[str, str]) -> Page:
        token = browser.page.tree.xpath("string(//input[@name='token']/@value)")
        return browser.post(self.at, [("token", token), *fields.items()])

    def known(self, box: Box | None = None) -> Any:
        by = self.session("busel")
        return self.run(volunteers.read_volunteer(self.desk, by, box or self.wouk.box))

    def state(self) -> VolunteerState:
        return volunteers.state_now(self.desk, self.known())

    def acts(self, act: Act) -> int:
        page = self.run(read_trail(self.desk, self.session("busel"), act=act))
        return len(page.lines)


@pytest.fixture
def office(pe_embassy: TestEmbassy, pe_run: Run, pe_browser: Open) -> Office:
    return Office(pe_embassy, pe_run, pe_browser)


def test_who_offered_help_waits_for_us_with_what_they_said(office: Office) -> None:
    page = office.busel.go(LIST)
    record = office.busel.go(office.at)

    assert "wouk" in page.words
    assert [office.at] == page.tree.xpath("//td[@class='topic']/a/@href")
    assert ["Waiting for us 1", "Active 0", "Paused 0", "All 1"] == [
        " ".join(link.text_content().split())
        for link in page.tree.xpath("//ul[@class='states']//a")
    ]
    assert "Applied" in record.words
    assert "Маю аўтобус <b>на восем</b> месцаў." in record.words
    assert "Coastville, up to 30 km, also from afar" in record.words
    assert "Monday 18:00–20:00" in record.words
    assert "Saturday 23:00–24:00" in record.words
    assert "Driving people or things " in record.words


def test_the_first_page_counts_who_waits_for_us_also_before_anybody_asks_for_help(
    office: Office,
) -> None:
    applied = figure(office.busel.go("/en/staff"))
    make_active(office)
    quiet = figure(office.busel.go("/en/staff"))
    own = office.run(volunteers.read_own(office.desk, office.wouk))
    office.run(write_note(office.desk, office.wouk, own, "Калі?", "be"))
    wrote = figure(office.busel.go("/en/staff"))
    office.run(ask(office.desk, ASKED[1]))
    office.act(office.busel, "message", text="Tomorrow.")
    answered = figure(office.busel.go("/en/staff"))

    waiting = "{} Volunteers waiting for us"
    assert [waiting.format(1)] == applied == wrote
    assert [waiting.format(0)] == quiet == answered


def figure(page: Page) -> list[str]:
    links = page.tree.xpath("//ul[@class='figures']//a[@href='/en/staff/volunteers']")
    return [" ".join(link.text_content().split()) for link in links]


def test_from_an_offer_to_an_active_volunteer(office: Office) -> None:
    taken = office.act(office.busel, "take_up")
    talked = office.act(office.busel, "talk")
    unsure = office.act(office.busel, "vouch")
    vouched = office.act(office.busel, "vouch", sure="yes")
    office.embassy.clock.move(minutes=1)
    active = office.act(office.zubr, "vouch", sure="yes")

    assert "you look at this offer" in taken.words
    assert "The talk is noted." in talked.words
    assert (422, True) == (unsure.status, "Tick the box if you can vouch" in unsure.words)
    assert "Look below at what is still missing" in vouched.words
    assert "this volunteer is active" in active.words
    assert V.ACTIVE is office.state()
    assert "busel (November 24, 2026), zubr (November 24, 2026)" in plain(active.words)
    assert "wouk" in office.busel.go(f"{LIST}?tab=active").words
    assert "Nobody waits for you" in office.busel.go(LIST).words


def plain(words: str) -> str:
    """Return words without what keeps a name's direction apart."""
    return words.replace("\N{FIRST STRONG ISOLATE}", "").replace("\N{POP DIRECTIONAL ISOLATE}", "")


def test_a_step_can_be_taken_back_while_nothing_follows_from_it(office: Office) -> None:
    office.act(office.busel, "talk")
    office.act(office.busel, "vouch", sure="yes")
    untalked = office.act(office.busel, "untalk")
    unvouched = office.act(office.busel, "unvouch")

    assert "no longer noted" in untalked.words
    assert "taken back" in unvouched.words
    assert (None, ()) == (office.known().standing.talked, office.known().standing.vouches)


def test_who_presses_on_an_old_page_is_shown_the_new_one(office: Office) -> None:
    office.zubr.go(office.at)
    office.act(office.busel, "take_up")
    old = office.zubr.page.tree.xpath("string(//input[@name='revision']/@value)")
    page = office.post(office.zubr, {"act": "words", "revision": old, "words": "Typed long."})

    assert 409 == page.status
    assert "This record changed meanwhile" in page.words
    assert "Typed long." == page.tree.xpath("//textarea[@name='words']")[0].text.strip()
    assert "" == office.known().standing.words


@pytest.mark.parametrize("revision", ["", "-1", "x", "9" * 40])
def test_a_form_without_the_revision_does_nothing(office: Office, revision: str) -> None:
    office.busel.go(office.at)

    assert 409 == office.post(office.busel, {"act": "talk", "revision": revision}).status
    assert office.known().standing.talked is None


def test_no_other_button_is_known(office: Office) -> None:
    office.busel.go(office.at)

    assert 400 == office.post(office.busel, {"act": "erase", "revision": "2"}).status


def test_a_gate_is_noted_with_its_last_day_and_removed(office: Office) -> None:
    day = {"ends-day": "1", "ends-month": "12", "ends-year": "2026"}
    noted = office.act(office.busel, "gate", gate="core.gate.first_aid", **day)
    listed = office.busel.go(LIST)
    office.embassy.clock.move(days=9)
    office.unlock(office.busel, office.embassy.account)
    ended = office.busel.go(office.at)
    removed = office.act(office.busel, "ungate", gate="core.gate.first_aid")

    assert "Trained in first aid until December 1, 2026" in noted.words
    assert "A qualification ends soon" in noted.words
    assert "A qualification ends soon" in listed.words
    assert "A qualification has ended" in ended.words
    assert "Trained in first aid until" not in removed.words
    assert () == office.known().standing.gates


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"gate": "core.gate.flying"}, "Fill this in"),
        ({"gate": ""}, "Fill this in"),
        ({"ends-day": "31", "ends-month": "2", "ends-year": "2027"}, "There is no such day"),
        ({"ends-day": "1", "ends-month": "", "ends-year": ""}, "There is no such day"),
        ({"ends-day": "1", "ends-month": "1", "ends-year": "2026"}, "Choose a day after today"),
    ],
)
def test_a_wrong_gate_is_explained(office: Office, typed: dict[str, str], words: str) -> None:
    page = office.act(office.busel, "gate", **{"gate": "core.gate.first_aid", **typed})

    assert (422, True) == (page.status, words in page.words)
    assert () == office.known().standing.gates


def test_a_day_that_is_none_stays_on_the_page_with_its_gate(office: Office) -> None:
    make_active(office)
    gate = {"gate": "core.gate.first_aid"}
    for act, name, more in (("gate", "ends", gate), ("pause", "until", {})):
        day = {f"{name}-day": "31", f"{name}-month": "2", f"{name}-year": "2027"}
        page = office.act(office.busel, act, **day, **more)

        assert 422 == page.status
        for field, value in day.items():
            assert [value] == page.tree.xpath(f"//input[@name='{field}']/@value")
        chosen = page.tree.xpath("//select[@name='gate']/option[@selected]/@value")
        assert list(more.values()) == chosen


def make_active(office: Office) -> None:
    for by in ("busel", "zubr"):
        session = office.session(by)
        if by == "busel":
            office.run(screening.note_talk(office.desk, session, office.known()))
        known = office.run(volunteers.read_volunteer(office.desk, session, office.wouk.box))
        office.run(screening.vouch(office.desk, session, known))
    office.embassy.clock.move(minutes=1)


def test_a_pause_and_its_end(office: Office) -> None:
    make_active(office)
    day = {"until-day": "30", "until-month": "11", "until-year": "2026"}
    wrong = office.act(office.busel, "pause", **{**day, "until-day": "31"})
    past = office.act(office.busel, "pause", **{**day, "until-year": "2025"})
    paused = office.act(office.busel, "pause", **day)
    under = office.busel.go(f"{LIST}?tab=paused")
    gone_on = office.act(office.busel, "go_on")

    assert (422, 422) == (wrong.status, past.status)
    assert "There is no such day" in wrong.words
    assert "A pause ends today at the earliest" in past.words
    assert "Paused by us untilNovember 30, 2026" in paused.words
    assert "wouk" in under.words
    assert "The pause is over." in gone_on.words
    assert V.ACTIVE is office.state()


@pytest.mark.parametrize(
    ("act", "state"), [("decline", V.DECLINED), ("block", V.BLOCKED)], ids=["decline", "block"]
)
def test_a_no_is_confirmed_by_a_colleague(office: Office, act: str, state: VolunteerState) -> None:
    empty = office.act(office.busel, act)
    waits = office.act(office.busel, act, reason="Nobody knows <i>them</i>.")
    listed = office.zubr.go(LIST)
    office.busel.go(office.at)
    own = office.busel.page.tree.xpath("//button[@value='confirm']")
    offered = office.zubr.go(office.at)
    done = office.act(office.zubr, "confirm")

    assert (422, True) == (empty.status, "Write why" in empty.words)
    assert "It waits for another coordinator." in waits.words
    assert "A second coordinator is needed" in listed.words
    assert [] == own
    assert "Nobody knows <i>them</i>." in offered.words
    assert "It is done, and their session is ended." in done.words
    assert state is office.state()
    assert office.wouk.box not in [session.box for session in office.desk.sessions.items()]


def test_a_colleague_may_not_confirm(office: Office) -> None:
    office.act(office.busel, "block", reason="Nobody knows them.")
    page = office.act(office.zubr, "refuse")

    assert "Nothing was done" in page.words
    assert V.APPLIED is office.state()


def test_ones_own_no_cannot_be_confirmed_by_a_form_either(office: Office) -> None:
    office.act(office.busel, "block", reason="Nobody knows them.")
    page = office.act(office.busel, "confirm")

    assert (422, True) == (page.status, "Another coordinator has to confirm it" in page.words)
    assert V.APPLIED is office.state()


def test_words_for_them_are_kept_as_typed(office: Office) -> None:
    office.act(office.busel, "words", words="Дзякуй!\r\nЗаўтра патэлефануем.")
    long = office.act(office.busel, "words", words="x" * 2_001)

    assert "Дзякуй!\nЗаўтра патэлефануем." == office.known().standing.words
    assert (422, True) == (long.status, "At most 2,000 characters." in long.words)


def test_the_list_is_narrowed_by_language_skill_and_place(office: Office) -> None:
    session = office.session("busel")
    office.run(
        active_volunteer(
            office.desk,
            office.embassy.clock,
            [session, office.session("zubr")],
            "lis",
            languages=(Spoken(tag="ru"),),
            city="Hillham",
        )
    )
    office.unlock(office.busel, office.embassy.account)

    def shown(query: str) -> list[str]:
        page = office.busel.go(f"{LIST}?tab=all&{query}")
        return [link.text for link in page.tree.xpath("//td[@class='topic']/a")]

    assert ["wouk", "lis"] == shown("")
    assert ["lis"] == shown("language=ru")
    assert ["wouk"] == shown("skill=core.skill.driving")
    assert ["lis"] == shown("city=Hillham")
    assert [] == shown("language=ru&skill=core.skill.driving")
    assert ["wouk", "lis"] == shown("language=xx&city=Nowhere&skill=y"), "of what is not there"
    assert (
        "Nobody fits this filter"
        in office.busel.go(f"{LIST}?tab=all&language=be&city=Hillham").words
    )


def test_the_first_page_says_who_waits_though_nobody_has_asked_for_help_yet(
    office: Office,
) -> None:
    page = office.busel.go("/en/staff")
    said = [
        " ".join(a.text_content().split()) for a in page.tree.xpath("//ul[@class='figures']//a")
    ]
    office.busel.go(page.tree.xpath("//a[contains(@class, 'volunteers')]/@href")[0])

    assert ["0 Looked for", "1 Volunteers waiting for us"] == said
    assert "No requests yet" in page.words
    assert "wouk" in office.busel.page.words


def test_where_no_cities_are_named_none_is_chosen_and_nobody_is_somewhere_else(
    office: Office,
) -> None:
    law, elsewhere = office.desk.jurisdiction, "a place that is not in the list"
    office.run(send_profile(office.desk, office.wouk, city="", reach=30, remote=True))
    with_cities = office.busel.go(f"{LIST}/{office.wouk.box}").words
    office.desk.jurisdiction = replace(law, cities=())
    page = office.busel.go(f"{LIST}?tab=all")
    without = office.busel.go(f"{LIST}/{office.wouk.box}").words

    assert ["language", "skill"] == page.tree.xpath("//form[@class='filter']//select/@name")
    assert (elsewhere in with_cities, elsewhere in without) == (True, False)
    assert "30 km" in without


def test_a_pseudonym_is_looked_for_and_stands_in_no_address(office: Office) -> None:
    office.busel.go(LIST)
    page = office.busel.send({"query": " WOU "}, form="search")
    none = office.busel.send({"query": "lis"}, form="search")

    assert "1 volunteer found" in page.words
    assert f"{LIST}/search" == page.path
    assert "0 volunteers found" in none.words
    assert LIST == office.busel.go(f"{LIST}/search").path


def test_twenty_five_stand_on_a_page(office: Office) -> None:
    session = office.session("busel")
    office.run(cards.catch_up_cards(office.desk, session))
    (card,) = session.cards.values()
    import msgspec

    rows = [Box(number) for number in range(1, 31)]
    from pe_core.store import Insert

    row = office.run(office.desk.store.get(VolunteerRow, card.box))
    office.run(
        office.desk.store.write(
            [Insert(msgspec.structs.replace(row, box=box, card=None)) for box in rows]
        )
    )
    session.cards.update(
        {box: msgspec.structs.replace(card, box=box, handle=f"bird{box:02}") for box in rows}
    )
    first = office.busel.go(f"{LIST}?tab=all")
    second = office.busel.go(first.tree.xpath("//nav[@class='pages']/a[@rel='next']/@href")[0])

    assert (25, 6) == tuple(
        len(page.tree.xpath("//td[@class='topic']/a")) for page in (first, second)
    )


def test_opening_a_record_and_reading_the_list_are_in_the_trail_and_paced(
    office: Office,
) -> None:
    session = office.session("busel")
    office.desk.paces.clear()
    for _ in range(3):
        office.busel.go(LIST)
        office.busel.go(office.at)

    assert (1, 1) == (office.acts(Act.VOLUNTEERS_LISTED), office.acts(Act.VOLUNTEER_OPENED))
    assert 2 == len(office.desk.paces[session.box]), "one page of the list, and one record"
    now = office.embassy.clock.now()
    office.desk.paces[session.box] = [now] * 120
    session.looked.clear()
    assert 429 == office.busel.go(office.at).status
    assert 429 == office.busel.go(LIST).status


@pytest.mark.parametrize("box", ["1", "0", "281474976710656"])
def test_nobody_elses_box_is_a_volunteer(office: Office, box: str) -> None:
    member = office.session("zubr").box

    assert 404 == office.busel.go(f"{LIST}/{box}").status
    assert 404 == office.busel.go(f"{LIST}/{member}").status


def test_gates_of_a_plugin_that_is_gone_show_their_code(office: Office) -> None:
    session = office.session("busel")
    gone = Gate(code="xx.volunteer.gate.gone", until=date(2030, 1, 1))
    office.run(screening.set_gates(office.desk, session, office.known(), [gone]))

    assert "xx.volunteer.gate.gone" in office.busel.go(office.at).words


def test_a_joining_code_leads_to_the_record_as_ones_own_account(
    office: Office, pe_browser: Open
) -> None:
    table = b"pseudonym,note\nbocian,What the embassy knew.\n"
    office.run(bring_in(office.desk, table, write=True))
    listed = office.busel.go(f"{LIST}?tab=all")
    (at,) = [
        link.get("href")
        for link in listed.tree.xpath("//td[@class='topic']/a")
        if link.text == "bocian"
    ]
    revision = office.busel.go(at).tree.xpath("string(//input[@name='revision']/@value)")
    token = office.busel.page.tree.xpath("string(//input[@name='token']/@value)")
    typed = [("token", token), ("revision", revision), ("act", "code")]
    shown = office.busel.post(at, typed)
    again = office.busel.post(at, typed)
    groups = [
        item.text_content().strip()[1:] for item in shown.tree.xpath("//ol[@class='receipt']/li")
    ]
    other = pe_browser()
    other.go("/en/help/code")
    office.embassy.clock.move(seconds=6)
    slip = other.send({"code": " ".join(groups)[:-1]})
    office.embassy.clock.move(seconds=6)
    page = other.send({"code": " ".join(groups)})

    assert "No account yet" in listed.words
    assert "For bocian." in shown.words
    assert 409 == again.status, "the code changed the record"
    assert (422, True) == (slip.status, "A letter or a digit is not right" in slip.words)
    assert (200, "/en/help/account") == (page.status, page.path)


def test_a_code_that_nobody_gave_leads_nowhere(office: Office, pe_browser: Open) -> None:
    other = pe_browser()
    other.go("/be/help/code")
    office.embassy.clock.move(seconds=6)
    page = other.send({"code": make_receipt(bytes(32))})

    assert (422, "/be/help/code") == (page.status, page.path)
    assert "Гэты код невядомы" in page.words
    assert office.busel.go(office.at).tree.xpath("//button[@value='code']") == []


def test_a_wish_for_support_waits_for_us_until_somebody_has_heard_it(office: Office) -> None:
    make_active(office)
    sent = office.known().profile.sent
    wished = office.embassy.clock.now()
    office.run(send_profile(office.desk, office.wouk, sent=sent, support=wished))
    listed = office.busel.go(LIST)
    record = office.busel.go(office.at)
    office.embassy.clock.move(minutes=1)
    done = office.act(office.busel, "support")

    assert "Asks for support" in listed.words
    assert "They ask for support" in record.words
    assert "Thank you for looking after them." in done.words
    assert "They ask for support" not in done.words
    assert "Nobody waits for you" in office.busel.go(LIST).words


def test_who_left_with_a_wish_for_support_waits_until_somebody_has_heard_it(
    office: Office,
) -> None:
    make_active(office)
    sent, wished = office.known().profile.sent, office.embassy.clock.now()
    office.run(send_profile(office.desk, office.wouk, sent=sent, support=wished))
    office.run(leave(office.desk, office.wouk))
    listed = office.busel.go(LIST)
    office.busel.go(office.at)
    office.embassy.clock.move(minutes=1)
    done = office.act(office.busel, "support")

    assert "Asks for support" in listed.words
    assert "Thank you for looking after them." in done.words
    assert "Nobody waits for you" in office.busel.go(LIST).words


def test_a_message_without_an_answer_waits_for_us_and_says_so(office: Office) -> None:
    make_active(office)
    quiet = office.busel.go(LIST)
    own = office.run(volunteers.read_own(office.desk, office.wouk))
    office.run(write_note(office.desk, office.wouk, own, "Дзякуй!", "be"))
    listed = office.busel.go(LIST)
    record = office.busel.go(office.at)
    (link,) = record.tree.xpath("//div[@class='notice warning']//a/@href")
    done = office.act(office.busel, "answered")
    again = office.act(office.busel, "answered")

    assert "Nobody waits for you" in quiet.words
    assert "Waiting for us 1 Active 1" in listed.words
    assert "Unanswered message" in listed.words
    assert "A message of theirs waits for an answer" in record.words
    assert [link] == [f"#{name}" for name in record.tree.xpath("//h2[.='Messages']/@id")]
    assert "Noted: no answer is needed." in done.words
    assert [] == done.tree.xpath("//button[@value='answered']")
    assert "Nobody waits for you" in office.busel.go(LIST).words
    assert (422, True) == (again.status, "not possible as things stand" in again.words)


def test_an_answer_takes_a_volunteer_from_those_who_wait(office: Office) -> None:
    make_active(office)
    own = office.run(volunteers.read_own(office.desk, office.wouk))
    office.run(write_note(office.desk, office.wouk, own, "Калі?", "be"))
    waiting = office.zubr.go(LIST)
    office.act(office.busel, "message", text="Tomorrow.")

    assert "Unanswered message" in waiting.words
    assert "Nobody waits for you" in office.zubr.go(LIST).words


def test_both_sides_write_to_each_other(office: Office) -> None:
    own = office.run(volunteers.read_own(office.desk, office.wouk))
    office.run(write_note(office.desk, office.wouk, own, "Калі мы паразмаўляем?", "be"))
    read = office.busel.go(office.at)
    sent = office.act(office.busel, "message", text="Tomorrow at <b>six</b>.")
    empty = office.act(office.busel, "message", text="  ")
    long = office.act(office.zubr, "message", text="x" * 4_001)
    notes = office.run(read_notes(office.desk, office.wouk, own))

    assert "Калі мы паразмаўляем?" in read.words
    assert "Your message is on their page." in sent.words
    assert "busel" in sent.tree.xpath("string(//ol[@class='thread']/li[2])")
    assert "Tomorrow at <b>six</b>." in office.zubr.go(office.at).words
    assert (422, True) == (empty.status, "Fill this in" in empty.words)
    assert (422, True) == (long.status, "At most 4,000 characters" in long.words)
    assert [(False, "Калі мы паразмаўляем?"), (True, "Tomorrow at <b>six</b>.")] == [
        (one.team, one.note.text) for one in notes
    ]
