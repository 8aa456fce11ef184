"""The part of an address behind the question mark: states and topics, never anybody's words."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from pe_core.web.portal import PageRequest

_FIELDS = 20


def query_of(request: PageRequest) -> Mapping[str, str]:
    """Return what stands behind the question mark; nothing if it makes no sense.

    Read here because the framework's own reading of it goes through a cache.
    """
    query = request.scope["query_string"].decode("latin-1")
    try:
        return dict(parse_qsl(query, max_num_fields=_FIELDS))
    except ValueError:
        return {}


def address(path: str, **query: str) -> str:
    """Return a path with those parts of the query that are not empty."""
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
