"""Letters between embassies on the pages of coordinators: begun, shown, answered, taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from between import Between, Wire
from enclosures import ask_with, items, picture, pixels
from pe_core.desk import visits
from pe_core.model.peer import Kind
from pe_core.model.referral import Refer, ReferralState
from pe_core.network import pairing, referring
from pe_core.network.bodies import decode_body, digest
from pe_core.network.delivery import deliver
from pe_core.network.wire import Sealed, encode_packet
from pe_core.rules.texts import show_date
from pe_core.store import Delete, FileRow, OutgoingRow, PeerRow, Update
from pe_core.toolkit.browser import Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, ask
from two_browsers import Pages, Run, Side, links, two_browsers

S = ReferralState
ASK = "Do you know how this goes with you?"


@pytest.fixture
def pages(pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path) -> Iterator[Pages]:
    """Two embassies that know each other, and a coordinator of each in a browser."""
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as found:
        yield found


def linked(page: Page, words: str) -> str:
    """Return where the link of these words leads."""
    found = [a for a in page.tree.xpath("//a") if a.text_content().strip() == words]
    return str(found[0].get("href"))


def refer(pages: Pages, kind: str = "refer") -> str:
    """Note a spoken consent, look at the preview, send; returns the request's id."""
    _, request = pages.two.ask(ASKED[0])
    near = pages.near
    chosen = {"peer": "yy", "kind": kind, "field": ["paper", "story", "region"], "asked": ASK}
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, "/refer")
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "act": "preview"}, "/refer")
    near.send({"act": "send"}, "/refer")
    return request


def test_before_any_embassy_is_known_the_page_says_what_there_will_be(
    pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path
) -> None:
    two = Between(pe_embassy, pe_run, tmp_path / "other")
    two.run(two.near.desk.store.write([Update(PeerRow, ("yy",), {"state": "paused"})]))
    pages = Pages(two)
    page = pages.near.go("referrals")
    form = pages.near.go("referrals/consult")
    pages.close()
    two.close()

    assert "No embassy can be written to now" in page.words
    assert "No embassy can be written to now" in form.words


def test_a_question_is_shown_and_then_sent_and_answered(pages: Pages) -> None:
    empty = pages.near.go("referrals")
    pages.near.go("referrals/consult")
    pages.near.send({"peer": ["yy"], "words": "How long does a stay take?"}, "/consult")
    preview = pages.near.browser.page
    sent = pages.near.send({"act": "send"}, "/consult")
    pages.two.carry()
    came = pages.far.go("referrals")
    there = pages.far.browser.go(linked(came, "How long does a stay take?"))
    pages.far.send({"words": "Three months.", "act": "answer"}, there.path)
    pages.two.carry()
    pages.near.go("referrals")
    answered = pages.near.browser.go(sent.path)

    assert "Nothing was said yet" in empty.words
    assert "How long does a stay take?" in preview.words
    assert "It is on its way." in sent.words
    assert "Waiting for an answer" in came.words
    assert "Three months." in answered.words
    assert "Answered" in answered.words


def test_what_the_preview_shows_is_what_is_sealed(pages: Pages) -> None:
    _, request = pages.two.ask(ASKED[0])
    near = pages.near
    chosen = {"peer": "yy", "kind": "refer", "field": ["paper", "story"], "asked": ASK}
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, "/refer")
    near.go(f"requests/{request}/refer")
    preview = near.send({**chosen, "act": "preview"}, "/refer")
    near.send({"act": "send"}, "/refer")
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    (came,) = pages.two.far.said(view.id)

    body = decode_body(Kind.REFER, came.raw)
    assert isinstance(body, Refer)
    assert ["paper", "story"] == [shared.field for shared in body.answers]
    for shared in body.answers:
        assert shared.answer in preview.words
        assert shared.question in preview.words
    assert ASK in preview.words
    shown = preview.tree.xpath("//input[@name='shown']/@value")
    assert [digest(came.raw)] == shown


