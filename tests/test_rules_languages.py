"""Languages: their chains, and what a browser's header leads to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pe_core.rules.languages import chain, negotiate

OFFERED = ("pl", "be", "be-tarask", "be-Latn", "en", "he", "pt-BR")


@pytest.mark.parametrize(
    ("language", "tags"),
    [
        ("be-tarask", ("be-tarask", "be", "ru", "en")),
        ("be-Latn", ("be-Latn", "be", "ru", "en")),
        ("be", ("be", "ru", "en")),
        ("ru", ("ru", "en")),
        ("pl", ("pl", "en")),
        ("he", ("he", "en")),
        ("en", ("en",)),
        ("en-GB", ("en-GB", "en")),
        ("pt-BR", ("pt-BR", "pt", "en")),
    ],
)
def test_a_chain_ends_in_english(language: str, tags: tuple[str, ...]) -> None:
    assert tags == chain(language)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "pl"),
        ("be", "be"),
        ("BE", "be"),
        ("be-BY", "be"),
        ("be-tarask", "be-tarask"),
        ("be-BY-tarask", "be-tarask"),
        ("be-x-old", "be-tarask"),
        ("be-Latn", "be-Latn"),
        ("be-latn-BY", "be-Latn"),
        ("be-Cyrl-BY", "be"),
        ("en-US,en;q=0.9,be;q=0.8", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en"),
        ("en;q=0.1,be;q=0.9", "be"),
        ("en ; q = 0.1 , be", "be"),
        ("be;q=0,en", "en"),
        ("be;q=0", "pl"),
        ("en;q=1.000,be;q=1.5", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pl"),
        ("de,fr", "pl"),
        ("*", "pl"),
        ("be;q=x,;;,=,en;q=0.5,\x00", "en"),
        ("be;q=2,en;q=0.5", "en"),
        ("b" * 10_000, "pl"),
        ("be," * 4_000, "pl"),
        ("be;q=0.٣", "pl"),
    ],
)
def test_a_header_leads_to_an_offered_language(header: str, language: str) -> None:
    assert language == negotiate(header, OFFERED)


def test_the_first_offered_is_the_default() -> None:
    assert "en" == negotiate("fr", ("en", "be"))


def test_taraskievica_falls_to_belarusian_where_it_is_not_offered() -> None:
    assert "be" == negotiate("be-tarask,ru;q=0.5", ("ru", "be"))


@settings(deadline=None)
@given(st.text() | st.text(alphabet="be-tarsk;q=0.1, *", max_size=1200))
def test_no_header_raises(header: str) -> None:
    assert negotiate(header, OFFERED) in OFFERED
