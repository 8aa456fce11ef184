"""Conversations with other embassies in words: who, what about, where it stands, each letter."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

import msgspec

from pe_core.desk.desk import today_of
from pe_core.desk.files import MAGIC
from pe_core.model import Skill
from pe_core.model.peer import Kind, PacketId, PeerCode, ThreadId
from pe_core.model.referral import (
    Accept,
    Answer,
    Ask,
    Body,
    Close,
    Consult,
    Decline,
    Enclosed,
    Notice,
    Refer,
    Return,
    Share,
    Transfer,
)
from pe_core.model.struct import Model
from pe_core.network.gathering import Standing
from pe_core.network.knowing import Listed, read_peers
from pe_core.network.posting import may_post
from pe_core.network.threads import ReferralView, Said
from pe_core.rules.referring import Pressure
from pe_core.rules.texts import direction, official_languages, show_date, show_number
from pe_core.web.portal import PageRequest, desk_of, language_of
from pe_core.web.staff.need_words import fluency_words, skill_words
from pe_core.web.staff.thread import kind_of_file
from pe_core.web.staff.volunteer_words import code_words
from pe_core.web.staff.words import (
    name_language,
    say,
    show_day,
    show_moment,
    show_topic,
    spoken_name,
)

GLIMPSE = 90


class Fact(Model):
    """A line of what a letter says: its name, and the words in their language."""

    name: str
    words: str
    language: str = ""
    dir: str = "auto"


class FileLine(Model):
    """A file that goes along: what it is, its digest, where it is to be had, or why it is not."""

    words: str
    digest: str
    address: str = ""
    missing: str = ""


class Shown(Model):
    """What a letter says, as its page and its preview show it.

    ``answers`` are (question, answer, whether it is personal) in the asker's language;
    ``label`` says what the words are, where that is not plain.
    """

    facts: tuple[Fact, ...]
    answers: tuple[tuple[str, str, bool], ...] = ()
    files: tuple[FileLine, ...] = ()
    label: str = ""
    text: str = ""
    language: str = ""
    dir: str = "auto"
    body: str = ""


class LetterLine(Model):
    """One letter of a conversation: who, when, what, how it went, or why it is not to be read."""

    who: str
    when: str
    side: str
    event: str
    way: str
    missing: str
    shown: Shown | None


class ReferralLine(Model):
    """One conversation in a list."""

    address: str
    what: str
    language: str
    kind: str
    peer: str
    side: str
    state: str
    pressure: str
    since: str
    due: str


def peer_name(known: Listed) -> str:
    """Return how a peer is called: its code and where its portal is."""
    return f"{known.code.upper()} ({urlsplit(known.row.address).netloc})"


async def peer_names(request: PageRequest) -> dict[PeerCode, str]:
    """Return the names of all embassies that are known here."""
    return {known.code: peer_name(known) for known in await read_peers(desk_of(request))}


async def open_peers(request: PageRequest) -> list[tuple[str, str]]:
    """Return the embassies that letters reach now, as (code, name)."""
    desk = desk_of(request)
    now = int(desk.now().timestamp())
    known = await read_peers(desk)
    return [(one.code, peer_name(one)) for one in known if not may_post(one, now)]


def referral_address(request: PageRequest, thread: ThreadId) -> str:
    """Return the address of a conversation's page."""
    return f"/{language_of(request)}/staff/referrals/{thread}"


def referral_line(
    request: PageRequest, view: ReferralView, first: Body | None, names: dict[PeerCode, str]
) -> ReferralLine:
    """Return a conversation as a list shows it; ``first`` is the letter that began it."""
    pressure = view.pressure(today_of(desk_of(request)))
    what, language = _what(request, first)
    return ReferralLine(
        address=referral_address(request, view.id),
        what=what or kind_words(request, view.body.kind),
        language=language or language_of(request),
        kind=kind_words(request, view.body.kind) if what else "",
        peer=names.get(view.peer, view.peer.upper()),
        side=say(request, f"staff.referrals.side_{view.body.side.value}"),
        state=view.state.value,
        pressure=pressure.value if pressure is not Pressure.NONE else "",
        since=show_day(request, view.body.at),
        due=show_due(request, view.due),
    )


