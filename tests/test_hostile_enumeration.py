"""No answer tells whether a name, a receipt or an invite is known, not by a single byte."""

import re
from collections import Counter
from typing import Any

import pytest

from hostile import Answer, House, Run
from pe_core.desk import invites, renewing
from pe_core.rules.receipts import make_receipt
from pe_core.store import Delete, RequestRow
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.vault import generate_passphrase, random_bytes, totp_at

WRONG_CODE = "000000"


class Counted:
    """A store that counts what is asked of it."""

    def __init__(self, store: Any, calls: Counter[str]) -> None:
        """Stand before ``store``."""
        self._store = store
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        """Count a call and hand it on."""
        self._calls[name] += 1
        return getattr(self._store, name)


class Outside:
    """Somebody without a cookie, who compares what they are told, and what it cost."""

    def __init__(self, house: House, patch: pytest.MonkeyPatch) -> None:
        """Count the calls of the store and of the slow hash."""
        self.house = house
        self.calls: Counter[str] = Counter()
        self.slow = 0
        self.held: list[float] = []
        real = house.desk.passphrases.derive

        async def derive(*given: Any) -> bytes:
            self.slow += 1
            return await real(*given)

        async def pause(seconds: float) -> None:
            self.held.append(seconds)

        patch.setattr(house.desk.passphrases, "derive", derive)
        patch.setattr(house.desk, "store", Counted(house.desk.store, self.calls))
        patch.setattr(house.desk, "pause", pause)

    def send(self, end: str, **fields: str) -> tuple[Any, dict[str, int], int]:
        """Send a form; returns what is seen of the answer, the calls, and the slow hashes."""
        form = next(form for form in self.house.forms() if form.address == f"/en{end}")
        self.house.desk.wrong_tries.clear()
        self.calls.clear()
        self.slow = 0
        answer = self.house.send(form, **fields)
        return seen(answer), dict(self.calls), self.slow


def seen(answer: Answer) -> tuple[int, tuple[tuple[str, str], ...], int, str]:
    """Return all that a stranger sees, with what is new on every page taken out."""
    masked = re.sub(r'(name="token" value=")[^"]*', r"\1", answer.text)
    return answer.status, answer.headers, len(answer.body), masked


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run) -> House:
    """A portal with accounts, a request and an invite."""
    return House(pe_embassy, pe_run)


@pytest.fixture
def outside(house: House, monkeypatch: pytest.MonkeyPatch) -> Outside:
    """Somebody without a cookie."""
    return Outside(house, monkeypatch)


@pytest.mark.parametrize("end", ["/staff/unlock", "/staff/lift"])
def test_no_wrong_part_of_three_looks_different(house: House, outside: Outside, end: str) -> None:
    house.clock.move(minutes=2)
    account, other = house.embassy.account, house.colleague
    code, words = account.code(house.clock.now()), generate_passphrase()
    tries = {
        "known name": (account.handle, words, WRONG_CODE),
        "known name, right code": (account.handle, words, code),
        "unknown name": ("nobody", words, WRONG_CODE),
        "a name as long as can be": ("n" * 60_000, "w", ""),
        "no name": ("", "", ""),
        "a name of no letters": ("\x00\u202e'\"><", words, code),
        "the passphrase of another": (account.handle, other.passphrase, code),
        "the name of another": (other.handle, account.passphrase, code),
        "right but for the code": (account.handle, account.passphrase, WRONG_CODE),
    }
    told = {
        what: outside.send(end, name=name, passphrase=passphrase, code=code)
        for what, (name, passphrase, code) in tries.items()
    }
    looks, calls, _ = told["unknown name"]

    assert {what: looks for what in told} == {what: found[0] for what, found in told.items()}
    assert 403 == looks[0]
    # Only who has the very passphrase comes to the slow hash (docs/decisions/0007), and waits.
    cheap = {what: found[1:] for what, found in told.items() if "but for" not in what}
    assert dict.fromkeys(cheap, (calls, 0)) == cheap
    assert 1 == told["right but for the code"][2]
    assert all(seconds > 1.0 for seconds in outside.held)
    assert len(tries) == len(outside.held)


