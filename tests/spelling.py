"""The laws of the Belarusian norms, and what no text of any language may hold.

Sources: the rules of Belarusian orthography and punctuation of 2008 (the official norm), the
Belarusian classical orthography of 2005 (Taraškievica), the Latin script as newspapers write it,
and the glossary that docs/translators.md shows.
"""

import re
from collections.abc import Iterator, Mapping

from pe_core.rules.latin import soften, to_latin

CYRILLIC = "[А-Яа-яЁёІіЎўҐґ]"
WORD = re.compile(rf"{CYRILLIC}[А-Яа-яЁёІіЎўҐґ’']*")
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("персанал", "пэрсанал"),
    ("верыфік", "вэрыфік"),
    ("даныя", "дадзеныя"),
    ("даных", "дадзеных"),
    ("данымі", "дадзенымі"),
    ("валанцёр", "валянтэр"),
    ("план", "плян"),
    ("клуб", "клюб"),
    ("клас", "кляс"),
    ("сістэм", "сыстэм"),
    ("еўрап", "эўрап"),
    ("сервер", "сэрвэр"),
    ("сеанс", "сэанс"),
    ("секунд", "сэкунд"),
    ("камп’ютар", "кампутар"),
    ("браўзер", "браўзэр"),
    ("дакумент", "дакумэнт"),
    ("правайдар", "правайдэр"),
    ("псеўданім", "псэўданім"),
    ("месенджар", "мэсэнджэр"),
    ("камер", "камэр"),
    ("меню", "мэню"),
    ("медыцын", "мэдыцын"),
    ("універсітэт", "унівэрсытэт"),
    ("візіт", "візыт"),
    ("пазіц", "пазыц"),
    ("пенсі", "пэнсі"),
    ("сертыфік", "сэртыфік"),
    ("жэнеў", "жэнэў"),
    ("экземпляр", "экзэмпляр"),
    ("рэкамендац", "рэкамэндац"),
)
"""Beginnings of words in the official and in the classical norm."""

_SIGNS_OF_BOTH = re.compile(r"пісьм|просьб|касьб|разьб|восьм|[аоу]зьм|лезьце|сьці\b")
"""Soft signs that the official norm has too: пісьменнік, просьбе, возьме, хтосьці."""
_CLASSICAL_SIGNS = re.compile(
    r"(?<!д)[зс]ь(?=(?:[бвзлмнпсф]|дз)[ьеёіюя]|ц[ьеёіюя])|ць(?=[вмц][ьеёіюя])|дзь(?=[вм][ьеёіюя]|дз)"
    r"|нь(?=н[еёіюя])|ль(?=л[еёіюя])"
)
_CLASSICAL_WORDS = {"ня", "бяз", "бязь", "безь", "зь", "празь"}
_HARD = re.compile(r"[ржшч][іеёюяь]|[дт][еёіь]")
"""р, ж, ш, ч are always hard; д and т become дз and ц before a soft vowel."""
_PREFIX = re.compile(
    r"^(?:без|раз|аб|ад|пад|над|перад|уз)і(?:мен|нтарэс|нфарм|снав|сц|йсц|гра|скр|дэй|нш)"
)
_STRESSED_U = ("унія", "уніі", "унію", "урна", "урны", "ультра")
"""Words whose у is stressed; the official norm keeps it after a vowel."""
_U_AFTER_VOWEL = re.compile(r"[аеёіоуыэюяАЕЁІОУЫЭЮЯ] (у[а-яёіў]*)")
_SHORT_U_AFTER_NO_VOWEL = re.compile(
    r"(?:^|[бвгджзйклмнпрстфхцчшьў]|[бвгджзйклмнпрстфхцчшьў.,:;!?] )ў", re.IGNORECASE
)
_LATIN_HARD = re.compile(
    r"[sz](?=l|[bvmnpfsz]i[aeou]|ci|dzi|ć|dź)|n(?=n[i][aeou]?)|c(?=ci)|ł[lij]|dz(?=[vm]i)"
)
_LATIN_U = re.compile(r"[aeiouyAEIOUY] u[a-zščžŭłćńśź]*\b")
_NOT_LATIN = re.compile(r"[ąęóżĄĘÓŻ]")


