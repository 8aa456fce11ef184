"""A form's shape for others: its version, its JSON Schema, the texts that it needs."""

import hashlib
from functools import lru_cache
from typing import Any

import msgspec

from pe_core.model import Form, VolunteerForm
from pe_core.rules.questions import Question, questions

_NOT_SHAPE = frozenset({"key", "autocomplete"})
"""What may change without an old answer meaning something else."""


@lru_cache(maxsize=256)
def form_version(form: Form) -> str:
    """Return 16 hex digits of SHA-256 over fields, kinds, options, limits and conditions.

    The vocabulary of a form for volunteers is no question of it, and may grow without it.
    """
    shape = [_shape_of(question) for question in questions(form)]
    encoded = msgspec.json.encode(shape, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]


def json_schema(form: Form) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the form's answers, constraints kept.

    Conditions between fields are not in it: an answer to a question that is not asked is
    dropped, and ``problems`` says what is missing.
    """
    questions(form)
    (reference,), components = msgspec.json.schema_components(
        (form.answers,), ref_template="#/$defs/{name}"
    )
    schema: dict[str, Any] = components.pop(reference["$ref"].removeprefix("#/$defs/"))
    return {**schema, "additionalProperties": False}


def text_keys(form: Form) -> tuple[str, ...]:
    """Return the catalogue keys that the form cannot do without, in the order of its pages.

    ``<key>.hint`` and ``<key>.why`` may be missing, and what ``check`` finds is its own.
    """
    keys = [f"{form.name}.title", f"{form.name}.summary"]
    for question in questions(form):
        keys.append(f"{question.key}.label")
        keys.extend(f"{question.key}.{option}" for option in question.options)
    for stop in form.stop_if:
        keys.extend(f"{form.name}.stop.{stop.page}.{part}" for part in ("title", "body"))
    if isinstance(form, VolunteerForm):
        keys.extend(vocabulary_keys(form))
    return tuple(dict.fromkeys(keys))


def vocabulary_keys(form: VolunteerForm) -> tuple[str, ...]:
    """Return the keys of what volunteers and coordinators choose among."""
    keys = [f"{form.name}.skill.{code}" for code in form.skills]
    keys.extend(f"{form.name}.gate.{code}" for code in form.gates)
    for checklist in form.checklists:
        keys.extend(
            f"{form.name}.checklist.{checklist.name}.{item}" for item in ("title", *checklist.items)
        )
    return tuple(keys)


def _shape_of(question: Question) -> dict[str, Any]:
    shape: dict[str, Any] = msgspec.to_builtins(question)
    return {name: value for name, value in shape.items() if name not in _NOT_SHAPE}
