"""Those who ask: on one page or page by page, with pictures, and back again with a receipt."""

import asyncio
import html
import random
import re
from collections.abc import Mapping, Sequence

import httpx
from tests.crash.embassy import SPEED
from tests.crash.ledger import Act, Ledger, Sent
from tests.crash.pictures import Picture
from tests.crash.surfer import Refused, Surfer, hidden, leads_to

WAIT = 5.2 / SPEED
"""Seconds before a form without a cookie may be sent."""
_GROUP = re.compile(r"</small>([0-9A-Z]{4})</li>")
_OFFERED = re.compile(r'name="reply" value="([a-z2-7]{26})"')


def typed_for(form: str, marker: str) -> Mapping[str, Sequence[str]]:
    """Return what an asker types into a form, the marker in every text."""
    words = {
        "story": [f"{marker} гісторыя: дапамажыце, калі ласка. " * 3 + marker],
        "name": [f"{marker} Выдуманая Птушка"],
        "contact": [f"{marker} толькі тут"],
    }
    if form == "zz.bed":
        return {"people": ["2"], "nights": ["3"], **words}
    if form == "zz.paper":
        given = {"paper": ["passport"], "region": ["coast"], "offices": ["stays", "shelter"]}
        return {**given, "refused": ["yes"], "refusal": [f"{marker} адмова"], **words}
    return words


