"""Fill a new embassy with plainly invented people and requests, through the desk's own acts."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from pe_core.desk import (
    accounts,
    applying,
    intake,
    invites,
    listing,
    requests,
    screening,
    volunteers,
)
from pe_core.desk.desk import Desk
from pe_core.desk.needs import read_needs
from pe_core.desk.seeking import seek
from pe_core.desk.sessions import Session
from pe_core.desk.setup import open_doors
from pe_core.desk.shifts import make_shift
from pe_core.errors import DeskError
from pe_core.model import (
    Agreement,
    CallId,
    Need,
    NeedId,
    OpenNeed,
    Outcome,
    RequestId,
    Shift,
    ShiftId,
    State,
    WaitingOn,
    Where,
)
from pe_core.model.struct import Model
from pe_core.rules.volunteering import AGREEMENT
from pe_core.vault import totp_at

AGREEMENT_WORDS = "An invented agreement."


class Clock:
    """A clock that stands still until it is moved: the demo's past, and every test's present."""

    def __init__(self, start: datetime) -> None:
        """Stand at ``start``."""
        self.time = start

    def now(self) -> datetime:
        """Return the time that the clock shows."""
        return self.time

    def move(self, **by: float) -> None:
        """Move on, by ``minutes=5`` and the like."""
        self.time += timedelta(**by)


class Account(Model):
    """An account with everything that unlocks it; exists in a demo and in tests only."""

    handle: str
    passphrase: str
    totp_secret: str

    def code(self, now: datetime) -> str:
        """Return the authenticator's code of this moment."""
        padding = "=" * (-len(self.totp_secret) % 8)
        return totp_at(base64.b32decode(self.totp_secret + padding), now)


class Invented(Model):
    """What a demo embassy holds, for whoever wants to look at it."""

    accounts: tuple[Account, ...]
    receipts: tuple[str, ...]
    volunteers: tuple[Account, ...] = ()


class Asked(Model):
    """One invented request; ``typed`` is what the asker types, by field."""

    form: str
    language: str
    typed: Mapping[str, Sequence[str]]
    where: Where = Where.ABROAD


async def open_account(desk: Desk, clock: Clock, invite: str, handle: str) -> Account:
    """Redeem an invite as a newcomer does, and return what they wrote down."""
    _, joining = await invites.open_invite(desk, invite)
    secret = base64.b32encode(joining.totp_secret).decode().rstrip("=")
    account = Account(handle=handle, passphrase=joining.passphrase, totp_secret=secret)
    problems = await invites.join(
        desk, joining, handle, account.passphrase, account.code(clock.now())
    )
    if problems:
        raise DeskError(problems[0].code)
    clock.move(minutes=1)
    return account


async def offer_help(desk: Desk, clock: Clock, handle: str, language: str = "en") -> Account:
    """Offer help as somebody does from the page for it, and return what they wrote down."""
    _, applicant = applying.begin_applying(desk, language)
    secret = applying.applicant_words(applicant)[1]
    account = Account(handle=handle, passphrase=applicant.passphrase, totp_secret=secret)
    problems = await applying.apply(
        desk, applicant, handle, account.passphrase, account.code(clock.now())
    )
    if problems:
        raise DeskError(problems[0].code)
    clock.move(minutes=1)
    return account


async def active_volunteer(
    desk: Desk, clock: Clock, coordinators: Sequence[Session], handle: str, **said: object
) -> tuple[Account, Session]:
    """Invent a volunteer who has done every step, and for whom these coordinators vouch.

    ``said`` are fields of their Profile. Returns their account and their unlocked session; a
    coordinator's session is their first one, none is ended by it.
    """
    account = await offer_help(desk, clock, handle)
    session = await unlock_account(desk, clock, account)
    await send_profile(desk, session, **said)
    first = coordinators[0]
    await screening.take_up(desk, first, await volunteers.read_volunteer(desk, first, session.box))
    await screening.note_talk(
        desk, first, await volunteers.read_volunteer(desk, first, session.box)
    )
    for coordinator in coordinators:
        known = await volunteers.read_volunteer(desk, coordinator, session.box)
        await screening.vouch(desk, coordinator, known)
    clock.move(minutes=1)
    return account, session


async def send_profile(desk: Desk, session: Session, **said: object) -> None:
    """Sign the agreement and give a profile to the coordinators, as a volunteer does."""
    known = await volunteers.read_own(desk, session)
    text = hashlib.sha256(AGREEMENT_WORDS.encode()).digest()
    agreement = Agreement(
        version=AGREEMENT,
        language=known.profile.language,
        text=text,
        at=desk.now(),
        signature=session.keys.sign("agreement", text),
    )
    sent: dict[str, object] = {"agreement": agreement, "sent": desk.now(), **said}
    profile = msgspec.structs.replace(known.profile, **sent)
    await volunteers.write_own(desk, session, known, profile)


async def look_for(
    desk: Desk, session: Session, request: RequestId, title: str, need: Need, detail: str = ""
) -> NeedId:
    """Look for somebody as a coordinator does from a request's page; returns the new need."""
    body = OpenNeed(
        title=title,
        detail=detail,
        language="en",
        need=need,
        by=session.box,
        at=desk.now(),
        call=CallId(""),
    )
    problems = await seek(desk, session, request, body)
    if problems:
        raise DeskError(problems[0].code)
    return (await read_needs(desk, session, request))[-1].id


