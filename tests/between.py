"""Two embassies that know each other, on real files, with nothing but a wire between them."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pe_core.desk import listing
from pe_core.desk.desk import Desk
from pe_core.desk.requests import open_request
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.working import take_up
from pe_core.errors import AnswerRefused, PacketRefused
from pe_core.model import HelpRequest, RequestId
from pe_core.model.peer import Kind, PeerCode, ThreadId
from pe_core.model.referral import Referral, ReferralState
from pe_core.model.referral import Side as OurSide
from pe_core.network import consenting, incoming, preparing, referring
from pe_core.network.delivery import deliver
from pe_core.network.enclosing import named_in
from pe_core.network.identity import begin_network, freshen, read_begun
from pe_core.network.receiving import take_in
from pe_core.network.threads import (
    ReferralView,
    Said,
    new_referral,
    read_referral,
    read_referrals,
    read_thread,
)
from pe_core.store import Insert, OutgoingRow, PeerKeysetRow, PeerRow
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Asked, ask, unlock_account
from pe_core.vault import Keys, Seed, join_shares, keys_of

Run = Callable[[Awaitable[Any]], Any]


class Wire:
    """A door that leads to the other embassy's inbox, and may be shut."""

    def __init__(self, far: "House", near: "House") -> None:
        self.far, self.near = far, near

    async def fetch(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> bytes:
        now = int(self.far.desk.now().timestamp())
        try:
            return await take_in(self.far.desk, body, self.near.code, now)
        except PacketRefused as error:
            raise AnswerRefused(error.status) from None


class House:
    """One of the two: its instance, and its coordinator's session."""

    def __init__(self, embassy: TestEmbassy, run: Run) -> None:
        self.embassy, self.run, self.desk = embassy, run, embassy.desk
        self.code = PeerCode(embassy.desk.embassy.code)
        self.root: Keys = keys_of(Seed(join_shares([embassy.opening.root_words])))
        self.session: Session = run(unlock_account(self.desk, embassy.clock, embassy.account))
        self.desk.address = f"https://{self.code}.example"
        run(begin_network(self.desk, self.root))
        run(freshen(self.desk, self.session))

    def know(self, other: "House") -> None:
        """Know the other one as if both had typed the words."""
        own = self.run(read_begun(other.desk))
        day = self.desk.now().date().toordinal()
        serial = own.keyset.serial
        keyset = PeerKeysetRow(peer=other.code, serial=serial, day=day, body=own.signed)
        row = PeerRow(
            code=other.code,
            state="active",
            ours=1,
            theirs=1,
            day=day,
            serial=serial,
            address=other.desk.address,
            referral=own.referral,
        )
        self.run(self.desk.store.write([Insert(row), Insert(keyset)]))

    def look(self) -> incoming.Looked:
        found: incoming.Looked = self.run(incoming.look_at_incoming(self.desk, self.session))
        return found

    def threads(self) -> list[ReferralView]:
        found: list[ReferralView] = self.run(read_referrals(self.desk, self.session))
        return found

    def view(self, thread: ThreadId) -> ReferralView:
        found: ReferralView = self.run(read_referral(self.desk, self.session, thread))
        return found

    def said(self, thread: ThreadId) -> list[Said]:
        found: list[Said] = self.run(read_thread(self.desk, self.session, self.view(thread)))
        return found

    def request(self, request: RequestId) -> HelpRequest:
        opened: HelpRequest = self.run(open_request(self.desk, self.session, request))
        return opened

    def requests(self) -> list[RequestId]:
        entries = self.run(listing.list_requests(self.desk, self.session))
        return [entry.id for entry in entries]

    def begin(self, prepared: preparing.Prepared, request: RequestId | None = None) -> ThreadId:
        thread: ThreadId = self.run(
            referring.begin(self.desk, self.session, prepared, request=request)
        )
        return thread

    def outgoing(self) -> list[OutgoingRow]:
        rows: list[OutgoingRow] = self.run(self.desk.store.select(OutgoingRow, order="number"))
        return rows


class Between:
    """Two houses, and the carrying of what waits in one to the other."""

    def __init__(self, embassy: TestEmbassy, run: Run, folder: Path) -> None:
        self.run, self.clock = run, embassy.clock
        settings = msgspec.structs.replace(
            embassy.settings,
            embassy=msgspec.structs.replace(
                embassy.settings.embassy,
                code="yy",
                names={"be": "Другая амбасада", "en": "The other embassy"},
            ),
        )
        self.far_embassy = run(open_test_embassy(folder, embassy.clock, settings))
        self.near, self.far = House(embassy, run), House(self.far_embassy, run)
        self.near.know(self.far)
        self.far.know(self.near)

    def carry(self) -> int:
        """Carry everything that waits on either side; returns how many packets were taken."""
        carried = 0
        for near, far in ((self.near, self.far), (self.far, self.near)):
            for row in near.outgoing():
                result = self.run(deliver(near.desk, Wire(far, near), row.id, "nonce-of-a-test"))
                carried += result.was_taken
        return carried

    def exchange(self) -> None:
        """Carry everything, and let both look at what came."""
        self.carry()
        self.near.look()
        self.far.look()

    def ask(self, asked: Asked) -> tuple[str, RequestId]:
        """Ask the near embassy for help; returns the receipt and the request."""
        receipt: str = self.run(ask(self.near.desk, asked))
        self.clock.move(minutes=1)
        return receipt, self.near.requests()[0]

    def agree(self, request: RequestId, *fields: str, take_over: bool = True) -> None:
        """Note that the asker agreed in words to these answers and files for the far embassy."""
        near, opened = self.near, self.near.request(request)
        notes = named_in(preparing.files_for(near.desk, opened, self.far.code), fields)
        files = preparing.file_items(near.desk, opened, notes)
        work = self.run(take_up(near.desk, near.session, request))
        noting = consenting.note_spoken(
            near.desk, near.session, work, self.far.code, fields, files, take_over=take_over
        )
        self.run(noting)

    def close(self) -> None:
        self.run(close_embassy(self.far_embassy))


async def begin_talk(desk: Desk, session: Session) -> ThreadId:
    """Begin a conversation of ours, as its row has it: no peer need be there to read it."""
    thread = ThreadId(new_id())
    body = Referral(kind=Kind.CONSULT, side=OurSide.SENDER, at=desk.now(), by=session.box)
    due = desk.now().date()
    row = await new_referral(desk, thread, PeerCode("yy"), body, ReferralState.WAITING, due=due)
    await desk.store.write([Insert(row)])
    return thread
