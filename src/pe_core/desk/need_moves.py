"""Needs and their briefs go along when a request moves to a later epoch."""

from collections.abc import Sequence

import msgspec

from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.errors import NotAllowed
from pe_core.model import OpenNeed
from pe_core.model.week import Week
from pe_core.store import BriefRow, CallRow, Change, EpochRow, In, NeedRow, Update
from pe_core.vault import Keys, bucket_of, open_envelope, seal


async def move_needs(
    desk: Desk, session: Session, target: EpochRow, rows: Sequence[NeedRow], keep_until: Week
) -> list[Change]:
    """Return the changes that seal needs, and what was offered for them, to a later epoch.

    Raises NotAllowed when one is not open to this account.
    """
    changes: list[Change] = []
    for row in rows:
        keys = session.epochs.get(row.epoch)
        if keys is None:
            raise NotAllowed("staff.request.not_all_yours")
        context = desk.context("need", row.id)
        opened = open_envelope(row.body, keys, context)
        body = seal(opened, to=[target.public], context=context)
        values = {"epoch": target.id, "body": body, "bucket": bucket_of(body)}
        changes.append(Update(NeedRow, (row.id,), values, expect={"revision": row.revision}))
        need = msgspec.msgpack.decode(opened, type=OpenNeed)
        if await desk.store.get(CallRow, need.call) is not None:
            changes.append(Update(CallRow, (need.call,), {"keep_until": keep_until}))
        briefs = tuple(brief for brief, _ in need.briefs)
        for brief in await desk.store.select(BriefRow, {"id": In(briefs)}):
            changes.append(_moved(desk, session, target, brief, keep_until))
    return changes


def _moved(
    desk: Desk, session: Session, target: EpochRow, row: BriefRow, keep_until: Week
) -> Change:
    keys = session.epochs.get(row.epoch)
    if keys is None:
        raise NotAllowed("staff.request.not_all_yours")
    stub = _again(row.stub, keys, target, desk.context("brief stub", row.id))
    context = desk.context("brief", row.id)
    team = None if row.team is None else _again(row.team, keys, target, context)
    values = {"epoch": target.id, "stub": stub, "team": team, "keep_until": keep_until}
    return Update(BriefRow, (row.id,), values, expect={"state": row.state, "epoch": row.epoch})


def _again(body: bytes, keys: Keys, target: EpochRow, context: tuple[str, str, str]) -> bytes:
    return seal(open_envelope(body, keys, context), to=[target.public], context=context)