async def hold_shift(desk: Desk, session: Session, title: str, detail: str = "") -> ShiftId:
    """Make a shift of two places for tomorrow, as a coordinator does; returns its id."""
    start = desk.now() + timedelta(days=1)
    body = Shift(
        title=title,
        detail=detail,
        language="en",
        need=Need(start=start, end=start + timedelta(hours=3), places=2),
        call=CallId(""),
        by=session.box,
        at=desk.now(),
        day=start.date(),
    )
    problems, shift = await make_shift(desk, session, body)
    if problems:
        raise DeskError(problems[0].code)
    return shift


async def unlock_account(desk: Desk, clock: Clock, account: Account) -> Session:
    """Unlock an account with its own code of this moment."""
    clock.move(minutes=1)
    _, session = await accounts.unlock(
        desk, account.handle, account.passphrase, account.code(clock.now())
    )
    return session


async def ask(desk: Desk, asked: Asked) -> str:
    """Ask for help as an asker does, page by page, and return the receipt."""
    _, draft = intake.begin(desk, asked.form, asked.language)
    intake.set_where(draft, asked.where)
    for field, typed in asked.typed.items():
        problem = intake.give_answer(draft, field, typed)
        if problem is not None:
            raise DeskError(problem.code)
    return await intake.submit(desk, draft)


async def invent(
    desk: Desk,
    clock: Clock,
    first_invite: str,
    done: Callable[[], None] = lambda: None,
    asked: Sequence[Asked] | None = None,
) -> Invented:
    """Invent two coordinators and requests, at least three, those of Exampleland unless given.

    ``done`` is called after each step, which are as many as ``steps_of`` says.
    """
    asked = ASKED if asked is None else asked
    await open_doors(desk)
    first = await open_account(desk, clock, first_invite, "busel")
    done()
    session = await unlock_account(desk, clock, first)
    second = await open_account(desk, clock, await invites.make_invite(desk, session), "zubr")
    done()
    receipts = []
    for one in asked:
        receipts.append(await ask(desk, one))
        clock.move(hours=5)
        done()
    session = await unlock_account(desk, clock, second)
    entries = await listing.list_requests(desk, session)
    await _work(desk, session, [entry.id for entry in reversed(entries)])
    desk.sessions.drop_where(lambda _: True)
    done()
    return Invented(accounts=(first, second), receipts=tuple(receipts))


async def _work(desk: Desk, session: Session, ids: Sequence[RequestId]) -> None:
    """Answer some of the requests and leave the others as they came in, oldest first."""
    answered, waiting, resolved = ids[0], ids[1], ids[2]
    await requests.reply(desk, session, answered, ANSWER, "be")
    await requests.move(desk, session, answered, requests.Moving(to=State.ACTIVE))
    for state in (State.TRIAGE, State.ACTIVE):
        await requests.move(desk, session, waiting, requests.Moving(to=state))
        await requests.move(desk, session, resolved, requests.Moving(to=state))
    await requests.move(
        desk,
        session,
        waiting,
        requests.Moving(
            to=State.WAITING,
            waiting_on=WaitingOn.ASKER,
            wake=(desk.now() + timedelta(days=7)).date(),
            text=QUESTION,
            language="ru",
        ),
    )
    await requests.move(
        desk,
        session,
        resolved,
        requests.Moving(
            to=State.RESOLVED,
            outcome=Outcome.HELPED,
            text="It is arranged; somebody waits for you.",
            language="en",
        ),
    )


def demo_start() -> datetime:
    """Return when the demo's invented past begins: three days ago."""
    return datetime.now(UTC) - timedelta(days=3)


ANSWER = (
    "Добры дзень! Мы прачыталі ваш зварот і заўтра адкажам падрабязна. "
    "Напішыце, калі ласка, ці былі вы ўжо ва ўстанове ў гэтым месяцы."
)
QUESTION = "Здравствуйте! Напишите, пожалуйста, есть ли у вас копия отказа. Имена можно закрыть."

ASKED = (
    Asked(
        form="zz.paper",
        language="be",
        typed={
            "paper": ["passport"],
            "region": ["coast"],
            "offices": ["stays"],
            "refused": ["no"],
            "story": [
                "Пашпарт скончыўся ў верасні, а новы за мяжой не атрымаць. "
                "Баюся вяртацца. Што мне рабіць?"
            ],
        },
    ),
    Asked(
        form="zz.paper",
        language="ru",
        typed={
            "paper": ["permit"],
            "permit_ends": ["2026-12-20"],
            "region": ["hills"],
            "offices": ["stays", "shelter"],
            "refused": ["yes"],
            "refusal": ["Сказали, что без действующего паспорта не продлят."],
            "story": ["Разрешение заканчивается в декабре, паспорт уже недействителен."],
            "name": ["Выдуманная Птица"],
        },
    ),
    Asked(
        form="zz.bed",
        language="en",
        typed={
            "people": ["2"],
            "nights": ["3"],
            "story": ["We arrived this morning and know nobody here."],
        },
    ),
    Asked(
        form="zz.paper",
        language="be",
        typed={
            "paper": ["birth"],
            "region": ["coast"],
            "offices": ["none"],
            "refused": ["no"],
            "story": ["Дзіця нарадзілася тут, а дакументаў на яго няма ніякіх."],
            "contact": ["Пішыце толькі сюды, у партал"],
        },
    ),
    Asked(
        form="zz.other",
        language="be",
        typed={"story": ["Патрэбна парада: ці можна мне ехаць на пахаванне бацькі дадому?"]},
        where=Where.GOING,
    ),
    Asked(
        form="zz.bed",
        language="ru",
        typed={
            "people": ["1"],
            "nights": ["10"],
            "story": ["Хозяин просит съехать до конца недели."],
        },
    ),
)


def steps_of(asked: Sequence[Asked]) -> int:
    """Return how often ``invent`` says that it has come one step further."""
    return len(asked) + 3
