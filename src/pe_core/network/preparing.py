"""Put a letter together before anybody presses *Send*: its exact bytes, which a page shows.

The same choices give the same bytes on the same day, so that what was shown is what is sent.
"""

from collections.abc import Collection, Sequence
from datetime import date

from pe_core.desk.desk import Desk, here_and_now, today_of
from pe_core.desk.drafts import FILES_LIMIT
from pe_core.desk.file_words import file_words
from pe_core.desk.local_guides import edition_now
from pe_core.desk.reading import guides_of
from pe_core.errors import NotAllowed
from pe_core.hooks.sharing import narrow
from pe_core.model import Answer, FileNote, Fluency, HelpRequest, Problem, Sharing, Skill
from pe_core.model.consent import Wish
from pe_core.model.peer import Kind, PeerCode
from pe_core.model.referral import About, Ask, Consult, Notice, Refer, Share, Transfer
from pe_core.model.struct import Model
from pe_core.network.bodies import digest, encode_body
from pe_core.network.consenting import consent_for, host_of, questions_in
from pe_core.network.enclosing import Carried, may_travel, named_in
from pe_core.rules.referring import answer_day, ask_problems
from pe_core.rules.sharing import (
    files_that_leave,
    files_to_ask_for,
    is_usable,
    may_ask_for,
    what_leaves,
)
from pe_core.rules.texts import official_languages

LINE_LIMIT = 200
WORDS_LIMIT = 8000


class Prepared(Model):
    """A letter that begins a conversation; ``raw`` is what its preview shows and what is sent.

    ``files`` go along in letters of their own; ``raw`` has the digest of each.
    """

    peer: PeerCode
    kind: Kind
    raw: bytes
    urgent: bool = False
    due: date | None = None
    files: tuple[bytes, ...] = ()

    @property
    def digest(self) -> str:
        """Return what names these exact bytes."""
        return digest(self.raw)


class CaseWords(Model):
    """What a coordinator says with a request: what is asked, in which language, how soon.

    ``fields`` are the answers and files that they leave in, None for all that may go.
    """

    asked: str
    language: str
    urgent: bool = False
    fields: tuple[str, ...] | None = None


class AskWords(Model):
    """Whom a coordinator looks for at other embassies; words of the vocabulary, and one line.

    ``languages`` are any that are official somewhere, ``city`` is one of ours, '' for anywhere.
    """

    required: tuple[Skill, ...] = ()
    wished: tuple[Skill, ...] = ()
    languages: tuple[str, ...] = ()
    fluency: Fluency = Fluency.WORKING
    city: str = ""
    number: int = 1
    until: date | None = None
    line: str = ""
    language: str
    urgent: bool = False


def held_back(desk: Desk, help_request: HelpRequest, peer: PeerCode) -> Sharing | None:
    """Return what a plugin lets go to a peer; NotAllowed where its rule fails."""
    return narrow(desk.plugins, help_request, peer, desk.troubles)


def answers_for(desk: Desk, help_request: HelpRequest, peer: PeerCode) -> tuple[Answer, ...]:
    """Return the answers that the asker can be asked for; NotAllowed where a rule fails."""
    return may_ask_for(help_request.original, held_back(desk, help_request, peer))


def files_for(desk: Desk, help_request: HelpRequest, peer: PeerCode) -> tuple[FileNote, ...]:
    """Return the files that the asker can be asked for; NotAllowed where a rule fails."""
    notes = [note for note in help_request.files if may_travel(note)]
    return files_to_ask_for(notes, held_back(desk, help_request, peer))


def files_leaving(
    desk: Desk, help_request: HelpRequest, peer: PeerCode, words: CaseWords
) -> tuple[FileNote, ...]:
    """Return the files that go along: agreed to, left in, and held back by nobody."""
    consent = consent_for(help_request, peer)
    if consent is None:
        return ()
    narrowed = held_back(desk, help_request, peer)
    notes = [note for note in help_request.files if may_travel(note)]
    return files_that_leave(notes, consent, narrowed, words.fields)


def file_items(
    desk: Desk, help_request: HelpRequest, notes: Collection[FileNote]
) -> tuple[tuple[str, str], ...]:
    """Return files with what their asker calls them, in the language they asked in."""
    language = help_request.original.language
    return tuple(
        (
            note.item,
            desk.texts.text(
                language,
                "core.mine.share_file",
                number=number,
                what=file_words(desk, note.media_type, note.size, language),
            ),
        )
        for number, note in enumerate(help_request.files, 1)
        if note in notes
    )


async def prepare_wish(
    desk: Desk, help_request: HelpRequest, peer: PeerCode, words: CaseWords, *, take_over: bool
) -> Wish:
    """Return what the asker is asked to let go; a plugin's rule holds for that too."""
    fields = words.fields or ()
    files = named_in(files_for(desk, help_request, peer), fields)
    return Wish(
        peer=peer,
        host=await host_of(desk, peer),
        questions=(
            *questions_in(answers_for(desk, help_request, peer), fields),
            *file_items(desk, help_request, files),
        ),
        asked=words.asked,
        asked_language=words.language,
        take_over=take_over,
    )


