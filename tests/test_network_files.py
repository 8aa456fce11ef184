"""Files that go along with a case: as they were shown, whole or not at all, and taken back."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from between import Between
from enclosures import ask_with, items, picture, pixels, prepare, refer, say
from pe_core.desk import visits
from pe_core.desk.files import FILE_LIMIT, CleanFile
from pe_core.desk.requests import open_file
from pe_core.desk.trail import read_entry
from pe_core.errors import FileRefused, NotAllowed, NotFound
from pe_core.model import RequestId
from pe_core.model.consent import Agreed
from pe_core.model.peer import Kind, ThreadId
from pe_core.model.referral import (
    Accept,
    Answer,
    Decline,
    Enclosed,
    FilePart,
    Reason,
    Refer,
    ReferralState,
)
from pe_core.model.trail import Act
from pe_core.network import accepting, consenting, enclosing, posting, preparing, referring
from pe_core.network.bodies import decode_body
from pe_core.network.enclosing import MOST_PARTS, PART_BYTES, parts_of
from pe_core.network.gathering import Standing, look_over, open_enclosed, standing
from pe_core.network.incoming import Looked, look_at_incoming
from pe_core.network.preparing import CaseWords
from pe_core.network.wire import MOST_BYTES
from pe_core.rules.sharing import agree
from pe_core.store import (
    EpochRow,
    FileRow,
    IncomingRow,
    OutgoingRow,
    ReferralNoteRow,
    TrailRow,
    Update,
)
from pe_core.toolkit.invented import unlock_account
from test_network_incoming import Counted, disturb

Run = Callable[[Awaitable[Any]], Any]
PICTURE = picture()
"""Two hundred and seventy kilobytes: three letters."""
SMALL = picture(40)


def case_of(two: Between, thread: ThreadId) -> Refer:
    """Return the case as the far embassy reads it."""
    (case,) = [one.body for one in two.far.said(thread) if isinstance(one.body, Refer)]
    return case


def standings(two: Between, thread: ThreadId) -> list[Standing]:
    view, case = two.far.view(thread), case_of(two, thread)
    return list(two.run(look_over(two.far.desk, two.far.session, view, case)))


def opened(two: Between, thread: ThreadId, number: int = 1) -> CleanFile:
    file: CleanFile = two.run(open_enclosed(two.far.desk, two.far.session, thread, number))
    return file


def bodies(two: Between) -> list[bytes]:
    """Return what the far embassy keeps of letters."""
    rows = two.run(two.far.desk.store.select(IncomingRow))
    return [row.body for row in rows if row.body is not None]


def test_a_file_that_its_asker_let_go_arrives_as_it_was_shown(two: Between) -> None:
    _, request = ask_with(two, PICTURE)
    two.agree(request, "story", *items(two, request))
    prepared = prepare(two, request)
    (shown,) = decode_body(Kind.REFER, prepared.raw).files
    thread = two.near.begin(prepared, request)
    packets = [row for row in two.near.outgoing() if row.number]
    two.exchange()
    file = opened(two, thread)

    assert 1 + 3 == len(packets)
    assert all(len(row.packet) <= MOST_BYTES for row in packets)
    assert prepared.digest == prepare(two, request).digest
    assert ("image/png", len(prepared.files[0])) == (shown.media_type, shown.size)
    assert hashlib.sha256(prepared.files[0]).digest() == shown.sha256
    assert case_of(two, thread) == decode_body(Kind.REFER, prepared.raw)
    assert [Standing.CAME] == standings(two, thread)
    assert ("image/png", pixels(PICTURE)) == (file.media_type, pixels(file.data))


def test_the_largest_file_that_is_taken_fits_into_its_letters() -> None:
    whole = list(parts_of([bytes(FILE_LIMIT)]))

    assert MOST_PARTS == len(whole) == whole[0].parts
    assert FILE_LIMIT == sum(len(part.data) for part in whole)
    assert list(range(1, MOST_PARTS + 1)) == [part.part for part in whole]
    largest = msgspec.structs.replace(whole[0], file=1000, part=100_000, parts=100_000)
    assert len(msgspec.msgpack.encode(largest)) <= posting.MOST_BODY


def test_a_file_goes_only_if_its_asker_named_it_and_the_coordinator_leaves_it_in(
    two: Between,
) -> None:
    _, request = ask_with(two, SMALL, picture(41))
    first, second = items(two, request)
    two.agree(request, "story")
    without = prepare(two, request)
    two.agree(request, "story", first, second)
    chosen = CaseWords(asked="?", language="en", fields=("story", second))
    some = prepare(two, request, words=chosen)

    assert () == without.files == decode_body(Kind.REFER, without.raw).files
    assert [pixels(picture(41))] == [pixels(data) for data in some.files]


def test_a_request_may_go_with_files_alone(two: Between) -> None:
    _, request = ask_with(two, SMALL)
    two.agree(request, *items(two, request))
    prepared = prepare(two, request)

    assert ((), 1) == (decode_body(Kind.REFER, prepared.raw).answers, len(prepared.files))


def test_a_file_that_came_with_a_later_word_is_asked_for_and_goes_too(two: Between) -> None:
    receipt, request = ask_with(two)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    later = CleanFile(media_type="image/png", data=SMALL)
    two.run(visits.add_word(two.near.desk, visit, "Here it is", [later]))
    two.agree(request, *items(two, request))

    assert (SMALL,) == prepare(two, request).files


def test_an_asker_reads_which_file_it_is_and_never_a_name_of_it(two: Between) -> None:
    _, request = ask_with(two, SMALL, picture(200))
    words = CaseWords(asked="?", language="en", fields=("story", *items(two, request)))
    near = two.near
    wish = preparing.prepare_wish(
        near.desk, near.request(request), two.far.code, words, take_over=False
    )
    _, *files = two.run(wish).questions

    assert items(two, request) == [name for name, _ in files]
    assert ["Файл 1: Малюнак (PNG), 5 КБ", "Файл 2: Малюнак (PNG), 118 КБ"] == [
        label for _, label in files
    ]


def test_no_more_files_go_along_than_an_asker_may_send(two: Between) -> None:
    receipt, request = ask_with(two, *[SMALL] * 5)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    one_more = CleanFile(media_type="image/png", data=SMALL)
    two.run(visits.add_word(two.near.desk, visit, "", [one_more]))
    two.agree(request, *items(two, request))

    with pytest.raises(NotAllowed, match="too_many_files"):
        prepare(two, request)


def test_a_file_that_no_embassy_takes_is_not_offered(two: Between) -> None:
    receipt, request = ask_with(two)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    large = CleanFile(media_type="image/png", data=bytes(FILE_LIMIT + 1))
    two.run(visits.add_word(two.near.desk, visit, "", [large]))
    opened_request = two.near.request(request)

    assert 1 == len(opened_request.files)
    assert () == preparing.files_for(two.near.desk, opened_request, two.far.code)


def test_files_of_a_transfer_become_files_of_the_request_that_is_made_of_it(
    two: Between,
) -> None:
    _, _, thread = refer(two, PICTURE, SMALL, kind=Kind.TRANSFER)
    own = two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    notes = two.far.request(own).original.files
    files = [two.run(open_file(two.far.desk, two.far.session, own, note.id)) for note in notes]

    assert [pixels(PICTURE), pixels(SMALL)] == [pixels(data) for _, data in files]
    assert ["image/png"] * 2 == [note.media_type for note, _ in files]
    assert [] == bodies(two), "what came is in the request now, and nowhere else"
    two.exchange()
    assert {ReferralState.TAKEN} == {two.near.view(thread).state, two.far.view(thread).state}


def hold_back(two: Between, *numbers: int) -> dict[int, OutgoingRow]:
    """Keep letters with these numbers from going; return them."""
    rows = {row.number: row for row in two.near.outgoing() if row.number in numbers}
    for row in rows.values():
        change = {"state": "dead"}
        two.run(two.near.desk.store.write([_update(row.id, change)]))
    return rows


def _update(name: str, values: dict[str, Any]) -> Update:
    return Update(OutgoingRow, (name,), values)


def begun(two: Between, *files: bytes, kind: Kind = Kind.REFER) -> tuple[RequestId, ThreadId]:
    """Begin a case with files, and carry nothing yet."""
    _, request = ask_with(two, *files)
    two.agree(request, "story", *items(two, request))
    return request, two.near.begin(prepare(two, request, kind), request)


def test_a_transfer_whose_file_is_still_on_its_way_is_taken_over_only_if_that_is_said(
    two: Between,
) -> None:
    _, thread = begun(two, PICTURE, kind=Kind.TRANSFER)
    held = hold_back(two, 4)
    two.exchange()
    coming = standings(two, thread)
    with pytest.raises(NotAllowed, match="files_missing"):
        two.run(accepting.accept(two.far.desk, two.far.session, thread, "", "en"))
    taken = accepting.accept(two.far.desk, two.far.session, thread, "", "en", without=True)
    own = two.run(taken)
    two.run(two.near.desk.store.write([_update(held[4].id, {"state": "waiting"})]))
    two.exchange()

    assert [Standing.COMING] == coming
    assert () == two.far.request(own).original.files
    assert [] == bodies(two), "what comes later is read by nobody and kept by nobody"


def test_a_file_comes_in_several_looks_and_is_whole_at_the_end(two: Between) -> None:
    _, thread = begun(two, PICTURE)
    held = hold_back(two, 3, 4)
    found = []
    for number in (3, 4):
        two.exchange()
        found += standings(two, thread)
        two.run(two.near.desk.store.write([_update(held[number].id, {"state": "waiting"})]))
    two.exchange()

    assert [Standing.COMING] * 2 == found
    assert [Standing.CAME] == standings(two, thread)
    assert pixels(PICTURE) == pixels(opened(two, thread).data)


def test_what_its_asker_takes_back_is_erased_though_pieces_are_still_on_their_way(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enclosing, "PART_BYTES", 4_000)
    receipt, request = ask_with(two, PICTURE, picture(301))
    two.agree(request, "story", *items(two, request))
    thread = two.near.begin(prepare(two, request), request)
    number = len([row for row in two.near.outgoing() if row.number])
    hold_back(two, *range(number // 2, number + 1))
    two.exchange()
    before = len(bodies(two))
    for house in (two.near, two.far):
        house.desk.sessions.drop_where(lambda _: True)
    _, visit = two.run(visits.come_back(two.near.desk, receipt))
    ((given, _),) = two.run(consenting.read_asked(two.near.desk, visit)).given
    two.run(consenting.take_back_consent(two.near.desk, visit, given))
    two.carry()

    assert number > 2 * 64, "more than two erases can name"
    assert number // 2 - 1 == before
    assert [] == bodies(two) == two.near.outgoing()
    assert 0 == two.run(two.near.desk.store.count(ReferralNoteRow))
    assert ReferralState.REVOKED is two.far.view(thread).state
    assert date(2026, 11, 24).toordinal() == two.near.view(thread).row.erased


def test_a_no_erases_what_came_and_what_still_comes(two: Between) -> None:
    _, thread = begun(two, PICTURE)
    held = hold_back(two, 3, 4)
    two.exchange()
    no = Decline(reason=Reason.NO_CAPACITY, language="en")
    two.run(referring.decline(two.far.desk, two.far.session, thread, no))
    after = bodies(two)
    for row in held.values():
        two.run(two.near.desk.store.write([_update(row.id, {"state": "waiting"})]))
    two.carry()
    later = len(bodies(two))
    two.far.look()

    assert ([], 2, []) == (after, later, bodies(two))


def test_our_own_copies_of_pieces_have_none_of_their_bytes(two: Between) -> None:
    begun(two, PICTURE)
    copies = two.run(two.near.desk.store.select(ReferralNoteRow, order="number"))
    files = two.run(two.near.desk.store.select(FileRow))

    assert [1, 2, 3, 4] == [row.number for row in copies]
    assert max(len(row.body) for row in copies[1:]) < 3_000 < len(PICTURE) < len(files[0].body)


@dataclass
class Lie:
    """What a turned desk sends: what it names, and the pieces that follow."""

    named: Callable[[Enclosed], Sequence[Enclosed]] = lambda true: [true]
    pieces: Callable[[list[FilePart]], Sequence[FilePart]] = field(default=lambda true: true)
    data: bytes = PICTURE


def replaced(**values: Any) -> Callable[[Any], list[Any]]:
    return lambda true: [msgspec.structs.replace(true, **values)]


def send(two: Between, lie: Lie) -> ThreadId:
    """Send a case whose files are a lie, and a word after them."""
    _, request = ask_with(two)
    two.agree(request, "story")
    prepared = prepare(two, request)
    body = decode_body(Kind.REFER, prepared.raw)
    assert isinstance(body, Refer)
    true = Enclosed(
        media_type="image/png",
        size=len(lie.data),
        sha256=hashlib.sha256(lie.data).digest(),
    )
    files = tuple(lie.named(true))
    raw = msgspec.msgpack.encode(msgspec.structs.replace(body, files=files))
    thread = two.near.begin(msgspec.structs.replace(prepared, raw=raw), request)
    for part in lie.pieces(list(parts_of([lie.data]))):
        say(two, thread, Kind.FILE, part)
    say(two, thread, Kind.ANSWER, Answer(words="the last word", language="en"))
    two.exchange()
    return thread


def moved(**values: Any) -> Callable[[list[FilePart]], list[FilePart]]:
    """Return pieces of which the second says something else."""

    def change(true: list[FilePart]) -> list[FilePart]:
        return [true[0], msgspec.structs.replace(true[1], **values), *true[2:]]

    return change


LIES = {
    "another digest": Lie(named=replaced(sha256=bytes(32))),
    "no digest": Lie(named=replaced(sha256=b"")),
    "a smaller size": Lie(named=replaced(size=7)),
    "a larger size": Lie(named=replaced(size=len(PICTURE) + 1)),
    "more than is taken": Lie(named=replaced(size=FILE_LIMIT + 1)),
    "an unknown kind": Lie(named=replaced(media_type="text/html")),
    "no kind": Lie(named=replaced(media_type="")),
    "a piece is missing": Lie(pieces=lambda true: [true[0], *true[2:]]),
    "the first is missing": Lie(pieces=lambda true: true[1:]),
    "none but of the next file": Lie(
        named=lambda true: [true, true],
        pieces=lambda true: [msgspec.structs.replace(one, file=2) for one in true],
    ),
    "in another order": Lie(pieces=lambda true: [true[1], true[0], *true[2:]]),
    "of another number of pieces": Lie(pieces=moved(parts=9)),
    "beyond its own number": Lie(pieces=moved(part=9)),
    "beyond all numbers": Lie(pieces=moved(part=99_999, parts=99_999)),
    "other bytes": Lie(pieces=moved(data=bytes(PART_BYTES))),
    "more bytes": Lie(pieces=moved(data=bytes(PART_BYTES + 9))),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_file_that_is_not_what_was_named_is_not_read_and_costs_nothing_else(
    two: Between, lie: Lie
) -> None:
    thread = send(two, lie)

    assert Standing.SPOILT is standings(two, thread)[0]
    with pytest.raises(FileRefused, match="file_spoilt"):
        opened(two, thread)
    assert "the last word" == two.far.said(thread)[-1].body.words
    assert ["story"] == [one.field for one in case_of(two, thread).answers]


@pytest.mark.parametrize("data", [b"", b"<script>alert(1)</script>" * 30, PICTURE[:9000]])
def test_what_is_no_picture_and_no_document_is_refused_by_our_own_cleaning(
    two: Between, data: bytes
) -> None:
    thread = send(two, Lie(data=data))

    with pytest.raises(FileRefused, match="file_spoilt"):
        opened(two, thread)


def test_the_kind_of_a_file_is_what_we_see_and_never_what_a_peer_says(two: Between) -> None:
    marked = picture(50, note="Żurawinka of the registry")
    thread = send(two, Lie(named=replaced(media_type="application/pdf"), data=marked))
    file = opened(two, thread)

    assert ("image/png", pixels(marked)) == (file.media_type, pixels(file.data))
    assert "Żurawinka".encode() not in file.data


def test_of_more_files_than_an_asker_may_send_the_first_five_are_kept(two: Between) -> None:
    data = SMALL
    lie = Lie(
        named=lambda true: [true] * 7,
        pieces=lambda true: [
            msgspec.structs.replace(true[0], file=number) for number in range(1, 8)
        ],
        data=data,
    )
    thread = send(two, lie)

    assert [Standing.CAME] * 5 + [Standing.SPOILT] * 2 == standings(two, thread)
    assert 1 + 5 + 1 == len(bodies(two)), "the case, five files and the last word"


def test_pieces_that_nobody_asked_for_are_erased(two: Between) -> None:
    question = preparing.prepare_consult(two.near.desk, two.far.code, "How?", "en", urgent=False)
    thread = two.near.begin(question)
    say(two, thread, Kind.FILE, next(parts_of([PICTURE])))
    two.exchange()
    _, _, ours = refer(two, SMALL)
    back = posting.post(
        two.far.desk,
        two.far.session,
        two.near.code,
        Kind.FILE,
        ours,
        msgspec.msgpack.encode(next(parts_of([PICTURE]))),
    )
    two.run(two.far.desk.store.write(two.run(back)))
    two.exchange()
    rows = two.run(two.near.desk.store.select(IncomingRow, {"thread": ours}))

    assert [1, 0] == [len(bodies_of(two, thread)), len([r for r in rows if r.body])]
    assert [()] * 2 == [two.far.view(thread).body.parts, two.near.view(ours).body.parts]
    with pytest.raises(NotFound):
        two.run(open_enclosed(two.near.desk, two.near.session, ours, 1))


def bodies_of(two: Between, thread: ThreadId) -> list[IncomingRow]:
    rows = two.run(two.far.desk.store.select(IncomingRow, {"thread": thread}))
    return [row for row in rows if row.body is not None]


@pytest.mark.parametrize("number", [0, 2, 999])
def test_a_file_that_was_not_named_is_not_found(two: Between, number: int) -> None:
    _, _, thread = refer(two, SMALL)

    with pytest.raises(NotFound, match="file"):
        opened(two, thread, number)


def test_whoever_cannot_open_the_conversation_has_none_of_its_files(two: Between) -> None:
    _, _, thread = refer(two, SMALL)
    two.far.session.epochs.clear()
    two.far.session.refused_epochs.update(
        row.id for row in two.run(two.far.desk.store.select(EpochRow))
    )

    with pytest.raises(NotFound):
        opened(two, thread)


SEEN = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
    max_size=9,
    unique_by=lambda piece: piece[0],
)


@given(SEEN, st.integers(1, 3))
def test_a_file_is_whole_only_with_all_its_pieces_in_their_order(
    seen: list[tuple[int, int, int, int]], number: int
) -> None:
    enclosed = Enclosed(media_type="image/png", size=9, sha256=bytes(32))
    stands = standing(seen, number, enclosed)
    mine = [(part, parts) for _, file, part, parts in sorted(seen) if file == number]

    whole = bool(mine) and mine == [(n, len(mine)) for n in range(1, len(mine) + 1)]
    assert whole is (stands is Standing.CAME)
    if stands is Standing.COMING:
        assert mine == [(n, parts) for n, (_, parts) in enumerate(mine, 1)]


def test_whoever_opens_a_file_that_came_stands_in_the_trail(two: Between) -> None:
    _, _, thread = refer(two, SMALL)
    opened(two, thread)
    rows = two.run(two.far.desk.store.select(TrailRow, order="number"))
    last = read_entry(two.far.desk, two.far.session, rows[-1])

    assert (Act.FILE_OPENED, f"referral/{thread}") == (last.act, last.what)


def test_two_who_look_in_the_same_moment_note_each_piece_once(two: Between) -> None:
    _, thread = begun(two, PICTURE, SMALL)
    two.carry()
    other = two.run(unlock_account(two.far.desk, two.clock, two.far.embassy.account))

    async def both() -> list[Looked]:
        looks = (look_at_incoming(two.far.desk, one) for one in (two.far.session, other))
        return list(await asyncio.gather(*looks))

    looked = two.run(both())

    assert 1 + 3 + 1 == sum(one.came for one in looked)
    pieces = [(2, 1, 1, 3), (3, 1, 2, 3), (4, 1, 3, 3), (5, 2, 1, 1)]
    assert pieces == sorted(two.far.view(thread).body.parts)
    assert [Standing.CAME] * 2 == standings(two, thread)


@pytest.mark.parametrize(("times", "came"), [(2, 4), (3, 0)])
def test_pieces_of_a_conversation_that_changes_meanwhile_are_noted_all_the_same(
    two: Between, monkeypatch: pytest.MonkeyPatch, times: int, came: int
) -> None:
    _, thread = begun(two, PICTURE, SMALL)
    held = hold_back(two, 2, 3, 4, 5)
    two.exchange()
    for row in held.values():
        two.run(two.near.desk.store.write([_update(row.id, {"state": "waiting"})]))
    two.carry()
    disturb(monkeypatch, two.far, times)
    looked = two.far.look()
    two.far.look()

    assert came == looked.came
    assert [Standing.CAME] * 2 == standings(two, thread)


def test_a_conversation_is_read_without_the_pieces_of_its_files(
    two: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, thread = refer(two, PICTURE)
    counted = Counted(monkeypatch, two.far)
    said, cost = two.far.said(thread), counted.since()
    looked, again = two.far.look().came, counted.since()

    assert ([Kind.REFER], (1, 1)) == ([one.kind for one in said], cost)
    assert (0, (0, 0)) == (looked, again)
    assert [Kind.REFER] == [one.kind for one in two.near.said(thread)]


def test_a_consent_names_files_one_by_one_and_lasts_like_any_other(two: Between) -> None:
    _, request = ask_with(two, SMALL, picture(41))
    first, _ = items(two, request)
    two.agree(request, first)
    consent = consenting.consent_for(two.near.request(request), two.far.code)

    today = two.clock.now().date()
    assert agree(two.far.code, [first], Agreed.SPOKEN, today, take_over=True) == consent


def test_a_case_is_answered_while_its_files_are_there(two: Between) -> None:
    _, _, thread = refer(two, SMALL)
    two.run(accepting.accept(two.far.desk, two.far.session, thread, "Gladly", "en"))
    two.exchange()

    assert Accept(words="Gladly", language="en") == two.near.said(thread)[-1].body
    assert pixels(SMALL) == pixels(opened(two, thread).data)
