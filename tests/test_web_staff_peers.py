"""The pages of other embassies: what is read aloud, what is typed, and what a person can do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.two_embassies import Post, Run, Side, close_side, open_side, pair

from pe_core.desk.trail import record
from pe_core.model.trail import HOST, Act
from pe_core.network.identity import make_hello, read_own
from pe_core.network.knowing import read_listed
from pe_core.network.words import digits_of, words_of
from pe_core.store import PeerKeysetRow, Update
from pe_core.toolkit.browser import Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.vault import fingerprint

AT = "/en/staff/peers"


@pytest.fixture
def sides(tmp_path: Path, pe_clock: Clock, pe_run: Run) -> Iterator[tuple[Side, Side, Post]]:
    """Two embassies that do not know each other, and the post between them."""
    one, other = (open_side(pe_run, tmp_path, pe_clock, code) for code in ("zz", "yy"))
    yield one, other, Post(pe_run, one, other)
    for side in (one, other):
        close_side(side)


@pytest.fixture
def colleague(sides: tuple[Side, Side, Post], pe_run: Run) -> Iterator[Browser]:
    """A coordinator of the first embassy in a browser."""
    browser = Browser(sides[0].embassy.app(), pe_run)
    unlock(browser, sides[0].embassy)
    yield browser
    browser.close()


def unlock(browser: Browser, embassy: TestEmbassy) -> None:
    embassy.clock.move(minutes=1)
    browser.go("/en/staff/unlock")
    account = embassy.account
    code = account.code(embassy.clock.now())
    browser.send({"name": account.handle, "passphrase": account.passphrase, "code": code})


def shown_words(page: Page) -> list[str]:
    return [item.text_content().strip() for item in page.tree.xpath("//ol[@class='seven']/li")]


def add(browser: Browser, address: str) -> Page:
    browser.go(f"{AT}/new")
    return browser.send({"address": address}, form=f"{AT}/new")


def press(browser: Browser, act: str) -> Page:
    """Press the button of this act."""
    page = browser.page
    (form,) = [
        form for form in page.forms() if form.xpath(f".//button[@name='act'][@value='{act}']")
    ]
    values = [(name, value) for name, value in form.form_values() if value is not None]
    return browser.post(form.action or page.path, [*values, ("act", act)])


def confirm(browser: Browser, side: Side, words: str) -> Page:
    typed = {"words": words, "passphrase": side.embassy.account.passphrase, "act": "confirm"}
    return browser.send(typed, form="/yy")


def test_before_the_keys_are_made_the_page_says_who_makes_them(
    pe_client: Browser, pe_embassy: TestEmbassy
) -> None:
    unlock(pe_client, pe_embassy)
    page = pe_client.go(AT)
    form = pe_client.go(f"{AT}/new")

    assert "pe keys root" in page.words
    assert [] == shown_words(page)
    assert [f for f in form.forms() if f.action.endswith("/new")] == []


def test_an_empty_list_teaches_how_it_works_and_leads_to_the_form(colleague: Browser) -> None:
    page = colleague.go(AT)

    assert "No other embassy yet" in page.words
    assert 4 == len(page.tree.xpath("//ol[@class='steps']/li"))
    assert f"{AT}/new" in page.tree.xpath("//main//a/@href")
    assert f"{AT}/on-the-way" in page.tree.xpath("//main//a/@href"), (
        "it may wait for a forgotten one"
    )
    assert AT in page.tree.xpath("//nav//a/@href")


def test_our_own_words_and_digits_stand_there_to_be_read_aloud(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    page = colleague.go(AT)
    print_ = fingerprint(sides[0].root.verify_key, "zz")
    digits = [item.text_content().strip() for item in page.tree.xpath("//ol[@class='receipt']/li")]

    assert list(words_of(print_)) == shown_words(page)
    assert [f"{number}{group}" for number, group in enumerate(digits_of(print_), 1)] == digits
    assert ["en"] == page.tree.xpath("//ol[@class='seven']/@lang")


def test_two_colleagues_pair_their_embassies_on_the_pages(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    added = add(colleague, other.address)
    half = confirm(colleague, one, f" {other.words.upper()} ")
    post.carry()
    other.confirm(one)
    post.carry()
    done = colleague.go(f"{AT}/yy")
    listed = colleague.go(AT)

    assert (f"{AT}/yy", True) == (added.path, "Added. Now compare the words." in added.words)
    assert "To be compared" in added.words
    assert "Now they have to type ours" in half.words
    assert "Connected" in done.words
    assert "Connected" in listed.words
    assert ("active", 1, 1, 0) == one.stands(other)


def test_whoever_is_typed_second_is_told_that_they_are_connected(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    other.propose(one)
    other.confirm(one)
    post.carry()
    waiting = colleague.go(AT)
    colleague.go(f"{AT}/yy")
    done = confirm(colleague, one, other.words)

    assert "Waits for us" in waiting.words
    assert "Its words have not been typed here yet" in waiting.words
    assert "You are connected" in done.words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("abandon", "There must be twelve words"),
        ("zoo " * 12, "is another than was read aloud"),
        ("zoo " * 11 + "wrong", "the words of another key"),
    ],
)
def test_wrong_words_are_said_beside_the_field_and_stay_there(
    colleague: Browser, sides: tuple[Side, Side, Post], typed: str, words: str
) -> None:
    one, other, _ = sides
    add(colleague, other.address)
    page = confirm(colleague, one, typed)

    assert 422 == page.status
    assert words in page.words
    assert ["#field-words"] == page.tree.xpath("//*[@id='error-summary']//a/@href")
    assert typed.strip() == page.tree.xpath("//textarea[@name='words']")[0].text.strip()
    assert ("proposed", 0, 0, 0) == one.stands(other)


@pytest.mark.parametrize("act", ["confirm", "block"])
def test_confirming_and_blocking_want_the_passphrase_once_more(
    colleague: Browser, sides: tuple[Side, Side, Post], act: str
) -> None:
    one, other, _ = sides
    add(colleague, other.address)
    if act == "block":
        colleague.go(f"{AT}/yy/block")
    typed = {"words": other.words, "passphrase": "wrong", "act": act}
    page = colleague.send(typed, form="/block" if act == "block" else "/yy")

    assert 422 == page.status
    assert ["#field-passphrase"] == page.tree.xpath("//*[@id='error-summary']//a/@href")
    assert ("proposed", 0, 0, 0) == one.stands(other)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "This is not the address of a portal"),
        ("nobody.example", "Nobody answers at this address"),
        ("https://zz.example", "This is our own embassy"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_beside_the_field(
    colleague: Browser, address: str, words: str
) -> None:
    page = add(colleague, address)

    assert 422 == page.status
    assert words in page.words
    assert [address] == page.tree.xpath("//input[@name='address']/@value")


def test_keys_that_do_not_verify_are_said_without_a_word_of_them(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, _, post = sides
    own = one.run(read_own(one.desk))
    answer = b'{"embassy":"xx","address":"https://x.example","keyset":"%s"}'
    post.answers["https://x.example/peer/keys"] = answer % b"AAAA"
    page = add(colleague, "https://x.example")

    assert own is not None
    assert "The keys of this embassy do not verify" in page.words


def test_pausing_resuming_and_taking_off_the_list_are_buttons_where_they_may_be_done(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    pair(one, other, post)
    offered = [colleague.go(f"{AT}/yy").tree.xpath("//main//button/@value")]
    paused = press(colleague, "pause")
    offered.append(paused.tree.xpath("//main//button/@value"))
    resumed = press(colleague, "resume")
    press(colleague, "pause")
    colleague.go(f"{AT}/yy")
    gone = press(colleague, "forget")

    assert [["pause"], ["resume", "forget"]] == offered
    assert "Paused by us" in paused.words
    assert "Resumed." in resumed.words
    assert (AT, True) == (gone.path, "Taken off the list." in gone.words)
    assert 404 == colleague.go(f"{AT}/yy").status


def test_a_button_of_another_moment_does_nothing_and_says_so(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, _ = sides
    add(colleague, other.address)
    form = next(form for form in colleague.page.forms() if form.action.endswith("/yy"))
    token = form.fields["token"]
    late = colleague.post(f"{AT}/yy", [("token", token), ("act", "pause")])
    nonsense = colleague.post(f"{AT}/yy", [("token", token), ("act", "hear")])

    assert (422, 400) == (late.status, nonsense.status)
    assert "cannot be done with this embassy now" in late.words
    assert ("proposed", 0, 0, 0) == one.stands(other)


def test_a_blocked_embassy_can_only_be_taken_off_the_list(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, _ = sides
    one.propose(other)
    colleague.go(f"{AT}/yy/block")
    passphrase = one.embassy.account.passphrase
    page = colleague.send({"passphrase": passphrase}, form="/block")
    again = colleague.go(f"{AT}/yy/block")
    refused = colleague.send({"passphrase": passphrase}, form="/block")

    assert "Blocked" in page.words
    assert ["forget"] == page.tree.xpath("//main//button/@value")
    assert (200, 422) == (again.status, refused.status)


@pytest.mark.parametrize("code", ["xx", "YY", "y1", "%D1%8B", "x" * 300])
def test_an_embassy_that_is_not_on_the_list_has_no_page(colleague: Browser, code: str) -> None:
    assert 404 == colleague.go(f"{AT}/{code}").status


def test_what_happened_is_an_alert_above_the_list_of_requests(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    pair(one, other, post)
    own = other.run(read_own(other.desk))
    hello = make_hello(other.desk, own, one.code, confirmed=True, paused=True)  # type: ignore[arg-type]
    post.hand_over(hello)
    words = colleague.go("/en/staff").words

    assert "Another embassy typed our words" in words
    assert "embassy yy : Another embassy paused us" in words.replace("yy:", "yy :")


def test_what_another_embassy_does_again_and_again_pushes_nothing_out_of_sight(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    pair(one, other, post)
    one.run(record(one.desk, HOST, Act.SHARES_MADE, "3"))
    own = other.run(read_own(other.desk))
    for number in range(24):
        paused = number % 2 == 0
        post.hand_over(make_hello(other.desk, own, one.code, confirmed=True, paused=paused))  # type: ignore[arg-type]
    words = colleague.go("/en/staff").words

    assert "Made new recovery shares" in words
    assert 1 == words.count("Another embassy paused us")
    assert 1 == words.count("Another embassy resumed with us")


def test_spoilt_keys_of_one_embassy_close_no_page_and_it_can_be_blocked(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    pair(one, other, post)
    (row,) = one.run(one.desk.store.select(PeerKeysetRow))
    spoilt = Update(PeerKeysetRow, (row.peer, row.serial), {"body": b"no keys of anybody"})
    one.run(one.desk.store.write([spoilt]))
    pages = [colleague.go(at) for at in (AT, f"{AT}/yy", "/en/staff/referrals")]
    colleague.go(f"{AT}/yy/block")
    blocked = colleague.send({"passphrase": one.embassy.account.passphrase}, form="/block")

    assert [200, 200, 200] == [page.status for page in pages]
    assert "Something is wrong with its keys" in pages[0].words
    assert "that lie here are spoilt" in pages[1].words
    assert "Blocked" in blocked.words
    assert "blocked" == one.run(read_listed(one.desk, "yy")).row.state


def test_keys_that_have_ended_are_said_of_them_and_of_us(
    colleague: Browser, sides: tuple[Side, Side, Post]
) -> None:
    one, other, post = sides
    one.propose(other)
    post.carry()
    before = colleague.go(AT)
    one.embassy.clock.move(days=367)
    unlock(colleague, one.embassy)
    listed, page = colleague.go(AT), colleague.go(f"{AT}/yy")

    assert "ended on" not in before.words
    assert "Our own keys ended on November 25, 2027" in listed.words
    assert "Something is wrong with its keys: no letter passes." in listed.words
    assert "The keys of this embassy ended on November 25, 2027" in page.words


def test_nobody_but_a_coordinator_sees_the_list(
    sides: tuple[Side, Side, Post], pe_run: Run
) -> None:
    browser = Browser(sides[0].embassy.app(), pe_run)
    paths = {browser.go(path).path for path in (AT, f"{AT}/new", f"{AT}/yy", f"{AT}/yy/block")}
    browser.close()

    assert {"/en/staff/unlock"} == paths
