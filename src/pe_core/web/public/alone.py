"""A guide or a letter that cannot be shown: its own page says so, and every other goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar.exceptions import HTTPException

from pe_core.errors import PeError
from pe_core.hooks.troubles import Kind
from pe_core.web.guards.refusals import refusal
from pe_core.web.portal import PageRequest, desk_of


@contextmanager
def alone(request: PageRequest, name: str) -> Iterator[None]:
    """Make the page of the guide or letter ``name`` while it is watched.

    What fails is switched off and named to coordinators, so that a flood of visits costs one
    log line. Refusals that are meant pass.
    """
    troubles = desk_of(request).troubles
    if troubles.is_off(Kind.PAGE, name):
        raise refusal("broken")
    try:
        yield
    except (HTTPException, PeError):
        raise
    except Exception as error:  # whatever is in a file of a plugin, only its page fails
        troubles.raised(Kind.PAGE, name, error, alone)
        raise refusal("broken") from None
