"""Nobody chooses another person's cookie, and a cookie that ended opens nothing any more."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

import pytest

from hostile import COOKIES, FORM, OWN, Answer, Door, Form, House, Run, text_of
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault import cookie_id, totp_at
from pe_core.vault.cookies import csrf_token
from pe_core.web.app import create_app

PLANTED = bytes(range(32))
FLAGS = {"HttpOnly", "Path=/", "SameSite=strict"}
PAGES = {"pe_ask": "/en/ask/where", "pe_visit": "/en/mine", "pe_staff": "/en/staff"}


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run) -> House:
    """Somebody of every kind is inside."""
    return House(pe_embassy, pe_run)


def form_of(house: House, end: str) -> Form:
    """Return the form whose address ends like this, the shortest one."""
    ending = [form for form in house.forms() if form.path.endswith(end)]
    return min(ending, key=lambda form: len(form.path))


def given(answer: Answer, name: str) -> bytes:
    """Return the cookie that an answer sets, its flags checked."""
    (line,) = [line for line in answer.all("set-cookie") if line.startswith(f"{name}=")]
    pair, *flags = line.split("; ")
    assert set(flags) == FLAGS
    return pair.partition("=")[2].encode()


def is_open(door: Door, headers: Sequence[tuple[str, str]], path: str) -> bool:
    """Return whether a page shows what is behind it."""
    return door.call("GET", path, headers).status == 200


def sent_with(house: House, end: str, cookie: str, **fields: str) -> Answer:
    """Send a form of people without a cookie with a cookie that somebody planted."""
    form = form_of(house, end)
    return house.send(form, [("Cookie", cookie)], **fields)


def test_no_cookie_from_before_is_the_session_afterwards(house: House) -> None:
    account = house.embassy.account
    house.clock.move(minutes=1)
    planted = f"pe_staff={text_of(PLANTED)}"
    form = form_of(house, "/staff/unlock")
    token = house.token(form.guard, form)
    code = account.code(house.clock.now())
    typed = {"name": account.handle, "passphrase": account.passphrase, "code": code}

    answer = house.send(form, [("Cookie", planted)], **typed, token=token)
    new = given(answer, "pe_staff").decode()

    assert 303 == answer.status
    assert text_of(PLANTED) != new
    assert is_open(house, [("Cookie", f"pe_staff={new}")], "/en/staff")
    assert not is_open(house, [("Cookie", planted)], "/en/staff")
    assert not is_open(house, house.cookie("staff"), "/en/staff"), "and the old one ended"


@pytest.mark.parametrize(
    ("name", "end", "page"),
    [("pe_visit", "/code", "/en/mine"), ("pe_ask", "/ask", "/en/ask/where")],
)
def test_a_planted_cookie_opens_nothing_of_who_came_after(
    house: House, name: str, end: str, page: str
) -> None:
    planted = f"{name}={text_of(PLANTED)}"
    answer = sent_with(house, end, planted, code=house.receipt, topic="zz.paper")
    new = given(answer, name).decode()

    assert text_of(PLANTED) != new
    assert is_open(house, [("Cookie", f"{name}={new}")], page)
    assert not is_open(house, [("Cookie", planted)], page)


def test_a_visit_begun_by_somebody_else_ends_when_another_code_is_typed(house: House) -> None:
    theirs = house.cookie("visit")
    answer = sent_with(house, "/code", theirs[0][1], code=house.receipt)

    assert not is_open(house, theirs, "/en/mine")
    assert is_open(
        house, [("Cookie", f"pe_visit={given(answer, 'pe_visit').decode()}")], "/en/mine"
    )


def test_a_newcomer_gets_a_cookie_of_their_own_that_ends_with_joining(house: House) -> None:
    joining = house.desk.joinings.find(house.cookies["joining"])
    assert joining is not None
    house.clock.move(minutes=1)
    form = form_of(house, "/staff/join/account")
    code = totp_at(joining.totp_secret, house.clock.now())
    typed = {"handle": "drazd", "passphrase": joining.passphrase, "code": code}
    answer = house.send(form, **typed)
    again = house.send(form, **typed)

    assert 303 == answer.status
    assert ['pe_join=""; HttpOnly; Max-Age=0; Path=/; SameSite=strict'] == answer.all("set-cookie")
    assert 403 == again.status
    assert not is_open(house, house.cookie("joining"), "/en/staff/join/account")


def test_a_draft_begun_by_somebody_else_is_not_theirs_to_read_any_more(house: House) -> None:
    """At a shared machine: one begins a form and notes the cookie, another goes on."""
    theirs = house.cookie("asker")
    sent_with(house, "/ask", theirs[0][1], topic="zz.paper")

    assert not is_open(house, theirs, "/en/ask/1")


def tossed(name: str, mine: str, theirs: str) -> list[list[tuple[str, str]]]:
    """Return how two cookies of one name can come."""
    return [
        [("Cookie", f"{name}={mine}; {name}={theirs}")],
        [("Cookie", f"{name}={theirs}; {name}={mine}")],
        [("Cookie", f"{name}={mine}"), ("Cookie", f"{name}={theirs}")],
        [("Cookie", f"{name}={mine};{name}=")],
        [("Cookie", f"{name}={mine}; {name}={mine}")],
        [("Cookie", "; ".join([f"{name}={theirs}"] * 100 + [f"{name}={mine}"]))],
    ]


def disguised(name: str, mine: str) -> list[list[tuple[str, str]]]:
    """Return our cookie's value as no browser sends it."""
    return [
        [("Cookie", f'{name}="{mine}"')],
        [("Cookie", f"{name}={mine}=")],
        [("Cookie", f"{name}=%{ord(mine[0]):x}{mine[1:]}")],
        [("Cookie", f"{name.upper()}={mine}")],
        [("Cookie", f"{name} ={mine}")],
        [("Cookie", f"__Host-{name}={mine}")],
        [("Cookie", f"__Secure-{name}={mine}")],
        [("Cookie", f"x={name}={mine}")],
        [("Cookie", f'x="; {name}={mine}"')],
        [("Cookie", f"{name}={mine}, {name}x=1")],
        [("Cookie", f"{name}={mine}\x00")],
        [("Cookie2", f"{name}={mine}")],
        [("Authorization", f"Bearer {mine}")],
        [("Cookie", f"{'x=' + 'y' * 8200}; {name}={mine}")],
    ]


