"""An asker's consent that something of their request goes to another embassy."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from pe_core.model.peer import PeerCode, ThreadId
from pe_core.model.struct import Model

Tag = Annotated[str, Meta(max_length=60)]
"""A language, the name of a form or of a field, a city, a code of the vocabulary."""
Tags = Annotated[tuple[Tag, ...], Meta(max_length=200)]


class Agreed(StrEnum):
    """How an asker agreed: on the page of their receipt, or in words that were written down."""

    RECEIPT = "receipt"
    SPOKEN = "spoken"


class Consent(Model):
    """That an asker lets these fields of their request go to one other embassy.

    ``at`` is the day on which it was given, ``until`` the last day on which it may be used.
    No fields mean that they said no. ``take_over`` is whether it may take the request, too, and
    not only help together with us.
    """

    peer: PeerCode
    fields: Tags
    how: Agreed
    at: date
    until: date
    take_over: bool = False


class Wish(Model):
    """What an asker is asked to let go: to whom, which answers, and what the embassy asks there.

    ``questions`` are the fields with the questions as the asker saw them; the answers are not
    in it, because a request is never shown again by its receipt. ``take_over`` is whether the
    other embassy is to take the request. ``host`` is where its portal is.
    """

    peer: PeerCode
    host: str
    questions: tuple[tuple[str, str], ...]
    asked: str
    asked_language: str
    take_over: bool = False


class Given(Model):
    """What an asker agreed to, as their own page shows it, so that they can take it back."""

    consent: Consent
    host: str
    questions: tuple[tuple[str, str], ...]


class Lead(Model):
    """Where a request is now: the embassy that took it, and the asker's new receipt there.

    ``sealed`` is a receipt that this embassy never saw: it opens with the asker's own key alone.
    """

    peer: PeerCode
    address: str
    thread: ThreadId
    sealed: bytes
