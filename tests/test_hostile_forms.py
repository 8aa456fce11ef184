"""Bodies that no browser sends: huge, deep, doubled, mislabelled, cut off. None is half taken."""

from collections.abc import Sequence
from urllib.parse import urlencode

import pytest

from hostile import FORM, OWN, Answer, Form, House, Run, multipart
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.web.guards.body import FIELDS_BYTES, FIELDS_LIMIT, PARTS_LIMIT, TEXT_BYTES
from pe_core.web.guards.quotas import Quotas

REFUSED = {400, 403, 413, 415}


@pytest.fixture
def house(pe_embassy: TestEmbassy, pe_run: Run) -> House:
    """A portal with everybody inside."""
    return House(pe_embassy, pe_run)


class Sender:
    """An asker with a draft and a visit, who sends what they like."""

    def __init__(self, house: House) -> None:
        """Know the forms, and the tokens that belong to them."""
        self.house = house
        self.where = self._form("/ask/where")
        self.word = self._form("/mine/word")

    def _form(self, end: str) -> Form:
        return next(form for form in self.house.forms() if form.path.endswith(end))

    def token(self, form: Form) -> str:
        """Return the right token of a form."""
        return self.house.token(form.guard, form)

    def post(
        self,
        form: Form,
        body: bytes | Sequence[bytes],
        kind: str = FORM[1],
        *more: tuple[str, str],
    ) -> Answer:
        """Send a body as it is, in one chunk or several."""
        cookie = self.house.cookie(form.guard)
        headers = [("Content-Type", kind), ("Origin", OWN), *cookie, *more]
        return self.house.call("POST", form.address, headers, body)


@pytest.fixture
def sender(house: House) -> Sender:
    """Somebody with a right cookie and a right token."""
    return Sender(house)


def bodies(token: str) -> dict[str, bytes]:
    """Return urlencoded bodies that begin or end well and are too much, or no text."""
    start, end = f"token={token}&", "&where=inside"
    fields = {
        "100,000 fields": "&".join(f"f{number}=" for number in range(100_000)),
        "one field a million times": "where=inside&" * 1_000_000,
        "one field too many": "&".join(["x="] * (FIELDS_LIMIT - 1)),
        "a name of 64 KiB": "n" * 65_536 + "=x",
        "a name of 81": "n" * 81 + "=x",
        "deep brackets": "where" + "[a]" * 10_000 + "=inside",
        "a few brackets": "where[0][__proto__]=inside",
        "a name with a dash of html": "where<b>=inside",
        "nothing but ampersands": "&" * 65_000,
        "a value of a megabyte": "where=" + "x" * 1_000_000,
        "utf-7": "where=+ADw-script+AD4-%",
        "a bare percent": "where=%",
        "half an escape": "where=%4",
        "an overlong slash": "where=%c0%af",
        "a lone surrogate": "where=%ed%a0%80",
        "latin-1": "where=%e9",
        "beyond unicode": "where=%f4%90%80%80",
        "javascript's own": "where=%u0069",
        "a zero in a name": "whe%00re=inside",
        "an ampersand in a name": "where%26token=inside",
    }
    return {what: f"{start}{text}{end}".encode() for what, text in fields.items()} | {
        "raw utf-8": f"{start}where=інша".encode(),
        "utf-16": f"{start}where=inside".encode("utf-16"),
        "utf-32": f"{start}where=inside".encode("utf-32"),
        "with a mark of its order": b"\xef\xbb\xbf" + f"{start}where=inside".encode(),
        "zeros": bytes(60_000),
        "one byte too many": f"{start}where=".encode().ljust(FIELDS_BYTES + 1, b"x"),
        "packed": b"\x1f\x8b\x08\0" + bytes(99),
    }


def test_no_body_that_is_too_much_or_no_text_is_half_taken(house: House, sender: Sender) -> None:
    before = house.everything()
    wrong = []
    for what, body in bodies(sender.token(sender.where)).items():
        for sent in (body, [body[at : at + 7_001] for at in range(0, len(body), 7_001)]):
            answer = sender.post(sender.where, sent)
            if answer.status not in REFUSED:
                wrong.append((what, answer.status))
            assert b"script" not in answer.body

    assert [] == wrong
    assert before == house.everything()


def test_semicolons_do_not_part_fields(house: House, sender: Sender) -> None:
    before = house.everything()
    answer = sender.post(
        sender.where, f"x=1;token={sender.token(sender.where)};where=going".encode()
    )

    assert 403 == answer.status
    assert before == house.everything()


@pytest.mark.parametrize(
    ("first", "second", "status"), [("right", "wrong", 303), ("wrong", "right", 403)]
)
def test_of_a_field_sent_twice_the_first_counts_everywhere(
    house: House, sender: Sender, first: str, second: str, status: int
) -> None:
    tokens = {"right": sender.token(sender.where), "wrong": "x"}
    fields = [("token", tokens[first]), ("token", tokens[second])]
    fields += [("where", "abroad"), ("where", "inside")]

    answer = sender.post(sender.where, urlencode(fields).encode())

    assert status == answer.status
    assert "/en/ask/1" == answer.header("location") or status == 403


LENGTHS = {
    "more than there is": "60000",
    "less than there is": "3",
    "too much": str(FIELDS_BYTES + 1),
    "far too much": "9" * 400,
    "negative": "-1",
    "no number": "many",
    "hex": "0x10",
    "other digits": "\xb2\xb3",
    "nothing": "",
}


