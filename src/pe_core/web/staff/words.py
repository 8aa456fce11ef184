"""Texts, names and dates as a coordinator's page says them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pe_core.desk.roster import list_members
from pe_core.model import Box, Problem
from pe_core.model.week import Week, week_start
from pe_core.rules.texts import language_name, own_name, show_date, show_time
from pe_core.web.guards.caller import session_of
from pe_core.web.portal import PageRequest, desk_of, language_of

# Letters that Unicode has away from their place in the alphabet, by what they follow.
_IN_ORDER = str.maketrans({"ё": "ея", "і": "и", "ў": "уя"})


def say(request: PageRequest, key: str, **values: object) -> str:
    """Return a text in the page's language."""
    return desk_of(request).texts.text(language_of(request), key, **values)


def count(request: PageRequest, key: str, number: int) -> str:
    """Return the form of a text that fits ``number``, in the page's language."""
    return desk_of(request).texts.plural(language_of(request), key, number)


def explain(request: PageRequest, problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Return problems as (field, words): ``staff.problem.<field>_<code>``, else ``.<code>``."""
    texts, language = desk_of(request).texts, language_of(request)
    found = []
    for problem in problems:
        key = f"staff.problem.{problem.field}_{problem.code}"
        known = key if texts.has(language, key) else f"staff.problem.{problem.code}"
        found.append((problem.field, texts.text(language, known, **problem.limits)))
    return found


def show_topic(request: PageRequest, form: str, title: str) -> str:
    """Return a topic's title in the page's language, or ``title`` if we have no such form.

    A topic may have come from another embassy, so it is no key of just any text of ours.
    """
    return say(request, f"{form}.title") if form in desk_of(request).forms else title


def name_language(language: str) -> str:
    """Return a language's own name, with a capital as everywhere in the portal."""
    return _capital(own_name(language))


def spoken_name(request: PageRequest, language: str) -> str:
    """Return what a reader of the page calls a language that somebody speaks.

    The own names of languages are for those who speak them; a coordinator looks for a word.
    """
    return _capital(language_name(language, language_of(request)))


def spoken_options(request: PageRequest, languages: Iterable[str]) -> list[tuple[str, str]]:
    """Return languages to choose from, by the reader's words for them, in their order."""
    found = ((tag, spoken_name(request, tag)) for tag in languages)
    return sorted(found, key=lambda option: option[1].casefold().translate(_IN_ORDER))


def _capital(name: str) -> str:
    # Title case, not upper: Georgian has capitals that begin no word.
    return name[:1].title() + name[1:]


def show_day(request: PageRequest, moment: datetime) -> str:
    """Return the day of a moment, as the embassy's clocks have it."""
    local = moment.astimezone(ZoneInfo(desk_of(request).embassy.zone))
    return show_date(local.date(), language_of(request))


def show_moment(request: PageRequest, moment: datetime) -> str:
    """Return day and time of a moment, as the embassy's clocks have it."""
    return show_time(moment, desk_of(request).embassy.zone, language_of(request))


def show_last_day(request: PageRequest, week: Week) -> str:
    """Return the last day of a week."""
    return show_date(week_start(week) + timedelta(days=6), language_of(request))


def age_in_days(request: PageRequest, moment: datetime) -> int:
    """Return how many days ago a moment was, by the embassy's calendar."""
    zone = ZoneInfo(desk_of(request).embassy.zone)
    today = desk_of(request).now().astimezone(zone).date()
    return (today - moment.astimezone(zone).date()).days


async def read_names(request: PageRequest) -> Mapping[int, str]:
    """Return the colleagues' handles by box, as far as this account can open and prove them."""
    members = await list_members(desk_of(request), session_of(request))
    return {member.box: member.handle for member in members if member.handle}


def name_of(request: PageRequest, names: Mapping[int, str], box: Box) -> str:
    """Return a colleague's handle, or "box 123" for one whose handle is not known here."""
    return names.get(box) or say(request, "staff.box", number=box)
