"""What the clients of the crash test did, and what they were told about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["reply", "move", "note", "word", "read", "withdraw", "solved"]


@dataclass
class Sent:
    """A request as its asker sent it; ``stored`` once the server said so.

    ``picture`` is what its file must look like after cleaning, b"" without one. ``cookie`` is
    the draft's, which a kill forgets. ``round`` is when it was sent.
    """

    marker: str
    form: str
    typed: Mapping[str, Sequence[str]]
    round: int
    picture: bytes = b""
    stored: bool = False
    receipt: str = ""
    request: str = ""
    cookie: str = ""
    token: str = ""


@dataclass
class Act:
    """Something done to a request: ``told`` is None if no answer came, else whether it is done.

    ``about`` is the marker in its words, the state moved to, or the reply read.
    """

    kind: Kind
    request: str
    about: str
    round: int
    state: str = ""
    picture: bytes = b""
    told: bool | None = None


@dataclass
class Ledger:
    """Everything that was sent, in order."""

    sent: dict[str, Sent] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    uploads: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    unopened: list[Sent] = field(default_factory=list)
    """Whose receipt was refused; the judge knows whether their time was over."""
    wrong: list[str] = field(default_factory=list)
    """What a client itself found to be wrong on a page."""

    def acknowledged(self) -> Mapping[str, int]:
        """Return how much the server said that it had done."""
        done = [act.kind for act in self.acts if act.told]
        return {
            "submissions": sum(sent.stored for sent in self.sent.values()),
            "receipts": sum(bool(sent.receipt) for sent in self.sent.values()),
            "uploads": self.uploads,
            "replies": done.count("reply"),
            "moves": done.count("move"),
            "notes": done.count("note"),
            "words": done.count("word"),
            "read": done.count("read"),
            "withdrawals": done.count("withdraw"),
            "answers to 'is it solved'": done.count("solved"),
        }

    def with_receipt(self) -> list[Sent]:
        """Return whose askers could come back, the newest last."""
        return [sent for sent in self.sent.values() if sent.receipt]
