"""Publish the given words to a topic, as ntfy's documentation describes it ("Publishing")."""

import re
from typing import Any

import msgspec

from pe_core import Instance, RingFailed
from pe_core.errors import AddressRefused, AnswerRefused, DoorError

HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Priority": "default",
    # The server hands it on and keeps nothing: whoever takes it sees no history.
    "Cache": "no",
}
_TOPIC = re.compile(r"https?://[^/\s]+/[A-Za-z0-9_-]{1,64}", re.ASCII)
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
"""Beside all from 500 on, such as 507, which ntfy says where a limit of its own is reached."""


class Push:
    """Rings at a topic, such as ``https://ntfy.example/a-long-random-word``."""

    name = "ntfy.push"
    problems = ("no_topic", "not_outside")

    def __init__(self, instance: Instance) -> None:
        """Reach out by the door of this instance."""
        self._instance = instance

    def check(self, address: str) -> str | None:
        """Take the address of a topic, by https; of other hosts those that pe.toml allows."""
        if not _TOPIC.fullmatch(address):
            return "no_topic"
        return None if self._instance.may_fetch(address) else "not_outside"

    async def ring(self, address: str, words: str) -> None:
        """Publish these words; the topic is a secret, so it stands in no fault."""
        if self.check(address) is not None:
            raise RingFailed("no topic", again=False)
        try:
            answer = await self._instance.fetch(address, body=words.encode(), headers=HEADERS)
        except AnswerRefused as error:
            again = error.status >= 500 or error.status in _WORTH_ANOTHER_TRY
            raise RingFailed(str(error), again=again, after=error.after) from None
        except AddressRefused as error:
            raise RingFailed(str(error), again=False) from None
        except DoorError as error:
            raise RingFailed(str(error), again=True) from None
        if not _is_published(answer):
            raise RingFailed("what answered is no ntfy server", again=False)


def _is_published(answer: bytes) -> bool:
    try:
        told: Any = msgspec.json.decode(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("event") == "message"
