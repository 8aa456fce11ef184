"""The set-up list: what stands before the first request, and the doors that it opens.

Going live is one act of a coordinator, refused while a step is missing. What a person has to
read is confirmed by name; the other steps are looked at each time, so that one which fails
later shows. Journeys: "Opens an embassy".
"""

from collections.abc import Mapping

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.epochs import read_members
from pe_core.desk.sessions import Session
from pe_core.desk.shares import read_shares_state
from pe_core.desk.trail import record
from pe_core.errors import MembersInvalid, NotAllowed, NotFound
from pe_core.model.finding import Health
from pe_core.model.struct import Model
from pe_core.model.trail import Act
from pe_core.rules.texts import own_name
from pe_core.store import Change, Delete, Insert, MetaRow, Store, Update
from pe_core.vault.members import COORDINATING

CONFIRMED = ("notices", "retention")
"""Steps that are done once a coordinator says so."""
ENOUGH = 2
"""Coordinators, and so the least that can sign for each other."""

_SETUP = "setup"
_LIVE = "live"
_FOR_STAFF = ("staff.", "core.staff.")
"""Texts that nobody outside sees; an asker's language may be complete without them."""


class Step(Model):
    """A step of the list; ``why`` is the last part of the text key that says what is missing.

    The whole key is ``staff.setup.<name>.<why>``; ``values`` fills it. A done step has no why.
    """

    name: str
    why: str = ""
    values: Mapping[str, object] = {}

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return not self.why


async def setup_list(desk: Desk) -> tuple[Step, ...]:
    """Return all steps in their order, each done or with what it lacks."""
    confirmed = await _read_confirmed(desk.store)
    return (
        _plugin(desk),
        _languages(desk),
        _notices(desk, confirmed),
        Step(name="shares", why=await read_shares_state(desk)),
        await _members(desk),
        Step(name="retention", why="" if "retention" in confirmed else "unread"),
        await _server(desk),
        await _upkeep(desk),
    )


async def confirm_step(desk: Desk, session: Session, name: str) -> None:
    """Note that a coordinator read what a step is about; NotFound for a step that is looked at."""
    if name not in CONFIRMED:
        raise NotFound("staff.setup.no_such_step")
    row = await desk.store.get(MetaRow, _SETUP)
    days = _days(row) | {name: desk.now().date().toordinal()}
    await record(desk, session.box, Act.SETUP, name, [_noted(row, _SETUP, days)])


async def go_live(desk: Desk, session: Session) -> None:
    """Open the doors to those who ask; NotAllowed while a step is missing."""
    if not all(step.done for step in await setup_list(desk)):
        raise NotAllowed("staff.setup.not_yet")
    if desk.is_live:
        return
    await record(desk, session.box, Act.WENT_LIVE, "", [_opened(desk)])
    desk.is_live = True


async def close_doors(desk: Desk, session: Session) -> None:
    """Take no new requests until somebody goes live again; who asked already still comes back."""
    if not desk.is_live:
        return
    await record(desk, session.box, Act.CLOSED_DOORS, "", [Delete(MetaRow, {"key": _LIVE})])
    desk.is_live = False


async def open_doors(desk: Desk) -> None:
    """Open the doors of a demo or a test, where everything is invented and no list is asked."""
    await desk.store.write([_opened(desk)])
    desk.is_live = True


async def read_live(store: Store) -> bool:
    """Return whether the doors are open, for a process that starts."""
    return await store.get(MetaRow, _LIVE) is not None


def _opened(desk: Desk) -> Change:
    value = msgspec.msgpack.encode(desk.now().date().toordinal())
    return Insert(MetaRow(key=_LIVE, value=value))


def _plugin(desk: Desk) -> Step:
    return Step(name="plugin", why="" if desk.forms else "no_forms")


def _languages(desk: Desk) -> Step:
    counted = {
        language: sum(not key.startswith(_FOR_STAFF) for key in desk.texts.missing(language))
        for language in desk.embassy.languages
    }
    lacking = [f"{own_name(tag)} ({number})" for tag, number in counted.items() if number]
    if not lacking:
        return Step(name="languages")
    return Step(name="languages", why="missing", values={"languages": ", ".join(lacking)})


def _notices(desk: Desk, confirmed: Mapping[str, int]) -> Step:
    board = desk.jurisdiction.data_protection
    if not (board.authority and board.law):
        return Step(name="notices", why="no_authority")
    return Step(name="notices", why="" if "notices" in confirmed else "unread")


async def _members(desk: Desk) -> Step:
    try:
        listed = await read_members(desk)
    except MembersInvalid:
        return Step(name="members", why="not_valid")
    coordinators = [who for who in listed.members if COORDINATING in who.compartments]
    return Step(name="members", why="" if len(coordinators) >= ENOUGH else "too_few")


async def _server(desk: Desk) -> Step:
    wrong = [one for one in await desk.examine() if one.health is Health.WRONG]
    if not wrong:
        return Step(name="server")
    return Step(name="server", why="wrong", values={"number": len(wrong)})


async def _upkeep(desk: Desk) -> Step:
    ran = await desk.store.get(MetaRow, "upkeep") is not None
    return Step(name="upkeep", why="" if ran else "never")


async def _read_confirmed(store: Store) -> Mapping[str, int]:
    return _days(await store.get(MetaRow, _SETUP))


def _days(row: MetaRow | None) -> dict[str, int]:
    return msgspec.msgpack.decode(row.value, type=dict[str, int]) if row is not None else {}


def _noted(row: MetaRow | None, key: str, value: object) -> Change:
    raw = msgspec.msgpack.encode(value)
    if row is None:
        return Insert(MetaRow(key=key, value=raw))
    return Update(MetaRow, (key,), {"value": raw}, expect={"value": row.value})
