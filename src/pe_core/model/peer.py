"""Another embassy as this one knows it, and what passes between the two."""

from enum import StrEnum
from typing import NewType

PeerCode = NewType("PeerCode", str)
"""The code of another embassy, such as ``pl``; an instance knows one embassy under it."""
ThreadId = NewType("ThreadId", str)
"""What both embassies call a conversation: random, and nothing to anybody else."""
PacketId = NewType("PacketId", str)
"""A packet's own number: random, given by its sender, never used twice."""


class PeerState(StrEnum):
    """How far two embassies trust each other; sealed messages pass only while active."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    BLOCKED = "blocked"


class Kind(StrEnum):
    """What a sealed message is about. The first six open a thread, the others belong to one."""

    CONSULT = "consult"
    REFER = "refer"
    TRANSFER = "transfer"
    ASK = "ask"
    SHARE = "share"
    NOTICE = "notice"
    ACCEPT = "accept"
    DECLINE = "decline"
    ANSWER = "answer"
    RETURN = "return"
    CLOSE = "close"
    FILE = "file"


OPENING = frozenset({Kind.CONSULT, Kind.REFER, Kind.TRANSFER, Kind.ASK, Kind.SHARE, Kind.NOTICE})
"""The kinds that begin a thread."""


class OutState(StrEnum):
    """Where a packet stands that is on its way: it waits to be taken, or a person has to see it."""

    WAITING = "waiting"
    DEAD = "dead"
