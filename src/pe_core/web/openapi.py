"""Describe the portal for programs: every address, its guard, what it takes and what it answers.

A live instance does not serve this: `pe openapi` prints it. The pages read their bodies
themselves, so the description is made from the routes and the form types, not by Litestar.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler

from pe_core.model import Form, Letter
from pe_core.rules.forms import json_schema
from pe_core.rules.questions import questions
from pe_core.rules.texts import Catalogue
from pe_core.web import front, peers, public, staff, work
from pe_core.web.assets import MEDIA_TYPES, read_assets
from pe_core.web.guards.refusals import TROUBLES
from pe_core.web.guards.routes import TRAP
from pe_core.web.openapi_fields import FIELDS, LETTERS, QUERIES, TEXT, UPLOADS, WHOLE, Schema, many
from pe_core.web.openapi_peers import is_for_peers, peer_operation, peer_schemas
from pe_core.web.openapi_referrals import FIELDS as REFERRAL_FIELDS
from pe_core.web.openapi_referrals import QUERIES as REFERRAL_QUERIES
from pe_core.web.public.comeback import DONE

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
COOKIES: Mapping[str, str] = {
    "asker": "pe_ask",
    "visit": "pe_visit",
    "joining": "pe_join",
    "applicant": "pe_apply",
    "staff": "pe_staff",
    "volunteer": "pe_staff",
    "member": "pe_staff",
    "writer": "pe_staff",
    "coordinator": "pe_staff",
}
"""The cookie that a guard wants; reached by https it is called ``__Host-`` and this name."""
OPENER = ("public", "signed_out")
"""Guards of forms that whoever has no cookie may send, each with a token of one use."""

_GET = (403, 404, 429, 503)
_POST = (400, 403, 404, 409, 413, 415, 422, 429, 503)
_TYPES: Mapping[str, Sequence[str]] = {
    "front.send_static": sorted(MEDIA_TYPES.values()),
    "front.tell_health": ("text/plain",),
    "work.leaving.take_export": ("text/html", "application/json"),
    "work.tasks.send_calendar": ("text/calendar",),
    "work.feed.send_feed": ("text/calendar",),
    "staff.request.send_file": ("image/jpeg", "image/png", "application/pdf"),
    "staff.referral_file.send_enclosed": ("image/jpeg", "image/png", "application/pdf"),
}
"""What is sent that is no page."""
TOLD: Schema = {"type": "string", "pattern": r"^[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9-]*$"}
"""The name of a guide or a letter."""
ALL_FIELDS = {**FIELDS, **REFERRAL_FIELDS}
ALL_QUERIES = {**QUERIES, **REFERRAL_QUERIES}
_PATTERNS: Mapping[str, Schema] = {
    "request_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "packet_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "thread_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "need_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "shift_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "proposal_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "brief_id": {"type": "string", "pattern": "^[a-z2-7]{26}$"},
    "feed": {"type": "string", "pattern": r"^[A-Za-z0-9_-]{43}\.ics$"},
    "file_id": {"type": "string", "pattern": "^([a-z2-7]{26}|[0-9a-f]{24})$"},
    "locator": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "box": {"type": "integer", "minimum": 0, "maximum": 2**48 - 1},
    "number": {"type": "integer", "minimum": 1, "maximum": 99},
    "peer": {"type": "string", "pattern": "^[a-z]{2,8}$"},
    "what": {"type": "string", "enum": list(DONE)},
    "guide": TOLD,
    "tag": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{4,8})?$"},
    "letter": TOLD,
}


def describe(
    forms: Mapping[str, Form],
    texts: Catalogue,
    languages: Sequence[str],
    letters: Mapping[str, Letter],
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an embassy with these forms, languages and letters."""
    handlers = (*front.ROUTES, *peers.ROUTES, *public.ROUTES, *staff.ROUTES, *work.ROUTES)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal of a People's Embassy", "version": "1"},
        "paths": _paths(handlers, forms, languages, _blanks(letters.values())),
        "components": {
            "schemas": {
                **{name: _titled(form, texts, languages) for name, form in forms.items()},
                **peer_schemas(),
            },
            "securitySchemes": {
                guard: {"type": "apiKey", "in": "cookie", "name": name}
                for guard, name in COOKIES.items()
            },
            "responses": {str(status): _trouble(status) for status in {*_GET, *_POST}},
        },
    }


def name_of(handler: HTTPRouteHandler) -> str:
    """Return a handler's name below ``pe_core.web``, such as ``public.ask.show_topics``."""
    return f"{handler.fn.__module__.removeprefix('pe_core.web.')}.{handler.fn.__name__}"


def _titled(form: Form, texts: Catalogue, languages: Sequence[str]) -> dict[str, Any]:
    return {**json_schema(form), "title": texts.text(languages[0], f"{form.name}.title")}