def test_a_preview_that_is_out_of_date_sends_nothing_and_shows_anew(pages: Pages) -> None:
    _, request = pages.two.ask(ASKED[0])
    near = pages.near
    chosen = {"peer": "yy", "kind": "refer", "field": ["paper", "story"], "asked": ASK}
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, "/refer")
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "act": "preview"}, "/refer")
    page = near.send({"act": "send", "asked": "Something else"}, "/refer")

    assert "It has changed since you looked" in page.words
    assert "Something else" in page.words
    assert [] == [row for row in pages.two.near.outgoing() if row.thread]


def test_without_the_askers_consent_nothing_is_even_shown(pages: Pages) -> None:
    _, request = pages.two.ask(ASKED[0])
    pages.near.go(f"requests/{request}/refer")
    chosen = {"peer": "yy", "field": ["paper"], "asked": ASK, "act": "preview"}
    page = pages.near.send(chosen, "/refer")

    assert 403 == page.status
    assert "has not agreed" in page.words


def test_while_an_asker_withdraws_the_page_says_so_in_the_place_of_the_form(pages: Pages) -> None:
    two = pages.two
    receipt, request = two.ask(ASKED[0])
    before = pages.near.go(f"requests/{request}/refer")
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    two.run(visits.withdraw(two.near.desk, visit))
    page = pages.near.go(f"requests/{request}/refer")

    assert before.tree.xpath("//input[@name='peer']")
    assert [] == page.tree.xpath("//input[@name='peer']")
    assert "is withdrawing this request; nothing more goes to others" in page.words


@pytest.mark.parametrize("kind", ["refer", "transfer"])
def test_a_yes_in_words_is_for_the_kind_that_was_chosen(pages: Pages, kind: str) -> None:
    _, request = pages.two.ask(ASKED[0])
    near = pages.near
    chosen = {"peer": "yy", "kind": kind, "field": ["paper"], "asked": ASK}
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, "/refer")
    form = near.go(f"requests/{request}/refer")
    page = near.send({**chosen, "kind": "transfer", "act": "preview"}, "/refer")

    handed = kind == "transfer"
    assert handed is ("it may take the request over" in form.words)
    assert handed is ("not that it takes the request over" not in page.words)
    assert (200 if handed else 403) == page.status


def test_a_preview_for_an_embassy_that_was_taken_off_the_list_meanwhile_sends_nothing(
    pages: Pages,
) -> None:
    two = pages.two
    _, request = two.ask(ASKED[0])
    two.agree(request, "paper")
    pages.near.go(f"requests/{request}/refer")
    two.run(pairing.pause(two.near.desk, two.near.session, two.far.code))
    two.run(pairing.forget(two.near.desk, two.near.session, two.far.code))
    chosen = {"peer": "yy", "field": ["paper"], "asked": ASK, "act": "preview"}
    preview = pages.near.send(chosen, "/refer")
    sent = pages.near.send({"act": "send"}, "/refer")

    assert (200, 403) == (preview.status, sent.status)
    assert "There is no such embassy on the list." in sent.words
    assert [] == two.near.threads()


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"peer": "", "act": "preview"}, "field-peer"),
        ({"field": [], "act": "ask"}, "field-field"),
        ({"asked": "", "act": "preview"}, "field-asked"),
        ({"agreed": "", "act": "spoken"}, "field-agreed"),
    ],
)
def test_what_is_missing_is_said_beside_it(pages: Pages, typed: dict[str, Any], wrong: str) -> None:
    _, request = pages.two.ask(ASKED[0])
    pages.near.go(f"requests/{request}/refer")
    whole = {"peer": "yy", "field": ["paper"], "asked": ASK, **typed}
    page = pages.near.send(whole, "/refer")

    assert 422 == page.status
    assert f"#{wrong}" in links(page)


