"""Describe the portal for programs: every address, its guard, and every form's schema.

A live instance does not serve this: `pe openapi` prints it. The pages read urlencoded bodies
themselves, so the description is made from the routes and the form types, not by Litestar.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler

from pe_core.model import Form
from pe_core.rules.forms import json_schema
from pe_core.rules.texts import Catalogue
from pe_core.web import front, public, staff

URLENCODED = "application/x-www-form-urlencoded"
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
SIGNED_IN = ("asker", "visit", "joining", "staff")


def describe(
    forms: Mapping[str, Form], texts: Catalogue, languages: Sequence[str]
) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an embassy with these forms and languages."""
    handlers = (*front.ROUTES, *public.ROUTES, *staff.ROUTES)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal of a People's Embassy", "version": "1"},
        "paths": _paths(handlers, languages),
        "components": {
            "schemas": {name: _titled(form, texts, languages) for name, form in forms.items()},
            "securitySchemes": {
                guard: {"type": "apiKey", "in": "cookie", "name": name}
                for guard, name in zip(
                    SIGNED_IN, ("pe_ask", "pe_visit", "pe_join", "pe_staff"), strict=True
                )
            },
        },
    }


def _titled(form: Form, texts: Catalogue, languages: Sequence[str]) -> dict[str, Any]:
    return {**json_schema(form), "title": texts.text(languages[0], f"{form.name}.title")}


def _paths(
    handlers: Iterable[HTTPRouteHandler], languages: Sequence[str]
) -> dict[str, dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = {}
    for handler in handlers:
        for path in sorted(handler.paths):
            plain = PARAMETER.sub(r"{\1}", path)
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                operation = _operation(handler, path, method, languages)
                paths.setdefault(plain, {})[method.lower()] = operation
    return dict(sorted(paths.items()))


def _operation(
    handler: HTTPRouteHandler, path: str, method: str, languages: Sequence[str]
) -> dict[str, Any]:
    guard = handler.opt["guard"]
    name = handler.fn.__name__
    room = handler.fn.__module__.removeprefix("pe_core.web.").replace(".", "_")
    operation: dict[str, Any] = {
        "operationId": f"{room}_{name}" + ("_root" if path.endswith("/") and path != "/" else ""),
        "summary": (handler.fn.__doc__ or name).strip().splitlines()[0],
        "tags": [guard],
        "parameters": [_parameter(part, kind, languages) for part, kind in PARAMETER.findall(path)],
        "responses": {"200": {"description": "A page"}, "default": {"description": "Why not"}},
    }
    if guard in SIGNED_IN:
        operation["security"] = [{guard: []}]
    if method == "POST":
        operation["requestBody"] = {
            "required": True,
            "content": {URLENCODED: {"schema": {"type": "object", "required": ["token"]}}},
        }
    return operation


def _parameter(name: str, kind: str, languages: Sequence[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer" if kind == "int" else "string"}
    if name == "language":
        schema["enum"] = list(languages)
    return {"name": name, "in": "path", "required": True, "schema": schema}
