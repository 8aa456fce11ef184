"""What a guard may refuse with: the name of a page, never what was sent."""

from typing import Literal

from litestar.exceptions import HTTPException

from pe_core.model.struct import Model

Way = Literal["home", "again", "ask", "code", "help", "unlock"]
"""Where the page's one link leads: home, this same address, or the start of a journey."""


class Trouble(Model):
    """A page that says what went wrong: its status and the way on."""

    status: int
    way: Way = "home"


TROUBLES: dict[str, Trouble] = {
    "bad_request": Trouble(status=400, way="again"),
    "forbidden": Trouble(status=403),
    "form_used": Trouble(status=403, way="again"),
    "form_early": Trouble(status=403, way="again"),
    "form_late": Trouble(status=403, way="again"),
    "ask_over": Trouble(status=403, way="ask"),
    "visit_over": Trouble(status=403, way="code"),
    "join_over": Trouble(status=403, way="home"),
    "apply_over": Trouble(status=403, way="help"),
    "staff_over": Trouble(status=403, way="unlock"),
    "not_found": Trouble(status=404),
    "wrong_method": Trouble(status=405),
    "changed": Trouble(status=409, way="again"),
    "too_large": Trouble(status=413, way="again"),
    "wrong_kind": Trouble(status=415, way="again"),
    "not_understood": Trouble(status=422, way="again"),
    "too_many": Trouble(status=429, way="again"),
    "broken": Trouble(status=500),
    "closed": Trouble(status=503),
    "not_open": Trouble(status=503),
}
"""Each has the texts ``core.trouble.<name>.title`` and ``.body``."""


def refusal(page: str) -> HTTPException:
    """Return the exception that shows the page ``core.trouble.<page>``; ``page`` is a row above."""
    return HTTPException(status_code=TROUBLES[page].status, detail=page)


def detour(address: str) -> HTTPException:
    """Return the exception that sends the browser to ``address`` (a path of ours) with 303."""
    return HTTPException(status_code=303, detail="detour", headers={"Location": address})