def test_nothing_personal_is_ticked_before_anybody_has_chosen(pages: Pages) -> None:
    _, request = pages.two.ask(ASKED[1])
    page = pages.near.go(f"requests/{request}/refer")
    ticked = page.tree.xpath("//input[@name='field'][@checked]/@value")
    offered = page.tree.xpath("//input[@name='field']/@value")

    assert "name" in offered
    assert "name" not in ticked and "story" in ticked


def test_a_referral_is_taken_on_and_spoken_about(pages: Pages) -> None:
    request = refer(pages)
    pages.two.carry()
    pages.far.go("referrals?show=waiting")
    (view,) = pages.two.far.threads()
    pages.far.go(f"referrals/{view.id}")
    page = pages.far.send({"words": "Gladly", "act": "accept"}, f"/referrals/{view.id}")
    pages.two.carry()
    pages.near.go("referrals")
    ours = pages.near.go(f"referrals/{view.id}")
    on_request = pages.near.go(f"requests/{request}/refer")

    assert "You said yes." in page.words
    assert "Gladly" in ours.words and "Accepted" in ours.words
    assert "agreed in words" in on_request.words
    assert S.ACCEPTED is pages.two.near.view(view.id).state


def refer_with_file(pages: Pages, kind: str, *more: bytes) -> tuple[str, Page]:
    """Refer a request with a picture; returns the file's name and the preview."""
    _, request = ask_with(pages.two, picture(), *more)
    names = items(pages.two, request)
    chosen = {"peer": "yy", "kind": kind, "field": ["story", *names], "asked": ASK}
    near = pages.near
    near.go(f"requests/{request}/refer")
    near.send({**chosen, "agreed": "yes", "act": "spoken"}, "/refer")
    near.go(f"requests/{request}/refer")
    preview = near.send({**chosen, "act": "preview"}, "/refer")
    near.send({"act": "send"}, "/refer")
    return names[0], preview


def test_a_file_is_shown_before_it_goes_and_is_had_there_as_a_download(pages: Pages) -> None:
    name, preview = refer_with_file(pages, "refer")
    shown = preview.tree.xpath("//ul[@class='files']/li")[0].text_content()
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    page = pages.far.go(f"referrals/{view.id}")
    (link,) = page.tree.xpath("//ul[@class='files']//a/@href")
    file = pages.far.browser.go(link)
    trail = pages.far.go("trail")
    ours = pages.near.go(f"referrals/{view.id}")
    (case,) = [one.body for one in pages.two.far.said(view.id)]

    digest = case.files[0].sha256.hex()
    assert digest in "".join(shown.split())
    assert "Picture (PNG), 265 KB" in shown
    assert pixels(picture()) == pixels(file.content)
    assert "image/png" == file.headers["content-type"]
    assert file.headers["content-disposition"].startswith("attachment;")
    assert name.partition(":")[2] not in page.text, "our number of it is nothing to them"
    assert f"conversation {view.id[:6]}" in trail.words
    assert [] == ours.tree.xpath("//ul[@class='files']//a"), "we have it in the request"
    assert digest in "".join(ours.words.split())


def test_nobody_ticks_a_file_but_a_person(pages: Pages) -> None:
    _, request = ask_with(pages.two, picture(40))
    page = pages.near.go(f"requests/{request}/refer")
    (box,) = page.tree.xpath("//input[starts-with(@value, 'file:')]")

    assert items(pages.two, request) == [box.get("value")]
    assert box.get("checked") is None
    assert "File 1" in page.words and "Picture (PNG), 5 KB" in page.words


def test_a_file_that_is_gone_meanwhile_stops_the_preview_and_says_so(pages: Pages) -> None:
    _, request = ask_with(pages.two, picture(40))
    names = items(pages.two, request)
    pages.two.agree(request, "story", *names)
    pages.two.run(pages.two.near.desk.store.write([Delete(FileRow, {"request": request})]))
    chosen = {"peer": "yy", "field": ["story", *names], "asked": ASK, "act": "preview"}
    pages.near.go(f"requests/{request}/refer")
    page = pages.near.send(chosen, "/refer")

    assert 403 == page.status
    assert "There is no such file" in page.words