class Asker:
    """One person who asks, with a browser of their own."""

    def __init__(
        self, client: httpx.AsyncClient, address: str, ledger: Ledger, number: int
    ) -> None:
        """Write down in ``ledger`` what happens in this round."""
        self.surfer = Surfer(client, address)
        self.ledger = ledger
        self.round = number

    async def ask_at_once(self, marker: str, form: str, *, twice: bool = False) -> None:
        """Fill in the whole form on one page and press *Send now*, or press it twice."""
        await self._begin(form)
        typed = typed_for(form, marker)
        fields = {f"answer-{name}": texts for name, texts in typed.items()}
        page = await self.surfer.get("/be/ask/all")
        sent = self._sending(marker, form, typed, hidden(page, "token"))
        press = {"token": sent.token, **fields, "send": "1"}
        presses = [self.surfer.post("/be/ask/all", press) for _ in range(1 + twice)]
        answers = await asyncio.gather(*presses, return_exceptions=True)
        sent.stored = any(
            isinstance(a, httpx.Response) and leads_to(a, "/receipt") for a in answers
        )
        await self._see_receipt(sent)

    async def ask_by_pages(self, marker: str, form: str, picture: Picture | None) -> None:
        """Answer page after page, bring a picture, check, send."""
        await self._begin(form)
        typed = typed_for(form, marker)
        page = await self.surfer.get("/be/ask/1")
        token = hidden(page, "token")
        for number, texts in enumerate(typed.values(), 1):
            answer = await self.surfer.post(f"/be/ask/{number}", {"token": token, "answer": texts})
            if answer.status_code != 303:
                raise Refused(f"question {number}: {answer.status_code}")
        if picture is not None:
            answer = await self.surfer.upload(
                "/be/ask/files", {"token": token, "continue": "1"}, "file", picture.data
            )
            if not leads_to(answer, "/check"):
                raise Refused(f"file: {answer.status_code}")
            self.ledger.uploads += 1
        sent = self._sending(marker, form, typed, token)
        sent.picture = picture.cleaned if picture is not None else b""
        answer = await self.surfer.post("/be/ask/check", {"token": token})
        sent.stored = leads_to(answer, "/receipt")
        await self._see_receipt(sent)

    async def bring_files(self, pictures: Sequence[Picture]) -> tuple[str, str]:
        """Add pictures to a form, begun if there is none, and not send it; its cookie and token."""
        if "pe_ask" not in self.surfer.cookies:
            await self._begin("zz.other")
        token = hidden(await self.surfer.get("/be/ask/1"), "token")
        for picture in pictures:
            fields = {"token": token, "add": "1"}
            answer = await self.surfer.upload("/be/ask/files", fields, "file", picture.data)
            if not leads_to(answer, "/files"):
                raise Refused(f"file: {answer.status_code}")
        return self.surfer.cookies["pe_ask"], token

    async def press_again(self, sent: Sent) -> None:
        """Press *Send now* again after a kill: the draft is gone, so nothing may be stored."""
        self.surfer.cookies["pe_ask"] = sent.cookie
        fields = {f"answer-{name}": texts for name, texts in sent.typed.items()}
        press = {"token": sent.token, **fields, "send": "1"}
        answer = await self.surfer.post("/be/ask/all", press)
        if answer.status_code != 403:
            self.ledger.wrong.append(f"a form of before the kill was answered {answer.status_code}")

    async def come_back(self, sent: Sent, chance: random.Random, picture: Picture) -> None:
        """Open one's request with the receipt, read what was answered, and do something."""
        page = await self.open_with_receipt(sent)
        chosen = chance.random()
        offered = _OFFERED.findall(page.text)
        if 'name="solved"' in page.text and chosen < 0.5:
            await self._say_solved(sent, page, chance.choice(("yes", "no")))
        elif offered and chosen < 0.4:
            await self._read(sent, page, chance.choice(offered))
        elif "/mine/withdraw" in page.text and chosen > 0.93:
            await self._withdraw(sent, page)
        elif "/mine/word" in page.text:
            word = f"word-{sent.marker}-{chance.getrandbits(40):010x}"
            await self._write(sent, page, word, picture if chosen > 0.8 else None)

    async def open_with_receipt(self, sent: Sent) -> httpx.Response:
        """Open one's request and return its page."""
        code = await self.surfer.get("/be/code")
        answer = await self.surfer.post(
            "/be/code", {"token": hidden(code, "token"), "code": sent.receipt}
        )
        if not leads_to(answer, "/code/begin"):
            self.ledger.unopened.append(sent)
            raise Refused("receipt")
        page = await self.surfer.get("/be/mine")
        self._look_for_answers(sent, html.unescape(page.text))
        return page

    async def _begin(self, form: str) -> None:
        topics = await self.surfer.get("/be/ask")
        await asyncio.sleep(WAIT)
        topic = {"token": hidden(topics, "token"), "topic": form}
        if not leads_to(await self.surfer.post("/be/ask", topic), "/ask/begin"):
            raise Refused("topic")
        where = await self.surfer.get("/be/ask/where")
        place = {"token": hidden(where, "token"), "where": "abroad"}
        if (await self.surfer.post("/be/ask/where", place)).status_code != 303:
            raise Refused("where")

    def _sending(
        self, marker: str, form: str, typed: Mapping[str, Sequence[str]], token: str
    ) -> Sent:
        sent = Sent(
            marker=marker,
            form=form,
            typed=typed,
            round=self.round,
            cookie=self.surfer.cookies["pe_ask"],
            token=token,
        )
        self.ledger.sent[marker] = sent
        return sent

    async def _see_receipt(self, sent: Sent) -> None:
        if not sent.stored:
            raise Refused("sending")
        page = await self.surfer.get("/be/ask/receipt")
        groups = _GROUP.findall(page.text)
        if len(groups) != 6:
            self.ledger.wrong.append("a receipt page without six groups")
            return
        sent.receipt = "".join(groups)

    def _look_for_answers(self, sent: Sent, text: str) -> None:
        """Note each answer that a coordinator was told is sent, and that is not shown."""
        acts = [act for act in self.ledger.acts if act.request == sent.request and sent.request]
        touched = any(act.kind == "read" for act in acts)
        for act in acts:
            shown = act.kind == "reply" and act.told and act.round < self.round
            # After its last look a reply lives fourteen days more.
            if shown and not touched and self.round - act.round < 3 and act.about not in text:
                self.ledger.wrong.append(f"{act.about} is not shown to its asker")

    def _doing(self, act: Act) -> Act:
        self.ledger.acts.append(act)
        return act

    async def _write(
        self, sent: Sent, page: httpx.Response, word: str, picture: Picture | None
    ) -> None:
        act = self._doing(Act("word", sent.request or sent.marker, word, self.round))
        fields = {"token": hidden(page, "token"), "once": hidden(page, "once"), "words": word}
        if picture is None:
            answer = await self.surfer.upload("/be/mine/word", fields, "photo", b"")
        else:
            act.picture = picture.cleaned
            answer = await self.surfer.upload("/be/mine/word", fields, "photo", picture.data)
            self.ledger.uploads += leads_to(answer, "/done/word")
        act.told = leads_to(answer, "/done/word")

    async def _read(self, sent: Sent, page: httpx.Response, reply: str) -> None:
        act = self._doing(Act("read", sent.request or sent.marker, reply, self.round))
        answer = await self.surfer.post(
            "/be/mine/read", {"token": hidden(page, "token"), "reply": reply}
        )
        act.told = leads_to(answer, "/done/read")

    async def _withdraw(self, sent: Sent, page: httpx.Response) -> None:
        act = self._doing(Act("withdraw", sent.request or sent.marker, "", self.round))
        answer = await self.surfer.post("/be/mine/withdraw", {"token": hidden(page, "token")})
        act.told = leads_to(answer, "/done/withdrawn")

    async def _say_solved(self, sent: Sent, page: httpx.Response, solved: str) -> None:
        remark = f"solved-{sent.marker}-{self.round}"
        act = self._doing(Act("solved", sent.request or sent.marker, remark, self.round))
        fields = {"token": hidden(page, "token"), "once": hidden(page, "once")}
        fields |= {"solved": solved, "remark": remark}
        answer = await self.surfer.post("/be/mine/solved", fields)
        act.told = answer.status_code == 303 and "/done/" in answer.headers["location"]
