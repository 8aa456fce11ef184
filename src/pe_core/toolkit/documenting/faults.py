"""Every line that the author of a plugin may get, with its mend, gathered from the code."""

import re
from collections.abc import Iterator, Mapping

from pe_core.model.struct import Model
from pe_core.toolkit.documenting.reading import PACKAGE, messages

GROUPS: Mapping[str, tuple[str, ...]] = {
    "When a plugin is loaded": ("hooks/loader.py", "hooks/watched.py"),
    "Hooks": ("hooks/signatures.py",),
    "Forms": ("rules/questions.py",),
    "Texts": ("hooks/texts.py", "rules/texts.py"),
    "Guides and letters": (
        "hooks/guides.py",
        "rules/front_matter.py",
        "rules/guides.py",
        "rules/letters.py",
    ),
    "While it runs": ("hooks/troubles.py", "courier/courier.py"),
}
"""Where the lines are made, by the heading of their table."""
FRAGMENTS = frozenset(
    {
        " - at `$",
        " at …",
        "Babel does not know English",
        "a moment without a zone is no moment",
        "an event is of a kind that this version does not know; it waits",
        "did you mean …?",
        "did you mean …? (known: …)",
        "install …, and name what brings it among the plugin's dependencies",
        "known: …",
        "mend pe.toml",
        "mend that line",
        "texts of …, …",
        "the import of version …",
        "the checklist …",
        "the outbox cannot be emptied now: …",
        "…: …/….md",
    }
)
"""Sentences of these modules that are parts of a line, or are told to no author."""
MENDS: Mapping[str, str] = {
    "…: … raised …: …; …": (
        "mend the line of your code that it names; what cannot be imported is installed, and "
        "named among the plugin's `dependencies`; what `pe.toml` has wrong is changed there"
    ),
    "…: unknown hook …; …": "write the name that it offers",
    "…: … has no argument …; it may take: …": "take an argument that it offers, or none",
    "its type cannot be read: …": "import the names of the annotations in the form's module",
    "answers must be a class that inherits Answers": "`class Paper(Answers): ...`",
    "answers must be a plain struct: no rename, array_like or tag": "take these options out",
    "is asked only sometimes, so it needs '| UnsetType' and the default UNSET": (
        "write it so, or take `ask_if` away"
    ),
    "multiple_of is not supported": "look at the number in `check`",
    "the options of a choice are strings": 'write `Literal["one", "two"]`',
    "field names are made of a-z, 0-9 and _": "rename the field and its texts",
    "this name is taken": "rename the field: `problem`, `stop` and `where` are parts of text keys",
    "a pattern needs max_length: the length is checked first": "add `max_length` to its `Meta`",
    "a form's name is <plugin>.<topic>, of a-z, 0-9, '.', '_', '-'": "rename the form",
    "keep_weeks must be … to …": "choose a number between them",
    "stop_if: the page … makes no text key": "use a-z, 0-9, '.', '_', '-'",
    "… looks at …, which is no earlier field": "name a field that stands above this one",
    "… looks at …, whose words are the asker's own": (
        "look at a choice, a number or a yes and no; typed words are for people to read"
    ),
    "… names no value of …": "name a value after the field",
    "…: … never has the value …": "name one of its options, spelt as there",
    "…: Plural-Forms stands behind plural texts": "move the header to the top of the file",
    "…: Plural-Forms names more forms than any language has": (
        "take the line of another file of the language"
    ),
    "…: Plural-Forms chooses a form that does not exist": (
        "take the line of another file of the language"
    ),
    "…: guides/….md: 'letters' names …, which is no letter of this plugin; known: …": (
        "name a letter whose source lies in `letters/`"
    ),
    "…: files are called <name>.md or <name>.<language>.md, the name of a-z, 0-9 and '-'": (
        "rename the file"
    ),
    "…: English is the source, ….md": "remove the file; the English words stand in the source",
    "is too large; at most … bytes": "cut the guide in two",
    "cannot be read: …": "look at the rights of the file",
    "'topics' names …, which is no form; known: …": (
        "name a form; the list is empty where it is for everybody"
    ),
    "'jurisdiction' … is brought by no plugin; known: …": "write the code of your jurisdiction",
    "there are no words behind the second line +++": "write them",
    "its words are too many: … characters, at most …": "cut the guide in two",
    "begin it with a line …, its facts, and another line …": "see [guides.md](guides.md)",
    "a second line … must end its facts": "write it between the facts and the words",
    "its facts are no valid TOML: nested too deeply": "write the facts as in guides.md",
    "its facts are no valid TOML: …": "mend the line that it names",
    "unknown key …; …": "write the key that it offers",
    "a link leads to an https:// address or to a heading, #its-words": (
        "write the whole https address"
    ),
    "a link leads to an https:// address": "write the whole https address",
    "headings begin with ##, for the title is the first one": "add a `#`",
    "…: is missing; it holds the facts": "write the source, `<name>.md`",
    "line … of its words: …": "what is wrong follows: HTML, pictures, tables, links, headings",
    "… must be here exactly where the source has it": "translate it, or take it out",
    "is missing; every letter says in English what it is": "write `<name>.en.md`",
    "'blanks' names … twice": "rename one",
    "… names …, which is no blank of the letter": "spell the name as in `blanks`",
    "{…} is no blank of the letter; known: …": "add it to `blanks`, or spell it as there",
    "plugin …: the … of … is switched off (…); see the plugin page": (
        "mend what it names, install it, start anew; or press *Try again* on the plugin page"
    ),
    "gave up telling … after … tries": "the event is gone; mend the listener",
    "listener … failed on …: …": "it is told again later; mend the listener",
}
"""What to do where a line does not say it after its semicolon, or not for all of its cases."""


class Fault(Model):
    """A line as its author reads it, ``…`` for what is filled in, and what mends it."""

    said: str
    mend: str


def faults(group: str) -> Iterator[Fault]:
    """Yield the lines of one group; ValueError for one that nobody has a mend for."""
    for file in GROUPS[group]:
        for said in messages((PACKAGE / file).read_text(encoding="utf-8")):
            if said in FRAGMENTS:
                continue
            first, _, rest = said.partition("; ")
            mend = MENDS.get(said) or re.sub(r"([_*<[\]])", r"\\\1", rest)
            if not mend:
                raise ValueError(f"{file}: there is no mend for {said!r}; add one to MENDS")
            yield Fault(said=said if said in MENDS else first, mend=mend)


def said_nowhere() -> frozenset[str]:
    """Return the entries of FRAGMENTS and MENDS that no module says any more."""
    everything = {
        said
        for files in GROUPS.values()
        for file in files
        for said in messages((PACKAGE / file).read_text(encoding="utf-8"))
    }
    return (FRAGMENTS | MENDS.keys()) - everything
