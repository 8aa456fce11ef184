"""The contract of plugins: whoever breaks a promise hears which one, and the mend."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from inner import Outcome, installed, run_tests
from pe_core.toolkit.contract import PluginContract

PLUGIN = """
import logging
from pathlib import Path
from typing import Annotated, Literal

from pe_core import *
from pe_core import UNSET, UnsetType
from msgspec import Meta
from msgspec.structs import force_setattr

OFFICE = Office(name="Office", local_name="Office")
TOLD = []


class Settings(Model, forbid_unknown_fields=True):
    loud: bool = False


class Ask(Answers):
    step: Literal["one", "two"]
    more: Annotated[Long | UnsetType, ask_if("step", "two")] = UNSET
    story: Story
    name: Name | UnsetType = UNSET


class Ear:
    name = "CODE.ear"

    def __init__(self):
        self.heard = set()

    async def hear(self, event):
        if isinstance(event, RequestErased):
            self.heard.clear()


def check(answers):
    return ()


def more():
    return {}


@hookimpl
def register_jurisdictions(instance):
    return [
        Jurisdiction(
            code="zz",
            territory="ZZ",
            names={"en": "Exampleplace"},
            offices=(OFFICE,),
            languages=("en",),
            zones=("Etc/UTC",),
            emergency=Emergency(general="112"),
            migration=Authority(name="Office", local_name="Office"),
            **({"data_protection": DataProtection(
                authority="Board", authority_local="Board", url="https://b.example", law="Act"
            )} | more()),
        )
    ]


@hookimpl
def register_forms(instance):
    return [Form(name="CODE.ask", answers=Ask, check=check)]


@hookimpl
def register_listeners(instance):
    instance.settings("CODE", Settings)
    return [Ear()]
"""
TEXTS = {
    "ask.title": "Papers",
    "ask.summary": "Ask for papers.",
    "ask.step.label": "Which step?",
    "ask.step.one": "The first",
    "ask.step.two": "The second",
    "ask.more.label": "What more?",
}
LETTER = """+++
topics = []
jurisdiction = "zz"
authority = "Office"
language = "en"
checked_on = 2026-11-24
revision = 1
sources = [{ title = "Office", url = "https://office.example/" }]
blanks = [{ name = "story", kind = "long", longest = 300 }]
+++
I ask you: {story}
"""
LETTER_TOLD = """+++
title = "A question"
summary = "Ask the office."
labels = { story = "What do you ask?" }
of = 1
+++
You ask the office something.
"""
TESTS = """
from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    plugin = "CODE"
"""


class Broken(NamedTuple):
    """A plugin that breaks one promise: what is added to it, which test says so, and how."""

    code: str
    test: str
    says: str
    texts: Mapping[str, str] = {}
    russian: Mapping[str, str] = {}
    files: Mapping[str, str] = {}


FORGETS = "test_each_listener_forgets_what_is_erased"
REPEATS = "test_each_listener_bears_repeats"
LOADS = "test_it_loads_alone_and_quietly"
HOOKS = "test_each_hook_returns_its_type"
EXAMPLE = "test_each_form_takes_an_example"
REFUSES = "test_each_form_refuses_empty_answers_and_unknown_fields"
CHECK = "test_no_check_raises_or_repeats_an_answer"
SETTINGS = "test_each_key_of_its_settings_refuses_an_unknown_neighbour"
TEXT = "test_every_text_is_there_in_every_language"
PAGES = "test_every_public_page_answers_in_every_language"
QUESTIONS = "test_every_question_answers_in_every_language"
SECRET = "test_what_people_write_is_in_clear_nowhere"
RANKING = "test_a_ranking_is_pure"
SHARING = "test_a_rule_about_what_leaves_is_pure"
LETTERS = "test_a_letter_is_filled_in_and_kept_nowhere"
ADDRESSES = "test_each_notifier_looks_at_an_address_calmly"
WAY = """
class Way:
    name = "CODE.way"
    problems = ("no_address",)
    async def ring(self, address, words): pass


@hookimpl
def register_notifiers():
    return [Way()]


