"""Journey 2: coming back with a code, in a browser without scripts."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from pe_core.desk import listing, requests, visits
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import NothingToSealTo
from pe_core.model import MessageKind, Outcome, RequestId, State, WaitingOn
from pe_core.rules.receipts import make_receipt, read_receipt, show_receipt
from pe_core.store import Delete, RequestRow, Update
from pe_core.toolkit.asker import Asker
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import ASKED, Clock, ask

Run = Callable[[Awaitable[Any]], Any]
MARKED = "Marker <b>&\"' ўсё"


class Scene:
    """An asker with a receipt and a fresh browser, and a coordinator at the desk."""

    def __init__(
        self, desk: Desk, session: Session, run: Run, browser: Browser, clock: Clock
    ) -> None:
        self.desk = desk
        self.session = session
        self.run = run
        self.receipt: str = run(ask(desk, ASKED[2]))
        self.id: RequestId = run(listing.list_requests(desk, session))[0].id
        self.asker = Asker(browser, clock)

    @property
    def words(self) -> str:
        return self.asker.page.words

    def come_back(self) -> None:
        self.asker.come_back(show_receipt(self.receipt))

    def reply(self, text: str, language: str = "en") -> None:
        self.run(requests.reply(self.desk, self.session, self.id, text, language))

    def move(self, to: State, **more: Any) -> None:
        moving = requests.Moving(to=to, **more)
        assert () == self.run(requests.move(self.desk, self.session, self.id, moving))

    def resolve(self) -> None:
        self.move(State.TRIAGE)
        self.move(State.ACTIVE)
        self.move(State.RESOLVED, outcome=Outcome.HELPED, text="You have a bed.", language="en")

    def thread(self) -> list[tuple[MessageKind, str, int]]:
        opened = self.run(requests.open_request(self.desk, self.session, self.id))
        return [(m.kind, m.text, len(m.files)) for _, m in opened.thread]

    def state(self) -> str:
        return str(self.run(self.desk.store.get(RequestRow, self.id)).state)


@pytest.fixture
def scene(
    pe_embassy: TestEmbassy,
    pe_staff: Session,
    pe_run: Run,
    pe_clock: Clock,
    pe_browser: Callable[[], Browser],
) -> Scene:
    """One unanswered request, and its asker before a fresh browser."""
    return Scene(pe_embassy.desk, pe_staff, pe_run, pe_browser(), pe_clock)


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 40)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("language", ["be", "en", "he"])
def test_an_answer_is_shown_in_its_own_language_and_erased_once_read(
    scene: Scene, language: str
) -> None:
    scene.reply("שלום, בואו ביום שני.", "he")
    scene.reply("Прыходзьце <b> ў панядзелак.", "be")
    scene.asker.language = language
    scene.come_back()
    page = scene.asker.page
    passages = page.tree.xpath("//ol[@class='thread']//p[@class='words']")
    scene.asker.act("read")

    assert [("be", "ltr"), ("he", "rtl")] == [(p.get("lang"), p.get("dir")) for p in passages]
    assert "Прыходзьце <b> ў панядзелак." == passages[0].text_content()
    assert f"/{language}/mine/done/read" == scene.asker.page.path
    assert "панядзелак" not in scene.words and "שלום" in scene.words


def test_pressing_read_twice_is_as_good_as_once(scene: Scene) -> None:
    scene.reply("Come on Monday.")
    scene.come_back()
    before = scene.asker.page
    scene.asker.act("read")
    scene.asker.browser.page = before
    scene.asker.act("read")

    assert 200 == scene.asker.page.status
    assert "Come on Monday." not in scene.words


def test_a_word_with_a_photo_reaches_the_coordinators_and_wakes_the_request(scene: Scene) -> None:
    scene.move(State.TRIAGE)
    scene.move(State.ACTIVE)
    day = scene.desk.now().date()
    scene.move(State.WAITING, waiting_on=WaitingOn.ASKER, wake=day, text="When?", language="en")
    scene.come_back()
    waiting = scene.words
    scene.asker.add_word("On Monday.", picture())
    scene.asker.go("mine/done/word")

    assert "We are waiting for an answer from you." in waiting and "When?" in waiting
    assert "/en/mine/done/word" == scene.asker.page.path
    assert "We have what you sent." in scene.words
    assert (MessageKind.MESSAGE, "On Monday.", 1) == scene.thread()[-1]
    assert State.ACTIVE == scene.state()
    assert 1 == len([kind for kind, text, _ in scene.thread() if text == "On Monday."])


def test_a_word_sent_twice_is_added_once(scene: Scene) -> None:
    scene.come_back()
    before = scene.asker.page
    scene.asker.add_word("On Monday.")
    scene.asker.browser.page = before
    scene.asker.add_word("On Monday.")

    assert "/en/mine/done/word" == scene.asker.page.path
    assert [(MessageKind.MESSAGE, "On Monday.", 0)] == scene.thread()


def test_other_words_from_the_same_page_are_no_second_press(scene: Scene) -> None:
    scene.come_back()
    before = scene.asker.page
    for text, photo in (("On Monday.", None), ("On Tuesday!", None), ("On Tuesday!", picture())):
        scene.asker.browser.page = before
        scene.asker.add_word(text, photo)

        assert "/en/mine/done/word" == scene.asker.page.path

    assert [("On Monday.", 0), ("On Tuesday!", 0), ("On Tuesday!", 1)] == [
        (text, files) for _, text, files in scene.thread()
    ]


def test_a_word_that_could_not_be_kept_is_no_first_press(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.come_back()
    before = scene.asker.page

    async def nobody(*_: Any) -> None:
        raise NothingToSealTo("nobody")

    with monkeypatch.context() as patched:
        patched.setattr(visits, "current_epoch", nobody)
        scene.asker.add_word("On Monday.")
        refused = scene.asker.page.status
    scene.asker.browser.page = before
    scene.asker.add_word("On Monday.")

    assert 503 == refused
    assert "/en/mine/done/word" == scene.asker.page.path
    assert [(MessageKind.MESSAGE, "On Monday.", 0)] == scene.thread()


@pytest.mark.parametrize(
    ("text", "photo", "field", "words"),
    [
        ("", None, "words", "Write something or choose a file"),
        ("  \n", None, "words", "Write something or choose a file"),
        (MARKED, b"no picture", "photo", "We can take photos"),
        ("Я" * 8001, None, "words", "Shorten it to 8,000 characters"),
        ("a\x07b", None, "words", "characters here that we cannot keep"),
    ],
)
def test_a_word_that_does_not_fit_is_shown_again_with_the_reason(
    scene: Scene, text: str, photo: bytes | None, field: str, words: str
) -> None:
    scene.come_back()
    page = scene.asker.add_word(text, photo)

    assert 422 == page.status
    assert "Error: Portal" == page.title
    assert [f"#field-{field}"] == page.tree.xpath("//div[@class='summary']//a/@href")
    assert 1 == len(page.tree.xpath(f"//*[@id='field-{field}']"))
    assert 2 == page.words.count(words)
    assert [] == scene.thread()
    if text.isprintable():
        assert text.strip() == page.tree.xpath("//textarea[@name='words']")[0].value.strip()


def test_yes_it_is_solved_closes_the_request(scene: Scene) -> None:
    scene.resolve()
    scene.come_back()
    asked = scene.words
    scene.asker.act("solved", solved="yes", remark="Thank you.")

    assert "We think this is solved. Is it?" in asked and "You have a bed." in asked
    assert "/en/mine/done/solved" == scene.asker.page.path
    assert State.CLOSED == scene.state()
    assert (MessageKind.SOLVED, "Thank you.", 0) == scene.thread()[-1]


def test_no_it_is_not_solved_goes_back_to_the_coordinators(scene: Scene) -> None:
    scene.resolve()
    scene.come_back()
    before = scene.asker.page
    scene.asker.act("solved", solved="no", remark="The bed is gone.")
    confirmed = scene.words
    scene.asker.browser.page = before
    scene.asker.act("solved", solved="yes")

    assert "A coordinator will look at it again." in confirmed
    assert "/en/mine" == scene.asker.page.path, "the second press changes nothing"
    assert State.ACTIVE == scene.state()
    assert (MessageKind.UNSOLVED, "The bed is gone.", 0) == scene.thread()[-1]


def test_neither_yes_nor_no_is_asked_again_with_the_words_kept(scene: Scene) -> None:
    scene.resolve()
    scene.come_back()
    page = scene.asker.act("solved", remark=MARKED)
    too_long = scene.asker.act("solved", solved="no", remark="Я" * 8001)

    assert 422 == page.status == too_long.status
    assert ["#field-solved"] == page.tree.xpath("//div[@class='summary']//a/@href")
    assert MARKED == page.tree.xpath("//textarea[@name='remark']")[0].value.strip()
    assert ["#field-remark"] == too_long.tree.xpath("//div[@class='summary']//a/@href")
    assert State.RESOLVED == scene.state()


def test_a_withdrawal_waits_and_can_be_taken_back(scene: Scene) -> None:
    scene.come_back()
    explained = scene.words
    scene.asker.act("withdraw")
    asked = scene.words
    reloaded = scene.asker.go("mine").words
    actions = [form.action for form in scene.asker.page.forms()]
    scene.asker.act("keep")
    kept = scene.words

    assert "We wait 48 hours first" in explained
    assert "You asked to withdraw your request." in asked
    assert "On November 27, 2026 it will be closed." in asked
    assert "On November 27, 2026 it will be closed." in reloaded
    assert "/en/mine/withdraw" not in actions, "it is already asked for"
    assert "Your request stays with us." in kept and "it will be closed" not in kept
    assert [MessageKind.WITHDRAWAL, MessageKind.KEPT] == [kind for kind, _, _ in scene.thread()]


def test_once_a_withdrawal_took_effect_there_is_nothing_left_to_keep(
    scene: Scene, pe_embassy: TestEmbassy, pe_clock: Clock
) -> None:
    scene.come_back()
    scene.asker.act("withdraw")
    pe_clock.move(days=3)
    scene.run(pe_embassy.courier.deliver())
    scene.come_back()

    assert "This request is closed" in scene.words
    assert "This request is being withdrawn" not in scene.words
    assert "/en/mine/keep" not in [form.action for form in scene.asker.page.forms()]


def test_a_closed_request_is_opened_again(scene: Scene) -> None:
    scene.move(State.CLOSED, outcome=Outcome.NO_CONTACT)
    scene.come_back()
    closed = scene.asker.page
    actions = [form.action for form in closed.forms()]
    scene.asker.act("reopen", remark="I am here again.")
    opened = scene.words
    scene.asker.browser.page = closed
    scene.asker.act("reopen")

    assert "We have not heard from you for a long time." in closed.words
    assert ["/en/mine/reopen", "/en/mine/leave"] == actions
    assert "Your request is open again." in opened
    assert "/en/mine" == scene.asker.page.path, "the second press changes nothing"
    assert State.TRIAGE == scene.state()
    assert (MessageKind.UNSOLVED, "I am here again.", 0) == scene.thread()[-1]


def test_what_was_opened_again_has_not_ended_as_it_had(
    scene: Scene, pe_embassy: TestEmbassy, pe_clock: Clock
) -> None:
    scene.move(State.CLOSED, outcome=Outcome.NO_CONTACT, text="Good luck.", language="en")
    scene.come_back()
    scene.asker.act("reopen")
    scene.asker.act("withdraw")
    pe_clock.move(days=3)
    scene.run(pe_embassy.courier.deliver())
    scene.come_back()

    assert "This request is closed" in scene.words and "Good luck." in scene.words
    assert "We have not heard from you for a long time." not in scene.words


def test_an_act_that_the_request_is_past_shows_where_it_stands(scene: Scene) -> None:
    scene.come_back()
    before = scene.asker.page
    scene.move(State.CLOSED, outcome=Outcome.HELPED)
    withdrawn = scene.asker.act("withdraw").path
    scene.asker.browser.page = before
    word = scene.asker.add_word("On Monday.")

    assert "/en/mine" == withdrawn
    assert 422 == word.status
    assert "This request is closed." in word.words


@pytest.mark.parametrize("act", ["word", "solved"])
def test_words_for_a_request_that_was_closed_meanwhile_can_open_it_again(
    scene: Scene, act: str
) -> None:
    scene.resolve()
    scene.come_back()
    other_tab = scene.asker.page
    scene.asker.go("mine")
    scene.asker.act("solved", solved="yes")
    scene.asker.browser.page = other_tab
    if act == "word":
        page = scene.asker.add_word(MARKED)
    else:
        page = scene.asker.act("solved", solved="no", remark=MARKED)
    scene.asker.act("reopen")

    assert 422 == page.status
    assert ["#field-remark"] == page.tree.xpath("//div[@class='summary']//a/@href")
    assert MARKED == page.tree.xpath("//textarea[@name='remark']")[0].value.strip()
    assert (MessageKind.UNSOLVED, MARKED, 0) == scene.thread()[-1]


def test_words_of_a_second_tab_are_kept_and_a_second_press_is_no_second_tab(
    scene: Scene,
) -> None:
    scene.resolve()
    scene.come_back()
    other_tab = scene.asker.page
    before = scene.asker.go("mine")
    scene.asker.act("solved", solved="no", remark="The bed is gone.")
    scene.asker.browser.page = before
    pressed = scene.asker.act("solved", solved="no", remark="The bed is gone.")
    scene.asker.browser.page = other_tab
    other = scene.asker.act("solved", solved="no", remark=MARKED)

    assert "/en/mine" == pressed.path
    assert 422 == other.status
    assert "We are not asking this any more." in other.words
    assert MARKED == other.tree.xpath("//textarea[@name='words']")[0].value.strip()
    assert (MessageKind.UNSOLVED, "The bed is gone.", 0) == scene.thread()[-1]


def test_words_for_a_request_that_went_elsewhere_stay_on_the_page(scene: Scene) -> None:
    scene.come_back()
    moved = Update(RequestRow, (scene.id,), {"state": State.TRANSFERRED.value})
    scene.run(scene.desk.store.write([moved]))
    page = scene.asker.add_word(MARKED)

    assert 422 == page.status
    assert [MARKED] == [words.text for words in page.tree.xpath("//*[@id='field-words']")]


def test_words_stay_on_the_page_when_nobody_could_open_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: Any) -> Any:
        raise NothingToSealTo("no members")

    scene.resolve()
    scene.come_back()
    monkeypatch.setattr(visits, "current_epoch", nobody)
    word = scene.asker.add_word(MARKED)
    solved = scene.asker.act("solved", solved="no", remark=MARKED)

    assert 503 == word.status == solved.status
    assert MARKED == word.tree.xpath("//textarea[@name='words']")[0].value.strip()
    assert MARKED == solved.tree.xpath("//textarea[@name='remark']")[0].value.strip()


def test_leaving_closes_the_request_on_this_device(scene: Scene) -> None:
    scene.come_back()
    scene.asker.act("leave")
    left = scene.asker.page

    assert "/en/" == left.path
    assert 403 == scene.asker.go("mine").status
    assert 0 == len(scene.desk.visits)


def test_every_page_of_a_visit_can_be_reloaded_and_read_in_another_language(scene: Scene) -> None:
    scene.come_back()
    acts = ("word", "read", "solved", "withdraw", "keep", "reopen", "leave")
    landed = {scene.asker.go(f"mine/{act}").path for act in acts}
    confirmed = {
        scene.asker.go(f"mine/done/{what}").status
        for what in ("word", "read", "solved", "unsolved", "withdrawn", "kept", "reopened")
    }

    assert {"/en/mine"} == landed
    assert {200} == confirmed
    assert 404 == scene.asker.go("mine/done/marker").status
    assert 200 == scene.asker.browser.go("/he/mine/done/kept").status


def test_a_visit_ends_after_ten_quiet_minutes(scene: Scene) -> None:
    scene.come_back()
    scene.asker.clock.move(minutes=10)

    page = scene.asker.go("mine")

    assert 403 == page.status
    assert "Type in your code to open it again" in page.words


def test_a_slip_is_told_as_one_and_stays_in_the_field(scene: Scene) -> None:
    slipped = scene.receipt[:-1] + ("0" if scene.receipt[-1] != "0" else "1")

    page = scene.asker.come_back(slipped)

    assert 422 == page.status
    assert "A letter or a digit is not right" in page.words
    assert [slipped] == page.tree.xpath("//input[@id='field-code']/@value")


def test_unknown_and_erased_codes_get_one_and_the_same_page(scene: Scene) -> None:
    scene.run(scene.desk.store.write([Delete(RequestRow, {"id": scene.id})]))
    unknown = show_receipt(make_receipt(bytes(range(32))))

    erased_page = scene.asker.come_back(show_receipt(scene.receipt))
    unknown_page = scene.asker.come_back(unknown)

    assert read_receipt(unknown) is not None
    assert 422 == erased_page.status == unknown_page.status
    assert erased_page.headers == unknown_page.headers
    assert len(erased_page.content) == len(unknown_page.content)
    assert erased_page.words == unknown_page.words
    assert "set-cookie" not in erased_page.headers


def test_a_flood_of_wrong_codes_keeps_nobody_out(
    scene: Scene, pe_browser: Callable[[], Browser], pe_clock: Clock
) -> None:
    enemy = Asker(pe_browser(), pe_clock)
    statuses = {
        enemy.come_back(show_receipt(make_receipt(number.to_bytes(32, "big")))).status
        for number in range(300)
    }

    scene.come_back()

    assert {422} == statuses
    assert "/en/mine" == scene.asker.page.path


def test_opening_another_code_closes_the_first(scene: Scene) -> None:
    other = scene.run(ask(scene.desk, ASKED[4]))
    scene.come_back()
    scene.asker.come_back(show_receipt(other))

    assert 1 == len(scene.desk.visits)


def test_a_browser_without_cookies_is_told_so(scene: Scene) -> None:
    page = scene.asker.go("code/begin")

    assert "Your browser did not keep our cookie" in page.words
    assert ["/en/code"] == page.tree.xpath("//div[@class='actions']/a[1]/@href")


def test_a_reply_of_another_request_is_not_erased(scene: Scene) -> None:
    scene.reply("Come on Monday.")
    scene.come_back()
    reply = scene.asker.page.tree.xpath("//input[@name='reply']/@value")[0]
    other = scene.run(ask(scene.desk, ASKED[4]))
    scene.asker.come_back(show_receipt(other))
    token = scene.asker.page.tree.xpath("//main//input[@name='token']/@value")[0]

    scene.asker.browser.post("/en/mine/read", [("token", token), ("reply", reply)])
    scene.come_back()

    assert "Come on Monday." in scene.words
