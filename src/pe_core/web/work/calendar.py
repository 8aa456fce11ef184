"""Calendar files (RFC 5545): times, and nothing that tells what they are for.

Whoever looks through a phone finds the word "Portal" and an hour.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pe_core.desk.feeds import Entry

if TYPE_CHECKING:
    from icalendar import Alarm

MEDIA_TYPE = "text/calendar"
NAME = "Portal"
"""What every entry is called, in no language: like the title of every page."""
EVENING = time(18)
"""When the reminder rings, on the person's own clocks, the day before."""


def write_calendar(
    entries: Iterable[Entry],
    now: datetime,
    reminders: Mapping[str, datetime] = MappingProxyType({}),
) -> bytes:
    """Return a calendar of these times, in UTC; ``reminders`` are moments by an entry's id."""
    # Imported when a calendar is asked for: few are, and it takes as long as all of ours.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", f"-//{NAME}//{NAME}//EN")
    calendar.add("version", "2.0")
    for entry in entries:
        event = Event()
        event.add("uid", entry.id)
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", entry.start.astimezone(UTC))
        event.add("dtend", entry.end.astimezone(UTC))
        event.add("summary", NAME)
        event.add("class", "PRIVATE")
        if entry.id in reminders:
            event.add_component(_alarm(reminders[entry.id]))
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def evening_before(start: datetime, zone: str) -> datetime:
    """Return the evening before a moment, on the clocks of a zone: an aware moment in UTC."""
    local = start.astimezone(ZoneInfo(zone))
    evening = datetime.combine(local.date() - timedelta(days=1), EVENING, tzinfo=local.tzinfo)
    return evening.astimezone(UTC)


def _alarm(moment: datetime) -> "Alarm":
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", NAME)
    alarm.add("trigger", moment.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
    return alarm
