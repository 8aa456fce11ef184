"""The letter: what a real mail server gets, and what each of its refusals means."""

import asyncio
import email.policy
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pe_core import Embassy, Instance, RingFailed
from pe_email import register_notifiers
from pe_email.addresses import is_address
from pe_email.post import Mail

WORDS = "Ёсць нешта новае."
HERS = "kupala@mail.example"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC) + timedelta(minutes=30)

NO_ADDRESS = [
    *"kupala kupala@ @mail.example kupala@mail kupala@@mail.example".split(),
    *"kupala@mail.example@other.example kupala@mail.example;kolas@mail.example".split(),
    *".kupala@mail.example kupala.@mail.example ku..pala@mail.example".split(),
    *"купала@mail.example kupala@пошта.example kupala@-mail.example".split(),
    *"kupala@mail..example kupala@mail.example. kupala@[127.0.0.1] kupala@127.0.0.1".split(),
    *"kupala%other.example@mail.example other.example!kupala@mail.example".split(),
    "",
    "Kupala <kupala@mail.example>",
    '"kupala" @mail.example',
    "kupala@mail.example, kolas@mail.example",
    "kupala@mail.example\r\nBcc: kolas@mail.example",
    "kupala@mail.example\n",
    "kupala\x00@mail.example",
    "ku pala@mail.example",
    "k" * 65 + "@mail.example",
    "kupala@" + "m" * 64 + ".example",
    "kupala@" + "mail." * 50 + "example",
]


