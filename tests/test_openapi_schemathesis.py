"""What `pe openapi` prints is true: Schemathesis calls every operation and holds us to our word.

Nobody in particular calls, and one browser that has everybody's cookies: an asker's, a
visitor's with a receipt, a newcomer's, that of somebody who offers help, an unlocked
coordinator's, and on volunteers' pages an unlocked volunteer's. ``PE_LONG=1`` for many more.
"""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import html
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
)

from openapi_scene import START, Scene, handler_of
from pe_core.running import enabled_plugins, read_texts
from pe_core.toolkit.browser import ADDRESS
from pe_core.toolkit.embassy import (
    example_settings,
)
from pe_core.web.guards.headers import CONTENT_SECURITY, FILE_SECURITY
from pe_core.web.openapi import COOKIES, OPENER, PARAMETER, describe

LONG = bool(os.environ.get("PE_LONG"))
NOBODY, OWNER = "nobody", "owner"
MARKER = "<b id=m4rk3r>&\"'"
"""What nobody may ever see as it was typed."""
WORDS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
]
SETTINGS = example_settings()
PLUGINS = enabled_plugins(SETTINGS, lambda: START)
LANGUAGES = SETTINGS.embassy.languages
DESCRIBED = describe(PLUGINS.forms, read_texts(PLUGINS, LANGUAGES), LANGUAGES, PLUGINS.letters)
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in schemathesis.openapi.from_dict(DESCRIBED).get_all_operations()
}


def operations_for(actor: str) -> list[str]:
    """Return the operations that an actor calls: who has cookies, those that want one."""
    return [
        name for name in OPERATIONS if actor == NOBODY or handler_of(name).opt["guard"] in COOKIES
    ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One embassy for all operations: what one of them leaves behind the next one finds."""
    opened = Scene(tmp_path_factory.mktemp("schemathesis"))
    yield opened
    opened.close()
    opened.runner.close()


def examples(number: int) -> Any:
    return settings(
        max_examples=300 if LONG else number,
        phases=[Phase.generate],
        derandomize=not LONG,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("operation", operations_for(NOBODY))
def test_whoever_comes_without_a_cookie_is_answered_as_described(
    scene: Scene, operation: str
) -> None:
    @examples(3)
    @given(case=OPERATIONS[operation].as_strategy(), fresh=st.booleans(), typed=st.data())
    def call(case: schemathesis.Case, fresh: bool, typed: st.DataObject) -> None:
        scene.ready()
        fields = marked(case, typed)
        if fresh and "token" in fields and handler_of(operation).opt["guard"] in OPENER:
            fields["token"] = scene.token(operation)
        answer = scene.send(case, fields, {})

        case.validate_response(answer, checks=WORDS)
        check_answer(answer)

    call()


@pytest.mark.parametrize("operation", operations_for(OWNER))
def test_whoever_holds_the_cookie_is_answered_as_described(scene: Scene, operation: str) -> None:
    @examples(4)
    @given(case=OPERATIONS[operation].as_strategy(), real=st.booleans(), typed=st.data())
    def call(case: schemathesis.Case, real: bool, typed: st.DataObject) -> None:
        scene.ready()
        if real:
            known = scene.real()
            path = {k: v for k, v in known.items() if k in case.path_parameters}
            case.path_parameters.update(path)
        fields = marked(case, typed)
        if real:
            fields |= {k: v for k, v in known.items() if k in fields}
        if "token" in fields:
            fields["token"] = scene.token(operation)
        answer = scene.send(case, fields, {"Cookie": scene.cookies(operation)})

        case.validate_response(answer, checks=WORDS)
        check_answer(answer)
        check_forms(answer)
        assert answer.status_code != 415, "the form is of the kind that is described"
        # Where a form has several buttons, none of them is a bad request too.
        assert answer.status_code != 400 or "act" in fields_at(case.formatted_path)

    call()


def marked(case: schemathesis.Case, typed: st.DataObject) -> dict[str, Any]:
    """Return the fields of a case with the marker in one of them."""
    fields = dict(case.body) if isinstance(case.body, dict) else {}
    texts = sorted(k for k, v in fields.items() if isinstance(v, str) and k != "token")
    if texts:
        fields[typed.draw(st.sampled_from(texts))] = MARKER
    if case.query:
        case.query[typed.draw(st.sampled_from(sorted(case.query)))] = MARKER
    return fields


def check_answer(answer: httpx.Response) -> None:
    """Hold that the guards' headers are there, and nothing comes back as it was typed."""
    assert answer.headers["content-security-policy"] in (CONTENT_SECURITY, FILE_SECURITY)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "permissions-policy" in answer.headers
    if not answer.url.path.startswith("/static/") or answer.status_code != 200:
        assert answer.headers["cache-control"] == "no-store"
    assert "<b id=m4rk3r" not in answer.text
    assert "m4rk3r" not in str(answer.headers)
    assert answer.headers.get("location", "/").startswith("/")


def check_forms(answer: httpx.Response) -> None:
    """Hold that the forms of a page send only fields that are described."""
    if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
        return
    for form in html.fromstring(answer.text).forms:
        if form.method == "POST":
            action = (form.action or answer.url.path).partition("?")[0]
            described = fields_at(action)
            names = {element.get("name") for element in form.iter("input", "select", "textarea")}
            names |= {element.get("name") for element in form.iter("button")}

            assert names - {None} <= described, action


def fields_at(path: str) -> set[str]:
    """Return the fields that the description has for a form that is sent there."""
    for template in sorted(DESCRIBED["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            post = DESCRIBED["paths"][template].get("post")
            if post is not None:
                (content,) = post["requestBody"]["content"].values()
                return set(content["schema"]["properties"])
    raise AssertionError(f"no operation takes a form at {path}")


def test_a_typed_marker_comes_back_escaped_where_a_page_shows_it(scene: Scene) -> None:
    scene.ready()
    fields = {"token": scene.token("public_comeback_take_code"), "code": MARKER}
    sent = {"Origin": ADDRESS, "Content-Type": "application/x-www-form-urlencoded"}

    answer = scene.run(scene.client.post("/en/code", content=urlencode(fields), headers=sent))

    assert "&lt;b id=m4rk3r&gt;" in answer.text
    check_answer(answer)


def test_every_route_of_the_app_is_described(scene: Scene) -> None:
    served = {
        (PARAMETER.sub(r"{\1}", path), method)
        for route in scene.app.routes
        for handler in route.route_handlers
        for path in sorted(handler.paths)
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }
    described = {
        (path, method.upper())
        for path, operations in DESCRIBED["paths"].items()
        for method in operations
    }

    assert served == described
    assert len(OPERATIONS) == len(described)
    assert len(described) >= 20


def test_no_two_operations_have_one_name() -> None:
    names = [
        operation["operationId"]
        for operations in DESCRIBED["paths"].values()
        for operation in operations.values()
    ]

    assert len(set(names)) == len(names)


def test_every_form_says_its_token_and_every_guard_its_cookie() -> None:
    for operations in DESCRIBED["paths"].values():
        for method, operation in operations.items():
            guard = operation["tags"][0]

            assert ("security" in operation) == (guard in COOKIES)
            if method == "post" and guard != "peer":
                (content,) = operation["requestBody"]["content"].values()
                assert content["schema"]["required"] == ["token"]
