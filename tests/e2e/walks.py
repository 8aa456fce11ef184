"""Ways over the pages, step by step, for whoever wants to look at each of them."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from people import Demo, Person
from walks_needs import walk_needs

from pe_core.toolkit.invented import ASKED

Typed = Mapping[str, Sequence[str]]
READ_ONLY = (
    ("", "home"),
    ("help", "help"),
    ("help/code", "claim"),
    ("safety", "safety"),
    ("privacy", "privacy"),
    ("offices", "offices"),
    ("imprint", "imprint"),
    ("exit-help", "exit_help"),
    ("code", "code"),
)
"""The pages that are only read, and the one where coming back begins."""
PAPER: Typed = {
    "paper": ["permit"],
    "permit_ends": ["2026-12-20"],
    "region": ["coast"],
    "offices": ["stays", "shelter"],
    "refused": ["yes"],
    "refusal": ["Сказалі чакаць пашпарта, якога мне не атрымаць."],
    "story": ["Дазвол канчаецца ў снежні. Што мне рабіць?\n\nДзякуй!"],
}
LETTER = {
    "name": "Invented Bird",
    **{f"until-{part}": typed for part, typed in (("day", "3"), ("month", "12"), ("year", "2026"))},
    "reason": "My passport is full.\n\nI cannot get another one.",
    **{f"day-{part}": typed for part, typed in (("day", "1"), ("month", "12"), ("year", "2026"))},
}
OTHER: Typed = {"story": ["Ці бяспечна ехаць на вяселле сястры?"]}


def walk_public(person: Person, demo: Demo) -> Iterator[str]:
    """Walk over every public page; a step is its template's name, and ``-`` what is special."""
    for path, step in READ_ONLY:
        person.open(path)
        yield step
    person.page.goto(f"/{person.language}/nothing")
    yield "error"
    person.press_at("code", "core.code.open")
    yield "code-wrong"
    yield from _reading(person)
    yield from asking(person, "zz.paper", PAPER, photo=True)
    yield from _mistakes(person)
    yield from asking(person, "zz.other", OTHER, where="going")
    mine = ("mine", "mine-waiting", "mine-solved")
    for receipt, step in zip(demo.receipts, mine, strict=False):
        person.come_back(receipt)
        yield step
    person.press("core.mine.send")
    yield "mine-wrong"
    person.open("bye")
    yield "bye"


def walk_staff(person: Person, session: Any, invite: str, passphrase: str) -> Iterator[str]:
    """Walk over every page of the team: signed out, and then with the cookie of a session."""
    context = person.page.context
    person.open("staff/unlock")
    yield "unlock"
    person.press("staff.unlock.button")
    yield "unlock-wrong"
    person.open("staff/locked")
    yield "locked"
    person.open("staff/lift")
    yield "lift"
    person.press_at("staff/join", "staff.join.continue")
    yield "join"
    person.fill("staff.join.code", invite)
    person.press("staff.join.continue")
    yield "account"
    person.press("staff.account.button")
    yield "account-wrong"
    context.add_cookies(session["cookies"])
    person.open("staff")
    yield "requests"
    person.open("staff?state=transferred")
    yield "requests-none"
    requests = ("request", "request-waiting", "request-solved", "request-new")
    for asked, step in zip(ASKED, requests, strict=False):
        person.open("staff")
        person.open_row(asked.typed["story"][0])
        yield step
    person.press("staff.move.button")
    yield "move"
    person.page.go_back()
    person.press("staff.reply.preview")
    yield "reply"
    person.fill("staff.reply.text", "...")
    person.press("staff.reply.preview")
    yield "preview"
    yield from _volunteers(person)
    yield from walk_needs(person)
    person.open("staff/members")
    yield "members"
    person.follow("staff.members.act_role")
    yield "member_role"
    person.open("staff/members")
    person.follow("staff.members.act_return")
    yield "member_return"
    person.open("staff/members")
    person.follow("staff.members.act_leave")
    yield "member_leave"
    person.open("staff/members")
    person.follow("staff.members.act_work")
    yield "member_work"
    person.open("staff/members/invite")
    yield "invite_new"
    person.press("staff.invites.invite_button")
    yield "invite_new-wrong"
    person.fill("staff.step_up.label", passphrase)
    person.choose("staff.role.editor")
    person.press("staff.invites.invite_button")
    yield "invite"
    yield from _proposing(person, passphrase)
    yield from _rare_acts(person)
    yield from _entering(person)
    for step, path in OWN_PAGES:
        person.open(f"staff/{path}")
        yield step
    person.open("staff/me/passphrase")
    person.fill("staff.step_up.label", passphrase)
    person.press("staff.passphrase.button")
    yield "words"
    person.press("staff.words.stop")


OWN_PAGES = (
    ("trail", "trail"),
    ("setup", "setup"),
    ("plugins", "plugins"),
    ("shares", "setup/shares"),
    ("share", "shares"),
    ("me", "me"),
    ("passphrase", "me/passphrase"),
    ("second", "me/second"),
    ("burn", "me/burn"),
    ("emergency", "emergency"),
)


