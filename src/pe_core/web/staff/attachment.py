"""A file as an answer: for keeping, never for showing here, so that no browser runs it."""

from litestar import Response

from pe_core.web.guards.headers import FILE_SECURITY

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def attachment(name: str, media_type: str, data: bytes) -> Response[bytes]:
    """Return a file under a name of ours, to which its ending is added."""
    whole = f"{name}.{_ENDINGS.get(media_type, 'bin')}"
    return Response(
        data,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{whole}"',
            "Content-Security-Policy": FILE_SECURITY,
        },
    )