def words_of(text: str) -> Iterator[str]:
    """Yield the Cyrillic words of a text in small letters, abbreviations left out."""
    for found in WORD.finditer(PLACEHOLDER.sub("{}", text)):
        if not (len(found[0]) > 1 and found[0].isupper()):
            yield found[0].lower().replace("'", "’")


def shared_faults(text: str) -> list[str]:
    """Return what breaks the laws that both norms in Cyrillic have."""
    plain = PLACEHOLDER.sub("{}", text)
    faults = [word for word in words_of(text) if set(word) & set("ищъ")]
    faults += [word for word in words_of(text) if _HARD.search(word) or _PREFIX.search(word)]
    faults += [u for u in _U_AFTER_VOWEL.findall(plain) if not u.startswith(_STRESSED_U)]
    faults += [found[0] for found in _SHORT_U_AFTER_NO_VOWEL.finditer(plain)]
    return faults


def faults_of_official(text: str) -> list[str]:
    """Return classical words and other slips in a text of the official norm."""
    return shared_faults(text) + [
        word
        for word in words_of(text)
        if word in _CLASSICAL_WORDS
        or (_CLASSICAL_SIGNS.search(word) and not _SIGNS_OF_BOTH.search(word))
        or any(word.startswith(there) for _, there in GLOSSARY)
    ]


def faults_of_classical(text: str) -> list[str]:
    """Return words of the official norm only, and other slips, in a classical text."""
    return shared_faults(text) + [
        word
        for word in words_of(text)
        if soften(word) != word or any(word.startswith(here) for here, _ in GLOSSARY)
    ]


def faults_of_latin(text: str) -> list[str]:
    """Return Cyrillic, classical words and letters without their softness."""
    plain = PLACEHOLDER.sub("{}", text)
    words = re.findall(r"[^\W\d_]+", plain)
    return [
        *(word for word in words if re.search(CYRILLIC, word) or _NOT_LATIN.search(word)),
        *(word for word in words if _LATIN_HARD.search(word.lower())),
        *(
            word
            for word in words
            if any(word.lower().startswith(to_latin(there)) for _, there in GLOSSARY)
        ),
        *_LATIN_U.findall(plain),
    ]


def mixed_words(text: str) -> list[str]:
    """Return words that hold letters of two alphabets: a look-alike that no search finds."""
    return [
        word
        for word in re.findall(r"[^\W\d_]+", PLACEHOLDER.sub(" ", text))
        if re.search(CYRILLIC, word) and re.search(r"[A-Za-z\u00c0-\u024f]", word)
    ]


NEVER = re.compile(
    r"белорусс?|b(?:ye|ie|e)lorussia|b(?:ye|ie|e)lorussian|wei(?:ß|ss)russ", re.IGNORECASE
)
"""The old names of Belarus and of its people."""

GENDERED: Mapping[str, re.Pattern[str]] = {
    "be": re.compile(
        r"\w\(-?(?:ла|а|ая|ка|ца)\)|\w/(?:ла|ая|ка)\b|\bвы ўпэўнен"
        r"|\bя (?:не |ня |ўжо )?\w+(?:ў|ла)\b",
        re.IGNORECASE,
    ),
    "ru": re.compile(
        r"\w\(-?(?:ла|а|ая|на|ка)\)|\w/(?:ла|ая|ка)\b|\bвы уверен"
        r"|\bя (?:не |уже )?\w+(?:л|ла)\b",
        re.IGNORECASE,
    ),
    "pl": re.compile(
        r"\w\(-?(?:a|y|ła|am|na|ka)\)|\w/(?:a|ła|na)\b|\w(?:łeś|łaś|[aiyę]łam)\b"
        r"|\bpan[ia]?/pan",
        re.IGNORECASE,
    ),
}
"""A reader who is one man or one woman; a text must fit everybody."""
FAMILIAR = re.compile(
    r"\b(?:ty|ciebie|cię|tobie|tobą|twój|twoj\w+|jesteś|wasz\w*|wam|wami|was|wy|macie|jesteście|"
    r"znacie|możecie|(?:mas|wies|widzis|musis|umies|zobaczys|dostanies|zaznaczys|naciśnies)z|"
    r"(?:może|chce|zna|będzie|prosi|pisze|wybierze|decyduje|otrzyma|pomaga|mieszka)sz)\b",
    re.I,
)
"""Polish that is on first-name terms with its reader, as *ty* or as *wy*, by its telling words."""