def test_a_transfer_without_its_file_is_taken_over_only_if_that_is_ticked(pages: Pages) -> None:
    refer_with_file(pages, "transfer")
    last = max(pages.two.near.outgoing(), key=lambda row: row.number)
    held = Update(OutgoingRow, (last.id,), {"state": "dead"})
    pages.two.run(pages.two.near.desk.store.write([held]))
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    at = f"/referrals/{view.id}"
    coming = pages.far.go(at[1:])
    early = pages.far.browser.go(f"/en/staff{at}/files/1")
    pages.far.go(at[1:])
    refused = pages.far.send({"act": "accept"}, at)
    taken = pages.far.send({"act": "accept", "without": "yes"}, at)

    assert "Not all of it has come yet." in coming.words
    assert [] == coming.tree.xpath("//ul[@class='files']//a")
    assert (422, True) == (early.status, "This file could not be read" in early.words)
    assert (403, True) == (refused.status, "Not every file came whole" in refused.words)
    assert S.TAKEN is pages.two.far.view(view.id).state
    assert "The words of this letter are gone" in taken.words
    assert 1 == taken.words.count("The words of this letter are gone"), "and not one a piece"


def test_a_file_that_was_handed_over_is_a_file_of_the_request(pages: Pages) -> None:
    refer_with_file(pages, "transfer", picture(40))
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    pages.far.go(f"referrals/{view.id}")
    pages.far.send({"act": "accept"}, f"/referrals/{view.id}")
    own = pages.two.far.view(view.id).request
    page = pages.far.go(f"requests/{own}")
    links = page.tree.xpath("//ul[@class='files']//a/@href")
    files = [pages.far.browser.go(link).content for link in links]

    assert [pixels(picture()), pixels(picture(40))] == [pixels(data) for data in files]


@pytest.mark.parametrize("place", ["0", "2", "x", "-1", "1111", "٣"])
def test_a_file_that_was_not_sent_is_not_found(pages: Pages, place: str) -> None:
    refer_with_file(pages, "refer")
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()

    assert 404 == pages.far.go(f"referrals/{view.id}/files/{place}").status


def test_a_letter_says_that_it_is_on_its_way_or_that_nobody_read_it(pages: Pages) -> None:
    refer(pages)
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    at = f"referrals/{view.id}"
    pages.far.go(at)
    accepted = pages.far.send({"words": "Gladly", "act": "accept"}, f"/{at}")
    pages.two.carry()
    pages.near.go("referrals")
    arrived = pages.far.go(at)
    pages.near.go(at)
    said = pages.near.send({"words": "The train comes at nine", "act": "answer"}, f"/{at}")
    pages.far.go(at)
    pages.far.send({"words": "We cannot", "act": "return"}, f"/{at}")
    for row in pages.two.far.outgoing():
        wire = Wire(pages.two.near, pages.two.far)
        pages.two.run(deliver(pages.two.far.desk, wire, row.id, "nonce-of-a-test"))
    pages.near.go("referrals")
    ours = pages.near.go(at)

    assert "On its way" in accepted.words and "On its way" not in arrived.words
    assert "On its way" in said.words
    assert "The train comes at nine" in ours.words
    assert "ended the conversation before anybody there had read this" in ours.words
    assert [] == pages.two.near.outgoing()


def test_a_no_needs_a_reason(pages: Pages) -> None:
    refer(pages)
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    pages.far.go(f"referrals/{view.id}")
    without = pages.far.send({"act": "decline"}, f"/referrals/{view.id}")
    page = pages.far.send({"reason": "no_capacity", "act": "decline"}, f"/referrals/{view.id}")

    assert 422 == without.status
    assert "You declined." in page.words
    assert "The words of this letter are gone" in page.words


