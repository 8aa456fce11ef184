"""What colleagues did that everybody is told of, as notices above the list of requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from pe_core.desk.watching import refresh_alerts
from pe_core.model.struct import Model
from pe_core.model.trail import OF_OTHERS, Act, Entry
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.trail import who_words
from pe_core.web.staff.words import read_names, say, show_moment

SHOWN = 10
"""Alerts above the list, and as many of other embassies; the trail has all of them."""


class AlertLine(Model):
    """One alert in words; ``address`` leads to the volunteer it is about, '' without one."""

    when: str
    who: str
    words: str
    address: str


async def alerts_of(request: PageRequest) -> dict[str, Any]:
    """Return what ``staff/alerts.html`` shows.

    These are ``alerts``, ``trail_broken``, ``trail_address``, and ``plugins_off``: whether
    something of a plugin is switched off.
    """
    desk, session = desk_of(request), session_of(request)
    await refresh_alerts(desk, session)
    # Who joined since the last session has a notice of their own, with what to do about it.
    alerts = [
        entry
        for entry in session.alerts
        if entry.act is not Act.JOINED or entry.box not in session.joined_since
    ]
    names = await read_names(request) if alerts else {}
    return {
        "alerts": [_line(request, names, entry) for entry in reversed(_newest(alerts))],
        "plugins_off": bool(desk.troubles.all()),
        "trail_broken": session.trail_broken,
        "trail_address": f"/{language_of(request)}/staff/trail",
    }


def _newest(alerts: Sequence[Entry]) -> list[Entry]:
    """Return what is shown, the oldest first.

    Of what another embassy does again and again only the last time: a server in wrong hands must
    not push what matters out of sight.
    """
    numbered = list(enumerate(alerts))
    theirs = {(one.act, one.what): n for n, one in numbered if one.act in OF_OTHERS}
    own = [n for n, one in numbered if one.act not in OF_OTHERS]
    shown = [*own[-SHOWN:], *sorted(theirs.values())[-SHOWN:]]
    return [alerts[n] for n in sorted(shown)]


def _line(request: PageRequest, names: Mapping[int, str], entry: Entry) -> AlertLine:
    about = f"/{language_of(request)}/staff/volunteers/{entry.box}"
    return AlertLine(
        when=show_moment(request, entry.at),
        who=who_words(request, names, entry),
        words=say(request, f"staff.trail.act.{entry.act.value}"),
        address=about if entry.act is Act.VOLUNTEER_LOCKED else "",
    )