def show_due(request: PageRequest, due: date | None) -> str:
    """Return the last day for an answer in words, '' where none is awaited."""
    return show_date(due, language_of(request)) if due is not None else ""


def kind_words(request: PageRequest, kind: Kind) -> str:
    """Return what a kind of letter is called."""
    return say(request, f"staff.referrals.kind_{kind.value}")


def letter_lines(
    request: PageRequest,
    said: Sequence[Said],
    names: dict[PeerCode, str],
    view: ReferralView,
    files: Mapping[PacketId, tuple[Standing, ...]],
) -> list[LetterLine]:
    """Return the letters of a conversation; one that cannot be read says so.

    ``files`` are how far the files of a letter came. Of letters that are gone, one behind the
    other, one line is left: many of them are pieces of one file.
    """
    lines = []
    peer = names.get(view.peer, view.peer)
    for before, one in zip((None, *said), said, strict=False):
        if before is not None and before.is_gone and one.is_gone:
            continue
        missing = ""
        if one.body is None:
            missing = say(
                request, f"staff.referrals.{'letter_gone' if one.is_gone else 'letter_unread'}"
            )
        lines.append(
            LetterLine(
                who=say(request, "staff.referrals.we") if one.ours else peer,
                when=show_moment(request, one.at) if one.kind else show_day(request, one.at),
                side="ours" if one.ours else "asker",
                event=kind_words(request, one.kind) if one.kind else "",
                way=say(request, f"staff.referrals.way_{one.way.value}") if one.way else "",
                missing=missing,
                shown=_shown(request, one, view, files.get(one.id, ())),
            )
        )
    return lines


def _shown(
    request: PageRequest, said: Said, view: ReferralView, came: tuple[Standing, ...]
) -> Shown | None:
    if said.body is None:
        return None
    shown = show_body(request, said.body)
    at = referral_address(request, view.id)
    lines = tuple(
        _stands(request, line, stands, f"{at}/files/{number}")
        for number, (line, stands) in enumerate(zip(shown.files, came, strict=False), 1)
    )
    return msgspec.structs.replace(shown, files=lines or shown.files)


def _stands(request: PageRequest, line: FileLine, stands: Standing, at: str) -> FileLine:
    if stands is Standing.CAME:
        return msgspec.structs.replace(line, address=at)
    missing = say(request, f"staff.referrals.file_{stands.value}")
    return msgspec.structs.replace(line, missing=missing)


def show_body(request: PageRequest, body: Body) -> Shown:
    """Return what a letter says; a preview shows the same of the bytes that will be sent."""
    match body:
        case Refer():
            return _case(request, body)
        case Consult():
            facts = [("topic", body.topic), *_until(request, body.urgent, body.answer_by)]
            return _words(request, facts, body.question, body.language)
        case Ask():
            return _ask(request, body)
        case Share():
            return _guide(request, body)
        case Notice():
            about = say(request, f"staff.notice.{body.about.value}")
            return _words(request, [("about", about)], body.words, body.language)
        case Decline():
            why = say(request, f"staff.decline.{body.reason.value}")
            return _words(request, [("reason", why)], body.words, body.language)
        case Answer():
            count = [("count", count_words(request, body.count.value))] if body.count else []
            return _words(request, count, body.words, body.language)
        case Accept() | Return() | Close():
            return _words(request, [], body.words, body.language)
    raise TypeError("no such letter")


def count_words(request: PageRequest, count: str) -> str:
    """Return a step of counting in words."""
    return say(request, f"staff.ask.count_{count.replace('-', '_').replace('+', '_more')}")


def _words(
    request: PageRequest, facts: Sequence[tuple[str, str]], text: str, language: str
) -> Shown:
    return Shown(
        facts=tuple(_fact(request, name, words) for name, words in facts if words),
        text=text,
        language=language,
        dir=direction(language) if language else "auto",
    )


def _fact(request: PageRequest, name: str, words: str) -> Fact:
    return Fact(name=say(request, f"staff.referrals.fact_{name}"), words=words)


def _until(request: PageRequest, urgent: bool, due: date) -> list[tuple[str, str]]:
    return [
        ("urgent", say(request, "staff.urgency.urgent") if urgent else ""),
        ("answer_by", show_date(due, language_of(request))),
    ]


