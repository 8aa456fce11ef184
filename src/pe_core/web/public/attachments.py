"""Photos and papers of a draft: added one by one, listed, removed."""

from datetime import timedelta
from typing import Any

from litestar import Response

from pe_core.desk.drafts import FILES_LIMIT, Draft
from pe_core.desk.file_words import file_words
from pe_core.desk.intake import add_file, drop_file
from pe_core.errors import FileRefused, TooMany
from pe_core.vault.cookies import cookie_id
from pe_core.web.guards.caller import cookie_of, draft_of, fields_of
from pe_core.web.guards.routes import get_page, post_page, read_parts
from pe_core.web.pages import redirect, render
from pe_core.web.portal import PageRequest, desk_of, language_of, portal_of
from pe_core.web.public.way import last_question, needed_first, stop_of, takes_files

UPLOADS = 120
"""Uploads that the whole door takes in a minute."""
OWN_UPLOADS = 30
"""Uploads of one cookie in ten minutes, the refused ones too."""


@get_page("/{language:str}/ask/files", guard="asker")
async def show_files(request: PageRequest) -> Response[Any]:
    """Show what was added and take more."""
    elsewhere = _elsewhere(draft_of(request))
    return _files_page(request) if elsewhere is None else _to(request, elsewhere)


@post_page("/{language:str}/ask/files", guard="asker", upload=True)
async def take_file(request: PageRequest) -> Response[Any]:
    """Clean and keep a file, streamed; *Continue* takes a chosen file too, and goes on.

    A refused file is read to its end, because a browser shows an answer only then.
    """
    draft = draft_of(request)
    elsewhere = _elsewhere(draft)
    if elsewhere is not None:
        return _to(request, elsewhere)
    count_upload(request)
    refused, goes_on, brought = "", False, False
    async for part in read_parts(request):
        if part.chunks is None:
            goes_on = goes_on or part.name == "continue"
            continue
        brought = True
        try:
            await add_file(desk_of(request), draft, part.chunks)
        except (FileRefused, TooMany) as error:
            refused = error.key
    if not brought and not goes_on:
        refused = "core.ask.files.none_chosen"
    if refused:
        return _files_page(request, refused)
    return _to(request, "check" if goes_on else "files")


@get_page("/{language:str}/ask/files/remove", guard="asker")
async def show_files_again(request: PageRequest) -> Response[Any]:
    """Go back to the list: a reload after *Remove* lands here."""
    return _to(request, "files")


@post_page("/{language:str}/ask/files/remove", guard="asker")
async def remove_file(request: PageRequest) -> Response[Any]:
    """Remove a file from the draft."""
    drop_file(desk_of(request), draft_of(request), fields_of(request).one("file"))
    return _to(request, "files")


def count_upload(request: PageRequest) -> None:
    """Count an upload for the whole door and for this cookie; TooMany."""
    quotas = portal_of(request).quotas
    own = cookie_id(cookie_of(request), "uploads")
    quotas.take("upload", limit=OWN_UPLOADS, window=timedelta(minutes=10), key=own)
    quotas.take("upload", limit=UPLOADS, window=timedelta(minutes=1))


def _files_page(request: PageRequest, refused: str = "") -> Response[str]:
    desk, language, draft = desk_of(request), language_of(request), draft_of(request)
    words = desk.texts.text(language, refused) if refused else ""
    return render(
        request,
        "public/files.html",
        status=422 if refused else 200,
        back=last_question(draft),
        files=[
            (file.id, file_words(desk, file.media_type, file.size, language))
            for file in draft.files
        ],
        full=len(draft.files) >= FILES_LIMIT,
        problems=[("file", words)] if refused else [],
        wrong=words,
    )


def _elsewhere(draft: Draft) -> str | None:
    first = needed_first(draft)
    if first is None and stop_of(draft) is not None:
        return "stop"
    return first or (None if takes_files(draft) else "check")


def _to(request: PageRequest, step: str) -> Response[Any]:
    return redirect(f"/{language_of(request)}/ask/{step}")
