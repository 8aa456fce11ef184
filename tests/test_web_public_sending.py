"""Photos and papers, and the receipt: what is shown, for how long, and what never is."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from pe_core.desk import listing, requests
from pe_core.desk.sessions import Session
from pe_core.toolkit.asker import PAPER, Asker
from pe_core.toolkit.browser import FILE_NAME, Browser, Page
from pe_core.toolkit.embassy import TestEmbassy
from pe_core.toolkit.invented import Clock
from pe_core.web.public.attachments import OWN_UPLOADS

Run = Callable[[Awaitable[Any]], Any]


@pytest.fixture
def asker(pe_browser: Callable[[], Browser], pe_clock: Clock) -> Asker:
    """Somebody who reads English."""
    return Asker(pe_browser(), pe_clock)


def picture(width: int = 40) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, 30), (200, 30, 40)).save(out, "PNG")
    return out.getvalue()


def at_files(asker: Asker) -> Page:
    asker.begin()
    asker.answer()
    return asker.page


def listed(page: Page) -> list[str]:
    return [item.text_content() for item in page.tree.xpath("//dl[@class='list']//dd[1]")]


def test_files_are_added_one_by_one_and_listed_without_their_names(
    asker: Asker, pe_embassy: TestEmbassy, pe_staff: Session, pe_run: Run
) -> None:
    at_files(asker)
    first = asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)
    second = asker.browser.upload({"continue": "1"}, {"file": picture(50)}, form=-1)
    asker.browser.send()
    (entry,) = pe_run(listing.list_requests(pe_embassy.desk, pe_staff))
    original = pe_run(requests.open_request(pe_embassy.desk, pe_staff, entry.id)).original

    assert "/en/ask/files" == first.path
    assert ["Picture (PNG), 1 KB"] == listed(first)
    assert "/en/ask/check" == second.path, "Continue takes a chosen file along"
    assert "2 files" in second.words
    assert FILE_NAME not in first.text + second.text
    assert ["image/png", "image/png"] == [note.media_type for note in original.files]


def test_a_file_is_removed_and_a_reload_lands_on_the_list(asker: Asker) -> None:
    at_files(asker)
    asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)

    removed = asker.browser.send(form=0)

    assert "/en/ask/files" == removed.path
    assert [] == listed(removed)
    assert "/en/ask/files" == asker.go("ask/files/remove").path


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"plain words", "We can take photos (JPEG or PNG) and PDF files"),
        (b"", "This file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "We could not read this file"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_a_refused_file_is_told_with_its_reason_and_the_others_stay(
    asker: Asker, data: bytes, words: str
) -> None:
    at_files(asker)
    asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)

    page = asker.browser.upload({"continue": "1"}, {"file": data}, form=-1)

    assert 422 == page.status
    assert "/en/ask/files" == page.path, "Continue does not go on over a refused file"
    assert "Error: Portal" == page.title
    assert 2 == page.words.count(words), "in the summary and beside the field"
    assert ["#field-file"] == page.tree.xpath("//div[@class='summary']//a/@href")
    assert ["Picture (PNG), 1 KB"] == listed(page)


def test_five_files_are_the_most_and_nothing_chosen_is_told(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    at_files(asker)
    nothing = asker.browser.upload({"add": "1"}, form=-1)
    for _ in range(5):
        asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)
    full = asker.page
    sixth = asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)

    (draft,) = pe_embassy.desk.drafts.items()
    assert 422 == nothing.status and "Choose a file first" in nothing.words
    assert [] == full.tree.xpath("//input[@type='file']")
    assert 422 == sixth.status and "Remove one to add another" in sixth.words
    assert 5 == len(draft.files)


def test_a_form_without_files_skips_the_page(asker: Asker) -> None:
    page = asker.to_check(
        "zz.bed",
        {
            1: {"answer": "2"},
            2: {"answer": "3"},
            3: {"answer": "We know nobody."},
            4: {"answer": ""},
            5: {"answer": ""},
        },
    )

    assert "/en/ask/check" == page.path
    assert "Photos and papers" not in page.words
    assert ["/en/ask/5"] == page.tree.xpath("//a[@class='back']/@href")
    assert "/en/ask/check" == asker.go("ask/files").path


def test_in_the_limited_mode_a_file_is_neither_taken_nor_kept(
    asker: Asker, pe_embassy: TestEmbassy
) -> None:
    at_files(asker)
    asker.browser.upload({"add": "1"}, {"file": picture()}, form=-1)
    token = asker.page.tree.xpath("//main//input[@name='token']/@value")[0]
    asker.go("ask/where/change")
    asker.browser.send({"where": "inside"})
    asker.browser.send()
    asker.go("ask/files")
    response = asker.browser._run(
        asker.browser.client.post(
            "/en/ask/files",
            files=[("token", (None, token.encode())), ("file", (FILE_NAME, picture()))],
        )
    )

    (draft,) = pe_embassy.desk.drafts.items()
    assert "/en/ask/check" == response.url.path
    assert [] == draft.files


def test_uploads_of_one_asker_are_counted(asker: Asker) -> None:
    at_files(asker)
    statuses = []
    for _ in range(OWN_UPLOADS + 1):
        asker.go("ask/files")
        statuses.append(asker.browser.upload({"add": "1"}, form=-1).status)

    assert [422] * OWN_UPLOADS + [429] == statuses


def test_the_receipt_is_shown_until_two_groups_are_typed_back(asker: Asker) -> None:
    asker.ask()
    first = asker.groups()
    asker.go("ask/receipt")
    reloaded = asker.groups()
    wrong = asker.browser.send({"first": "AAAA", "second": "BBBB"})
    still = asker.groups()
    empty = asker.browser.send()
    done = asker.type_back()
    afterwards = asker.go("ask/receipt")

    assert first == reloaded == still
    assert 422 == wrong.status == empty.status
    assert "Error: Portal" == wrong.title
    assert ["AAAA"] == wrong.tree.xpath("//input[@id='field-first']/@value")
    assert "/en/ask/done" == done.path == afterwards.path
    assert [] == asker.groups()


def test_groups_are_read_however_they_are_typed(asker: Asker) -> None:
    asker.ask()
    groups = [group.lower() for group in asker.groups()]
    labels = asker.page.tree.xpath("//form//label[starts-with(@for, 'field-')]")
    first, second = (groups[int(label.text_content().split()[-1]) - 1] for label in labels)

    page = asker.browser.send({"first": f" {first} ", "second": second})

    assert "/en/ask/done" == page.path


def test_the_receipt_is_gone_after_fifteen_minutes(asker: Asker) -> None:
    asker.ask()
    asker.clock.move(minutes=14)
    nearly = asker.go("ask/receipt").status
    shown = asker.groups()
    asker.clock.move(minutes=1)

    page = asker.go("ask/receipt")

    assert 200 == nearly and 6 == len(shown)
    assert "/en/ask/done" == page.path
    assert not any(group in page.text for group in shown)


def test_done_needs_no_cookie_and_never_shows_the_receipt(
    asker: Asker, pe_browser: Callable[[], Browser], pe_clock: Clock
) -> None:
    groups = asker.ask().split(" ")
    with_cookie = asker.go("ask/done")
    asker.go("ask/receipt")
    asker.type_back()
    confirmed = asker.page
    bookmarked = Asker(pe_browser(), pe_clock).go("ask/done")

    assert {200} == {page.status for page in (with_cookie, confirmed, bookmarked)}
    assert "Your request is with us" in bookmarked.words
    for page in (with_cookie, confirmed, bookmarked):
        assert not any(group in page.text for group in groups)


def test_the_receipt_is_in_no_address_header_or_cookie(asker: Asker) -> None:
    groups = asker.ask().split(" ")
    page = asker.page
    elsewhere = [page.path, repr(page.headers), repr(list(asker.browser.client.cookies.jar))]

    assert not any(group in text for group in groups for text in elsewhere)


def test_the_page_says_what_happens_next_and_by_when(asker: Asker) -> None:
    asker.ask()

    assert "November 27, 2026" in asker.page.words
    assert "Write it where others will not look" in asker.page.words


def test_a_printed_receipt_says_nothing_of_what_it_is_for(asker: Asker) -> None:
    asker.ask()
    page = asker.page
    style = asker.browser.go(page.tree.xpath("//link[@rel='stylesheet']/@href")[0]).text

    assert "sent" in page.tree.xpath("//body/@class")[0].split()
    assert "main" == page.tree.xpath("//ol[@class='receipt']/..")[0].tag
    assert (
        ".sent :is(.top, main > :not(.receipt)) { display: none }" in style.split("@media print")[1]
    )


def test_two_groups_typed_before_anything_is_sent_lead_to_check(asker: Asker) -> None:
    asker.to_check()
    token = asker.page.tree.xpath("//main//input[@name='token']/@value")[0]

    page = asker.browser.post("/en/ask/receipt", [("token", token), ("first", ""), ("second", "")])

    assert "/en/ask/check" == page.path
    assert list(PAPER.values())[7]["answer"] in page.words
