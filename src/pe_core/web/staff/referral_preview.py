"""What will be sent to another embassy, shown before it is: read back from its very bytes."""

from collections.abc import Sequence

from litestar import Response

from pe_core.desk.sealing import new_id
from pe_core.network.bodies import decode_body
from pe_core.network.preparing import Prepared
from pe_core.web.pages import render
from pe_core.web.portal import PageRequest
from pe_core.web.staff.referral_words import kind_words, show_body


def show_prepared(
    request: PageRequest,
    prepared: Prepared,
    *,
    here: str,
    to: Sequence[str],
    action: str,
    back: str,
    fields: Sequence[tuple[str, str]],
    changed: bool,
) -> Response[str]:
    """Show what will be sent, with the button that sends it.

    ``fields`` say the same again when it is pressed, beside the bytes' hash, so that other bytes
    are shown and not sent; ``changed`` says that this has just happened. The page has a name of
    its own, so that two presses send once. ``to`` are the names of whoever gets it, ``here`` is
    the item of the menu.
    """
    return render(
        request,
        "staff/referral_preview.html",
        here=here,
        title=kind_words(request, prepared.kind),
        to=to,
        shown=show_body(request, decode_body(prepared.kind, prepared.raw)),
        digest=prepared.digest,
        press=new_id(),
        changed_preview=changed,
        action=action,
        back_address=back,
        hidden=fields,
    )