def test_a_length_that_lies_lets_no_more_through(house: House, sender: Sender) -> None:
    """The server beneath cuts bodies by their length; here what really comes is what counts."""
    token = sender.token(sender.where)
    right = urlencode({"token": token, "where": "abroad"}).encode()
    big = right + b"&x=" + b"y" * FIELDS_BYTES
    for what, length in LENGTHS.items():
        announced = ("Content-Length", length)
        small = sender.post(sender.where, right, FORM[1], announced)
        large = sender.post(sender.where, [big[:9], big[9:]], FORM[1], announced)

        assert small.status == (413 if "too much" in what else 303), what
        assert 413 == large.status, what


def test_an_upload_that_is_cut_off_adds_nothing(house: House, sender: Sender) -> None:
    once = house.portal.form_tokens.issue("word")
    house.clock.move(seconds=6)
    fields = [("token", sender.token(sender.word)), ("once", once), ("words", "Half a word.")]
    body = multipart(fields)
    before = house.everything()
    kind = "multipart/form-data; boundary=edge"
    statuses = {
        end: sender.post(sender.word, body[:end], kind).status
        for end in (1, 20, 60, len(body) // 2, -20, -5)
    }

    assert REFUSED >= set(statuses.values()), statuses
    assert before == house.everything()
    assert 303 == sender.post(sender.word, body, kind).status, "whole, it is added"


def uploads(token: str) -> dict[str, tuple[str, bytes]]:
    """Return content types and multipart bodies that play tricks with their edges."""
    good = multipart([("token", token), ("words", "x")])
    edge = "multipart/form-data; boundary="
    part = b'--edge\r\nContent-Disposition: form-data; name="words"'
    first = b'--edge\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + token.encode()
    return {
        "no edge": ("multipart/form-data", good),
        "an empty edge": (edge, good),
        "another edge": (f"{edge}other", good),
        "an edge of 300": (edge + "e" * 300, good.replace(b"edge", b"e" * 300)),
        "an edge in quotes that do not end": (f'{edge}"edge', good),
        "two edges": (f"{edge}other; boundary=edge", good),
        "an edge of line ends": (f"{edge}a\nb", good),
        "an edge in html": (f"{edge}<script>", good),
        "too many parts": (f"{edge}edge", multipart([("token", token)] + [("x", "y")] * 60)),
        "a part of many headers": (
            f"{edge}edge",
            first + b"\r\n" + part + b"\r\nX: y" * 200 + b"\r\n\r\nx\r\n--edge--\r\n",
        ),
        "a part of one long header": (
            f"{edge}edge",
            first + b"\r\n" + part + b"\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--edge--\r\n",
        ),
        "a part without a name": (
            f"{edge}edge",
            first + b"\r\n--edge\r\nX: y\r\n\r\nx\r\n--edge--\r\n",
        ),
        "a part in base64": (
            f"{edge}edge",
            first
            + b"\r\n"
            + part
            + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n--edge--",
        ),
        "a text that is too long": (
            f"{edge}edge",
            multipart([("token", token), ("words", "x" * (TEXT_BYTES + 1))]),
        ),
        "a text that is none": (
            f"{edge}edge",
            good.replace(b"\r\n\r\nx\r\n", b"\r\n\r\n\xff\xfe\r\n"),
        ),
        "bare line feeds": (f"{edge}edge", good.replace(b"\r\n", b"\n")),
        "parts within parts": (
            f"{edge}edge",
            first
            + b'\r\n--edge\r\nContent-Type: multipart/mixed; boundary="in"\r\n\r\n--in\r\n\r\n'
            + b"x\r\n--in--\r\n--edge",
        ),
        "nothing": (f"{edge}edge", b""),
        "only an end": (f"{edge}edge", b"--edge--\r\n"),
        "charset utf-7": (f"{edge}edge; charset=utf-7", good),
    }


def test_no_trick_with_the_edges_of_an_upload_adds_anything(house: House, sender: Sender) -> None:
    before = house.everything()
    # The word's own one-use token is never in these bodies, so that nothing could be added twice.
    wrong = []
    for what, (kind, body) in uploads(sender.token(sender.word)).items():
        house.app.portal.quotas = Quotas(house.desk.now)
        for sent in (body, [body[at : at + 13] for at in range(0, len(body), 13)]):
            answer = sender.post(sender.word, sent, kind)
            if answer.status not in REFUSED | {422}:
                wrong.append((what, answer.status))
            assert b"<script>" not in answer.body

    assert [] == wrong
    assert before == house.everything()
    assert PARTS_LIMIT < 60


def test_the_name_of_a_file_and_its_kind_are_never_read(house: House, sender: Sender) -> None:
    evil = '../../etc/x"; name="token"\r\nX-Zq7: <script>zq7mark</script>'.replace("\r\n", "%0d%0a")
    body = (
        multipart([("token", sender.token(sender.word)), ("words", "x")]).removesuffix(
            b"--edge--\r\n"
        )
        + f'--edge\r\nContent-Disposition: form-data; name="photo"; filename="{evil}"\r\n'.encode()
        + b"Content-Type: text/html\r\n\r\n<script>zq7mark</script>\r\n--edge--\r\n"
    )
    answer = sender.post(sender.word, body, "multipart/form-data; boundary=edge")

    assert answer.status in REFUSED | {422}
    assert "zq7mark" not in answer.text.lower()
