"""Search finds a word in whichever script and spelling it was typed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pe_core.rules.search import (
    LONGEST_WORD,
    VARIANTS,
    WORDS_LIMIT,
    fits,
    fold_words,
    likeness,
    matches,
    read_query,
    skeletons,
)

SPELLINGS = [
    "Сяргей Siarhiej Siarhei Syarhey",
    "Сергей Sergey Sergei Sergej",
    "Юлія Юлия Julija Yuliya Iuliia Yulia",
    "Аляксандр Alaksandr Aliaksandr Alyaksandr",
    "Люба Luba Lyuba Liuba Ljuba",
    "Быкаў Быкау Bykaŭ Bykau Bykaw",
    "Ковалёв Ковалев Kovalyov Kovaliov Kovalev",
    "Софья Соф'я Соф’я Sofja Sofya Sofia",
    "Цімох Cimoch Tsimokh Cimoh",
    "Чарнобыль Čarnobyl Charnobyl Charnobyl'",
    "Хадасевіч Chadasievič Khadasevich Hadasevich",
    "Жанна Žanna Zhanna Żana",
    "Шчучын Щучын Ščučyn Shchuchyn Szczuczyn",
    "Гродна Hrodna Grodna Ґродна",
    "сям'я сям’я сямʼя siamja siamia syamya",
    "пашпарт ПАШПАРТ pašpart pashpart",
    "бяспека бясьпека biaśpieka biaspeka byaspyeka",
    "рашэнне рашэньне rašeńnie rashenne",
    "пэрсанальныя персанальныя piersanalnyja persanalnyya",
    "раён район rajon raion",
    "ёлка елка jołka yolka",
    "згода zhoda zgoda",
    "схаваць schavać skhavats",
    "Бацькаўшчына Baćkaŭščyna Batskaushchyna",
    "савецкі saviecki savetski",
    "унук ўнук unuk ŭnuk",
    "сжечь szhech",
    "שלום שָׁלוֹם",
    "محمد محمّد",
    "Ζωή ζωη",
    "2026 ２０２６ ٢٠٢٦",
]
CYRILLIC = "абвгґдеёжзиіїйклмнопрстуўфхцчшщыьъэюя'’"
SOUNDS = {
    **{"а": ("a", "a"), "б": ("b", "b"), "в": ("v", "v"), "г": ("h", "g"), "д": ("d", "d")},
    **{"э": ("e", "e"), "ж": ("ž", "zh"), "з": ("z", "z"), "і": ("i", "i"), "к": ("k", "k")},
    **{"л": ("ł", "l"), "м": ("m", "m"), "н": ("n", "n"), "о": ("o", "o"), "п": ("p", "p")},
    **{"р": ("r", "r"), "с": ("s", "s"), "т": ("t", "t"), "у": ("u", "u"), "ў": ("ŭ", "u")},
    **{"ф": ("f", "f"), "х": ("ch", "kh"), "ц": ("c", "ts"), "ч": ("č", "ch")},
    **{"ш": ("š", "sh"), "ы": ("y", "y"), "я": ("ja", "ya"), "ю": ("ju", "iu"), "е": ("je", "e")},
}
"""How łacinka and an English passport write a letter."""
words_typed = st.text(min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Życie", "zycie"),
        ("žyćcio", "zyccio"),
        ("pašpart", "paspart"),
        ("Čarnobyl", "carnobyl"),
        ("Łódź", "lodz"),
        ("Žlobin ščyt", "zlobin scyt"),
    ],
)
def test_marks_of_latin_letters_need_not_be_typed(written: str, typed: str) -> None:
    assert matches(fold_words([written]), typed)
    assert matches(fold_words([written]), written)


@pytest.mark.parametrize("spellings", SPELLINGS)
def test_every_spelling_of_a_word_finds_every_other(spellings: str) -> None:
    missed = [
        (written, typed)
        for written in spellings.split()
        for typed in spellings.split()
        if not matches(fold_words([written]), typed)
    ]

    assert [] == missed


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("хлеб", "шлеб"),
        ("каза", "кажа"),
        ("пашпарт", "аспарт"),
        ("Minsk", "Pinsk"),
        ("дом", "дым"),
        ("שלום", "שלג"),
        ("12", "13"),
        ("101", "11"),
        ("375", "3755"),
    ],
)
def test_other_words_are_not_found(written: str, typed: str) -> None:
    assert not matches(fold_words([written]), typed)


def test_every_word_of_a_query_must_begin_a_word() -> None:
    words = fold_words(["Патрэбны ложак на дзве ночы", "у Гродне"])

    assert matches(words, "ложак")
    assert matches(words, "hrod lož")
    assert not matches(words, "ложак Мінск")
    assert not matches(words, "ожак")


@pytest.mark.parametrize("query", ["", "  ", "-", "…?!", "'", "ь"])
def test_a_query_without_a_word_finds_nothing(query: str) -> None:
    assert () == read_query(query)
    assert not matches(fold_words(["Патрэбны ложак"]), query)


def test_a_word_is_kept_once_and_never_cut_in_two() -> None:
    many = [f"слова{number}" for number in range(2000)]
    words = fold_words([*many, "Пашпарт"])
    kept = words.split()

    assert "bed" == fold_words(["Bed bed", "BED, béd!"])
    assert WORDS_LIMIT - 20 < len(words) <= WORDS_LIMIT
    assert [f"slova{number}" for number in range(len(kept))] == kept


def test_later_words_join_those_that_are_there() -> None:
    before = fold_words(["ложак"])

    assert "ložak noč" == fold_words(["Ложак, ноч"], before)
    assert before == fold_words([], before)


def test_a_long_word_is_found_by_its_beginning() -> None:
    word = "абв" * 100

    assert matches(fold_words([word]), word)
    assert [LONGEST_WORD] == [len(skeleton) for skeleton in skeletons(word)]


@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_is_folded_to_unique_plain_words(text: str, before: str) -> None:
    words = fold_words([text], fold_words([before]))
    parts = words.split(" ") if words else []

    assert len(parts) == len(set(parts))
    assert all(part.isalnum() for part in parts)
    assert len(words) <= WORDS_LIMIT


@given(words_typed)
def test_a_word_is_always_found_by_itself(text: str) -> None:
    wanted = read_query(text)
    assume(wanted)

    assert matches(fold_words([text]), text)
    assert all(len(word) <= 2 * VARIANTS for word in wanted)


@given(st.text(CYRILLIC, min_size=1, max_size=20), st.data())
def test_a_word_is_found_by_its_beginning(word: str, data: st.DataObject) -> None:
    beginning = word[: data.draw(st.integers(1, len(word)))]
    assume(all(len(skeleton) > 2 for skeleton in skeletons(beginning)) and skeletons(beginning))

    assert matches(fold_words([word]), beginning)


@given(st.lists(st.sampled_from(sorted(SOUNDS)), min_size=1, max_size=8), st.booleans())
def test_cyrillic_and_latin_letters_find_each_other(letters: list[str], passport: bool) -> None:
    cyrillic = "".join(letters)
    latin = "".join(SOUNDS[letter][passport] for letter in letters)
    # Two letters that read as one sound in Latin, such as сг (sh), and more forks than fit.
    doubtful = any(pair in cyrillic for pair in ("сг", "кг", "кх", "тс", "сз", "цз", "цг", "цж"))
    assume(not doubtful and sum(latin.count(pair) for pair in ("ch", "zh", "ts")) < 4)
    # л is ł in łacinka, and the l before a vowel is soft without a sign.
    assume(not any(soft in cyrillic for soft in ("ля", "лю", "ле", "лі", "лы")))

    assert matches(fold_words([cyrillic]), latin)
    assert matches(fold_words([latin]), cyrillic)


@given(words_typed)
def test_case_and_the_kind_of_apostrophe_do_not_matter(text: str) -> None:
    curly = text.replace("'", "’")

    assert skeletons(text) == skeletons(curly)
    assert skeletons(text.lower()) == skeletons(text.lower().upper().lower())


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    first, second = fold_words([one]), fold_words([other])

    assert 0.0 <= likeness(first, second) <= 1.0
    assert likeness(first, second) == likeness(second, first)
    assert likeness(first, first) in (0.0, 1.0)


def test_likeness_tells_the_same_story_from_another_one() -> None:
    story = fold_words(["Мне патрэбны ложак на дзве ночы ў Гродне для дваіх"])
    again = fold_words(["Мнie patrebny łožak na dzvie nočy ŭ Hrodnie, dla dvaich"])
    other = fold_words(["Як атрымаць пашпарт замежніка і колькі ён каштуе"])

    assert 1.0 == likeness(story, story)
    assert likeness(story, again) > 0.6
    assert likeness(story, other) < 0.1
    assert 0.0 == likeness("", "") == likeness("ab", "")


def test_prepared_and_typed_queries_agree() -> None:
    words = fold_words(["Патрэбны ложак"])

    assert fits(words, read_query("lož")) == matches(words, "lož") == matches(words, "ЛОЖ")
