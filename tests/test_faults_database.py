"""A database that is held, damaged, cut or too new: it is said in one line, and nothing is lost."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from faulting import (
    MARKED,
    Served,
    broken,
    copy_of,
    personal,
    refused_to_start,
    until,
)
from pe_core.cli.main import main
from pe_core.errors import StoreError
from pe_core.store import pending_migrations
from pe_core.toolkit.invented import Account

Run = Callable[[Awaitable[Any]], Any]
PAGE = 4096
IMPATIENT = (
    "pe_core.store.sqlite.connection._WRITER_PRAGMAS = ('busy_timeout = 300', "
    "*pe_core.store.sqlite.connection._WRITER_PRAGMAS[1:])"
)
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def served(template: tuple[Path, Account], tmp_path: Path, pe_run: Run) -> Served:
    """An embassy that waits 0.3 s for the database, not 5."""
    return copy_of(*template, tmp_path / "place", pe_run, IMPATIENT)


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Let another process hold the database for a block."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"held\n" == process.stdout.readline()
        yield
        process.kill()


def root_page(database: Path, table: str) -> int:
    """Return the number of the page at the root of a table."""
    connection = sqlite3.connect(database)
    query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
    number = connection.execute(query, (table,)).fetchone()[0]
    connection.close()
    return int(number)


def overwrite(path: Path, offset: int, data: bytes) -> bytes:
    """Write bytes into a file as a failing disk does; return what was there."""
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        before = file.read(len(data))
        file.seek(offset)
        file.write(data)
    return before


def test_a_database_that_another_process_holds_is_waited_for_named_and_had_again(
    served: Served,
) -> None:
    with served.serving():
        asker = served.asker("be")
        asker.to_check("zz.other", MARKED)
        with held(served.data / "instance.sqlite"):
            refused = broken(asker.browser.send(), "be")
            reading = served.browser().go("/en/code").status
            logged, noted = served.log, personal(served)
        asker.go("ask/check")
        asker.browser.send()

    assert [] == refused
    assert 200 == reading
    assert "another program holds the database, nothing was written: close that program" in logged
    assert [] == noted
    assert 6 == len(asker.groups())


def test_a_database_that_is_held_at_start_is_named(served: Served) -> None:
    with held(served.data / "instance.sqlite"):
        refused = refused_to_start(served)
    with served.serving():
        receipt = served.asker().ask("zz.other", MARKED)

    assert "another program holds the database" in refused
    assert receipt


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def spoil_head(path: Path) -> None:
    overwrite(path, 0, b"\xaa" * 100)


def spoil_table(path: Path) -> None:
    overwrite(path, (root_page(path, "requests") - 1) * PAGE, b"\xaa" * PAGE)


def come_from_the_future(path: Path) -> None:
    database = sqlite3.connect(path)
    with database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('pe_core', '9999_later', '2031-01-01')"
        )
    database.close()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (cut, "bring back the last backup"),
        (empty, "bring back the last backup"),
        (spoil_head, "bring back the last backup"),
        (spoil_table, "bring back the last backup"),
        (come_from_the_future, "install that version again"),
    ],
)
def test_a_broken_database_is_refused_at_start_left_alone_and_named_by_the_doctor(
    served: Served,
    break_it: Callable[[Path], None],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = served.data / "instance.sqlite"
    break_it(path)
    before = path.read_bytes()
    refused = refused_to_start(served)
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--config", str(served.folder / "pe.toml")])

    assert words in refused
    assert 1 == ended.value.code
    assert words in capsys.readouterr().out
    assert before == path.read_bytes()


def spoil(served: Served, table: str) -> Callable[[], bytes]:
    """Spoil the page at the root of a table; return what mends it again."""
    path = served.data / "instance.sqlite"
    place = (root_page(path, table) - 1) * PAGE
    before = overwrite(path, place, b"\xaa" * PAGE)
    return lambda: overwrite(path, place, before)


def test_pages_that_spoil_while_it_is_served_are_named_and_nothing_is_lost(served: Served) -> None:
    with served.serving():
        receipt = served.asker().ask("zz.other", MARKED)
    with served.serving():
        asker = served.asker("ru")
        asker.to_check("zz.other", MARKED)
        mends = [spoil(served, "counts")]
        refused = [broken(asker.browser.send(), "ru")]
        mends.append(spoil(served, "accounts"))
        refused.append(broken(served.unlock(served.browser())))
        pages = [served.browser().go(path).status for path in ("/ru/", "/ru/ask", "/health")]
        logged, noted = served.log, personal(served)
    for mend in mends:
        mend()
    with served.serving():
        again = served.asker().come_back(receipt).path

    assert [[], []] == refused
    assert [200, 200, 200] == pages
    assert 2 == logged.count("the database is damaged: stop the instance, keep the file")
    assert [] == noted
    assert "/en/mine" == again


def test_a_log_that_spoils_loses_at_most_what_stood_in_it_and_is_never_half_read(
    served: Served,
) -> None:
    log = served.data / "instance.sqlite-wal"
    with served.serving() as process:
        kept = served.asker().ask("zz.other", MARKED)
        served.call("upkeep", confirm=False)  # what came before is in the file itself
        served.asker().ask("zz.other", MARKED)
        until(lambda: log.stat().st_size > 0, "nothing is in the log")
        process.kill()
        process.wait()
    overwrite(log, 32 + 24 + 500, b"\xaa" * 64)
    with served.serving():
        found = served.asker().come_back(kept).path
        receipt = served.asker().ask("zz.other", MARKED)

    assert "/en/mine" == found
    assert receipt
    assert [] == pending_migrations(served.data)


def test_a_spoilt_page_is_never_taken_for_a_whole_one(served: Served) -> None:
    path = served.data / "instance.sqlite"
    pages = path.stat().st_size // PAGE
    missed = []
    for page in range(pages):
        before = overwrite(path, page * PAGE + (100 if page == 0 else 0), b"\xaa" * 64)
        try:
            pending_migrations(served.data)
        except StoreError as error:
            assert "bring back the last backup" in str(error) or "see `pe doctor`" in str(error)
        else:
            missed.append(page)
        overwrite(path, page * PAGE + (100 if page == 0 else 0), before)

    assert [] == missed
