"""Ask plugins what may go to another embassy, and let nothing go where a rule fails.

A rule can only hold back. One that fails is switched off, and while it is off nothing of any
request leaves: nobody can know what it would have held back.
"""

import contextlib
from itertools import islice

from pe_core.errors import NotAllowed
from pe_core.hooks.loader import Plugins, Sharer
from pe_core.hooks.troubles import Kind, Troubles
from pe_core.hooks.watched import Printed
from pe_core.model import HelpRequest, Sharing
from pe_core.model.peer import PeerCode

SLOW = 1.0
"""Seconds: meanwhile nobody else is served."""
_MOST_FIELDS = 500


def narrow(
    plugins: Plugins, help_request: HelpRequest, peer: PeerCode, troubles: Troubles
) -> Sharing | None:
    """Return what the first plugin with a rule lets go to ``peer``; None if there is no rule.

    Names that the request does not have are dropped. Raises NotAllowed when a rule fails, or
    failed before and was not switched on again.
    """
    for plugin, caller in plugins.sharers:
        found = _ask(plugin, caller, help_request, peer, troubles)
        if found is not None:
            return found
    return None


def part_of(plugin: str) -> str:
    """Return the name under which the rule of a plugin is switched off and on."""
    return f"{plugin}.may_share"


def _ask(
    plugin: str, caller: Sharer, help_request: HelpRequest, peer: PeerCode, troubles: Troubles
) -> Sharing | None:
    part = part_of(plugin)
    if troubles.is_off(Kind.SHARING, part):
        raise NotAllowed("staff.refer.rule_failed")
    printed, begun, wrong = Printed(), troubles.clock(), ""
    found: Sharing | None = None
    try:
        # What it prints would stand in the log of the server, answers and all.
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            found = _read(caller(help_request=help_request, peer=peer), help_request)
    except (Exception, SystemExit) as error:  # a plugin may fail in any way
        (hook,) = caller.get_hookimpls()
        troubles.raised(Kind.SHARING, part, error, hook.function)
        raise NotAllowed("staff.refer.rule_failed") from None
    if troubles.clock() - begun > SLOW:
        wrong = "slow"
    elif printed.any:
        wrong = "printed"
    if wrong:
        troubles.switch_off(Kind.SHARING, part, wrong)
        raise NotAllowed("staff.refer.rule_failed")
    return found


def _read(answer: object, help_request: HelpRequest) -> Sharing | None:
    """Return a copy of an answer that names fields of the request alone."""
    if answer is None:
        return None
    if not isinstance(answer, Sharing) or isinstance(answer.fields, str):
        raise TypeError("may_share returns a Sharing or None")
    names = [one.field for one in help_request.original.answers]
    known = {name: name for name in (*names, *(note.item for note in help_request.files))}
    named = dict.fromkeys(islice(answer.fields, _MOST_FIELDS))
    return Sharing(fields=tuple(known[field] for field in named if field in known))
