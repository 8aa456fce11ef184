"""What two embassies of the demo have written to each other: a question, an ask, a referral."""

from pe_core.desk import listing
from pe_core.desk.requests import open_request
from pe_core.desk.working import take_up
from pe_core.model import State
from pe_core.model.peer import Kind, PeerCode, ThreadId
from pe_core.model.referral import Answer, Count
from pe_core.model.volunteer import Skill, Skilled
from pe_core.network import accepting, consenting, referring
from pe_core.network.incoming import look_at_incoming
from pe_core.network.preparing import (
    AskWords,
    CaseWords,
    prepare_ask,
    prepare_case,
    prepare_consult,
)
from pe_core.toolkit.neighbours import Side, way_across

REFERRED = "zz.bed"
"""The form of the request that is referred, the newest of it; and the answers that go along."""
FIELDS = ("people", "nights", "story")

TOPIC = "Папяровая даведка замест пашпарта"
CONSULTED = (
    "Да нас двойчы прыйшлі з папяровай даведкай замест пашпарта. "
    "Ці прымаюць такія даведкі ўстановы ў вас, і з якім перакладам?"
)
LOOKED_FOR = "Дзве гадзіны па тэлефоне ў будні дзень"
KNOWN = "Ёсць жанчына, якая працуе ў судзе. Перадайце нам зварот, і мы спытаем яе."
REFERRED_WITH = "Праз тыдзень ён едзе да вас. Ці ведаеце вы, дзе пераначаваць першыя ночы?"
TAKEN = "Так, ложак ёсць на ўсе дзесяць начэй. Мы сустрэнем на вакзале."


async def exchange_letters(near: Side, far: Side) -> None:
    """Let ``far`` ask what waits for ``near``'s answer, answer an ask, and help with a request.

    Both are peers. Nothing is referred where ``near`` has no request of Exampleland's form.
    """
    async with way_across([near, far]) as carry:
        await _consult(far, near)
        asked = await _ask(near, far)
        referred = await _refer(near, far)
        await carry()
        await look_at_incoming(far.desk, far.session)
        known = Answer(words=KNOWN, language="be", count=Count.FEW)
        await referring.answer(far.desk, far.session, asked, known)
        if referred is not None:
            await accepting.accept(far.desk, far.session, referred, TAKEN, "be")
        await carry()


async def _consult(by: Side, peer: Side) -> ThreadId:
    prepared = prepare_consult(by.desk, _code(peer), CONSULTED, "be", topic=TOPIC, urgent=False)
    return await referring.begin(by.desk, by.session, prepared)


async def _ask(by: Side, peer: Side) -> ThreadId:
    words = AskWords(
        required=(Skill(code="core.skill.interpreting", level=Skilled.EXPERT),),
        languages=("ko",),
        line=LOOKED_FOR,
        language="be",
    )
    prepared = prepare_ask(by.desk, _code(peer), words)
    return await referring.begin(by.desk, by.session, prepared)


async def _refer(by: Side, peer: Side) -> ThreadId | None:
    """Refer the newest request of the form, whose asker agreed in words."""
    desk, session, code = by.desk, by.session, _code(peer)
    for entry in await listing.list_requests(desk, session):
        request = await open_request(desk, session, entry.id)
        if request.original.form == REFERRED and entry.state is State.NEW:
            work = await take_up(desk, session, entry.id)
            await consenting.note_spoken(desk, session, work, code, FIELDS)
            agreed = await open_request(desk, session, entry.id)
            words = CaseWords(asked=REFERRED_WITH, language="be", fields=FIELDS)
            prepared = prepare_case(desk, agreed, code, Kind.REFER, words)
            return await referring.begin(desk, session, prepared, request=entry.id)
    return None


def _code(side: Side) -> PeerCode:
    return PeerCode(side.desk.embassy.code)
