"""Looking for volunteers among those whose cards a session has opened."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from pe_core.desk.cards import catch_up_cards, shown_state
from pe_core.desk.desk import Desk
from pe_core.desk.sessions import Session
from pe_core.model import Card, VolunteerState
from pe_core.model.struct import Model

SOON = timedelta(days=30)
"""Before its last day, within which a qualification is said to end."""
V = VolunteerState


class Tab(StrEnum):
    """Which volunteers are looked at; ``waiting`` are those who wait for a coordinator."""

    WAITING = "waiting"
    ACTIVE = "active"
    PAUSED = "paused"
    ALL = "all"


class Sought(Model):
    """What the list is narrowed to: codes and names of the house, never what anybody typed."""

    tab: Tab = Tab.WAITING
    language: str = ""
    skill: str = ""
    city: str = ""

    @property
    def narrows(self) -> bool:
        """Return whether some of the tab may be left out."""
        return bool(self.language or self.skill or self.city)


async def look_for_volunteers(desk: Desk, session: Session) -> tuple[Card, ...]:
    """Return the cards of all volunteers that this session can open."""
    return tuple((await catch_up_cards(desk, session)).values())


def seek(desk: Desk, cards: Iterable[Card], sought: Sought) -> list[Card]:
    """Return whom the list shows: who waits longest first, then by name."""
    found = [card for card in cards if is_in(desk, card, sought.tab) and _fits(card, sought)]
    return sorted(found, key=lambda card: (not waits(card), _since(card), card.handle, card.box))


def seek_by_name(cards: Iterable[Card], typed: str) -> list[Card]:
    """Return those whose pseudonym holds what was typed, in whatever case."""
    wanted = typed.strip().casefold()
    found = [card for card in cards if wanted and wanted in card.handle.casefold()]
    return sorted(found, key=lambda card: (card.handle, card.box))


def is_in(desk: Desk, card: Card, tab: Tab) -> bool:
    """Return whether a volunteer is shown under a tab today."""
    if tab is Tab.ALL:
        return True
    if tab is Tab.WAITING:
        return waits(card)
    return shown_state(desk, card).value == tab.value


def waits(card: Card) -> bool:
    """Return whether a volunteer waits for a coordinator.

    They wait to be met, judged or looked after, or for an answer.
    """
    return _is_wanted(card) or card.asks > 0


def gate_mark(until: date | None, today: date) -> str:
    """Return "over" or "soon" for a qualification that has ended or will within 30 days."""
    if until is None or until > today + SOON:
        return ""
    return "over" if until < today else "soon"


def _is_wanted(card: Card) -> bool:
    applied = card.state is V.APPLIED and card.sent
    return applied or card.state is V.SCREENING or card.pending or card.support


def _since(card: Card) -> int:
    return card.began if _is_wanted(card) else card.asks


def _fits(card: Card, sought: Sought) -> bool:
    speaks = not sought.language or any(tag == sought.language for tag, _ in card.languages)
    can = not sought.skill or any(code == sought.skill for code, _ in card.skills)
    return speaks and can and (not sought.city or card.city == sought.city)
