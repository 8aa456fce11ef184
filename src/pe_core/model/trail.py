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
    PACKET_DEAD = "packet_dead"
    PACKET_AGAIN = "packet_again"
    PACKET_DROPPED = "packet_dropped"
    GUIDE_WRITTEN = "guide_written"
    GUIDE_TAKEN_OVER = "guide_taken_over"
    GUIDE_RETURNED = "guide_returned"
    GUIDE_DROPPED = "guide_dropped"
    GUIDE_PUBLISHED = "guide_published"
    VOLUNTEERS_LISTED = "volunteers_listed"
    VOLUNTEER_OPENED = "volunteer_opened"
    VOLUNTEER_CHANGED = "volunteer_changed"
    VOLUNTEER_ADDED = "volunteer_added"
    VOLUNTEER_LOCKED = "volunteer_locked"
    VOUCHED = "vouched"
    NEED_ADDED = "need_added"
    NEED_DROPPED = "need_dropped"
    MATCHED = "matched"
    OFFERED = "offered"
    OFFER_WITHDRAWN = "offer_withdrawn"
    NO_SHOW = "no_show"
    SHIFT_CHANGED = "shift_changed"
    CONSENT_ASKED = "consent_asked"
    CONSENT_NOTED = "consent_noted"
    REFERRAL_BEGUN = "referral_begun"
    REFERRAL_OPENED = "referral_opened"
    REFERRAL_CAME = "referral_came"
    REFERRAL_ACCEPTED = "referral_accepted"
    REFERRAL_DECLINED = "referral_declined"
    REFERRAL_ANSWERED = "referral_answered"
    REFERRAL_RETURNED = "referral_returned"
    REFERRAL_CLOSED = "referral_closed"
    REFERRAL_REVOKED = "referral_revoked"
    REFERRAL_EXTENDED = "referral_extended"
    NETWORK_BEGUN = "network_begun"
    NETWORK_KEYS_CHANGED = "network_keys_changed"
    PEER_PROPOSED = "peer_proposed"
    PEER_HEARD = "peer_heard"
    PEER_CONFIRMED = "peer_confirmed"
    PEER_ACTIVE = "peer_active"
    PEER_CHANGED = "peer_changed"
    PEER_REFUSED = "peer_refused"
    PEER_PAUSED = "peer_paused"
    PEER_RESUMED = "peer_resumed"
    PEER_BLOCKED = "peer_blocked"
    PEER_FORGOTTEN = "peer_forgotten"
    PEER_AWAY = "peer_away"
    PEER_BACK = "peer_back"
    PEER_WITHDREW = "peer_withdrew"


HOST = Box(0)
"""Who acts when it is the host's command line; no account has this number."""


class Entry(Model):
    """One entry, sealed to the trail: ``box`` did ``act`` to ``what``.

    ``what`` is an id, a box number or a word of the house such as a role, a step of the set-up
    the address of a guide or the code of another embassy, never what a person wrote of somebody.
    """

    at: datetime
    box: Box
    act: Act
    what: str = ""
    number: int = 0


OF_OTHERS = frozenset(
    {
        Act.PEER_HEARD,
        Act.PEER_ACTIVE,
        Act.PEER_CHANGED,
        Act.PEER_REFUSED,
        Act.PEER_AWAY,
        Act.PEER_BACK,
        Act.PEER_WITHDREW,
    }
)
"""Acts of another embassy, which ``what`` names; ``box`` is HOST's, since nobody here did it."""

ALERTS = frozenset(
    {
        Act.MANY_OPENED,
        Act.PACKET_DEAD,
        Act.LOCKED,
        Act.BURNT,
        Act.LEFT,
        Act.JOINED,
        Act.RETURNED,
        Act.RECOVERED,
        Act.FREEZE_LIFTED,
        Act.SHARES_MADE,
        Act.NETWORK_BEGUN,
        Act.NETWORK_KEYS_CHANGED,
        Act.PEER_PROPOSED,
        Act.PEER_HEARD,
        Act.PEER_CONFIRMED,
        Act.PEER_ACTIVE,
        Act.PEER_CHANGED,
        Act.PEER_REFUSED,
        Act.PEER_PAUSED,
        Act.PEER_RESUMED,
        Act.PEER_BLOCKED,
        Act.PEER_FORGOTTEN,
        Act.PEER_AWAY,
        Act.PEER_BACK,
        Act.PEER_WITHDREW,
    }
)
"""Acts that every colleague is told of at their next look."""

COUNTED = frozenset(
    {Act.SHARES_MADE, Act.SHARE_CONFIRMED, Act.VOLUNTEER_ADDED, Act.VOLUNTEER_LOCKED}
)
"""Acts of which ``what`` is a number of things, or the number of one, and no box."""


def is_alert(entry: Entry) -> bool:
    """Return whether every colleague is told of this entry.

    Of a volunteer's lock they are where it shut tasks: anybody can apply, and ten locks of people
    whom nobody knows must not push what matters out of sight.
    """
    shut = entry.act is Act.VOLUNTEER_LOCKED and entry.what != "0"
    return entry.act in ALERTS or shut
