"""Write a letter of the given words, and hand it to the mail server."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import uuid4

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
)

from pe_core import RingFailed
from pe_email.addresses import is_address
from pe_email.settings import PostOffice

PATIENCE = 15.0
"""Seconds for each word of the server."""
AFTER_A_WRONG_PASSWORD = 3600.0
"""Seconds; who tries a wrong one more often is locked out by many servers."""


class Mail:
    """Rings by a letter without a name, a link or a trace of the machine that wrote it."""

    name = "email.mail"
    problems = ("no_address",)

    def __init__(self, office: PostOffice, now: Callable[[], datetime]) -> None:
        """Send by this mail server."""
        self._office = office
        self._now = now

    def check(self, address: str) -> str | None:
        """Take one plain mail address."""
        return None if is_address(address) else "no_address"

    async def ring(self, address: str, words: str) -> None:
        """Send a letter of these words; nothing of the answer is repeated, it may name somebody."""
        if not is_address(address):
            raise RingFailed("no mail address", again=False)
        office = self._office
        try:
            await aiosmtplib.send(
                self._write(address, words),
                sender=office.sender,
                recipients=[address],
                hostname=office.host,
                port=office.port,
                use_tls=office.tls == "tls",
                # None would go on in clear where a server, or somebody before it, offers no TLS.
                start_tls=office.tls == "starttls",
                username=office.user or None,
                password=office.password or None,
                local_hostname=office.domain,
                timeout=PATIENCE,
            )
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            raise _failed(error) from None

    def _write(self, address: str, words: str) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self._office.sender
        letter["To"] = address
        letter["Subject"] = " ".join(words.split())
        letter["Date"] = format_datetime(self._now().astimezone(UTC))
        letter["Message-ID"] = f"<{uuid4().hex}@{self._office.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(words)
        return letter


def _failed(error: Exception) -> RingFailed:
    """Return what a fault of the mail server means for this ring."""
    why = f"the mail server did not take it ({type(error).__name__})"
    if isinstance(error, SMTPAuthenticationError):
        return RingFailed(why, again=True, after=AFTER_A_WRONG_PASSWORD)
    if isinstance(error, SMTPRecipientsRefused):
        return RingFailed(why, again=any(one.code < 500 for one in error.recipients))
    if isinstance(error, SMTPDataError):
        return RingFailed(why, again=error.code < 500)
    # What is left is about us or the server, not about this address: somebody may mend it.
    return RingFailed(why, again=True)
