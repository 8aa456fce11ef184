"""`make texts`: what asks for a key is found, and what has no words gets a place for them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from pe_core.rules.texts import Source, load_catalogue
from pe_core.toolkit import catalogues
from pe_core.toolkit.catalogues import Needs, complete, needs_of_plugin
from pe_core.toolkit.extracting import uses_of

TEMPLATE = """
{# t("zz.remark") is only told of #}
<link href="{{ assets["zz.css"] }}">zz.words
{{ t("zz.title") }}{{ t('zz.one' if one else "zz.other") }}
{% if has("zz.note") %}{{ t("zz.state." ~ state ~ ".title") }}{% endif %}
{{ plural("zz.days", days) }}{{ t("core.form.day") }}
"""
CODE = '''
"""zz.docs"""
ROOT = "zz.field"
PREFIX = "zz."
def show(texts, name):
    raise NotAllowed("zz.no" if name else "zz.never")
    return texts.text("en", "zz.said"), texts.plural("en", "zz.weeks", 3), f"zz.act.{name}.done"
'''
ENGLISH = """\
# The first line is ours.
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

# A remark.
msgid "zz.b"
msgstr "B"

msgid "zz.a"
msgstr "A"
"""
POLISH = """\
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

#, machine
msgid "zz.a"
msgstr "A"

#~ msgid "zz.gone"
#~ msgstr "Nie ma"
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "en.po").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "locales" / "pl.po").write_text(POLISH, encoding="utf-8")
    (tmp_path / "page.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "code.py").write_text(CODE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def needs(package: Path) -> Needs:
    return Needs(
        name="zz",
        folder=package,
        keys={"zz.c": "page.html", "zz.days": "page.html"},
        counting=frozenset({"zz.days"}),
    )


def read(package: Path, language: str) -> str:
    return (package / "locales" / f"{language}.po").read_text(encoding="utf-8")


def test_whole_keys_are_found_in_templates_and_in_code(package: Path) -> None:
    uses = uses_of(package, ["zz"])

    assert {
        *("zz.title", "zz.one", "zz.other", "zz.note", "zz.days"),
        *("zz.no", "zz.never", "zz.said", "zz.weeks"),
    } == set(uses.whole)
    assert "page.html" == uses.whole["zz.title"]
    assert {"zz.days", "zz.weeks"} == uses.counting


def test_keys_that_are_put_together_are_found_by_their_pattern(package: Path) -> None:
    uses = uses_of(package, ["zz"])

    assert {"zz.state.*": "page.html", "zz.act.*.done": "code.py"} == uses.patterns
    assert uses.cover("zz.state.open.title")
    assert uses.cover("zz.act.take.done")
    assert not uses.cover("zz.act.take")


def test_a_word_that_only_begins_a_key_covers_what_begins_so(package: Path) -> None:
    uses = uses_of(package, ["zz"])

    assert uses.cover("zz.field.label")
    assert not uses.cover("zz.fields")
    assert not uses.cover("zz.remark")


def test_keys_without_words_are_added_to_every_language_and_told(needs: Needs) -> None:
    lines = list(complete(needs))

    assert [
        "added to en: zz.c, asked for by page.html",
        "added to en: zz.days, asked for by page.html",
        "added to pl: zz.b, asked for by en.po",
        "added to pl: zz.c, asked for by page.html",
        "added to pl: zz.days, asked for by page.html",
    ] == lines
    assert (
        POLISH + '\nmsgid "zz.b"\nmsgstr ""\n\nmsgid "zz.c"\nmsgstr ""\n\n'
        'msgid "zz.days"\nmsgid_plural "zz.days"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\n'
    ) == read(needs.folder, "pl")


def test_nothing_of_a_file_moves_and_the_second_time_only_tells(needs: Needs) -> None:
    list(complete(needs))
    once = read(needs.folder, "en")
    lines = list(complete(needs))

    assert once.startswith(ENGLISH)
    assert once == read(needs.folder, "en")
    assert [
        "missing in en: zz.c",
        "missing in en: zz.days",
        "missing in pl: zz.b",
        "missing in pl: zz.c",
        "missing in pl: zz.days",
    ] == lines


def test_an_entry_without_words_falls_along_the_chain(needs: Needs) -> None:
    list(complete(needs))
    source = Source(domain="zz", directory=needs.folder / "locales")
    texts = load_catalogue([source], ["pl"], None)

    assert ("B", "A") == (texts.text("pl", "zz.b"), texts.text("pl", "zz.a"))
    assert not texts.has("pl", "zz.c")


def test_a_language_of_the_public_pages_alone_gets_no_keys_of_the_staff(package: Path) -> None:
    (package / "locales" / "en.po").write_text(
        'msgid "core.a"\nmsgstr "A"\n\nmsgid "staff.a"\nmsgstr "A"\n', encoding="utf-8"
    )
    (package / "locales" / "pl.po").write_text('msgid "core.b"\nmsgstr "B"\n', encoding="utf-8")
    lines = list(complete(Needs(name="core", folder=package, keys={})))

    assert ["added to pl: core.a, asked for by en.po"] == lines


def test_what_is_written_can_be_opened_by_the_tools_of_translators(needs: Needs) -> None:
    list(complete(needs))
    path = needs.folder / "locales" / "pl.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale="pl", abort_invalid=True)

    assert ["zz.a", "zz.b", "zz.c", ("zz.days", "zz.days")] == [m.id for m in catalog if m.id]
    assert ["zz.gone"] == list(catalog.obsolete)
    assert {"machine"} == catalog["zz.a"].flags  # type: ignore[union-attr]
    if msgfmt := shutil.which("msgfmt"):
        subprocess.run([msgfmt, "--check-format", "-o", "/dev/null", str(path)], check=True)


def test_a_plugin_needs_the_words_of_its_forms() -> None:
    needs = needs_of_plugin("zz")
    of_forms = {asker for asker in needs.keys.values() if asker.startswith("the form zz.")}

    assert of_forms
    assert [] == [key for key in needs.keys if not key.startswith("zz.")]


def test_the_command_prints_what_it_added(
    needs: Needs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "needs_of_plugin", {"zz": needs}.__getitem__)

    assert 0 == catalogues.main(["zz"])
    assert 5 == len(capsys.readouterr().out.splitlines())