class Way(Way):
"""
WAY_TEXTS = {"way.title": "A way", "way.hint": "Type it.", "way.problem.no_address": "No."}

BROKEN: Mapping[str, Broken] = {
    "prints": Broken("print('hello')", LOADS, "use instance.log('prints')"),
    "warns": Broken("import warnings; warnings.warn('old')", LOADS, "UserWarning"),
    "reaches": Broken(
        "import socket\ntry: socket.getaddrinfo('office.example', 443)\nexcept OSError: pass",
        LOADS,
        "leave it to the objects that a hook returns",
    ),
    "returns": Broken(
        "@hookimpl\ndef register_listeners(instance): return ['ear']",
        HOOKS,
        "each must be a Listener",
    ),
    "yields": Broken(
        "@hookimpl\ndef register_forms(instance): yield 1",
        HOOKS,
        "return [...], and [] for nothing",
    ),
    "misspelt": Broken(
        "@hookimpl\n"
        "def register_listeners(instance):\n"
        "    try: instance.settings('CODE', Settings)\n"
        "    except Exception: pass\n"
        "    return [Ear()]",
        SETTINGS,
        "let the SettingsError of instance.settings('misspelt', Settings) through",
    ),
    "lenient": Broken(
        "class Row(Model):\n    key: str\n"
        "class Settings(Model, forbid_unknown_fields=True):\n    rows: tuple[Row, ...] = ()",
        SETTINGS,
        "write class Row(Model, forbid_unknown_fields=True)",
    ),
    "refusing": Broken(
        "def check(answers): yield Problem(field='story', code='required')",
        EXAMPLE,
        'examples = {"refusing.ask.<field>": "..."}',
    ),
    "unasked": Broken(
        "def check(answers):\n"
        "    if answers.step == 'two': yield Problem(field='step', code='required')",
        EXAMPLE,
        "unasked.ask.more is asked after no answers that the form takes",
    ),
    "empty": Broken(
        "class Ask(Answers):\n    story: Story | UnsetType = UNSET",
        REFUSES,
        "takes an empty request; make one answer required",
    ),
    "open": Broken(
        "class Ask(Ask, forbid_unknown_fields=False): pass",
        REFUSES,
        "take forbid_unknown_fields=False out of its class line",
    ),
    "raising": Broken(
        "def check(answers):\n    raise ValueError(answers.story)",
        CHECK,
        "and its words hold an answer; yield a Problem instead",
    ),
    "unwilling": Broken(
        "def shout(answers):\n    raise ValueError(answers.song)\n"
        "class Help(Answers): song: str\n"
        "@hookimpl\ndef register_forms(instance):\n"
        "    return [Form(name='CODE.ask', answers=Ask, check=check),\n"
        "            VolunteerForm(name='CODE.help', answers=Help, check=shout)]",
        CHECK,
        "unwilling.help: check raises ValueError",
        {"help.title": "Help", "help.summary": "Help us.", "help.song.label": "A song?"},
    ),
    "repeating": Broken(
        "def check(answers):\n"
        "    if len(answers.story) > 20:\n"
        "        yield Problem(field='story', code='too_long', limits={'limit': answers.story})",
        CHECK,
        "limits hold the numbers of a limit, never an answer",
    ),
    "nowhere": Broken(
        "def check(answers):\n"
        "    if len(answers.story) > 20: yield Problem(field='stori', code='too_long')",
        CHECK,
        "name the field whose answer is to be changed",
    ),
    "untold": Broken(
        "",
        TEXT,
        "locales/ru.po: untold.ask.title: missing; translate it there",
        russian={"ask.title": ""},
    ),
    "holed": Broken(
        "",
        TEXT,
        "placeholders differ from en; write it as in the English file",
        {"ask.problem.strange": "Strange"},
        {"ask.problem.strange": "Strange {number}"},
    ),
    "codeless": Broken(
        "def check(answers):\n"
        "    if answers.step == 'two' and answers.name is not UNSET:\n"
        "        yield Problem(field='step', code='strange')",
        TEXT,
        'add msgid "codeless.ask.problem.strange"',
    ),
    "lawless": Broken(
        "def more(): return {'data_protection': None}", PAGES, "/en/privacy answers 500"
    ),
    "hinting": Broken("", QUESTIONS, "answers 500", {"ask.step.hint": "Like {this}"}),
    "filing": Broken(
        "def check(answers):\n    Path('told').write_text(answers.story)\n    return ()",
        SECRET,
        "told holds what was typed into filing.ask.story; a plugin writes no file",
    ),
    "logging": Broken(
        "def check(answers):\n"
        "    logging.getLogger('pe.plugin.CODE').debug('read %r', answers)\n"
        "    return ()",
        SECRET,
        "the log holds what was typed into logging.ask.name; the log is public",
    ),
    "printing": Broken(
        "def check(answers):\n    print(answers.story)\n    return ()",
        SECRET,
        "the output holds what was typed into printing.ask.story; nothing is printed",
    ),
    "sharing": Broken(
        "def check(answers):\n"
        "    force_setattr(OFFICE, 'local_name', answers.story)\n"
        "    return ()",
        SECRET,
        "shows another visitor what was typed into sharing.ask.story",
    ),
    "leaking": Broken(
        "import pe_core.web.public.letters as pages\n"
        "fill = pages.fill\n"
        "def leak(body, filled):\n"
        "    if 'I leak' in body: Path('told').write_text(str(filled))\n"
        "    return fill(body, filled)\n"
        "pages.fill = leak",
        LETTERS,
        "told holds what was typed into leaking.ask.story; a plugin writes no file",
        files={"letters/ask.md": LETTER.replace("I ask you", "I leak")},
    ),
    "counting": Broken(
        "class Ear(Ear):\n    count = 0\n    async def hear(self, event): self.count += 1",
        REPEATS,
        "remember the ids that it has acted on",
    ),
    "failing": Broken(
        "class Ear(Ear):\n    async def hear(self, event): self.heard.add(event.request)\n"
        "    async def hear(self, event):\n"
        "        if not isinstance(event, RequestErased): event.message",
        REPEATS,
        "let every kind of event end well",
    ),
    "keeping": Broken(
        "class Ear(Ear):\n"
        "    async def hear(self, event):\n"
        "        if isinstance(event, RequestErased): self.heard.discard(event.request)\n"
        "        elif isinstance(event, MessageAdded): self.heard.add(event.message)",
        FORGETS,
        "let it forget the request and everything that belongs to it",
    ),
    "forgetful": Broken(
        "@hookimpl\ndef rank_volunteers(need, candidates):\n"
        "    TOLD.append(1)\n"
        "    back = [Suggestion(box=one.card.box) for one in candidates]\n"
        "    return back[::-1] if len(TOLD) % 7 < 3 else back",
        RANKING,
        "let it depend on nothing but the need and the candidates",
    ),
    "inviting": Broken(
        "@hookimpl\ndef rank_volunteers(candidates):\n    return [Suggestion(box=-1)]",
        RANKING,
        "names somebody who is no candidate",
    ),
    "doubling": Broken(
        "@hookimpl\ndef rank_volunteers(candidates):\n"
        "    return [Suggestion(box=one.card.box) for one in candidates] * 2",
        RANKING,
        "names somebody twice",
    ),
    "raiser": Broken(
        "@hookimpl\ndef rank_volunteers(candidates): return candidates[3]",
        RANKING,
        "rank_volunteers raises IndexError at pe_embassy_raiser/__init__.py:",
    ),
    "reasonless": Broken(
        "@hookimpl\ndef rank_volunteers(candidates):\n"
        "    because = Reason(code='CODE.rank.nice', verdict=Verdict.FOR)\n"
        "    return [Suggestion(box=one.card.box, reasons=(because,)) for one in candidates]",
        RANKING,
        "its code is a key in locales/en.po",
    ),
    "hoarding": Broken(
        "@hookimpl\ndef rank_volunteers(candidates): TOLD.extend(candidates[:2])",
        RANKING,
        "rank_volunteers keeps whom it was shown",
    ),
    "moody": Broken(
        "@hookimpl\ndef may_share(help_request):\n"
        "    TOLD.append(1)\n"
        "    return Sharing(fields=('step',)) if len(TOLD) % 7 < 3 else None",
        SHARING,
        "let it depend on nothing but the request and the peer",
    ),
    "stumbling": Broken(
        "@hookimpl\ndef may_share(peer): return {}[peer]",
        SHARING,
        "may_share raises KeyError at pe_embassy_stumbling/__init__.py:",
    ),
    "vague": Broken(
        "@hookimpl\ndef may_share(): return ['story']",
        SHARING,
        "return Sharing(fields=(...,)) or None",
    ),
    "collecting": Broken(
        "@hookimpl\ndef may_share(help_request): TOLD.append(help_request)",
        SHARING,
        "may_share keeps what it was shown",
    ),
    "trusting": Broken(
        WAY + "    def check(self, address): return None if address else 'no_address'",
        ADDRESSES,
        "trusting.way: check takes a line break; return a code of problems",
        WAY_TEXTS,
    ),
    "nervous": Broken(
        WAY + "    def check(self, address): return 'no_address' if address.index('@') else None",
        ADDRESSES,
        "check raises ValueError at pe_embassy_nervous/__init__.py",
        WAY_TEXTS,
    ),
    "unnamed": Broken(
        WAY + "    def check(self, address): return 'strange'",
        ADDRESSES,
        "unnamed.way: check finds 'strange', which is no code of problems",
        WAY_TEXTS,
    ),
    "ringing": Broken(
        WAY + "    def check(self, address): return 'no_address'",
        TEXT,
        "ringing.way.title has a placeholder, and its page no value for it",
        {**WAY_TEXTS, "way.title": "A way of {name}"},
    ),
    "sharedly": Broken(
        "class Ear(Ear):\n"
        "    async def hear(self, event):\n"
        "        if isinstance(event, MessageAdded) and event.message not in TOLD:\n"
        "            TOLD.append(event.message)\n"
        "    told = TOLD",
        FORGETS,
        "still holds 'invented-message'",
    ),
}
PROMISES = {name for name in vars(PluginContract) if name.startswith("test_")}
ALSO: Mapping[str, set[str]] = {"hinting": {TEXT, SECRET}}
"""What else the same fault breaks."""


def catalogue(name: str, texts: Mapping[str, str]) -> str:
    """Return a PO file of a plugin; texts are given by key without the plugin's name."""
    entries = [f'msgid "{name}.{key}"\nmsgstr "{text}"\n' for key, text in texts.items() if text]
    return "\n".join(['msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n', *entries])