def prepare_case(
    desk: Desk,
    help_request: HelpRequest,
    peer: PeerCode,
    kind: Kind,
    words: CaseWords,
    files: Sequence[Carried] = (),
) -> Prepared:
    """Return a referral or a transfer of a request, with what its asker agreed to and no more.

    ``files`` are those of ``files_leaving``, read. Raises NotAllowed without a consent for this
    embassy and this kind that may be used today, where nothing is left of it, for more files
    than an asker may send, or where a plugin's rule fails.
    """
    consent, original = consent_for(help_request, peer), help_request.original
    if consent is None:
        raise NotAllowed("staff.refer.no_consent")
    if not is_usable(consent, peer, today_of(desk)):
        raise NotAllowed("staff.refer.consent_waits")
    if kind is Kind.TRANSFER and not consent.take_over:
        raise NotAllowed("staff.refer.not_to_take_over")
    answers = what_leaves(original, consent, held_back(desk, help_request, peer), words.fields)
    leaving = files_leaving(desk, help_request, peer, words)
    carried = tuple(file for file in files if file.note in leaving)
    if not (answers or carried):
        raise NotAllowed("staff.refer.nothing_left")
    if len(carried) > FILES_LIMIT:
        raise NotAllowed("staff.refer.too_many_files")
    due = answer_day(here_and_now(desk), words.urgent)
    body = Refer(
        topic=help_request.summary.topic or original.form,
        title=original.title[:LINE_LIMIT],
        language=original.language,
        where=original.where,
        answers=answers,
        consent=consent,
        asked=words.asked[:WORDS_LIMIT],
        asked_language=words.language,
        urgent=words.urgent,
        answer_by=due,
        files=tuple(file.named() for file in carried),
    )
    if kind is Kind.TRANSFER:
        body = Transfer(
            **{name: getattr(body, name) for name in Refer.__struct_fields__},
            reply_key=original.reply_key,
        )
    return Prepared(
        peer=peer,
        kind=kind,
        raw=encode_body(body),
        urgent=words.urgent,
        due=due,
        files=tuple(file.data for file in carried),
    )


def prepare_consult(
    desk: Desk, peer: PeerCode, question: str, language: str, *, topic: str = "", urgent: bool
) -> Prepared:
    """Return a question to colleagues that names nobody."""
    due = answer_day(here_and_now(desk), urgent)
    body = Consult(
        question=question[:WORDS_LIMIT],
        language=language,
        topic=topic[:LINE_LIMIT],
        urgent=urgent,
        answer_by=due,
    )
    return Prepared(peer=peer, kind=Kind.CONSULT, raw=encode_body(body), urgent=urgent, due=due)


def check_ask(desk: Desk, words: AskWords) -> tuple[Problem, ...]:
    """Return what is wrong with an ask, by the fields that ``ask_problems`` names."""
    return ask_problems(
        _ask_of(desk, words),
        today_of(desk),
        skills=desk.vocabulary.skills,
        cities={city.name for city in desk.jurisdiction.cities},
        languages=official_languages().keys(),
    )


def prepare_ask(desk: Desk, peer: PeerCode, words: AskWords) -> Prepared:
    """Return the question whom a peer knows; NotAllowed where ``check_ask`` finds something."""
    problems = check_ask(desk, words)
    if problems:
        raise NotAllowed(f"staff.problem.{problems[0].field}_{problems[0].code}")
    body = _ask_of(desk, words)
    raw, due = encode_body(body), body.answer_by
    return Prepared(peer=peer, kind=Kind.ASK, raw=raw, urgent=words.urgent, due=due)


def prepare_share(desk: Desk, peer: PeerCode, name: str, words: str, language: str) -> Prepared:
    """Return an edition of a guide for a peer; NotAllowed for one that is not public here."""
    guide = guides_of(desk).get(name)
    if guide is None:
        raise NotAllowed("staff.share.no_guide")
    body = Share(
        guide=guide,
        edition=edition_now(desk, name),
        words=words[:WORDS_LIMIT],
        language=language,
    )
    return Prepared(peer=peer, kind=Kind.SHARE, raw=encode_body(body))


def prepare_notice(peer: PeerCode, about: About, words: str, language: str) -> Prepared:
    """Return something that a peer must know."""
    body = Notice(about=about, words=words[:WORDS_LIMIT], language=language)
    return Prepared(peer=peer, kind=Kind.NOTICE, raw=encode_body(body))


def still_the_same(prepared: Prepared, shown: str) -> bool:
    """Return whether these are the bytes that a preview showed."""
    return prepared.digest == shown


def fields_of(typed: Collection[str], answers: tuple[Answer, ...]) -> tuple[str, ...]:
    """Return the fields that were ticked, of those that there are, in their order."""
    return tuple(answer.field for answer in answers if answer.field in typed)


def _ask_of(desk: Desk, words: AskWords) -> Ask:
    return Ask(
        required=words.required,
        wished=words.wished,
        languages=words.languages,
        fluency=words.fluency,
        city=words.city,
        number=words.number,
        until=words.until,
        line=" ".join(words.line.split())[:LINE_LIMIT],
        language=words.language,
        urgent=words.urgent,
        answer_by=answer_day(here_and_now(desk), words.urgent),
    )
