"""Guides and letters: what their files may say, how fresh they are, how a letter is filled."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_core.errors import PluginError
from pe_core.model import Freshness, Guide, Proof, Status
from pe_core.rules.front_matter import BODY_LIMIT
from pe_core.rules.guides import SOURCE, body_faults, freshness, read_guide, text_in
from pe_core.rules.letters import BY_HAND, fill, read_letter
from pe_core.rules.markdown import render_markdown
from told import ENGLISH, GUIDE, LETTER, WORDS

TODAY = date(2026, 11, 24)


def guide(**pages: str) -> Guide:
    return read_guide("zz", "paper", {SOURCE: GUIDE, **pages})


def faults_of(read: Any, pages: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(PluginError) as refused:
        read("zz", "x", pages)
    return refused.value.faults


def test_a_guide_is_read_from_its_files() -> None:
    found = guide(be=WORDS)

    assert ("zz.paper", Proof.CASE_BY_CASE, 2) == (found.name, found.proof, found.revision)
    assert ("https://stays.zz.example/paper",) == tuple(source.url for source in found.sources)
    assert ("Go there.", Status.REVIEWED, 2) == (
        found.texts["en"].body,
        found.texts["en"].status,
        found.texts["en"].of,
    )
    assert ("Папера", ("Госці", "Сябры"), Status.MACHINE, 1) == (
        found.texts["be"].title,
        found.texts["be"].permits,
        found.texts["be"].status,
        found.texts["be"].of,
    )


def test_a_guide_says_no_more_than_its_file() -> None:
    least = "\n".join(
        line
        for line in GUIDE.splitlines()
        if not line.startswith(("document", "proof", "permits", "fee", "valid", "letters"))
    )
    found = read_guide("zz", "paper", {SOURCE: least})

    assert (None, None, "") == (found.proof, found.valid_until, found.document)
    assert ((), "", "") == (
        found.texts["en"].permits,
        found.texts["en"].fee,
        found.texts["en"].wait,
    )


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_files_of_every_machine_are_read(begin: str, ending: str) -> None:
    text = begin + GUIDE.replace("\n", ending)

    assert guide() == read_guide("zz", "paper", {SOURCE: text})


WRONG = [
    ("title =", "titel =", "unknown key 'titel'; did you mean 'title'?"),
    ('title = "A paper"\n', "", "the key 'title' is missing; write one line of at most 90"),
    ('"A paper"', f'"{"x" * 91}"', "the key 'title' is wrong; write one line of at most 90"),
    ('"A paper"', '"A\\npaper"', "the key 'title' is wrong"),
    ('"A paper"', '" "', "the key 'title' is wrong"),
    ("checked_on = 2026-11-24", 'checked_on = "soon"', "the key 'checked_on' is wrong; write the"),
    ("valid_until = 2027-01-31", "valid_until = 7", "the key 'valid_until' is wrong; write a date"),
    ('"case_by_case"', '"sometimes"', 'the key \'proof\' is wrong; write "none", "case_by_case"'),
    ("revision = 2", "revision = 0", "the key 'revision' is wrong; write a whole number from 1"),
    ("https://stays", "http://stays", "the key 'sources' is wrong at [0].url; write at least one"),
    ("https://stays.zz", "https://user@stays.zz", "the key 'sources' is wrong at [0].url"),
    ('title = "The office", ', "", "the key 'sources' is wrong at [0]"),
    ('topics = ["zz.paper"]', 'topics = "zz.paper"', "the key 'topics' is wrong; write a list of"),
    ("+++\ntitle", "title", "begin it with a line +++"),
    ("+++\nGo", "Go", "a second line +++ must end its facts"),
    ("revision = 2", "revision = = 2", "its facts are no valid TOML: Invalid value (at line 13"),
    ("revision = 2", f"x = {'[' * 5000}", "its facts are no valid TOML"),
    ("Go there.", "", "there are no words behind the second line +++"),
    ("Go there.", "x" * (BODY_LIMIT + 1), "its words are too many: 40001 characters, at most"),
    ("Go there.", "Go\n<b>there</b>", "line 2 of its words: HTML is shown as it is typed"),
    ("Go there.", "![a](https://x.example)", "line 1 of its words: pictures are not shown"),
    ("Go there.", "| a | b |\n|---|---|", "line 2 of its words: tables are not shown"),
    ("Go there.", "[a](http://x.example)", "line 1 of its words: a link leads to an https://"),
    ("Go there.", "[a]\n\n[a]: http://x.example", "line 3 of its words: a link leads to an https"),
    ("Go there.", "# Go", "line 1 of its words: headings begin with ##"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
def test_a_line_names_file_key_and_mend(right: str, wrong: str, told: str) -> None:
    assert right in GUIDE
    (*_, line) = sorted(
        (
            fault
            for fault in faults_of(read_guide, {SOURCE: GUIDE.replace(right, wrong, 1)})
            if told in fault
        ),
    )

    assert line.startswith("x.md: ")


def test_everything_wrong_is_said_at_once() -> None:
    source = GUIDE.replace("fee =", "fees =").replace("revision = 2\n", "") + "<b>"
    words = WORDS.replace("of = 1\n", "")
    told = faults_of(read_guide, {SOURCE: source, "be": words, "ru": "x"})

    assert [
        "x.md: unknown key 'fees'; did you mean 'fee'?",
        "x.md: the key 'revision' is missing; write a whole number from 1; "
        "raise it whenever a fact changes",
        "x.md: line 2 of its words: HTML is shown as it is typed; take it out",
        "x.be.md: the key 'of' is missing; write the revision of the source that this "
        "translation tells",
        "x.ru.md: begin it with a line +++, its facts, and another line +++",
    ] == list(told)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"Госці", "Сябры"', '"Госці"', "'permits' has 1 entries, the source has 2"),
        ('fee = "20 ракавін"\n', "", "'fee' must be here exactly where the source has it"),
        ("of = 1", 'of = 1\nwait = "доўга"', "'wait' must be here exactly where the source has"),
        ("of = 1", "of = 3", "'of' is 3, but the source's revision is 2"),
        ("of = 1", "of = 1\nrevision = 1", "unknown key 'revision'"),
        ('"machine"', '"robot"', "the key 'status' is wrong"),
    ],
)
def test_a_translation_tells_what_its_source_tells(right: str, wrong: str, told: str) -> None:
    (line,) = faults_of(read_guide, {SOURCE: GUIDE, "be": WORDS.replace(right, wrong, 1)})

    assert line.startswith("x.be.md: ")
    assert told in line


def test_a_translation_without_its_source_is_named() -> None:
    assert ("x.md: is missing; it holds the facts",) == faults_of(read_guide, {"be": WORDS})


@pytest.mark.parametrize(
    ("ends", "checked", "expected"),
    [
        (None, TODAY, Freshness.FRESH),
        (None, TODAY - timedelta(days=180), Freshness.FRESH),
        (None, TODAY - timedelta(days=181), Freshness.UNCHECKED),
        (TODAY, TODAY, Freshness.FRESH),
        (TODAY - timedelta(days=1), TODAY, Freshness.OVER),
        (TODAY, TODAY - timedelta(days=181), Freshness.UNCHECKED),
        (TODAY - timedelta(days=1), TODAY - timedelta(days=181), Freshness.OVER),
        (None, TODAY + timedelta(days=1), Freshness.FRESH),
    ],
)
def test_a_guide_and_a_letter_say_by_themselves_that_they_are_old(
    ends: date | None, checked: date, expected: Freshness
) -> None:
    letter = read_letter("zz", "request", {SOURCE: LETTER, "en": ENGLISH})
    dates = {"valid_until": ends, "checked_on": checked}

    assert expected == freshness(msgspec.structs.replace(guide(), **dates), TODAY)
    assert expected == freshness(msgspec.structs.replace(letter, **dates), TODAY)


@pytest.mark.parametrize(
    ("there", "reader", "expected"),
    [
        (("en", "be"), "be", "be"),
        (("en", "be"), "be-tarask", "be"),
        (("en", "ru"), "be-Latn", "ru"),
        (("en", "be"), "ru", "en"),
        (("en", "be"), "he", "en"),
        (("be",), "he", "be"),
    ],
)
def test_words_are_the_nearest_to_the_reader(
    there: tuple[str, ...], reader: str, expected: str
) -> None:
    assert (expected, expected) == text_in({tag: tag for tag in there}, reader)


def test_a_letter_is_read_from_its_files() -> None:
    found = read_letter("zz", "request", {SOURCE: LETTER, "en": ENGLISH})

    assert ("zz.request", "en") == (found.name, found.language)
    assert [("name", "text", 120, True), ("day", "date", 200, False)] == [
        (blank.name, blank.kind, blank.longest, blank.required) for blank in found.blanks
    ]
    assert "Your name" == found.texts["en"].labels["name"]


@pytest.mark.parametrize(
    ("where", "right", "wrong", "told"),
    [
        (SOURCE, "{name}", "{gap}", "{gap} is no blank of the letter; known: name, day"),
        (SOURCE, "{name}", "me", "the blank 'name' is nowhere in the letter; write {name}"),
        (SOURCE, "{day}", "{day} {Day}", "a brace in the letter belongs to no gap"),
        (SOURCE, '{ name = "name", ', '{ name = "day", ', "'blanks' names 'day' twice"),
        (SOURCE, 'kind = "date"', 'kind = "data"', "the key 'blanks' is wrong at [1].kind"),
        (SOURCE, "longest = 120", "long = 120", "the key 'blanks' is wrong at [0]"),
        (SOURCE, 'language = "en"', 'language = "English"', "the key 'language' is wrong"),
        ("en", ', day = "The day"', "", "the blank 'day' has no label; add it to 'labels'"),
        ("en", 'day = "The', 'dey = "The', "'labels' names 'dey', which is no blank"),
        ("en", "hints = { day", "hints = { dey", "'hints' names 'dey', which is no blank"),
        ("en", "{name} is", "{gap} is", "{gap} is no blank of the letter"),
        ("en", "of = 1", "of = 2", "'of' is 2, but the source's revision is 1"),
    ],
)
def test_a_letter_and_its_words_have_the_same_blanks(
    where: str, right: str, wrong: str, told: str
) -> None:
    pages = {SOURCE: LETTER, "en": ENGLISH}
    pages[where] = pages[where].replace(right, wrong, 1)
    told_by = {line.partition(": ")[0] for line in faults_of(read_letter, pages) if told in line}

    assert {"x.en.md" if where else "x.md"} == told_by


def test_a_letter_says_in_english_what_it_is() -> None:
    (line,) = faults_of(read_letter, {SOURCE: LETTER, "be": ENGLISH})

    assert "x.en.md: is missing; every letter says in English what it is" == line


@pytest.mark.parametrize(
    ("body", "filled", "expected"),
    [
        ("I am {name}.", {"name": "Bird"}, ("I am Bird.",)),
        ("I am {name}.", {"name": "{day}"}, ("I am {day}.",)),
        ("I am {name}.", {}, (f"I am {BY_HAND}.",)),
        ("One.\n\n{day}\n\nTwo.", {}, ("One.", "Two.")),
        ("One.\n \n\n{day}", {"day": "Now"}, ("One.", "Now")),
        ("{day} {name}", {"day": "Now"}, (f"Now {BY_HAND}",)),
        ("One,\ntwo.", {}, ("One,\ntwo.",)),
    ],
)
def test_gaps_are_filled_once_or_left_for_a_pen(
    body: str, filled: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert expected == fill(body, filled)


@given(st.text(min_size=1, max_size=50))
def test_whatever_is_filled_in_stands_in_the_letter_as_it_was_typed(typed: str) -> None:
    assert (f"I am {typed}.",) == fill("I am {name}.", {"name": typed})


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Go *there*.", "<p>Go <em>there</em>.</p>"),
        ("# One\n\n#### Two", '<h2 id="part-one">One</h2>\n<h3 id="part-two">Two</h3>'),
        ("## A\n\n## A", '<h2 id="part-a">A</h2>\n<h2>A</h2>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        (
            "[a](https://x.example/?b=1&c=2)",
            '<p><a href="https://x.example/?b=1&amp;c=2" rel="noreferrer">a</a></p>',
        ),
        ("[a](#what-now)", '<p><a href="#part-what-now">a</a></p>'),
        ("[a](http://x.example)", "<p>[a](http://x.example)</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a]() [b](#c)", '<p><span>a</span> <a href="#part-c">b</a></p>'),
        ("[a](//x.example)", "<p>[a](//x.example)</p>"),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
        (
            "![a](https://x.example/p.png)",
            '<p>!<a href="https://x.example/p.png" rel="noreferrer">a</a></p>',
        ),
    ],
)
def test_markdown_becomes_plain_parts_of_a_page(body: str, html: str) -> None:
    assert html == render_markdown(body).strip()


def test_what_is_told_as_plain_is_not_refused() -> None:
    body = "## A\n\n- a < b, 1 <2 and a|b\n- <https://x.example> [b](#a)\n\n1. c ---\n\n---\n\nd!"

    assert () == body_faults(body)