def files_of(name: str, broken: Broken) -> dict[str, str]:
    """Return the files of a plugin and of the test that holds it to the contract."""
    source = (PLUGIN + broken.code).replace("CODE", name)
    package = f"pe_embassy_{name}"
    english = {**TEXTS, **broken.texts}
    letters = {"letters/ask.md": LETTER, "letters/ask.en.md": LETTER_TOLD, **broken.files}
    return {
        **installed(name, source),
        f"{package}/locales/en.po": catalogue(name, english),
        f"{package}/locales/ru.po": catalogue(name, {**english, **broken.russian}),
        **{f"{package}/{path}": text for path, text in letters.items()},
        f"test_{name}.py": TESTS.replace("CODE", name),
    }


def of(outcomes: Mapping[str, Outcome], name: str) -> dict[str, Outcome]:
    """Return what came of one plugin's tests, by the test's name."""
    start = f"Test_{name}."
    own = {key: told for key, told in outcomes.items() if key.startswith(start)}
    return {key.removeprefix(start): told for key, told in own.items()}


def test_whoever_breaks_a_promise_fails_its_test_and_hears_the_mend(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for name, broken in {"whole": Broken("", "", ""), **BROKEN}.items():
        for path, text in files_of(name, broken).items():
            files[path] = text.replace("class TestContract", f"class Test_{name}")

    outcomes = run_tests(tmp_path, files)

    whole = of(outcomes, "whole")
    assert {("passed", "")} == set(whole.values()), whole
    assert PROMISES == whole.keys()
    failed = {
        name: {test for test, told in of(outcomes, name).items() if told[0] in ("failed", "error")}
        for name in BROKEN
    }
    assert {name: {broken.test, *ALSO.get(name, ())} for name, broken in BROKEN.items()} == failed
    said = {name: of(outcomes, name)[broken.test][1] for name, broken in BROKEN.items()}
    assert {} == {name: said[name] for name in BROKEN if BROKEN[name].says not in said[name]}


def test_every_promise_is_broken_once() -> None:
    assert PROMISES == {broken.test for broken in BROKEN.values()}
