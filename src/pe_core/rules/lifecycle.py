"""Where a request may move, who may move it, and what they must say with it.

Drafts are not in the table: they never reach the disk.
"""

from datetime import date

from pe_core.model import Author, Outcome, Problem, State, WaitingOn
from pe_core.model.struct import Model

_OPEN = (State.NEW, State.TRIAGE, State.MATCHING, State.ACTIVE, State.WAITING)
_TAKEN = _OPEN[1:]


class Move(Model):
    """One row of the table: these people may move a request from ``now`` to ``to``.

    ``needs_outcome`` asks how it ended, ``needs_waiting`` whom it waits for and until when.
    """

    now: State
    to: State
    by: tuple[Author, ...]
    needs_outcome: bool = False
    needs_waiting: bool = False


TABLE: tuple[Move, ...] = (
    # A coordinator claims it, or a routing rule does.
    Move(now=State.NEW, to=State.TRIAGE, by=(Author.STAFF, Author.SYSTEM)),
    Move(now=State.TRIAGE, to=State.MATCHING, by=(Author.STAFF,)),
    Move(now=State.TRIAGE, to=State.ACTIVE, by=(Author.STAFF,)),
    # The first volunteer accepts, or a coordinator notes it, or takes it over.
    Move(now=State.MATCHING, to=State.ACTIVE, by=(Author.STAFF, Author.SYSTEM)),
    *(
        Move(now=now, to=State.WAITING, by=(Author.STAFF,), needs_waiting=True)
        for now in (State.MATCHING, State.ACTIVE)
    ),
    # A word of the asker, word from elsewhere that a coordinator notes, or the wake date.
    *(
        Move(now=State.WAITING, to=to, by=(Author.ASKER, Author.STAFF, Author.SYSTEM))
        for to in (State.MATCHING, State.ACTIVE)
    ),
    Move(now=State.ACTIVE, to=State.RESOLVED, by=(Author.STAFF,), needs_outcome=True),
    # "Is it solved?": yes, or 14 days of silence; no.
    Move(now=State.RESOLVED, to=State.CLOSED, by=(Author.ASKER, Author.SYSTEM)),
    Move(now=State.RESOLVED, to=State.ACTIVE, by=(Author.ASKER,)),
    *(
        Move(now=now, to=State.CLOSED, by=(Author.ASKER, Author.STAFF), needs_outcome=True)
        for now in _OPEN
    ),
    # A peer accepts it, or gives it back.
    *(Move(now=now, to=State.TRANSFERRED, by=(Author.SYSTEM,)) for now in _TAKEN),
    Move(now=State.TRANSFERRED, to=State.TRIAGE, by=(Author.SYSTEM,)),
    Move(now=State.CLOSED, to=State.TRIAGE, by=(Author.ASKER, Author.STAFF)),
    # Keep-until: what nobody moved dies too (vault.md, "Epochs end").
    *(
        Move(now=now, to=State.ERASED, by=(Author.SYSTEM,))
        for now in State
        if now is not State.ERASED
    ),
)
"""Every move there is; from erased there is none. Pages list moves in this order."""


def may_move(now: State, to: State, by: Author) -> bool:
    """Return whether ``by`` may move a request from ``now`` to ``to``."""
    return _find(now, to, by) is not None


def moves(now: State, by: Author) -> tuple[State, ...]:
    """Return the states that ``by`` may move a request to, in the table's order."""
    return tuple(move.to for move in TABLE if move.now is now and by in move.by)


def move_problems(
    now: State,
    to: State,
    by: Author = Author.STAFF,
    *,
    outcome: Outcome | None = None,
    waiting_on: WaitingOn | None = None,
    wake: date | None = None,
) -> tuple[Problem, ...]:
    """Return what is missing for a move: fields ``outcome``, ``waiting_on`` and ``wake``.

    A move that is not in the table is a problem of the field ``state``.
    """
    move = _find(now, to, by)
    if move is None:
        return (Problem(field="state", code="not_allowed"),)
    needed: dict[str, object] = {}
    if move.needs_outcome:
        needed["outcome"] = outcome
    if move.needs_waiting:
        needed |= {"waiting_on": waiting_on, "wake": wake}
    return tuple(
        Problem(field=field, code="required") for field, value in needed.items() if value is None
    )


def _find(now: State, to: State, by: Author) -> Move | None:
    return next(
        (move for move in TABLE if move.now is now and move.to is to and by in move.by), None
    )
