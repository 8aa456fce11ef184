"""Passphrases: seven generated words, and the slow hash that stands before every account.

``words.txt`` is the EFF large wordlist, Electronic Frontier Foundation,
https://www.eff.org/dice, CC BY 3.0 US.
Design: vault, "Passphrases are generated" and "Sessions and pages".
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import sys
import threading
import unicodedata
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib import resources

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from pe_core.errors import TooMany

_WORDS = 7
_CAP = 256
_THREADS = 2
_NICE = 10
_ITERATIONS, _LANES, _LENGTH = 3, 1, 64
# What keyboards and word processors make of a hyphen; some words of the list have one.
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")


def generate_passphrase() -> str:
    """Return seven words, joined by single spaces, each one of 7,776 (90 bits together)."""
    return " ".join(secrets.choice(_words()) for _ in range(_WORDS))


def normalise_passphrase(typed: str) -> str:
    """Return what was meant, of 256 characters: lower case, single spaces, plain hyphens."""
    return _fold(typed).translate(_HYPHENS)


class Passphrases:
    """The two threads that hash passphrases, with a bounded queue before them."""

    def __init__(self, *, memory_mib: int = 128, queue: int = 64) -> None:
        """Hash with so much memory each; beyond the two at work, at most ``queue`` wait."""
        self._memory_kib = memory_mib * 1024
        self._places = threading.BoundedSemaphore(_THREADS + queue)
        self._threads = ThreadPoolExecutor(
            _THREADS, thread_name_prefix="passphrase", initializer=_stand_back
        )

    async def derive(self, passphrase: str, handle: str, salt: bytes) -> bytes:
        """Return the 64 bytes that ``vault.accounts`` opens and makes slots with.

        Argon2id (RFC 9106) of the normalised passphrase, t=3, p=1; its salt is 16 bytes of
        SHA-256 over the instance's salt and the folded handle, so the handle needs to be nowhere
        on the disk. Input is capped before anything is reckoned. Raises TooMany if the queue
        is full.
        """
        if not self._places.acquire(blocking=False):
            raise TooMany("staff.busy")
        work = self._threads.submit(_argon2id, self._memory_kib, passphrase, handle, salt)
        work.add_done_callback(self._give_back)
        return await asyncio.wrap_future(work)

    def close(self) -> None:
        """Let the running hashes end and drop those that wait."""
        self._threads.shutdown(cancel_futures=True)

    def _give_back(self, work: Future[bytes]) -> None:
        # Also called for work whose waiter went away, so no place is ever lost.
        self._places.release()


def _stand_back() -> None:
    """Let the loop's thread go first: on Linux each thread has a priority of its own.

    Elsewhere this would slow the whole process down.
    """
    if sys.platform != "linux":
        return
    this = threading.get_native_id()
    # Only ever lower, which needs no right; a sandbox may forbid even that, and hashing goes on.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, this, max(os.getpriority(os.PRIO_PROCESS, this), _NICE))


def _argon2id(memory_kib: int, passphrase: str, handle: str, salt: bytes) -> bytes:
    salted = hashlib.sha256(salt + _bytes(_fold(handle))).digest()[:16]
    argon2id = Argon2id(
        salt=salted,
        length=_LENGTH,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=memory_kib,
    )
    return argon2id.derive(_bytes(normalise_passphrase(passphrase)))


def _fold(typed: str) -> str:
    # Capped first: normalising can make a text eighteen times as long.
    return " ".join(unicodedata.normalize("NFKC", typed[:_CAP]).casefold().split())


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


@cache
def _words() -> tuple[str, ...]:
    return tuple(resources.files(__package__).joinpath("words.txt").read_text("ascii").split())
