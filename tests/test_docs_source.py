"""What the documents say of the source, the deployment files and the running server as such.

`docs/asvs.md` and `docs/security.md` name these tests where a promise is about what is *not*
there: no interpreter, no outgoing connection, no page for machines, no old cipher.
"""

import ast
import re
import socket
import subprocess
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from pe_core.errors import StoreError
from pe_core.store import RequestRow
from pe_core.store.sqlite.statements import get_statement, select_statement
from pe_core.toolkit.browser import Browser
from pe_core.toolkit.embassy import TestEmbassy
from serving import PE, serving, write_settings

Run = Callable[[Awaitable[Any]], Any]
ROOT = Path(__file__).parent.parent
CORE = ROOT / "src/pe_core"
MODULES = sorted(
    path
    for path in [*CORE.rglob("*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    if "toolkit" not in path.parts
)
"""What runs in an embassy; the toolkit is for tests and the demo."""
TEMPLATES = sorted(CORE.rglob("*.html"))
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "system", "popen", "subprocess_shell"}
REVIVES_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml"}
INTERPRETERS = {"xml", "lxml", "ldap", "ldap3", "jinja2", "markdown", "docutils", "graphql"}
CLIENTS = {"aiohttp", "ftplib", "httpx", "imaplib", "pymemcache", "redis", "requests", "smtplib"}
CLIENTS |= {"aiosmtplib", "urllib3", "websockets", "telnetlib", "poplib"}
OLD = re.compile(r"(?i)^(md5|sha1|ecb|cbc|des|tripledes|arc4|rc4|pkcs1v15|rsa)$")


@lru_cache(maxsize=1)
def trees() -> tuple[tuple[str, ast.AST], ...]:
    """Return every module of an embassy, parsed once, by its path."""
    return tuple(
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for path in MODULES
    )


def called(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the last name of everything called: ``compile`` for both ``compile`` and ``re.x``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                owner = node.func.value
                whole = f"{owner.id}." if isinstance(owner, ast.Name) and owner.id == "re" else ""
                yield f"{whole}{node.func.attr}", node


def imported(tree: ast.AST) -> set[str]:
    """Return the full names of the modules that a tree imports from."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_text_is_ever_run_as_code_or_revived_as_an_object() -> None:
    wrong = []
    for path, tree in trees():
        wrong += [(path, name) for name, _ in called(tree) if name in RUNS_TEXT]
        wrong += [(path, name) for name in imported(tree) if name in REVIVES_OBJECTS]

    assert [] == wrong


def test_no_interpreter_of_another_language_is_used() -> None:
    found = {
        (path, name)
        for path, tree in trees()
        for name in imported(tree)
        if name.partition(".")[0] in INTERPRETERS
    }

    assert set() == found


def test_others_are_called_in_the_named_places_alone() -> None:
    found = {
        (path, name)
        for path, tree in trees()
        for name in imported(tree)
        if name.partition(".")[0] in CLIENTS or name in ("urllib.request", "http.client")
    }
    sockets = {path for path, tree in trees() if "socket" in imported(tree)}

    assert {"src/pe_core/door/door.py", "plugins/email/src/pe_email/post.py"} == {
        path for path, _ in found
    }
    assert {
        "src/pe_core/door/door.py",
        "src/pe_core/store/control.py",  # the unix socket of the command line
        "src/pe_core/cli/demo_processes.py",  # whether a demo's ports are free
    } == sockets


def test_a_program_is_started_in_one_place_with_words_of_ours() -> None:
    starters = {"subprocess_exec", "create_subprocess_exec", "Popen", "spawn", "fork"}
    starting = {
        path
        for path, tree in trees()
        if "subprocess" in imported(tree) or starters & {name for name, _ in called(tree)}
    }
    source = (CORE / "desk/files.py").read_text(encoding="utf-8")

    # The others load an author's changed plugin (`pe serve --dev`) and run a demo's embassies.
    named = ("desk/files.py", "cli/dev.py", "cli/demo_processes.py")
    assert {f"src/pe_core/{name}" for name in named} == starting
    assert 'CHILD = (sys.executable, "-I", str(Path(__file__).with_name("files_child.py")))' in (
        source
    )


def test_patterns_are_written_in_the_source_and_never_made_of_what_is_typed() -> None:
    loose = [
        f"{path}: {ast.unparse(call.args[0])}"
        for path, tree in trees()
        for name, call in called(tree)
        if name.startswith("re.") and not isinstance(call.args[0], ast.Constant)
    ]

    # The one that is no constant comes from the type of a form, which a plugin's author wrote.
    assert ["src/pe_core/rules/forms.py: question.pattern"] == loose


def test_a_template_is_a_file_of_ours_and_escapes_all_but_a_square_code_and_markdown() -> None:
    unescaped = {
        f"{path.name}: {mark.strip()}"
        for path in TEMPLATES
        for mark in re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", path.read_text(encoding="utf-8"))
    }
    switched = [path.name for path in TEMPLATES if "autoescape" in path.read_text(encoding="utf-8")]
    from_text = [
        path
        for path, tree in trees()
        for name, _ in called(tree)
        if name in ("render_str", "from_string", "eval_expr", "add_template")
    ]

    assert {
        "keeping.html: {{ qr|safe }}",
        "guide.html: {{ html|safe }}",
        "own_guide_text.html: {{ preview|safe }}",
    } == unescaped
    assert [] == switched
    assert [] == from_text


def test_the_package_holds_no_script_and_no_plugin_of_a_browser() -> None:
    scripts = [path for path in CORE.rglob("*") if path.suffix in (".js", ".mjs", ".wasm", ".swf")]
    marked = [
        path.name
        for path in TEMPLATES
        if re.search(r"<(script|object|embed|applet|iframe)\b", path.read_text(encoding="utf-8"))
    ]

    assert [] == scripts
    assert [] == marked


def test_randomness_comes_from_the_system_and_from_the_vault() -> None:
    plain = [path for path, tree in trees() if {"random", "numpy.random"} & imported(tree)]
    sources = {
        path
        for path, tree in trees()
        if "secrets" in imported(tree) or any(name == "urandom" for name, _ in called(tree))
    }

    assert [] == plain
    assert {"src/pe_core/vault/keys.py", "src/pe_core/vault/passphrases.py"} == sources


def test_no_old_cipher_hash_or_padding_is_used_but_in_the_codes_of_authenticators() -> None:
    found = {
        (path, name)
        for path, tree in trees()
        for node in ast.walk(tree)
        for name in (
            [node.id]
            if isinstance(node, ast.Name)
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else []
        )
        if OLD.match(name)
    }

    assert {("src/pe_core/vault/totp.py", "SHA1")} == found, "RFC 6238, as an HMAC"


def test_every_package_is_pinned_by_version_and_hash() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
    packages = [line for line in lines.splitlines() if line.strip()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert len(packages) > 30
    assert [] == [
        line for line in packages if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:", line)
    ]
    assert "exclude-newer" in project["tool"]["uv"]
    assert "--require-hashes" in makefile


def test_the_proxy_takes_modern_tls_alone_and_remembers_nobody() -> None:
    written = (ROOT / "deployments/proxy/nginx.conf").read_text(encoding="utf-8")
    listening = re.findall(r"^\s*listen (.+);", written, re.M)

    assert listening
    assert [] == [line for line in listening if not line.endswith("443 ssl")]
    assert ["TLSv1.2 TLSv1.3"] == re.findall(r"ssl_protocols (.+);", written)
    assert ["off"] == re.findall(r"access_log (.+);", written)
    assert ["off"] == re.findall(r"proxy_request_buffering (.+);", written)
    assert ["0"] == re.findall(r"proxy_max_temp_file_size (.+);", written)
    assert ["http://127.0.0.1:8000"] == re.findall(r"proxy_pass (.+);", written)
    assert "autoindex" not in written
    assert "root " not in written


@pytest.mark.parametrize(
    "line",
    [
        "User=embassy",
        "MemorySwapMax=0",
        "LimitCORE=0",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "ReadWritePaths=/srv/embassy/data",
    ],
)
def test_the_unit_gives_the_process_few_rights_and_no_swap(line: str) -> None:
    unit = (ROOT / "deployments/systemd/pe-embassy.service").read_text(encoding="utf-8")

    assert line in unit.splitlines()


def test_settings_hold_no_secret_and_no_account_is_there_before_an_invite(tmp_path: Path) -> None:
    write_settings(tmp_path)
    subprocess.run([*PE, "init", "--json"], cwd=tmp_path, capture_output=True, check=True)
    listed = subprocess.run(
        [*PE, "account", "list", "--json"], cwd=tmp_path, capture_output=True, check=True
    )
    settings = [path.read_text(encoding="utf-8") for path in ROOT.glob("deployments/*/pe.toml")]

    assert b"[]" == listed.stdout.strip()
    assert settings
    assert [] == re.findall(r"(?i)\b(secret|password|passphrase|token|key)\s*=", "".join(settings))


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/pe.toml",
        "/data/store.db",
        "/static/",
        "/static",
        "/static/../pe.toml",
        "/static/%2e%2e/pe.toml",
        "/schema",
        "/schema/openapi.json",
        "/openapi.json",
        "/docs",
        "/metrics",
        "/debug",
        "/admin",
    ],
)
def test_no_folder_no_file_of_the_disk_and_no_page_for_machines_is_served(
    pe_browser: Callable[[], Browser], path: str
) -> None:
    assert 404 == pe_browser().go(path).status


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT"])
def test_methods_that_no_page_needs_are_refused(
    pe_embassy: TestEmbassy, pe_run: Run, method: str
) -> None:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=pe_embassy.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, "/en/", headers={"X-Mark": "zhuravinka"})

    answer: httpx.Response = pe_run(send())

    assert 405 == answer.status_code
    assert "zhuravinka" not in answer.text
    assert pe_embassy.app().debug is False


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an opened embassy and return its address."""
    folder = tmp_path_factory.mktemp("live")
    address = write_settings(folder)
    subprocess.run([*PE, "init", "--json"], cwd=folder, capture_output=True, check=True)
    with serving(folder, address):
        yield address


def spoken_to(address: str, message: str) -> bytes:
    """Return the beginning of what the server answers to these bytes."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(message.replace("\n", "\r\n").encode())
        return connection.recv(4096)


def test_a_message_with_two_lengths_is_refused(live: str) -> None:
    head = "POST /en/code HTTP/1.1\nHost: x\n"
    two = spoken_to(live, f"{head}Content-Length: 6\nTransfer-Encoding: chunked\n\n0\n\nG")
    one = spoken_to(live, f"{head}Content-Length: 0\n\n")

    assert two.startswith(b"HTTP/1.1 400")
    assert not one.startswith(b"HTTP/1.1 400")


def test_no_socket_is_opened_from_a_page(live: str) -> None:
    answered = spoken_to(
        live,
        "GET /en/ HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n",
    )

    assert not answered.startswith(b"HTTP/1.1 101")


def test_the_headers_of_a_proxy_are_not_believed(live: str) -> None:
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "x"}
    plain = httpx.get(f"{live}/")
    forwarded = httpx.get(f"{live}/", headers=told)

    assert plain.headers["location"].startswith("/")
    assert plain.headers == forwarded.headers
    assert plain.content == forwarded.content


def test_no_other_origin_may_read_an_answer(live: str) -> None:
    foreign = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [
        httpx.request(method, f"{live}{path}", headers=foreign)
        for method in ("GET", "OPTIONS")
        for path in ("/en/", "/en/code", "/en/staff/unlock", "/nothing")
    ]

    assert [] == [
        name for answer in answers for name in answer.headers if name.startswith("access-control")
    ]


def test_what_is_looked_for_is_never_part_of_a_statement() -> None:
    hostile = "x' OR '1'='1"
    selected = select_statement(RequestRow, ("id",), {"state": hostile})
    got = get_statement(RequestRow, (hostile,))

    assert (hostile,) == selected.values == got.values
    assert hostile not in selected.sql + got.sql
    for columns, where in ((("id", hostile), {}), (("id",), {hostile: 1})):
        with pytest.raises(StoreError):
            select_statement(RequestRow, columns, where)


def test_no_redirect_is_made_of_what_was_typed() -> None:
    sent = [
        f"{path}: {ast.unparse(call.args[0])}"
        for path, tree in trees()
        if path.startswith("src/pe_core/web")
        for name, call in called(tree)
        if name in ("redirect", "detour")
    ]

    assert len(sent) > 20
    assert [] == [line for line in sent if re.search(r"http|//|\.one\(|fields|query_of", line)]