def test_what_was_taken_back_is_confirmed_with_its_day(pages: Pages) -> None:
    refer(pages)
    pages.two.carry()
    (view,) = pages.two.near.threads()
    pages.near.go(f"referrals/{view.id}")
    before = pages.near.send({"act": "revoke"}, form=_last_form(pages.near, view.id))
    pages.two.carry()
    after = pages.near.go(f"referrals/{view.id}")

    assert "has not confirmed yet" in before.words
    day = show_date(pages.two.clock.now().date(), "en")
    assert f"They confirmed on {day} that it is erased." in after.words


def _last_form(side: Side, thread: str) -> Any:
    forms = [form.action for form in side.browser.page.forms()]
    return max(n for n, action in enumerate(forms) if action.endswith(f"/referrals/{thread}"))


def test_an_ask_is_answered_with_a_step_and_an_offer_and_no_name(pages: Pages) -> None:
    pages.near.go("referrals/ask")
    typed = {"peer": ["yy"], "spoken-1": "ko", "words": "Two hours by telephone", "number": "1"}
    preview = pages.near.send(typed, "/ask")
    pages.near.send({"act": "send"}, "/ask")
    pages.two.carry()
    pages.far.go("referrals")
    (view,) = pages.two.far.threads()
    there = pages.far.go(f"referrals/{view.id}")
    answer = {"count": "0", "words": "Nobody yet", "act": "answer"}
    pages.far.send(answer, f"/referrals/{view.id}")
    pages.two.carry()
    pages.near.go("referrals")
    page = pages.near.go(f"referrals/{view.id}")

    assert "Two hours by telephone" in preview.words
    assert "0 active volunteers fit." in there.words
    assert "nobody" in page.words and "Nobody yet" in page.words


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"peer": []}, "field-peer"),
        ({"spoken-1": ""}, "field-skills-1"),
        ({"number": "0"}, "field-number"),
        ({"number": "51"}, "field-number"),
        ({"words": "x" * 201}, "field-words"),
    ],
)
def test_an_ask_says_what_is_missing(pages: Pages, typed: dict[str, Any], wrong: str) -> None:
    pages.near.go("referrals/ask")
    page = pages.near.send({"peer": ["yy"], "spoken-1": "ko", "number": "1", **typed}, "/ask")

    assert 422 == page.status
    assert f"#{wrong}" in links(page)


def test_a_guide_and_a_notice_are_told_and_await_nothing(pages: Pages) -> None:
    pages.near.go("referrals/share")
    pages.near.send({"peer": ["yy"], "guide": "zz.guest-passport"}, "/share")
    pages.near.send({"act": "send"}, "/share")
    pages.near.go("referrals/notice")
    notice = {"peer": ["yy"], "about": "paused", "words": "Until Monday"}
    pages.near.send(notice, "/notice")
    pages.near.send({"act": "send"}, "/notice")
    pages.two.carry()
    page = pages.far.go("referrals?show=in")
    shared = next(view for view in pages.two.far.threads() if view.body.kind is Kind.SHARE)
    guide = pages.far.go(f"referrals/{shared.id}")

    assert {S.TOLD} == {view.state for view in pages.two.far.threads()}
    assert "We take nothing for a while" in page.words
    assert "https://" in guide.words


def test_a_late_answer_stands_in_the_list_of_both(pages: Pages) -> None:
    refer(pages)
    pages.two.carry()
    pages.far.go("referrals")
    pages.two.clock.move(days=4)
    near, far = Side(pages.two.near, pages.two.run), Side(pages.two.far, pages.two.run)
    lists = [side.go("referrals?show=late").words for side in (near, far)]
    (view,) = pages.two.near.threads()
    page = near.go(f"referrals/{view.id}")
    for side in (near, far):
        side.browser.close()

    assert ["Late" in words and "Nothing here." not in words for words in lists] == [True, True]
    assert "Decide again" in page.words