class Office:
    """What a mail server does with letters: keeps them, or refuses in its own words."""

    def __init__(self, **refusals: str) -> None:
        """Refuse RCPT or DATA with these answers."""
        self.refusals = refusals
        self.letters: list[tuple[Session, Envelope]] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        """Take or refuse a recipient."""
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse a letter."""
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.letters.append((session, envelope))
        return "250 OK"

    def read(self) -> EmailMessage:
        """Return the one letter that came, parsed."""
        ((_, envelope),) = self.letters
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        assert isinstance(envelope.content, bytes)
        return parser.parsebytes(envelope.content)


def instance(now: Callable[[], datetime] = lambda: NOW, **table: Any) -> Instance:
    """Return an instance whose pe.toml has these settings of the plugin."""
    embassy = Embassy(
        code="example",
        names={"en": "Example embassy"},
        languages=("en",),
        zone="Etc/UTC",
        contact="desk@embassy.example",
        jurisdiction="zz",
    )
    return Instance(embassy, "https://help.example", now, {"email": table})


def notifier(port: int, **more: Any) -> Mail:
    """Return the notifier for a mail server on this port."""
    table = {"port": port, "sender": "ring@quiet.example", **more}
    (mail,) = register_notifiers(instance(**table))
    assert isinstance(mail, Mail)
    return mail


@asynccontextmanager
async def open_office(
    office: Office, tls: ssl.SSLContext | None = None, port: int = 0, **options: Any
) -> AsyncIterator[int]:
    """Run the mail server on a port, of its own if none is named; yields the port."""

    loop = asyncio.get_running_loop()

    def serve() -> SMTP:
        return SMTP(office, hostname="smtp.quiet.example", loop=loop, **options)

    server = await loop.create_server(serve, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def ring(
    office: Office,
    settings: dict[str, Any] | None = None,
    address: str = HERS,
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> RingFailed | None:
    """Ring by a mail server; return how it failed, None if it took the letter."""

    async def scene() -> RingFailed | None:
        async with open_office(office, tls, **options) as port:
            try:
                await notifier(port, **(settings or {})).ring(address, WORDS)
            except RingFailed as failed:
                return failed
            return None

    return asyncio.run(scene())


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS whose certificate is trusted, for 127.0.0.1."""
    context = own_tls(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return context


def own_tls(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS with a certificate that it made itself, for 127.0.0.1."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    named = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2046, 1, 1, tzinfo=UTC))
        .add_extension(named, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    kept = serialization.PrivateFormat.PKCS8
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, kept, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def password_file(folder: Path, word: str) -> str:
    """Write a password into a file for nobody else and return its path."""
    path = folder / "password"
    path.write_text(f"{word}\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_the_letter_says_the_words_twice_and_nothing_else() -> None:
    office = Office()

    failed = ring(office)

    ((session, envelope),) = office.letters
    letter = office.read()
    assert failed is None
    assert ("ring@quiet.example", [HERS]) == (envelope.mail_from, envelope.rcpt_tos)
    assert "quiet.example" == session.host_name, "the greeting does not name this machine"
    assert WORDS == letter["Subject"]
    assert [WORDS] == letter.get_content().splitlines()
    assert "text/plain" == letter.get_content_type()
    assert not letter.is_multipart()
    assert {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    } == {name.lower() for name in letter}
    assert "Tue, 24 Nov 2026 12:30:00 +0000" == letter["Date"]
    assert "auto-generated" == letter["Auto-Submitted"]


def test_the_letter_names_neither_machine_nor_embassy_nor_portal() -> None:
    office = Office()
    ring(office)

    ((_, envelope),) = office.letters
    assert isinstance(envelope.content, bytes)
    identity = office.read()["Message-ID"].strip("<>")
    assert re.fullmatch(r"[0-9a-f]{32}@quiet\.example", identity)
    whole = envelope.content.decode().lower().replace(identity, "")  # drawn: may hold any word
    for word in (socket.gethostname(), "help.example", "embassy", "python", "aiosmtp", "x-mailer"):
        assert word.lower() not in whole.replace("127.0.0.1", ""), word


def test_no_two_letters_have_one_message_id() -> None:
    office = Office()

    async def scene() -> None:
        async with open_office(office) as port:
            for _ in range(2):
                await notifier(port).ring(HERS, WORDS)

    asyncio.run(scene())

    contents = [envelope.content for _, envelope in office.letters]
    assert 2 == len({line for c in contents for line in c.splitlines() if b"Message-ID" in line})


@pytest.mark.parametrize(
    ("refusals", "again"),
    [
        ({"RCPT": "450 busy"}, True),
        ({"RCPT": "451 greylisted, come back"}, True),
        ({"RCPT": "550 no such person here"}, False),
        ({"RCPT": "553 not allowed"}, False),
        ({"DATA": "451 try again"}, True),
        ({"DATA": "552 full"}, False),
        ({"DATA": "554 it looks like spam"}, False),
    ],
)
def test_what_is_worth_another_try_is_told_by_the_answer(
    refusals: dict[str, str], again: bool
) -> None:
    office = Office(**refusals)

    failed = ring(office)

    assert failed is not None
    assert again == failed.again
    assert "kupala" not in str(failed)
    assert [] == office.letters


def test_a_dead_server_is_tried_again_and_takes_the_letter_when_it_is_back() -> None:
    office = Office()

    async def scene() -> RingFailed:
        async with open_office(office) as port:
            pass
        mail = notifier(port)
        with pytest.raises(RingFailed) as failed:
            await mail.ring(HERS, WORDS)
        async with open_office(office, port=port):
            await mail.ring(HERS, WORDS)
        return failed.value

    failed = asyncio.run(scene())

    assert failed.again
    assert 1 == len(office.letters)


def test_a_server_that_hangs_up_is_tried_again() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scene() -> RingFailed:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RingFailed) as failed:
            await notifier(port).ring(HERS, WORDS)
        server.close()
        await server.wait_closed()
        return failed.value

    assert asyncio.run(scene()).again


def test_a_server_that_offers_no_tls_is_given_nothing() -> None:
    office = Office()

    failed = ring(office, {"tls": "starttls"})

    assert failed is not None and failed.again
    assert [] == office.letters


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_given_nothing(how: str, tmp_path: Path) -> None:
    office, context = Office(), own_tls(tmp_path)
    options: Any = {"tls_context": context} if how == "starttls" else {"tls": context}

    failed = ring(office, {"tls": how}, **options)

    assert failed is not None and failed.again
    assert [] == office.letters


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_letter_goes_by_tls_where_that_is_set(how: str, trusted: ssl.SSLContext) -> None:
    office = Office()
    options: Any = (
        {"tls_context": trusted, "require_starttls": True}
        if how == "starttls"
        else {"tls": trusted}
    )

    failed = ring(office, {"tls": how}, **options)

    assert failed is None
    assert 1 == len(office.letters)


@pytest.mark.parametrize(("word", "taken"), [("right", True), ("wrong", False)])
def test_the_password_of_the_file_is_shown_to_the_server(
    word: str, taken: bool, tmp_path: Path, trusted: ssl.SSLContext
) -> None:
    office = Office()

    def authenticate(*seen: Any) -> AuthResult:
        told = seen[-1]
        assert isinstance(told, LoginPassword)
        right = (b"ring", b"right") == (told.login, told.password)
        return AuthResult(success=right, handled=False)

    failed = ring(
        office,
        {"tls": "starttls", "user": "ring", "password_file": password_file(tmp_path, word)},
        tls_context=trusted,
        authenticator=authenticate,
        auth_required=True,
    )

    assert taken == (failed is None)
    assert taken == (len(office.letters) == 1)
    assert failed is None or (failed.again and failed.after == 3600.0)


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_what_is_no_plain_address_is_refused_and_never_written_to(address: str) -> None:
    office = Office()

    failed = ring(office, address=address)

    assert "no_address" == notifier(25).check(address)
    assert failed is not None and not failed.again
    assert [] == office.letters


@pytest.mark.parametrize(
    "address",
    [
        HERS,
        "ja.kupala+rings@mail.example",
        "k@m.co",
        "1@2.example",
        "o'neill_-x@sub.mail.example",
        "kupala@xn--80a1acny.xn--90ais",
        "k" * 64 + "@mail.example",
    ],
)
def test_a_plain_address_is_taken(address: str) -> None:
    assert is_address(address)
    assert ring(Office(), address=address) is None


def test_neither_the_address_nor_the_words_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ring(Office(RCPT="550 no such person"))
        ring(Office())

    logged = "\n".join(one.getMessage() for one in caplog.records if one.name != "mail.log")
    assert "kupala" not in logged
    assert WORDS not in logged