def _paths(
    handlers: Iterable[HTTPRouteHandler],
    forms: Mapping[str, Form],
    languages: Sequence[str],
    blanks: Mapping[str, Schema],
) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    handlers = tuple(handlers)
    addresses = Counter(name_of(handler) for handler in handlers for _ in handler.paths)
    for handler in handlers:
        for path in sorted(handler.paths):
            plain, name = PARAMETER.sub(r"{\1}", path), name_of(handler)
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                operation = _operation(handler, path, method, forms, languages, blanks)
                operation["operationId"] = _operation_id(name, path, addresses[name])
                paths.setdefault(plain, {})[method.lower()] = operation
    return dict(sorted(paths.items()))


def _operation(
    handler: HTTPRouteHandler,
    path: str,
    method: str,
    forms: Mapping[str, Form],
    languages: Sequence[str],
    blanks: Mapping[str, Schema],
) -> dict[str, Any]:
    guard, name = handler.opt["guard"], name_of(handler)
    summary = (handler.fn.__doc__ or name).strip().splitlines()[0]
    if is_for_peers(name):
        return peer_operation(name, summary, guard)
    operation: dict[str, Any] = {
        "summary": summary,
        "tags": [guard],
        "parameters": [*_parameters(path, languages), *_query(name, method)],
        "responses": _responses(name, method),
    }
    if guard in COOKIES:
        operation["security"] = [{guard: []}]
    if method == "POST":
        media_type = MULTIPART if name in UPLOADS else URLENCODED
        schema = _body(name, guard, forms, blanks)
        operation["requestBody"] = {"required": True, "content": {media_type: {"schema": schema}}}
    return operation


def _operation_id(name: str, path: str, addresses: int) -> str:
    """Return a name that no other operation has, also where a handler has several addresses."""
    plain = name.replace(".", "_")
    if addresses == 1:
        return plain
    return f"{plain}_{PARAMETER.sub('at', path).strip('/').replace('/', '_')}"


def _parameters(path: str, languages: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name, _ in PARAMETER.findall(path):
        if name == "language":
            schema: Schema = {"type": "string", "enum": list(languages)}
        elif name == "name":
            addresses = sorted(asset.address for asset in read_assets().values())
            schema = {"type": "string", "enum": [each.rpartition("/")[2] for each in addresses]}
        else:
            schema = _PATTERNS[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, method: str) -> Iterator[dict[str, Any]]:
    for field, schema in ALL_QUERIES.get(name, {}).items() if method == "GET" else ():
        yield {"name": field, "in": "query", "required": False, "schema": schema}


def _body(name: str, guard: str, forms: Mapping[str, Form], blanks: Mapping[str, Schema]) -> Schema:
    """Return what a form sends; of whatever else is in it nothing is read."""
    token = "a token of one use" if guard in OPENER else "derived from the cookie"
    properties: dict[str, Schema] = {"token": {"type": "string", "description": token}}
    if guard in OPENER:
        # A field that people do not see; who fills it in is refused.
        properties[TRAP] = {"type": "string", "maxLength": 0}
    properties |= ALL_FIELDS[name]
    if name in WHOLE:
        properties |= _questions(forms.values())
    if name in LETTERS:
        properties |= blanks
    return {
        "type": "object",
        "required": ["token"],
        "properties": properties,
        "additionalProperties": False,
    }


def _questions(forms: Iterable[Form]) -> dict[str, Schema]:
    asked = [question for form in forms for question in questions(form)]
    return _answers((question.field, question.kind) for question in asked)


def _blanks(letters: Iterable[Letter]) -> dict[str, Schema]:
    return _answers((blank.name, blank.kind) for letter in letters for blank in letter.blanks)


def _answers(asked: Iterable[tuple[str, str]]) -> dict[str, Schema]:
    fields: dict[str, Schema] = {}
    for name, kind in asked:
        field = f"answer-{name}"
        if kind == "date":
            fields |= {f"{field}-{part}": TEXT for part in ("day", "month", "year")}
        else:
            fields[field] = many(TEXT)
    return fields


def _responses(name: str, method: str) -> dict[str, Any]:
    """Return every answer: a page, a way on, or why not."""
    types = _TYPES.get(name, ("text/html",))
    troubles = _POST if method == "POST" else _GET
    return {
        "200": _answer("What was asked for", types),
        "303": {
            "description": "The way on",
            "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
        },
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in troubles},
    }


def _trouble(status: int) -> dict[str, Any]:
    names = [name for name, trouble in TROUBLES.items() if trouble.status == status]
    return _answer(f"Why not: {', '.join(names)}", ("text/html",))


def _answer(description: str, types: Iterable[str]) -> dict[str, Any]:
    content = {each: {"schema": {"type": "string"}} for each in types}
    return {"description": description, "content": content}
