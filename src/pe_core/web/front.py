"""Addresses outside any language: the front door, the static files, the health check."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from pe_core.web.guards.refusals import refusal
from pe_core.web.guards.routes import get_page
from pe_core.web.pages import redirect
from pe_core.web.portal import PageRequest, portal_of, preferred_language


@get_page("/", guard="public")
async def choose_language(request: PageRequest) -> Response[None]:
    """Send a visitor to the home page in their browser's language."""
    response = redirect(f"/{preferred_language(request)}/")
    response.headers["Vary"] = "Accept-Language"
    return response


@get_page("/static/{name:str}", guard="public")
async def send_static(request: PageRequest, name: FromPath[str]) -> Response[bytes]:
    """Send a static file; its address changes with its content, so it may be kept for a year."""
    for asset in portal_of(request).assets.values():
        if asset.address == f"/static/{name}":
            return Response(
                asset.data,
                media_type=asset.media_type,
                headers={"Cache-Control": "public, max-age=31536000, immutable"},
            )
    raise refusal("not_found")


@get_page("/health", guard="public")
async def tell_health(request: PageRequest) -> Response[str]:
    """Say that the process answers."""
    return Response("ok", media_type="text/plain")


ROUTES: tuple[HTTPRouteHandler, ...] = (choose_language, send_static, tell_health)
