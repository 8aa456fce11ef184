"""Needs: whom a request looks for. Each belongs to its request and is sealed with it."""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import current_epoch, open_grants
from pe_core.desk.sealing import new_id
from pe_core.desk.sessions import Session
from pe_core.desk.summaries import NONSENSE
from pe_core.desk.working import OVER, note_work, take_up
from pe_core.errors import NotAllowed, NotFound
from pe_core.model import (
    Author,
    CallId,
    Message,
    MessageKind,
    NeedId,
    NeedState,
    OpenNeed,
    Problem,
    RequestId,
    State,
)
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.model.week import week_of
from pe_core.rules.needs import need_problems
from pe_core.rules.retention import KEEP_OPEN
from pe_core.store import CallRow, Change, EpochRow, In, Insert, NeedRow, RequestRow, Update
from pe_core.vault import bucket_of, open_envelope, seal

NEEDS_LIMIT = 20
"""Needs that one request may have open at a time."""


class NeedView(Model):
    """A need as an unlocked coordinator sees it."""

    row: NeedRow
    body: OpenNeed

    @property
    def id(self) -> NeedId:
        """Return the need's id."""
        return NeedId(self.row.id)

    @property
    def request(self) -> RequestId:
        """Return the request that it belongs to."""
        return RequestId(self.row.request)

    @property
    def state(self) -> NeedState:
        """Return where it stands."""
        return NeedState(self.row.state)


async def add_need(
    desk: Desk, session: Session, request: RequestId, body: OpenNeed
) -> tuple[Problem, ...]:
    """Add a need to a request; returns what is wrong with it, or nothing when it is done.

    ``body.call`` is made here. See ``desk.seeking``, which moves the request on as well.
    """
    work = await take_up(desk, session, request)
    if work.state in (*OVER, State.RESOLVED):
        raise NotAllowed("staff.needs.closed")
    cities = (city.name for city in desk.jurisdiction.cities)
    wrong = need_problems(body, desk.now(), vocabulary_codes(desk), cities)
    if wrong:
        return wrong
    there = await desk.store.count(NeedRow, {"request": request, "state": NeedState.OPEN.value})
    if there >= NEEDS_LIMIT:
        raise NotAllowed("staff.needs.too_many")
    call = new_call(desk, body.need.places)
    sealed = msgspec.structs.replace(body, call=CallId(call.id), by=session.box, at=desk.now())
    row = seal_need(desk, await current_epoch(desk, "intake"), request, NeedId(new_id()), sealed)
    await note_work(
        desk,
        session,
        work,
        Message(
            at=desk.now(),
            author=Author.STAFF,
            kind=MessageKind.NEEDED,
            box=session.box,
            text=body.title,
            language=body.language,
        ),
        Act.NEED_ADDED,
        changes=[Insert(call), Insert(row)],
    )
    return ()


def vocabulary_codes(desk: Desk) -> tuple[str, ...]:
    """Return all skills and gates that a need may name."""
    return (*desk.vocabulary.skills, *desk.vocabulary.gates)


async def read_needs(desk: Desk, session: Session, request: RequestId) -> list[NeedView]:
    """Return the needs of a request that this session can open, the first first."""
    await open_grants(desk, session)
    rows = await desk.store.select(NeedRow, {"request": request})
    views = [view for row in rows if (view := open_need(desk, session, row)) is not None]
    return sorted(views, key=lambda view: view.body.at)


async def read_open_needs(desk: Desk, session: Session) -> list[NeedView]:
    """Return all needs that are open in requests that are not over, the oldest first."""
    await open_grants(desk, session)
    rows = await desk.store.select(NeedRow, {"state": NeedState.OPEN.value})
    living = set(await living_needs(desk, [(row.id, row.request) for row in rows]))
    views = [open_need(desk, session, row) for row in rows if row.id in living]
    found = [view for view in views if view is not None]
    return sorted(found, key=lambda view: (view.body.at, view.id))


async def living_needs(desk: Desk, needs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the needs, given with their requests, whose requests are not over."""
    requests = In(tuple({request for _, request in needs}))
    states = dict(await desk.store.pick(RequestRow, ("id", "state"), {"id": requests}))
    return [
        need for need, request in needs if states.get(request) not in (*OVER, State.RESOLVED, None)
    ]


async def read_need(desk: Desk, session: Session, need: NeedId) -> NeedView:
    """Return one need; NotFound also without a grant."""
    await open_grants(desk, session)
    row = await desk.store.get(NeedRow, need)
    view = open_need(desk, session, row) if row is not None else None
    if view is None:
        raise NotFound("staff.needs.not_found")
    return view


def new_call(desk: Desk, places: int) -> CallRow:
    """Return the row that counts the places of what is offered together."""
    week = week_of(desk.now().date())
    return CallRow(id=new_id(), keep_until=week + KEEP_OPEN, places=places, taken=0)


def seal_need(
    desk: Desk, epoch: EpochRow, request: RequestId, need: NeedId, body: OpenNeed
) -> NeedRow:
    """Return the row of a new need, sealed to an epoch of the intake."""
    sealed = _sealed(desk, epoch, need, body)
    return NeedRow(
        id=need,
        request=request,
        state=NeedState.OPEN.value,
        epoch=epoch.id,
        bucket=bucket_of(sealed),
        revision=0,
        body=sealed,
    )


async def change_need(
    desk: Desk, view: NeedView, body: OpenNeed, state: NeedState | None = None
) -> Change:
    """Return the change that stores a need anew; Conflict if a colleague was faster.

    Nor is it written over what a volunteer has made of it meanwhile, by a yes or by giving back.
    """
    epoch = await current_epoch(desk, "intake")
    sealed = _sealed(desk, epoch, view.id, body)
    values = {
        "state": (state or view.state).value,
        "epoch": epoch.id,
        "bucket": bucket_of(sealed),
        "revision": view.row.revision + 1,
        "body": sealed,
    }
    expect = {"revision": view.row.revision, "state": view.row.state}
    return Update(NeedRow, (view.id,), values, expect=expect)


def has_begun(desk: Desk, body: OpenNeed) -> bool:
    """Return whether the time of a need has begun: whoever is asked now could not answer."""
    return body.need.start is not None and body.need.start <= desk.now()


def _sealed(desk: Desk, epoch: EpochRow, need: NeedId, body: OpenNeed) -> bytes:
    context = desk.context("need", need)
    return seal(msgspec.msgpack.encode(body), to=[epoch.public], context=context)


def open_need(desk: Desk, session: Session, row: NeedRow) -> NeedView | None:
    """Return a need as its row has it, None without a grant or if it is none of ours."""
    keys = session.epochs.get(row.epoch)
    if keys is None:
        return None
    try:
        opened = open_envelope(row.body, keys, desk.context("need", row.id))
        return NeedView(row=row, body=msgspec.msgpack.decode(opened, type=OpenNeed))
    except NONSENSE:
        return None  # nothing that one of ours wrote
