"""Limits that `docs/security.md` states in figures, read from the page and held to the code."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pe_core.cli import connections
from pe_core.courier import ringing
from pe_core.desk import (
    accounts,
    claiming,
    drafts,
    files,
    files_child,
    invites,
    locking,
    pace,
    proving,
    sessions,
    shares,
)
from pe_core.door import door
from pe_core.door import pace as reading
from pe_core.network import admission, wire
from pe_core.rules import retention
from pe_core.settings import VaultSettings
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock, unlock_account
from pe_core.upkeep import REPLY_LASTS
from pe_core.web.guards import body, tokens
from pe_core.web.public import ask, attachments, sending

Run = Callable[[Awaitable[Any]], Any]
PAGE = (Path(__file__).parent.parent / "docs/security.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([^|]+?) \| \*\*([^|*]+)\*\* \|", PAGE, re.M))


def minutes(duration: timedelta) -> str:
    """Return a duration as the page writes it."""
    return f"{duration // timedelta(minutes=1)} min"


def hours(duration: timedelta) -> str:
    """Return a duration as the page writes it."""
    return f"{duration // timedelta(hours=1)} h"


LIMITS: dict[str, str] = {
    "A form with one answer is kept in memory": minutes(drafts.ONE_PAGE),
    "A longer form is kept in memory": minutes(drafts.LONGER),
    "Answers of one form": f"{drafts.ANSWERS_BYTES // 1024} KiB",
    "Forms being filled in at once": f"{drafts.DRAFTS_LIMIT}",
    "The receipt is shown": minutes(drafts.RECEIPT_SHOWN),
    "Files of one request": f"{drafts.FILES_LIMIT}",
    "One file": f"{files.FILE_LIMIT // 1024**2} MiB",
    "Cleaning one file": f"{files.SECONDS:.0f} s",
    "Requests sent, whole door": f"{sending.SENDS} a minute",
    "Forms begun, whole door": f"{ask.BEGINS} a minute",
    "Uploads, whole door": f"{attachments.UPLOADS} a minute",
    "Uploads, one asker": f"{attachments.OWN_UPLOADS} in 10 min",
    "A form without a cookie may be sent after": f"{tokens.SHORTEST.total_seconds():.0f} s",
    "A form without a cookie must be sent within": minutes(tokens.LONGEST),
    "Fields of one form": f"{body.FIELDS_LIMIT}",
    "Longest pause after wrong passphrases": f"{proving.LONGEST_PAUSE:.0f} s",
    "A refused unlock takes at least": f"{proving.LEAST:g} s",
    "An invite is good for": hours(invites.INVITE_LASTS),
    "A volunteer's joining code is good for": f"{claiming.CODE_LASTS.days} days",
    "A freeze after an emergency lock lasts": hours(locking.LASTS),
    "One person can freeze once in": f"{locking.ONCE_IN.days} days",
    "A recovery share waits for its holder": f"{shares.SHARE_WAITS.days} days",
    "Requests opened in an hour before colleagues are told": f"{pace.MANY}",
    "Requests opened in an hour before no more follow": f"{pace.MOST}",
    "The head of a request must come within": f"{connections.HEAD_SECONDS:.0f} s",
    "The head of a request": f"{connections.HEAD_BYTES // 1024} KiB",
    "A body must come within": f"{connections.BODY_SECONDS / 60:.0f} min",
    "Connections at once": f"{connections.MOST}",
    "Requests answered at once": f"{connections.AT_ONCE}",
    "All that a PDF unpacks to": f"{files_child.UNPACKED // 10**6} MB",
    "Memory of one passphrase hash": f"{VaultSettings().argon2_memory} MiB",
    "A request nobody moves is kept": f"{retention.KEEP_OPEN} weeks",
    "A closed request is kept, unless its form says otherwise": f"{retention.DEFAULT_KEEP} weeks",
    "The key of a week lives": f"{retention.EPOCH_LIFE} weeks",
    "The trail is kept": f"{retention.KEEP_TRAIL} weeks",
    "A reply that was opened is kept": f"{REPLY_LASTS.days} days",
    "Rings that wait at once": f"{ringing.MOST}",
    "A ring is tried for": hours(ringing.LASTS),
    "What is new rings an address once in": minutes(ringing.ONE_RING),
    "An answer from outside": f"{door.ANSWER_LIMIT // 1024} KiB",
    "An answer from outside must come within": f"{door.PATIENCE:.0f} s",
    "A packet of another embassy": f"{wire.MOST_BYTES // 1024} KiB",
    "The signature of a packet is good for": minutes(timedelta(seconds=wire.WINDOW)),
    "Packets of one embassy at once": f"{admission.PEER_BURST}",
    "Packets of one embassy after that": f"{admission.PEER_RATE * 60:.0f} a minute",
    "What one embassy can send in a day": (
        f"{24 * 3600 * admission.PEER_RATE * wire.MOST_BYTES / 1024**3:.1f} GiB"
    ),
    "Hellos of all unknown or false embassies": f"{admission.STRANGER_RATE * 3600:.0f} an hour",
    "One other portal is read from once in": minutes(timedelta(seconds=reading.MINUTE)),
    "Other portals read from in a minute": f"{reading.MOST_A_MINUTE}",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_figure_of_the_security_page_is_the_one_of_the_code(limit: str) -> None:
    assert LIMITS[limit] == ROWS[limit]


def test_a_session_ends_after_eight_hours_however_busy_it_is(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    desk = pe_embassy.desk
    account = pe_embassy.account
    code = account.code(pe_clock.now() + timedelta(minutes=1))
    pe_clock.move(minutes=1)
    cookie, session = pe_run(accounts.unlock(desk, account.handle, account.passphrase, code))
    for _ in range(47):
        pe_clock.move(minutes=10)
        assert session is desk.sessions.find(cookie)
    pe_clock.move(minutes=10)

    assert desk.sessions.find(cookie) is None
    assert {} == session.epochs
    assert "8 h" == ROWS["A session, in all"]
    assert "15 min" == ROWS["A session without a press"]


def test_a_passphrase_does_not_grow_old(
    pe_embassy: TestEmbassy, pe_run: Run, pe_clock: Clock
) -> None:
    first = pe_run(unlock_account(pe_embassy.desk, pe_clock, pe_embassy.account))
    pe_clock.move(days=600)
    later = pe_run(unlock_account(pe_embassy.desk, pe_clock, pe_embassy.account))

    assert isinstance(later, sessions.Session)
    assert first.box == later.box