def test_a_conversation_is_printed_and_the_trail_knows(pages: Pages) -> None:
    refer(pages)
    (view,) = pages.two.near.threads()
    page = pages.near.go(f"referrals/{view.id}/print")
    trail = pages.near.go("trail")

    assert ASK in page.words
    assert f"conversation {view.id[:6]}" in trail.words


def send_spoilt(pages: Pages) -> None:
    """Let a letter come that nobody can read."""
    refer(pages)
    (row,) = [row for row in pages.two.near.outgoing() if row.number]
    packet = msgspec.json.decode(row.packet, type=Sealed)
    spoilt = msgspec.structs.replace(packet, sealed=packet.sealed[:-1] + b"\0")
    change = Update(OutgoingRow, (row.id,), {"packet": encode_packet(spoilt)})
    pages.two.run(pages.two.near.desk.store.write([change]))
    pages.two.carry()


def test_what_cannot_be_read_is_named_and_nothing_of_it_is_shown(pages: Pages) -> None:
    send_spoilt(pages)
    page = pages.far.go("referrals")

    assert "A letter cannot be read" in page.words
    assert [] == pages.two.far.threads()


@pytest.mark.parametrize("path", ["referrals/none", "referrals/none/print", "requests/none/refer"])
def test_a_conversation_that_there_is_not_is_not_found(pages: Pages, path: str) -> None:
    assert 404 == pages.near.go(path).status


def test_the_first_page_says_how_many_letters_wait_before_anybody_looked(pages: Pages) -> None:
    pages.two.run(ask(pages.two.far.desk, ASKED[2]))
    before = pages.far.go("").words
    refer(pages)
    pages.two.carry()
    came = pages.far.go("").words
    pages.far.go("referrals")
    looked = pages.far.go("").words

    assert "0 Letters wait for us" in before
    assert "1 Letter waits for us" in came
    assert "1 Letter waits for us" in looked


def test_what_was_taken_back_before_anybody_looked_does_not_wait(pages: Pages) -> None:
    request = refer(pages)
    pages.two.carry()
    came = pages.far.go("").words
    (view,) = pages.two.near.threads()
    pages.two.run(referring.revoke(pages.two.near.desk, pages.two.near.session, view.id))
    pages.two.carry()
    gone = pages.far.go("").words

    assert request == view.request
    assert "1 Letter waits for us" in came
    assert "0 Letters wait for us" in gone


def test_a_letter_that_cannot_be_read_waits_no_longer_once_it_was_named(pages: Pages) -> None:
    send_spoilt(pages)
    came = pages.far.go("").words
    named = pages.far.go("referrals").words
    looked = pages.far.go("").words

    assert "1 Letter waits for us" in came
    assert "A letter cannot be read" in named
    assert "0 Letters wait for us" in looked


def test_the_first_page_says_so_too_while_nobody_has_asked_for_help(pages: Pages) -> None:
    before = pages.far.go("")
    pages.near.go("referrals/consult")
    pages.near.send({"peer": ["yy"], "words": "How long does a stay take?"}, "/consult")
    pages.near.send({"act": "send"}, "/consult")
    pages.two.carry()
    came = pages.far.go("")

    assert "0 Letters wait for us" in before.words
    assert "1 Letter waits for us" in came.words
    assert 3 == len(came.tree.xpath("//ul[@class='figures']/li"))
    assert "/en/staff/referrals?show=waiting" in links(came)


def test_without_another_embassy_the_first_page_has_no_figure_of_letters(
    pe_embassy: TestEmbassy, pe_run: Run, tmp_path: Path
) -> None:
    with two_browsers(pe_embassy, pe_run, tmp_path / "other") as pages:
        pe_run(pages.two.far.desk.store.write([Delete(PeerRow, {"code": "zz"})]))
        page = pages.far.go("")

    assert "Letters wait" not in page.words
    assert 2 == len(page.tree.xpath("//ul[@class='figures']/li"))
