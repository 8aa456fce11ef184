"""Those who answer: they unlock, look, reply, note and move, two of them on the same requests."""

import asyncio
import html
import random
import re
from collections.abc import Mapping
from datetime import timedelta

import httpx
from tests.crash.askers import typed_for
from tests.crash.embassy import Embassy, Member
from tests.crash.ledger import Act, Kind, Ledger
from tests.crash.surfer import Refused, Surfer, hidden, leads_to

from pe_core.model import Author, State
from pe_core.rules.lifecycle import TABLE

_LISTED = re.compile(r"/staff/requests/([a-z2-7]{26})")
_MARKER = re.compile(r"mark-[0-9]+-[0-9]+-[0-9]+")
_ANSWERS = re.compile(r'<dl class="answers">.*?</dl>', re.DOTALL)
_FILE = re.compile(r'href="([^"]*/files/[^"]+)"')
TRIES = 5
STEP = timedelta(seconds=30)
"""How long a code is good."""
BUSY = 6
"""Of the newest requests so many are worked on, so that two meet at one."""


class Coordinator:
    """One coordinator with a browser."""

    def __init__(
        self, client: httpx.AsyncClient, embassy: Embassy, ledger: Ledger, number: int
    ) -> None:
        """Write down in ``ledger`` what happens in this round."""
        self.surfer = Surfer(client, embassy.address)
        self.embassy = embassy
        self.ledger = ledger
        self.round = number

    async def unlock(self, member: Member) -> None:
        """Unlock with name, passphrase and code; on a busy machine the code may be too old."""
        for _ in range(TRIES):
            page = await self.surfer.get("/en/staff/unlock")
            account = member.account
            fields = {
                "token": hidden(page, "token"),
                "name": account.handle,
                "passphrase": account.passphrase,
                # The next one, which is good for longest: a step takes 2.5 of our seconds.
                "code": account.code(self.embassy.now() + STEP),
            }
            if leads_to(await self.surfer.post("/en/staff/unlock", fields), "/staff"):
                return
        raise Refused("unlock")

    async def work(self, chance: random.Random) -> None:
        """Go on working until somebody pulls the plug, or the door says that it is enough."""
        while True:
            page = await self.surfer.get("/en/staff")
            if "The trail does not fit together" in page.text:
                self.ledger.wrong.append("the trail is said to be broken")
            listed = list(dict.fromkeys(_LISTED.findall(html.unescape(page.text))))
            if not listed:
                await asyncio.sleep(0.05)
                continue
            newest = chance.random() < 0.7
            await self.work_on(chance.choice(listed[:BUSY] if newest else listed), chance)

    async def look_at(self, request: str) -> httpx.Response:
        """Open a request and compare what it shows with what was typed."""
        page = await self.surfer.get(f"/en/staff/requests/{request}")
        text = html.unescape(page.text)
        answers = _ANSWERS.search(text)
        markers = set(_MARKER.findall(answers[0] if answers else ""))
        sent = next((self.ledger.sent[m] for m in markers if m in self.ledger.sent), None)
        if sent is None or len(markers) > 1:
            self.ledger.wrong.append(f"request {request} shows {sorted(markers)}")
            return page
        texts = [one for values in typed_for(sent.form, sent.marker).values() for one in values]
        words = " ".join(text.split())
        missing = [one for one in texts if sent.marker in one and one.strip() not in words]
        if missing:
            self.ledger.wrong.append(f"{sent.marker} is not shown as it was typed")
        await self._look_at_files(text, sent.picture, request)
        return page

    async def _look_at_files(self, text: str, picture: bytes, request: str) -> None:
        brought = {act.picture for act in self.ledger.acts if act.request == request}
        for link in dict.fromkeys(_FILE.findall(text)):
            answer = await self.surfer.get(link)
            if answer.content not in {picture, *brought} - {b""}:
                self.ledger.wrong.append(f"a file of {request} is not as it was cleaned")

    async def work_on(self, request: str, chance: random.Random) -> None:
        """Open a request and do one thing to it."""
        page = await self.look_at(request)
        about = f"act-{chance.getrandbits(48):012x}"
        token, chosen = hidden(page, "token"), chance.random()
        if chosen < 0.3:
            await self._do("note", request, about, {"token": token, "note": about})
        elif chosen < 0.65 and 'name="length"' in page.text:
            fields = {"token": token, "text": about, "language": "be", "act": "send"}
            await self._do("reply", request, about, {**fields, "length": hidden(page, "length")})
        elif 'name="was"' in page.text:
            was = State(hidden(page, "was"))
            to = chance.choice([m.to for m in TABLE if m.now is was and Author.STAFF in m.by])
            # What is closed is left closed, so that a timer's work can be told from ours.
            if was is not State.CLOSED:
                moving = self._moving(token, was, to, about)
                await self._do("move", request, about, moving, to.value)

    def _moving(self, token: str, was: State, to: State, about: str) -> Mapping[str, str]:
        move = next(m for m in TABLE if (m.now, m.to) == (was, to) and Author.STAFF in m.by)
        fields = {"token": token, "was": was.value, "state": to.value, "word": about}
        if move.needs_outcome:
            fields["outcome"] = "helped"
        if move.needs_waiting:
            year = str(self.embassy.now().year + 1)
            wake = {"wake-day": "20", "wake-month": "6", "wake-year": year}
            fields |= {"waiting_on": "asker", **wake}
        return {**fields, "word_language": "be"}

    async def _do(
        self, kind: Kind, request: str, about: str, fields: Mapping[str, str], state: str = ""
    ) -> None:
        act = Act(kind, request, about, self.round, state)
        self.ledger.acts.append(act)
        answer = await self.surfer.post(f"/en/staff/requests/{request}/{kind}", fields)
        act.told = answer.status_code == 303
        if not act.told:
            self.ledger.refusals[f"{kind} {answer.status_code}"] += 1
