"""The passphrase once more, before an act that cannot be undone."""

from pe_core.desk.accounts import confirm_passphrase
from pe_core.errors import NotAllowed
from pe_core.web.guards.caller import fields_of, session_of
from pe_core.web.portal import PageRequest, desk_of
from pe_core.web.staff.words import say

Problems = list[tuple[str, str]]
"""What is wrong with a form, as (field, words)."""


async def step_up(request: PageRequest) -> Problems:
    """Return what is wrong about the passphrase that was typed with the form, or nothing."""
    try:
        await confirm_passphrase(
            desk_of(request), session_of(request), fields_of(request).one("passphrase")
        )
    except NotAllowed as error:
        return [("passphrase", say(request, error.key))]
    return []
