"""What lives in this process's memory only, each thing under the cookie of its owner."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pe_core.errors import TooMany
from pe_core.vault import cookie_id, random_bytes

T = TypeVar("T")

COOKIE_BYTES = 32


class Kept(Generic[T]):
    """One thing in memory and the times that decide when it goes."""

    def __init__(self, item: T, now: datetime) -> None:
        """Start both clocks, idle and absolute."""
        self.item = item
        self.made = now
        self.touched = now


class Keeper(Generic[T]):
    """Keeps things under random cookies, for a while, and never more than ``limit``.

    When it is full the newcomer is refused (TooMany) and nothing that is kept is thrown out,
    so that a flood cannot make anybody lose their answers. Only a hash of each cookie is kept.
    """

    def __init__(
        self,
        purpose: str,
        now: Callable[[], datetime],
        *,
        idle: Callable[[T], timedelta],
        absolute: timedelta,
        limit: int,
        forget: Callable[[T], None],
    ) -> None:
        """``forget`` is called once for each thing that goes, however it goes."""
        self._purpose = purpose
        self._now = now
        self._idle = idle
        self._absolute = absolute
        self._limit = limit
        self._forget = forget
        self._kept: dict[bytes, Kept[T]] = {}

    def __len__(self) -> int:
        """Return how many things are kept."""
        return len(self._kept)

    def add(self, item: T) -> bytes:
        """Keep ``item`` and return its new cookie of 32 random bytes; raises TooMany."""
        if len(self._kept) >= self._limit:
            self.sweep()
        if len(self._kept) >= self._limit:
            raise TooMany("core.busy")
        cookie = random_bytes(COOKIE_BYTES)
        self._kept[cookie_id(cookie, self._purpose)] = Kept(item, self._now())
        return cookie

    def find(self, cookie: bytes | None) -> T | None:
        """Return what is kept under this cookie and restart its idle clock."""
        if cookie is None or len(cookie) != COOKIE_BYTES:
            return None
        key = cookie_id(cookie, self._purpose)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._is_over(kept):
            self._drop(key)
            return None
        kept.touched = self._now()
        return kept.item

    def renew(self, cookie: bytes) -> bytes:
        """Keep the same thing under a new cookie, which is returned; the old one opens nothing.

        Raises KeyError when nothing is kept under the old one.
        """
        kept = self._kept.pop(cookie_id(cookie, self._purpose))
        new = random_bytes(COOKIE_BYTES)
        self._kept[cookie_id(new, self._purpose)] = kept
        return new

    def drop(self, cookie: bytes) -> None:
        """Forget what is kept under this cookie, if anything is."""
        self._drop(cookie_id(cookie, self._purpose))

    def drop_where(self, condition: Callable[[T], bool]) -> int:
        """Forget everything for which ``condition`` holds; returns how many there were."""
        keys = [key for key, kept in self._kept.items() if condition(kept.item)]
        for key in keys:
            self._drop(key)
        return len(keys)

    def sweep(self) -> None:
        """Forget everything whose time is over."""
        for key in [key for key, kept in self._kept.items() if self._is_over(kept)]:
            self._drop(key)

    def items(self) -> list[T]:
        """Return what is kept and not over."""
        return [kept.item for kept in self._kept.values() if not self._is_over(kept)]

    def _is_over(self, kept: Kept[T]) -> bool:
        now = self._now()
        if now < kept.touched:  # the clock was wrong and went back: it lives from now on
            kept.made, kept.touched = min(kept.made, now), now
        return now - kept.touched >= self._idle(kept.item) or now - kept.made >= self._absolute

    def _drop(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._forget(kept.item)