def test_of_two_cookies_of_one_name_neither_is_taken(house: House) -> None:
    for guard, page in (("asker", "pe_ask"), ("visit", "pe_visit"), ("staff", "pe_staff")):
        mine, theirs = text_of(house.cookies[guard]), text_of(PLANTED)
        opened = [h for h in tossed(page, mine, theirs) if is_open(house, h, PAGES[page])]

        assert [] == opened
        assert is_open(house, house.cookie(guard), PAGES[page])


def test_a_cookie_in_disguise_is_none(house: House) -> None:
    for guard, name in COOKIES.items():
        if name in PAGES:
            mine = text_of(house.cookies[guard])
            opened = [h for h in disguised(name, mine) if is_open(house, h, PAGES[name])]

            assert [] == opened
    other = [("Cookie", f"lang=be; {house.cookie('staff')[0][1]}; theme=dark")]
    assert is_open(house, other, "/en/staff"), "cookies of others do not matter"


def test_with_https_only_a_cookie_that_no_other_host_can_set_counts(house: House) -> None:
    door = Door(create_app(house.desk, secure=True), house.run)
    mine = text_of(house.cookies["staff"])
    opened = {
        name: is_open(door, [("Cookie", f"{name}={mine}")], "/en/staff")
        for name in ("__Host-pe_staff", "pe_staff", "__host-pe_staff", "__Secure-pe_staff")
    }

    assert {"__Host-pe_staff"} == {name for name, is_opened in opened.items() if is_opened}
    both = [("Cookie", f"pe_staff={text_of(PLANTED)}; __Host-pe_staff={mine}")]
    assert is_open(door, both, "/en/staff"), "one that was tossed in keeps nobody out"


def test_a_cookie_of_one_kind_opens_nothing_of_another(house: House) -> None:
    opened = [
        (guard, name)
        for guard, cookie in house.cookies.items()
        for name, page in PAGES.items()
        if COOKIES[guard] != name
        and is_open(house, [("Cookie", f"{name}={text_of(cookie)}")], page)
    ]

    assert [] == opened


def test_what_is_locked_opens_nothing_anywhere(house: House) -> None:
    form = form_of(house, "/staff/leave")
    answer = house.send(form)
    cookie = house.cookie("staff")

    assert '"cache", "cookies", "storage"' == answer.header("clear-site-data")
    assert ['pe_staff=""; HttpOnly; Max-Age=0; Path=/; SameSite=strict'] == answer.all("set-cookie")
    assert {} == house.session.epochs
    for page in house.pages():
        if page.guard in ("staff", "coordinator"):
            shown = house.call("GET", page.address, cookie)
            assert (303, "/en/staff/unlock") == (shown.status, shown.header("location")), page.path
    for other in house.forms():
        if other.guard in ("staff", "coordinator"):
            assert 403 == house.send(other).status, other.path


def test_a_passphrase_typed_for_one_act_is_not_remembered_for_the_next(house: House) -> None:
    right = house.embassy.account.passphrase
    first = house.send(form_of(house, "/me/passphrase"), passphrase=right)
    acts = [
        house.send(form_of(house, end), act=act)
        for end, act in (("/me/burn", "burn"), ("/me/second", "new"), ("/staff/setup", "close"))
    ]

    assert 303 == first.status
    assert {403, 422} >= {answer.status for answer in acts}
    assert [house.session] == [s for s in house.desk.sessions.items() if s is house.session]


def test_nobody_gets_a_cookie_but_who_begins_something(house: House) -> None:
    setting = {
        page.path
        for page in house.pages()
        if not page.path.endswith("/exit")
        and house.call("GET", page.address, house.cookie(page.guard)).all("set-cookie")
    }

    assert set() == setting


def test_a_session_found_by_its_id_alone_is_not_open(house: House) -> None:
    """Memory is searched by a hash of the cookie; whoever reads the hash cannot use it."""
    number = cookie_id(house.cookies["staff"], "staff")
    text = urlsafe_b64encode(number).rstrip(b"=").decode()

    assert not is_open(house, [("Cookie", f"pe_staff={text}")], "/en/staff")
    assert csrf_token(number, "staff") != csrf_token(house.cookies["staff"], "staff")


def test_whoever_unlocks_elsewhere_ends_what_is_open_here_in_that_moment(house: House) -> None:
    _, second = house.unlock(house.embassy.account)

    assert [second] == [s for s in house.desk.sessions.items() if s.box == second.box]
    assert not is_open(house, house.cookie("staff"), "/en/staff")


def test_a_post_without_the_rightful_cookie_does_nothing_whatever_its_token(house: House) -> None:
    before = house.everything()
    for form in house.forms():
        if form.guard in COOKIES:
            token = house.token(form.guard, form)
            forged = f"{COOKIES[form.guard]}={text_of(PLANTED)}"
            for cookie in ([], [("Cookie", forged)]):
                headers = [FORM, ("Origin", OWN), *cookie]
                body = f"token={token}".encode()

                assert 403 == house.call("POST", form.address, headers, body).status, form.path
    assert before == house.everything()