def _volunteers(person: Person) -> Iterator[str]:
    """Walk over the volunteers: the list, one of them, what is wrong with a form, the search."""
    person.open("staff/volunteers?tab=active&skill=core.skill.media")
    yield "volunteers-none"
    person.open("staff/volunteers?tab=all")
    yield "volunteers"
    person.page.locator("td.topic a").first.click()
    yield "volunteer"
    person.press("staff.volunteer.vouch")
    yield "volunteer-wrong"
    person.open("staff/volunteers")
    person.fill("staff.volunteers.search_label", "bocian")
    person.press("staff.search.button")
    yield "volunteers_found"
    person.page.locator("td.topic a").first.click()
    yield "volunteer-active"


def _proposing(person: Person, passphrase: str) -> Iterator[str]:
    """Propose that a colleague does other work, look at it, and withdraw it."""
    person.open("staff/members")
    person.page.locator("a[href$='/role']").last.click()
    person.choose("staff.role.editor")
    person.fill("staff.step_up.label", passphrase)
    person.press("staff.proposals.propose")
    yield "members-proposed"
    proposal = person.page.locator("input[name=proposal]").first.get_attribute("value")
    person.open(f"staff/members/proposals/{proposal}")
    yield "proposal"
    person.press_at("staff/members", "staff.proposals.withdraw")


def _rare_acts(person: Person) -> Iterator[str]:
    """Search, print, and hand over to nobody."""
    story = ASKED[0].typed["story"][0]
    person.open("staff")
    person.page.get_by_role("searchbox").fill("paszport")
    person.press("staff.search.button")
    yield "search"
    person.open("staff")
    person.open_row(story)
    address = person.page.url.partition("?")[0]
    person.page.locator("summary").filter(has_text=person.words("staff.handover.title")).click()
    person.press("staff.handover.button")
    yield "handover"
    person.page.goto(f"{address}/print")
    yield "print"


def _entering(person: Person) -> Iterator[str]:
    """Write a request down for somebody on the phone."""
    person.open("staff/enter")
    yield "enter"
    person.press("staff.enter.begin")
    yield "enter-wrong"
    for name, value in (("where", "abroad"), ("channel", "phone"), ("agreed", "yes")):
        person.page.locator(f"input[name={name}][value={value}]").check(force=True)
    person.page.get_by_label(person.words("staff.enter.topic")).select_option("zz.other")
    person.page.get_by_label(person.words("staff.enter.language")).select_option("be")
    person.press("staff.enter.begin")
    yield "enter_questions"
    person.page.locator("textarea").first.fill(OTHER["story"][0])
    person.press("staff.enter.send")
    yield "entered"
    person.press("staff.entered.done")


def asking(
    person: Person, form: str, typed: Typed, *, where: str = "abroad", photo: bool = False
) -> Generator[str, None, str]:
    """Ask for help; yields the name of every page before it is filled in, returns the receipt."""
    person.open("ask")
    yield "topics"
    person.begin(form)
    yield "where"
    person.choose(f"core.ask.where.{where}")
    person.go_on()
    if where != "abroad":
        yield "warning"
        person.press("core.ask.warning.go_on")
    while (question := person.question(form)) is not None:
        yield f"question-{question.field}"
        person.answer(question, typed.get(question.field, ()))
        person.go_on()
        assert question != person.question(form), f"{question.field} was not taken"
    if photo:
        yield "files"
        person.add_photo("core.ask.files.label", "core.ask.files.add")
        yield "files-added"
    if person.is_at("core.ask.files.title"):
        person.go_on()
    yield "check"
    person.press("core.check.send")
    yield "receipt"
    receipt = person.receipt()
    person.press("core.receipt.confirm")
    yield "receipt-wrong"
    person.type_back(receipt)
    yield "done"
    return receipt


def ask(person: Person, form: str, typed: Typed, *, photo: bool = False) -> str:
    """Ask for help from the first page to the last one, and return the receipt."""
    steps = asking(person, form, typed, photo=photo)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)


def _reading(person: Person) -> Iterator[str]:
    """Read guides, fresh and old, and fill in a letter."""
    person.open("guides")
    yield "guides"
    person.fill("core.guides.search", "pasport")
    person.press("core.guides.search_button")
    yield "guides-found"
    person.open("guides")
    person.fill("core.guides.search", "qqqq")
    person.press("core.guides.search_button")
    yield "guides-none"
    person.open("guides/zz.guest-passport")
    yield "guide"
    person.open("guides/zz.harbour-beds")
    yield "guide-old"
    person.open("letters/zz.passport-request")
    yield "letter"
    person.wait()
    person.press("core.letters.show")
    yield "letter-wrong"
    for name, typed in LETTER.items():
        person.page.locator(f"[name=answer-{name}]").fill(typed)
    person.press("core.letters.show")
    yield "letter_print"


def _mistakes(person: Person) -> Iterator[str]:
    """Leave things out and meet the end of a form's questions."""
    person.open("ask")
    person.begin("zz.paper")
    person.go_on()
    yield "where-wrong"
    person.choose("core.ask.where.abroad")
    person.go_on()
    person.go_on()
    yield "question-wrong"
    person.open("ask/all")
    yield "whole"
    person.go_on()
    yield "whole-wrong"
    person.open("ask/1")
    person.choose("zz.paper.paper.passport")
    person.go_on()
    person.choose("zz.paper.region.visiting")
    person.go_on()
    yield "stop"
