"""The trail: who did what, when, to which object; never any content."""

from datetime import datetime
from enum import StrEnum

from pe_core.model.request import Box
from pe_core.model.struct import Model


class Act(StrEnum):
    """What an entry of the trail is about."""

    UNLOCKED = "unlocked"
    LISTED = "listed"
    SEARCHED = "searched"
    OPENED = "opened"
    FILE_OPENED = "file_opened"
    PRINTED = "printed"
    REPLIED = "replied"
    MOVED = "moved"
    CLAIMED = "claimed"
    CHANGED = "changed"
    NOTED = "noted"
    EXTENDED = "extended"
    GIVEN = "given"
    ENTERED = "entered"
    ROSTER_READ = "roster_read"
    INVITED = "invited"
    INVITE_SIGNED = "invite_signed"
    INVITE_DROPPED = "invite_dropped"
    JOINED = "joined"
    RETURNED = "returned"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LEFT = "left"
    ROLE_CHANGED = "role_changed"
    GRANTED = "granted"
    SESSION_ENDED = "session_ended"
    PASSPHRASE_CHANGED = "passphrase_changed"  # noqa: S105
    SECOND_PASSPHRASE = "second_passphrase"  # noqa: S105
    LOCKED = "locked"
    FREEZE_LIFTED = "freeze_lifted"
    BURNT = "burnt"
    SHARES_MADE = "shares_made"
    SHARE_CONFIRMED = "share_confirmed"
    RECOVERED = "recovered"
    SETUP = "setup"
    WENT_LIVE = "went_live"
    CLOSED_DOORS = "closed_doors"
    MANY_OPENED = "many_opened"
    UPKEEP_CONFIRMED = "upkeep_confirmed"
    PLUGIN_TRIED = "plugin_tried"
    GUIDE_WRITTEN = "guide_written"
    GUIDE_RETURNED = "guide_returned"
    GUIDE_DROPPED = "guide_dropped"
    GUIDE_PUBLISHED = "guide_published"


HOST = Box(0)
"""Who acts when it is the host's command line; no account has this number."""


class Entry(Model):
    """One entry, sealed to the trail: ``box`` did ``act`` to ``what``.

    ``what`` is an id, a box number or a word of the house such as a role, a step of the set-up
    or the address of a guide, never what a person wrote of somebody.
    """

    at: datetime
    box: Box
    act: Act
    what: str = ""
    number: int = 0


ALERTS = frozenset(
    {
        Act.MANY_OPENED,
        Act.LOCKED,
        Act.BURNT,
        Act.LEFT,
        Act.JOINED,
        Act.RETURNED,
        Act.RECOVERED,
        Act.FREEZE_LIFTED,
        Act.SHARES_MADE,
    }
)
"""Acts that every colleague is told of at their next look."""
