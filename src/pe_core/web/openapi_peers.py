"""What other embassies' servers ask and are answered, for the description of the portal."""

from typing import Any

import msgspec

from pe_core.network import wire
from pe_core.web.openapi_fields import Schema

REFUSED = (400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 503)
"""With what a packet or a question is refused, in JSON."""
SIGNED = ("Content-Digest", "Signature-Input", "Signature")
"""Headers of a packet (RFC 9530, RFC 9421)."""

_ANSWERS = {"peers.show_keys": "Introduction", "peers.take_packet": "Receipt"}
_REFERENCE = "#/components/schemas/{name}"


def is_for_peers(name: str) -> bool:
    """Return whether a handler of this name answers other embassies."""
    return name in _ANSWERS


def peer_schemas() -> dict[str, Schema]:
    """Return what passes between embassies, by the names of ``wire``."""
    kinds = (wire.AnyPacket, wire.Receipt, wire.Introduction, wire.Refusal)
    _, found = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    return {name: _as_in_json(schema) for name, schema in found.items()}


def peer_operation(name: str, summary: str, guard: str) -> dict[str, Any]:
    """Return what one of these addresses takes and answers."""
    operation: dict[str, Any] = {
        "summary": summary,
        "tags": [guard],
        "parameters": [],
        "responses": {
            "200": _json("What was asked for", [_ANSWERS[name]]),
            **{str(status): _json("Why not", ["Refusal"]) for status in REFUSED},
        },
    }
    if guard == "peer":
        operation["parameters"] = [
            {"name": header, "in": "header", "required": True, "schema": {"type": "string"}}
            for header in SIGNED
        ]
        packets = [packet.__name__ for packet in (wire.Hello, wire.Sealed, wire.Erase)]
        content = _json("", packets)["content"]
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _json(description: str, names: list[str]) -> dict[str, Any]:
    kinds = [{"$ref": _REFERENCE.format(name=name)} for name in names]
    schema = kinds[0] if len(kinds) == 1 else {"oneOf": kinds}
    return {"description": description, "content": {wire.MEDIA_TYPE: {"schema": schema}}}


def _as_in_json(schema: Any) -> Any:
    """Write patterns as JSON Schema has them: its ends of a text are not Python's."""
    if isinstance(schema, dict):
        return {
            key: value.replace(r"\A", "^").replace(r"\Z", "$")
            if key == "pattern"
            else _as_in_json(value)
            for key, value in schema.items()
        }
    return [_as_in_json(each) for each in schema] if isinstance(schema, list) else schema