def _case(request: PageRequest, body: Refer) -> Shown:
    language = language_of(request)
    consent = body.consent
    agreed = say(
        request,
        f"staff.refer.agreed_{consent.how.value}",
        date=show_date(consent.at, language),
        until=show_date(consent.until, language),
    )
    facts = [
        ("topic", show_topic(request, body.topic, body.title)),
        ("title", body.title),
        ("language", name_language(body.language)),
        ("where", say(request, f"staff.where.{body.where.value}")),
        *_until(request, body.urgent, body.answer_by),
        ("consent", agreed),
    ]
    if isinstance(body, Transfer):
        facts.append(("reply_key", say(request, "staff.refer.reply_key")))
    shown = _words(request, facts, body.asked, body.asked_language)
    answers = tuple((one.question, one.answer, one.personal) for one in body.answers)
    return Shown(
        facts=shown.facts,
        answers=answers,
        files=tuple(_file(request, file) for file in body.files),
        label=say(request, "staff.refer.asked_of_them"),
        text=shown.text,
        language=shown.language,
        dir=shown.dir,
    )


def _file(request: PageRequest, file: Enclosed) -> FileLine:
    """Return a file as its sender names it; of what is none of ours only that it is a file."""
    known = file.media_type in MAGIC
    words = kind_of_file(request, file.media_type, file.size) if known else ""
    digest = file.sha256.hex()
    grouped = " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
    return FileLine(words=words or say(request, "staff.referrals.file_unknown"), digest=grouped)


def _ask(request: PageRequest, body: Ask) -> Shown:
    language = language_of(request)
    facts = [
        ("required", _skills(request, body.required)),
        ("wished", _skills(request, body.wished)),
        ("languages", _spoken(request, body.languages)),
        ("fluency", fluency_words(request, body.fluency) if body.languages else ""),
        ("number", show_number(body.number, language)),
        ("place", body.city or say(request, "staff.ask.remote")),
        ("needed", show_date(body.until, language) if body.until else ""),
        *_until(request, body.urgent, body.answer_by),
    ]
    return _words(request, facts, body.line, body.language)


def _skills(request: PageRequest, skills: Iterable[Skill]) -> str:
    """Return skills with how well each is wanted; one that only the peer has stays a code."""
    return "; ".join(skill_words(request, one.code, one.level) for one in skills)


def _spoken(request: PageRequest, tags: Iterable[str]) -> str:
    """Return languages by their names; what a peer calls by a tag of its own stays that tag."""
    known = official_languages()
    return ", ".join(spoken_name(request, tag) if tag in known else tag for tag in tags)


def _guide(request: PageRequest, body: Share) -> Shown:
    texts = body.guide.texts
    tag = language_of(request) if language_of(request) in texts else next(iter(texts), "")
    text = texts.get(tag)
    facts = [
        ("guide", text.title if text else body.guide.name),
        ("summary", text.summary if text else ""),
        ("authority", body.guide.authority),
        ("checked", show_date(body.guide.checked_on, language_of(request))),
        ("sources", " ".join(source.url for source in body.guide.sources)),
    ]
    shown = _words(request, facts, body.words, body.language)
    return Shown(
        facts=shown.facts,
        text=shown.text,
        language=shown.language,
        dir=shown.dir,
        body=text.body if text else "",
    )


def _what(request: PageRequest, first: Body | None) -> tuple[str, str]:
    """Return what a conversation is about in a line, and the language of it."""
    match first:
        case Refer():
            return show_topic(request, first.topic, first.title), ""
        case Consult():
            return _short(first.topic or first.question), first.language
        case Ask():
            skills = [code_words(request, one.code) for one in (*first.required, *first.wished)]
            wanted = (", ".join(skills), _spoken(request, first.languages))
            return _short(" · ".join(part for part in wanted if part)), ""
        case Share():
            shown = _guide(request, first)
            return _short(shown.facts[0].words), ""
        case Notice():
            return say(request, f"staff.notice.{first.about.value}"), ""
    return "", ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= GLIMPSE else line[: GLIMPSE - 1] + "…"
