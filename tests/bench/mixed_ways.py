"""What the people of the bad day do: look around, ask, come back, work at the desk."""

import asyncio
import io
import re
import time
from datetime import UTC, datetime
from functools import cache

from PIL import Image
from tests.bench.mixed_person import Person

from pe_core.toolkit.asker import PAPER
from pe_core.toolkit.invented import Account

LANGUAGES = ("be", "ru", "en", "he")
PAGES = ("help", "safety", "privacy", "ask", "code", "exit-help")
QUERIES = ("пашпарт", "passport", "Баюся", "школу", "zz", "Room 7")
FORM_WAIT = 5.5
"""The form of the first page takes nothing before 5 s."""
ANSWER = "Прыходзьце ў аўторак, вазьміце стары пашпарт. Адкажам яшчэ раз, калі прыйдзе папера."
WORD = "Дзякуй. Была там сёння, сказалі прыйсці ў аўторак."


@cache
def photo() -> bytes:
    """Return a photo as a telephone makes it: 12 megapixels, about 3 MB of JPEG."""
    noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000))
    packed = io.BytesIO()
    Image.merge("RGB", (noise, noise, noise)).save(packed, "JPEG", quality=88)
    return packed.getvalue()


async def look_around(person: Person) -> None:
    """Come to the home page, with its files, and read a few others."""
    await person.go("visitor: page", "")
    for path in person.texts("//link[@rel='stylesheet' or @rel='icon']/@href"):
        await person.fetch("visitor: static file", path)
    for page in person.random.sample(PAGES, person.random.randint(1, 4)):
        person.think(8)
        await person.go("visitor: page", page)


async def ask_for_help(person: Person, *, with_photo: bool) -> None:
    """Go from page to page of the form, send it, and type two groups of the receipt back."""
    await person.go("visitor: page", "ask")
    person.think(8, least=FORM_WAIT)
    await person.send("asker: answer", {"topic": "zz.paper"}, "/ask")
    person.think(4)
    await person.send("asker: answer", {"where": "abroad"}, "/where")
    while (last := person.path.rpartition("/")[2]).isdecimal():
        person.think(6)
        await person.send("asker: answer", PAPER[int(last)], f"/{last}")
    person.think(6)
    kind, files = ("asker: photo", {"file": photo()}) if with_photo else ("asker: answer", {})
    await person.upload(kind, {"continue": "1"}, "/files", files)
    person.think(10)
    await person.send("asker: send", {}, "/check")
    await type_back(person)


async def type_back(person: Person) -> None:
    """Type the two groups that are asked for."""
    groups = person.texts("//ol[@class='receipt']/li/text()")
    labels = person.texts("//label[@for='field-first' or @for='field-second']")
    asked = [int("".join(re.findall(r"\d", label))) for label in labels]
    person.think(8)
    first, second = (groups[number - 1] for number in asked)
    await person.send("asker: answer", {"first": first, "second": second}, "/receipt")


async def come_back(person: Person, receipt: str, act: str) -> None:
    """Type the receipt and read; ``act`` is "read" to say so, "word" to write, or nothing."""
    await person.go("visitor: page", "code")
    person.think(8)
    await person.send("returner: code", {"code": receipt}, "/code")
    if act == "read" and person.has("/mine/read"):
        person.think(8)
        await person.send("returner: I have read it", {}, "/mine/read")
    elif act == "word":
        person.think(12)
        await person.upload("returner: word", {"words": WORD}, "/mine/word", {})


async def unlock(person: Person, account: Account) -> None:
    """Unlock with name, passphrase and code."""
    await person.go("staff: form", "staff/unlock")
    person.think(2)
    code = account.code(datetime.now(UTC))
    typed = {"name": account.handle, "passphrase": account.passphrase, "code": code}
    await person.send("staff: unlock", typed)


async def work(person: Person, account: Account, every: float, rounds: int) -> None:
    """Unlock, then do one act after another, about one in ``every`` seconds."""
    await unlock(person, account)
    for _ in range(rounds):
        person.think(every)
        await person.go("staff: list", "staff")
        lines = person.texts("//table//td[contains(@class, 'topic')]/a/@href")
        at = person.random.choice(lines).removeprefix(f"/{person.language}/")
        person.think(every)
        await person.go("staff: open", at)
        person.think(every)
        await person.send("staff: claim", {"act": "claim"}, "/claim")
        person.think(every)
        await person.send("staff: note", {"note": "Rang the office, Room 7 knows."}, "/note")
        person.think(every)
        await person.send("staff: preview", {"text": ANSWER, "act": "preview"}, "/reply")
        person.think(every)
        await person.send("staff: reply", {"act": "send"}, "/reply")
        await move_on(person, every)
        person.think(every)
        await person.go("staff: list", "staff")
        person.think(every)
        await person.send("staff: search", {"query": person.random.choice(QUERIES)}, "/search")


async def move_on(person: Person, every: float) -> None:
    """Move the request to the first state that asks for nothing more."""
    offered = person.texts("//form[@class='move']//input[@name='state']/@value")
    easy = next((state for state in ("triage", "active") if state in offered), None)
    if easy is not None:
        person.think(every)
        await person.send("staff: move", {"state": easy}, "/move")


async def watch(person: Person, every: float) -> None:
    """Ask for the smallest page again and again: what it takes is the event loop's delay.

    It never waits for an answer before it asks again.
    """
    async with asyncio.TaskGroup() as asking:
        while True:
            person.due += every
            await asyncio.sleep(person.due - time.monotonic())
            asking.create_task(person.fetch("health", "/health", person.due))
