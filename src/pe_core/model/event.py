"""What has happened, in the past tense, with ids only: a listener never gets content."""

from pe_core.model.request import Box, MessageId, RequestId, State
from pe_core.model.struct import Model


class Event(Model, tag=True):
    """The root of all events that listeners hear."""


class RequestSubmitted(Event):
    """Somebody asked for help."""

    request: RequestId


class MessageAdded(Event):
    """The asker added a word to their request."""

    request: RequestId
    message: MessageId


class ReplySent(Event):
    """A coordinator answered the asker."""

    request: RequestId


class StateChanged(Event):
    """A request moved to another state."""

    request: RequestId
    state: State


class WithdrawalAsked(Event):
    """Somebody with the receipt asked to withdraw; it takes effect after 48 hours."""

    request: RequestId


class WithdrawalFellDue(Event):
    """The 48 hours are over and nobody said "keep it"."""

    request: RequestId


class ClosingFellDue(Event):
    """A request has been resolved for 14 days without a word from the asker."""

    request: RequestId


class ConsentWithdrawn(Event):
    """An asker took back their consent to share; what was sent is being erased elsewhere."""

    request: RequestId


class RequestErased(Event):
    """A request is gone; a listener that kept anything about it forgets it now."""

    request: RequestId


class MemberJoined(Event):
    """A new account opened; all colleagues should know."""

    box: Box
