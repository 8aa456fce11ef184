"""Turn what was raised below into a page in plain words, once, in this one place."""

import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException

from pe_core.errors import (
    Conflict,
    DeskError,
    FileRefused,
    NotAllowed,
    NotFound,
    NothingToSealTo,
    StoreError,
    TooMany,
    UpkeepRefused,
)
from pe_core.web.guards.refusals import TROUBLES, Trouble, Way
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, language_of, portal_of

log = logging.getLogger("pe_core.web")

_BY_STATUS = {
    400: "bad_request",
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    405: "wrong_method",
    409: "changed",
    413: "too_large",
    415: "wrong_kind",
    422: "not_understood",
    429: "too_many",
    503: "closed",
}
_BY_DESK_ERROR: tuple[tuple[type[DeskError], str], ...] = (
    (NotFound, "not_found"),
    (NotAllowed, "forbidden"),
    (TooMany, "too_many"),
    (FileRefused, "not_understood"),
    (UpkeepRefused, "closed"),
)
OUT_OF_ORDER = Trouble(status=503, way="again")
"""The machine fails us for a while: what was written is still there to be sent again."""


def show_trouble(
    request: PageRequest, page: str, body: str = "", trouble: Trouble | None = None
) -> Response[str]:
    """Return the page of a trouble; ``body`` is the key of a text that says more than ours.

    ``trouble`` is another status and way than the page's own. If even that page breaks, the
    bare status goes out, so that nothing is left for the server beneath us to log in its own
    words.
    """
    trouble = trouble or TROUBLES[page]
    try:
        return _trouble_page(request, page, body, trouble)
    except Exception as error:
        log.error("%s at %s", type(error).__name__, _place(error))
        status = trouble.status
        return Response(str(status), media_type="text/plain", status_code=status)


def _trouble_page(request: PageRequest, page: str, body: str, trouble: Trouble) -> Response[str]:
    language = language_of(request)
    known = bool(body) and portal_of(request).desk.texts.has(language, body)
    response = render(
        request,
        "error.html",
        status=trouble.status,
        title_key=f"core.trouble.{page}.title",
        body_key=body if known else f"core.trouble.{page}.body",
        way=trouble.way,
        way_address=_address(request, language, trouble.way),
    )
    if trouble.status == 405:
        response.headers["Allow"] = "GET, POST"
    return response


def show_http_error(request: PageRequest, error: HTTPException) -> Response[Any]:
    """Answer our own refusals, and those of the framework, whose words are never shown."""
    if error.status_code == 303 and error.headers:
        return redirect(error.headers["Location"])
    if error.detail in TROUBLES and TROUBLES[error.detail].status == error.status_code:
        return show_trouble(request, error.detail)
    if error.status_code not in _BY_STATUS:
        return show_broken(request, error)
    return show_trouble(request, _BY_STATUS[error.status_code])


def show_desk_error(request: PageRequest, error: DeskError) -> Response[Any]:
    """Answer a refusal of the desk with the text that it names."""
    page = next((page for kind, page in _BY_DESK_ERROR if isinstance(error, kind)), "forbidden")
    return show_trouble(request, page, error.key)


def show_closed(request: PageRequest, _error: NothingToSealTo) -> Response[Any]:
    """Say that nothing can be taken in now: there is no key to seal it to."""
    return show_trouble(request, "closed")


def show_changed(request: PageRequest, _error: Conflict) -> Response[Any]:
    """Say that somebody else changed the same thing a moment ago."""
    return show_trouble(request, "changed")


def show_store_fault(request: PageRequest, error: StoreError) -> Response[Any]:
    """Say that it cannot be done now; the log gets the text, which says what to do.

    The texts of a StoreError are ours and hold no values (``pe_core.store``).
    """
    log.error("%s", error)
    return show_trouble(request, "broken", trouble=OUT_OF_ORDER)


def show_machine_fault(request: PageRequest, error: OSError) -> Response[Any]:
    """Say that it cannot be done now; the log gets the kernel's own words, and no path."""
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    log.error("the machine refused (%s) at %s: see `pe doctor`", why, _place(error))
    return show_trouble(request, "broken", trouble=OUT_OF_ORDER)


def show_broken(request: PageRequest, error: Exception) -> Response[Any]:
    """Say that the fault is ours; the log gets the class and the line of code, no message."""
    log.error("%s at %s", type(error).__name__, _place(error))
    return show_trouble(request, "broken")


HANDLERS: dict[int | type[Exception], Callable[[PageRequest, Any], Response[Any]]] = {
    HTTPException: show_http_error,
    DeskError: show_desk_error,
    NothingToSealTo: show_closed,
    Conflict: show_changed,
    StoreError: show_store_fault,
    OSError: show_machine_fault,
    Exception: show_broken,
}


def _address(request: PageRequest, language: str, way: Way) -> str:
    if way == "again":
        return quote(request.scope["path"])
    ends = {"ask": "/ask", "code": "/code", "help": "/help", "unlock": "/staff/unlock"}
    return f"/{language}{ends.get(way, '/')}"


def _place(error: Exception) -> str:
    """Return file and line of the deepest frame of ours, or of the deepest at all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "pe_core" in Path(frame.filename).parts] or frames
    if not own:
        return "an unknown place"
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"
