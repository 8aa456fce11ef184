"""What coordinators of two embassies do in a conversation, and how it then reaches the other."""

from between import Between, House, Wire
from pe_core.model import RequestId
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import Answer, Ask, Close, Decline, Reason
from pe_core.network import accepting, preparing, referring
from pe_core.network.bodies import encode_body
from pe_core.network.delivery import deliver
from pe_core.network.preparing import CaseWords, Prepared
from pe_core.network.threads import CASES
from pe_core.rules.referring import Act
from pe_core.toolkit.invented import ASKED

NO = Decline(reason=Reason.NO_CAPACITY, words="No room", language="en")
MORE = Answer(words="More of it", language="en")


def do(house: House, thread: ThreadId, act: Act) -> None:
    """Do what a coordinator does; nothing of it has gone yet."""
    desk, session = house.desk, house.session
    close = Close(words="Thanks", language="en")
    house.run(
        {
            Act.ACCEPT: lambda: accepting.accept(desk, session, thread, "We do", "en"),
            Act.DECLINE: lambda: referring.decline(desk, session, thread, NO),
            Act.ANSWER: lambda: referring.answer(desk, session, thread, MORE),
            Act.RETURN: lambda: accepting.give_back(desk, session, thread, "We cannot", "en"),
            Act.CLOSE: lambda: referring.close(desk, session, thread, close),
            Act.REVOKE: lambda: referring.revoke(desk, session, thread),
        }[act]()
    )


def begin_case(two: Between, kind: Kind) -> tuple[str, RequestId, ThreadId]:
    """Let somebody ask and agree, and refer it; returns receipt, request and conversation."""
    receipt, request = two.ask(ASKED[0])
    two.agree(request, "paper", "story")
    words = CaseWords(asked="Can you?", language="en")
    opened = two.near.request(request)
    prepared = preparing.prepare_case(two.near.desk, opened, two.far.code, kind, words)
    thread = two.near.begin(prepared, request)
    two.exchange()
    return receipt, request, thread


def begin(two: Between, kind: Kind, before: tuple[Act, ...] = ()) -> ThreadId:
    """Begin a conversation, and let the far embassy have said something in it."""
    desk, code, today = two.near.desk, two.far.code, two.near.desk.now().date()
    if kind in CASES:
        _, _, thread = begin_case(two, kind)
    elif kind is Kind.CONSULT:
        thread = two.near.begin(preparing.prepare_consult(desk, code, "Why?", "en", urgent=False))
    else:
        raw = encode_body(Ask(languages=("ko",), language="en", answer_by=today))
        thread = two.near.begin(Prepared(peer=code, kind=kind, raw=raw, urgent=False, due=today))
    two.exchange()
    for act in before:
        do(two.far, thread, act)
        two.exchange()
    return thread


def carry(near: House, far: House) -> None:
    """Carry what waits on one side, in its order, to the other."""
    for row in near.outgoing():
        near.run(deliver(near.desk, Wire(far, near), row.id, "nonce-of-a-test"))


def meet(two: Between, *, far_first: bool) -> None:
    """Let what crossed arrive, and whatever follows from it."""
    pairs = [(two.near, two.far), (two.far, two.near)]
    for _ in range(3):
        for near, far in reversed(pairs) if far_first else pairs:
            carry(near, far)
        two.near.look()
        two.far.look()
