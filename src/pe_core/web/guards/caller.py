"""Who calls, as the guard found them, for the handler and the page."""

from hmac import compare_digest
from typing import Any

from pe_core.desk.drafts import Draft
from pe_core.desk.sessions import Applicant, Joining, Session, Visit
from pe_core.vault.cookies import csrf_token
from pe_core.web.guards.body import Fields
from pe_core.web.portal import Connection


class Caller:
    """Whoever sent this request: the guard that let them in, their cookie and what is theirs.

    ``token`` is what their forms carry, '' without a cookie; ``fields`` is what they typed.
    """

    def __init__(self, guard: str, cookie: bytes | None = None, owner: Any = None) -> None:
        """Derive the token of the forms from the cookie."""
        self.guard = guard
        self.cookie = cookie or b""
        self.owner = owner
        self.token = csrf_token(cookie, guard) if cookie else ""
        self.fields: Fields | None = None

    @property
    def is_coordinator(self) -> bool:
        """Return whether this is an unlocked account that holds the roster."""
        return isinstance(self.owner, Session) and "roster" in self.owner.compartments

    @property
    def is_writer(self) -> bool:
        """Return whether this is an unlocked account that writes guides."""
        return isinstance(self.owner, Session) and "drafts" in self.owner.compartments

    @property
    def is_volunteer(self) -> bool:
        """Return whether this is a volunteer's unlocked account."""
        return isinstance(self.owner, Session) and self.owner.is_volunteer

    def is_let_in(self, guard: str) -> bool:
        """Return whether an unlocked account is of the kind that a guard lets in."""
        if guard == "writer":
            return self.is_writer
        if guard == "volunteer":
            return self.is_volunteer
        return guard != "member" or not self.is_volunteer

    def owns(self, token: str) -> bool:
        """Return whether a form's token belongs to this caller's cookie; takes constant time."""
        return bool(self.token) and compare_digest(
            self.token.encode(), token.encode("utf-8", "replace")
        )


def caller_of(request: Connection) -> Caller:
    """Return who calls; before any guard ran (a page not found), nobody known."""
    caller: Caller | None = request.scope.get("state", {}).get("caller")
    return caller or Caller("public")


def fields_of(request: Connection) -> Fields:
    """Return the checked fields of a POST."""
    return caller_of(request).fields or Fields(pairs=())


def cookie_of(request: Connection) -> bytes:
    """Return the caller's cookie, for ending what it opens."""
    return caller_of(request).cookie


def draft_of(request: Connection) -> Draft:
    """Return the asker's draft, on pages with the guard ``asker``."""
    draft: Draft = caller_of(request).owner
    return draft


def visit_of(request: Connection) -> Visit:
    """Return the visit, on pages with the guard ``visit``."""
    visit: Visit = caller_of(request).owner
    return visit


def joining_of(request: Connection) -> Joining:
    """Return the newcomer, on pages with the guard ``joining``."""
    joining: Joining = caller_of(request).owner
    return joining


def applicant_of(request: Connection) -> Applicant:
    """Return who offers help, on pages with the guard ``applicant``."""
    applicant: Applicant = caller_of(request).owner
    return applicant


def session_of(request: Connection) -> Session:
    """Return the unlocked session, on pages for any kind of account."""
    session: Session = caller_of(request).owner
    return session
