"""A browser without scripts for tests: it follows links, fills in forms, and keeps cookies."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx
from lxml import html

FILE_NAME = "holiday in Hillham.jpg"
ADDRESS = "http://127.0.0.1:8000"


class Page:
    """A page that the browser shows."""

    def __init__(self, response: httpx.Response) -> None:
        """Read the response."""
        self.status = response.status_code
        self.headers = response.headers
        self.path = response.url.path
        self.text = response.text
        self.content = response.content

    @property
    def tree(self) -> Any:
        """Return the page's elements."""
        return html.fromstring(self.text)

    @property
    def words(self) -> str:
        """Return what a person reads, with single spaces."""
        return " ".join(self.tree.xpath("//body")[0].text_content().split())

    @property
    def title(self) -> str:
        """Return what the tab says."""
        return " ".join(self.tree.xpath("//title")[0].text_content().split())

    def forms(self) -> list[Any]:
        """Return the page's forms that are sent by POST."""
        return [form for form in self.tree.forms if form.method == "POST"]


class Browser:
    """Goes from page to page; sends forms as a browser would, hidden fields included."""

    def __init__(
        self, app: Any, run: Callable[[Awaitable[Any]], Any], address: str = ADDRESS
    ) -> None:
        """Browse ``app`` on the loop of ``run``; without an app, what is served at ``address``."""
        self._run = run
        self.address = address
        transport = httpx.ASGITransport(app=app) if app is not None else None
        self.client = httpx.AsyncClient(
            transport=transport, base_url=address, follow_redirects=True, timeout=30
        )
        self.page: Page

    def close(self) -> None:
        """Close the browser and forget its cookies."""
        self._run(self.client.aclose())

    def go(self, path: str, **headers: str) -> Page:
        """Open an address."""
        self.page = Page(self._run(self.client.get(path, headers=headers)))
        return self.page

    def send(
        self, fields: Mapping[str, str | Sequence[str]] | None = None, *, form: int | str = 0
    ) -> Page:
        """Fill in a form of the page and send it.

        ``form`` counts those sent by POST, or is the end of the address that it goes to.
        """
        element = self._form(form)
        values = [(name, value) for name, value in element.form_values() if value is not None]
        given = dict(fields or {})
        kept = [(name, value) for name, value in values if name not in given]
        for name, value in given.items():
            kept += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return self.post(element.action or self.page.path, kept)

    def upload(
        self,
        fields: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        *,
        form: int | str = 0,
    ) -> Page:
        """Fill in a form with files and send it as multipart; ``files`` has bytes by field.

        Every file is called ``holiday in Hillham.jpg``: no page may ever show that name.
        """
        element = self._form(form)
        given = dict(fields or {})
        kept = [(n, v or "") for n, v in element.form_values() if n not in given]
        parts: list[tuple[str, tuple[str | None, bytes]]] = [
            (name, (None, value.encode())) for name, value in [*kept, *given.items()]
        ]
        parts += [(name, (FILE_NAME, data)) for name, data in (files or {}).items()]
        path = element.action or self.page.path
        response = self._run(self.client.post(path, files=parts, headers={"Origin": self.address}))
        self.page = Page(response)
        return self.page

    def post(self, path: str, fields: Sequence[tuple[str, str]], **headers: str) -> Page:
        """Send fields to an address, with the origin that a browser would name."""
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.address,
            **headers,
        }
        response = self._run(self.client.post(path, content=urlencode(list(fields)), headers=sent))
        self.page = Page(response)
        return self.page

    def _form(self, wanted: int | str) -> Any:
        forms = self.page.forms()
        if isinstance(wanted, int):
            return forms[wanted]
        return next(form for form in forms if (form.action or self.page.path).endswith(wanted))