def test_the_second_passphrase_looks_like_a_wrong_one(
    house: House, outside: Outside, pe_run: Run
) -> None:
    right = house.embassy.account.passphrase
    pe_run(renewing.begin_renewing(house.desk, house.session, "lock", right))
    second = renewing.read_renewing(house.desk, house.session, "lock").words
    pe_run(renewing.finish_renewing(house.desk, house.session, "lock", second))
    house.clock.move(minutes=2)
    account = house.embassy.account
    code = account.code(house.clock.now())

    wrong = outside.send(
        "/staff/unlock", name=account.handle, passphrase=generate_passphrase(), code=code
    )
    locks = outside.send("/staff/unlock", name=account.handle, passphrase=second, code=code)

    assert wrong[0] == locks[0]
    assert [] == house.desk.sessions.items(), "and it did lock"


def receipts_of(house: House, run: Run) -> dict[str, str]:
    """Return receipts that open nothing, each for another reason."""
    erased = house.receipt
    found = run(house.desk.store.select(RequestRow))
    run(house.desk.store.write([Delete(RequestRow, {"id": row.id}) for row in found]))
    invite = run(invites.make_invite(house.desk, house.session))
    return {
        "unknown": make_receipt(random_bytes(32)),
        "another unknown": make_receipt(random_bytes(32)),
        "erased": erased,
        "an invite's": invite,
    }


def test_no_receipt_that_opens_nothing_looks_different(
    house: House, outside: Outside, pe_run: Run
) -> None:
    told = {}
    for what, code in receipts_of(house, pe_run).items():
        looks, calls, slow = outside.send("/code", code=code)
        # What was typed stays in the field for who made a slip.
        told[what] = (looks[:3], looks[3].replace(code, ""), calls, slow)

    assert dict.fromkeys(told, told["unknown"]) == told
    assert 422 == told["unknown"][0][0]
    assert 0 == told["unknown"][3]


def test_no_invite_that_opens_nothing_looks_different(
    house: House, outside: Outside, pe_run: Run
) -> None:
    dropped = pe_run(invites.make_invite(house.desk, house.session))
    known = {view.locator for view in pe_run(invites.list_invites(house.desk, house.session))}
    (locator,) = [name for name in known if name != house.locator]
    pe_run(invites.drop_invite(house.desk, house.session, locator))
    old = pe_run(invites.make_invite(house.desk, house.session))
    house.clock.move(hours=25)
    codes = {
        "unknown": make_receipt(random_bytes(32)),
        "dropped": dropped,
        "run out": old,
        "a receipt": house.receipt,
    }
    told = {what: outside.send("/staff/join", code=code) for what, code in codes.items()}

    assert dict.fromkeys(told, told["unknown"]) == told
    assert 422 == told["unknown"][0][0]


def test_a_name_that_is_taken_is_no_news_to_who_joins(
    house: House, outside: Outside, pe_run: Run
) -> None:
    """Names are sealed, so nobody can look; and whoever is invited learns no colleague's name."""
    told = []
    for handle in (house.colleague.handle, "nobody-yet"):
        code = pe_run(invites.make_invite(house.desk, house.session))
        _, session = house.unlock(house.colleague)
        for view in pe_run(invites.list_invites(house.desk, session)):
            if not view.ready and not view.mine:
                pe_run(invites.sign_invite(house.desk, session, view.locator))
        cookie, joining = pe_run(invites.open_invite(house.desk, code))
        house.cookies["joining"] = cookie
        house.clock.move(minutes=1)
        typed = totp_at(joining.totp_secret, house.clock.now())
        told.append(
            outside.send(
                "/staff/join/account", handle=handle, passphrase=joining.passphrase, code=typed
            )
        )

    assert told[0][0] == told[1][0]
    assert 303 == told[0][0][0]
    assert told[0][2] == told[1][2] == 1
