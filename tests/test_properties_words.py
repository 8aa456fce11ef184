"""Laws of receipts, search, texts and addresses: in every language and whatever is typed."""

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.rules.catalogue import Catalogue, Compiled
from pe_core.rules.languages import chain
from pe_core.rules.receipts import make_receipt, read_receipt, show_receipt
from pe_core.rules.search import fits, fold_words, read_query
from pe_core.rules.texts import Source, load_catalogue
from pe_core.toolkit.browser import Browser
from pe_core.web.assets import read_assets
from pe_core.web.staff.address import address, query_of

ROOT = Path(__file__).parent.parent
DOMAINS = [ROOT / "src/pe_core/locales", *sorted(ROOT.glob("plugins/*/src/*/locales"))]
CATALOGUES = [
    pytest.param(folder, path.stem, id=f"{folder.parent.name}-{path.stem}")
    for folder in DOMAINS
    for path in sorted(folder.glob("*.po"))
]
TWINS: Mapping[str, str] = {
    **{"0": "0OoОо", "1": "1IiLlІі", "3": "3Зз", "A": "AaАа", "B": "BbВ", "C": "CcСс"},
    **{"E": "EeЕе", "H": "HhН", "J": "JjЈј", "K": "KkКк", "M": "MmМ", "P": "PpРр"},
    **{"S": "SsЅѕ", "T": "TtТ", "X": "XxХх", "Y": "YyУу"},
}
"""How a hand or a keyboard writes a character of a receipt."""
SPACES = ["", "", " ", "  ", "-", "\u2010", "\u2014", "\u00a0", "\u200b", "\u00ad", "\t", "\n"]
VALUES = dict.fromkeys(
    {
        name
        for folder in DOMAINS
        for path in folder.glob("*.po")
        for name in re.findall(r"\{([a-z][a-z0-9_]*)\}", path.read_text(encoding="utf-8"))
    }
    - {"number"},
    "x",
)
"""A word for every placeholder that any text has."""
tags = st.sampled_from(["be", "be-tarask", "be-Latn", "ru", "en", "he", "pt-BR", "x"])


@cache
def load(folder: Path, *languages: str) -> Catalogue:
    sources = [Source(domain=at.parent.name, directory=at) for at in (folder, DOMAINS[0])]
    return load_catalogue(sources, languages, None)


@given(st.binary(min_size=15, max_size=15), st.data())
def test_a_receipt_is_read_in_any_case_spacing_and_script_that_looks_like_it(
    random: bytes, data: st.DataObject
) -> None:
    receipt = make_receipt(random)
    written = "".join(
        data.draw(st.sampled_from(SPACES))
        + data.draw(st.sampled_from(TWINS.get(character, character + character.lower())))
        for character in receipt
    )

    assert receipt == read_receipt(written) == read_receipt(show_receipt(receipt).lower())


@given(st.text(max_size=200), st.text(max_size=60))
def test_words_that_were_folded_stay_and_what_joins_them_takes_none_away(
    text: str, more: str
) -> None:
    words = fold_words([text])

    assert words == fold_words([text, text]) == fold_words([text], words) == fold_words([], words)
    assert fold_words([more], words).startswith(words)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_query_finds_what_holds_all_its_words_and_fewer_words_find_no_less(
    text: str, more: str
) -> None:
    words, wanted = fold_words([text]), read_query(text)

    assert fits(words, wanted) is bool(wanted)
    assert fits(fold_words([more], words), wanted) is bool(wanted)
    assert all(fits(words, (word,)) for word in wanted)


@pytest.mark.parametrize(("folder", "language"), CATALOGUES)
def test_every_text_of_a_catalogue_has_the_placeholders_of_the_english_one(
    folder: Path, language: str
) -> None:
    wrong = load(folder, language).problems()
    differing = [line for line in wrong if not line.endswith(": missing")]

    assert [] == differing


@pytest.mark.parametrize(("folder", "language"), CATALOGUES)
def test_every_number_to_a_thousand_has_a_form_and_its_class_in_the_language_decides_which(
    folder: Path, language: str
) -> None:
    found, english = load(folder, language), load(folder, "en")
    rule = Locale.parse(language, sep="-").plural_form
    # What a catalogue leaves to another language has that one's rule.
    left_out = set(found.missing(language))
    for key in plural_keys(folder):
        assert english.has("en", key)
        if key in left_out:
            continue
        forms: dict[str, set[str]] = {}
        for number in range(1001):
            shown = found.plural(language, key, number=number, **VALUES)
            forms.setdefault(rule(number), set()).add(re.sub(rf"\b{number}\b", "#", shown))
        assert all(len(different) == 1 for different in forms.values()), key


def plural_keys(folder: Path) -> list[str]:
    """Return the keys of the texts that have several forms."""
    po = (folder / "en.po").read_text(encoding="utf-8")
    return re.findall(r'^msgid "(.+)"\nmsgid_plural', po, re.M)


def test_there_are_texts_with_several_forms() -> None:
    assert len([key for folder in DOMAINS for key in plural_keys(folder)]) > 5


keys = st.sampled_from(["zz.a", "zz.b", "zz.c"])
files = st.dictionaries(tags, st.dictionaries(keys, st.text("abc", min_size=1)), max_size=6)


@given(tags, files, keys)
def test_a_text_is_that_of_the_first_language_of_the_chain_that_has_it(
    language: str, texts: dict[str, dict[str, str]], key: str
) -> None:
    found = Catalogue(
        [language],
        {
            tag: [Compiled(texts=texts.get(tag, {}), plurals={}, rule="0")]
            for tag in (*chain(language), "en")
        },
    )
    having = [tag for tag in chain(language) if key in texts.get(tag, {})]

    assert bool(having) is found.has(language, key)
    if having:
        assert texts[having[0]][key] == found.text(language, key)
    else:
        with pytest.raises(KeyError, match=key):
            found.text(language, key)


@given(st.dictionaries(st.sampled_from(["state", "topic", "page", "by"]), st.text()))
def test_an_address_says_what_it_was_made_of_and_stays_on_its_path(query: dict[str, str]) -> None:
    made = address("/en/staff", **query)
    path, _, said = made.partition("?")
    request: Any = SimpleNamespace(scope={"query_string": said.encode("ascii")})

    assert "/en/staff" == path
    assert made.isprintable() and not set(made) & set(" #\\<>\"'")
    assert {name: value for name, value in query.items() if value} == query_of(request)


names = st.sampled_from([*read_assets(), *(a.address for a in read_assets().values())])
ways = st.sampled_from(["", "../", "..%2f", "%2e%2e/", "./", "//", "\\", "%00", ";", ".", "~"])


def test_no_address_under_static_gives_anything_but_a_file_of_the_page(
    pe_browser: Callable[[], Browser],
) -> None:
    browser, known = pe_browser(), {asset.address for asset in read_assets().values()}

    @settings(max_examples=40)
    @given(ways, names, ways, st.text("abc./%-_0", max_size=8))
    def look(before: str, name: str, between: str, after: str) -> None:
        path = f"/static/{before}{name.removeprefix('/static/')}{between}{after}"
        # Slashes too many and dots that lead nowhere are mended: that is the same file.
        mended = posixpath.normpath(path)
        assert (browser.go(path).status == 200) is (mended in known)

    look()
    assert [200] * len(known) == [browser.go(path).status for path in known]
