"""Embassies of Exampleland for the benches: opened on a real disk, and filled fast."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from tests.bench.asking import FORM, TYPED
from tests.bench.measure import ROOT

from pe_core.desk import intake
from pe_core.desk.desk import Desk
from pe_core.desk.drafts import Draft
from pe_core.desk.epochs import current_epoch
from pe_core.desk.memory import Keeper
from pe_core.desk.sealing import new_id
from pe_core.model import Answer, Original, State, Where
from pe_core.model.week import week_of
from pe_core.rules import forms
from pe_core.rules.receipts import make_receipt
from pe_core.rules.retention import keep_at_submit
from pe_core.store import EpochRow, Insert, RequestRow
from pe_core.toolkit.embassy import TestEmbassy, close_embassy, open_test_embassy
from pe_core.toolkit.invented import Clock
from pe_core.vault import bucket_of, locator_hash, random_bytes, receipt_keys, seal

WEEKS = 26
"""The weeks that requests of a full embassy come from: as long as they are kept."""
BATCH = 500

PE_TOML = """
[embassy]
code = "zz"
languages = ["be", "ru", "en", "he"]
zone = "Etc/UTC"
contact = "desk@zz.example"
jurisdiction = "zz"
[embassy.names]
be = "Прыкладная амбасада"
en = "Example embassy"
[plugins]
enabled = ["zz"]
[server]
port = {port}
address = "http://127.0.0.1:{port}"
"""


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder on the disk of this tree (/tmp may be memory), and remove it after."""
    (ROOT / "build").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def new_instance(folder: Path, port: int) -> Path:
    """Open an embassy with one coordinator in ``folder``; return its pe.toml."""

    async def make() -> None:
        async with embassy(folder):
            (folder / "pe.toml").write_text(PE_TOML.format(port=port), encoding="utf-8")

    asyncio.run(make())
    return folder / "pe.toml"


@asynccontextmanager
async def embassy(folder: Path, weeks_ago: int = 0) -> AsyncIterator[TestEmbassy]:
    """Give an embassy with one coordinator, whose clock stands some weeks before now."""
    clock = Clock(datetime.now(UTC) - timedelta(weeks=weeks_ago, minutes=5))
    opened = await open_test_embassy(folder, clock)
    try:
        yield opened
    finally:
        await close_embassy(opened)


async def fill(held: TestEmbassy, number: int, receipts: int = 0) -> list[str]:
    """Store so many requests, spread over half a year; return some receipts of the last ones.

    Each is sealed to the epoch of its week. The asker's keys are one pair for those without
    a receipt, since only their size counts.
    """
    desk, made = held.desk, []
    keys = receipt_keys(make_receipt(random_bytes(32)), desk.identity.salt)
    for week in range(WEEKS):
        share = number * (week + 1) // WEEKS - number * week // WEEKS
        epoch = await current_epoch(desk, "intake")
        for start in range(0, share, BATCH):
            size = min(BATCH, share - start)
            rows = [sealed_row(desk, epoch, keys.public, random_bytes(32)) for _ in range(size)]
            await desk.store.write([Insert(row) for row in rows])
        held.clock.move(weeks=1)
    epoch = await current_epoch(desk, "intake")
    for _ in range(receipts):
        receipt = make_receipt(random_bytes(32))
        public = receipt_keys(receipt, desk.identity.salt).public
        locator = locator_hash(receipt, desk.identity.salt)
        await desk.store.write([Insert(sealed_row(desk, epoch, public, locator))])
        made.append(receipt)
    return made


def sealed_row(desk: Desk, epoch: EpochRow, reply_key: bytes, locator: bytes) -> RequestRow:
    """Return the row of one request, as ``intake.submit`` makes it."""
    request, week = new_id(), week_of(desk.now().date())
    body = seal(
        msgspec.msgpack.encode(original(desk, reply_key)),
        to=[epoch.public],
        context=desk.context("request", request),
    )
    return RequestRow(
        id=request,
        locator=locator,
        state=State.NEW.value,
        week=week,
        keep_until=keep_at_submit(week),
        epoch=epoch.id,
        bucket=bucket_of(body),
        body=body,
        summary=None,
        revision=0,
    )


def original(desk: Desk, reply_key: bytes) -> Original:
    """Return what is sealed of the form that the benches' askers fill in."""
    form, text = desk.forms[FORM], desk.texts.text
    answers = tuple(
        Answer(
            field=question.field,
            question=text("be", f"{question.key}.label"),
            value=" ".join(TYPED[question.field]),
            shown=" ".join(TYPED[question.field]),
            personal=question.personal,
        )
        for question in forms.questions(form)
        if question.field in TYPED
    )
    return Original(
        form=form.name,
        form_version=forms.form_version(form),
        title=text("be", f"{form.name}.title"),
        language="be",
        where=Where.ABROAD,
        answers=answers,
        reply_key=reply_key,
        submitted=desk.now(),
        keep_weeks=form.keep_weeks,
        files=(),
    )


def begin_drafts(desk: Desk, number: int) -> list[tuple[bytes, Draft]]:
    """Begin so many drafts, abroad and without answers, in a keeper large enough for them."""
    desk.drafts = Keeper(
        "draft",
        desk.now,
        idle=lambda _: timedelta(hours=1),
        absolute=timedelta(hours=8),
        limit=number + 1024,
        forget=desk.draft_files.drop_all,
    )
    begun = [intake.begin(desk, FORM, "be") for _ in range(number)]
    for _, draft in begun:
        intake.set_where(draft, Where.ABROAD)
    return begun


def answer(draft: Draft) -> None:
    """Type the whole form into a draft."""
    for field, typed in TYPED.items():
        intake.give_answer(draft, field, typed)
