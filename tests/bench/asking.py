"""What the askers of the benches type: one form in Belarusian, about 4.5 KB on the wire."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pe_core.vault.cookies import csrf_token
from pe_core.web.public.questions import ANSWER

FORM = "zz.paper"
STORY = (
    "Пашпарт скончыўся ў верасні, а новы за мяжой не атрымаць. Служба побыту просіць даведку "
    "з амбасады, якой ніхто не дае. Баюся вяртацца. Дзеці ходзяць тут у школу. "
    "Што мне рабіць далей? "
)
TYPED: Mapping[str, Sequence[str]] = {
    "paper": ["passport"],
    "region": ["coast"],
    "offices": ["stays", "shelter"],
    "refused": ["yes"],
    "refusal": ["Сказалі, што без новага пашпарта заяву не прымуць і адказу на паперы не дадуць."],
    "story": [(STORY * 4).strip()],
    "name": ["Выдуманая Птушка"],
    "contact": ["Пішыце толькі сюды, у партал"],
}


def body(token: str) -> bytes:
    """Return the urlencoded body of the whole form, as *Send now* sends it."""
    pairs = [(f"{ANSWER}-{field}", text) for field, texts in TYPED.items() for text in texts]
    return urlencode([("token", token), *pairs, ("send", "1")]).encode()


def post(port: int, cookie: bytes) -> bytes:
    """Return the request that sends the form under an asker's cookie."""
    sent = body(csrf_token(cookie, "asker"))
    text = urlsafe_b64encode(cookie).rstrip(b"=").decode()
    head = (
        "POST /be/ask/all HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(sent)}",
        f"Cookie: pe_ask={text}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + sent


def get(port: int, path: str, language: str = "be") -> bytes:
    """Return the request that looks at a page."""
    head = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Accept-Language: {language}",
        "Accept: text/html",
        "Sec-Fetch-Site: none",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n"
