"""Every text is there, in each language that the plugin declares, with the same placeholders."""

from collections.abc import Iterator, Sequence

from pe_core.hooks import Plugins, missing_texts, notifier_keys
from pe_core.rules import forms
from pe_core.rules.catalogue import Catalogue
from pe_core.rules.forms import text_keys
from pe_core.rules.languages import chain
from pe_core.rules.texts import Source, load_catalogue
from pe_core.running import CORE_LOCALES
from pe_core.toolkit.examples import Given
from pe_core.toolkit.promises.forms import found_by_checks


def text_faults(
    plugin: str, plugins: Plugins, languages: Sequence[str], given: Given
) -> Iterator[str]:
    """Yield a line for each text that a page would lack, with the file to add it to."""
    folder = plugins.folders[plugin] / "locales"
    texts = load_catalogue(
        [
            Source(domain=plugin, directory=folder),
            Source(domain="core", directory=CORE_LOCALES),
        ],
        languages,
        None,
    )
    # What stands beside it brings texts of its own, which are not looked at here.
    missing = missing_texts(plugins, texts)
    yield from (line for line in missing if line.startswith(f"{plugin}: "))
    for line in texts.problems():
        language, key, problem = line.split(": ", 2)
        # A variety of a language holds only what differs from it.
        varies = problem == "missing" and set(chain(language)[1:]) & set(languages)
        if key.startswith(f"{plugin}.") and not (varies and "-" in language):
            yield f"locales/{language}.po: {key}: {problem}; {_mend(problem)}"
    yield from _placeholder_faults(plugin, plugins, texts)
    yield from _problem_text_faults(plugin, plugins, texts, given)


def _placeholder_faults(plugin: str, plugins: Plugins, texts: Catalogue) -> Iterator[str]:
    """Yield a line for each text of the plugin's that wants a value: pages have none for it."""
    keys: set[str] = set()
    for form in plugins.every_form():
        if form.name.startswith(f"{plugin}."):
            roots = {question.key for question in forms.questions(form)}
            keys |= {f"{root}.{end}" for root in roots for end in ("hint", "why")}
            keys |= set(text_keys(form))
    for notifier in plugins.notifiers.values():
        if notifier.name.startswith(f"{plugin}."):
            keys |= set(notifier_keys(notifier))
    for key in sorted(keys):
        for language in texts.languages:
            try:
                if texts.has(language, key):
                    texts.text(language, key)
            except KeyError:
                yield (
                    f"locales/{language}.po: {key} has a placeholder, and its page no value "
                    "for it; take it out"
                )


def _problem_text_faults(
    plugin: str, plugins: Plugins, texts: Catalogue, given: Given
) -> Iterator[str]:
    for form in plugins.every_form():
        if not form.name.startswith(f"{plugin}."):
            continue
        for code, problem in found_by_checks(form, given).items():
            own, core = f"{form.name}.problem.{code}", f"core.problem.{code}"
            for language in texts.languages:
                key = own if texts.has(language, own) else core
                if not texts.has(language, key):
                    yield f'locales/en.po: {form.name} checks for {code!r}; add msgid "{own}"'
                    break
                try:
                    texts.text(language, key, **problem.limits)
                except KeyError:
                    yield (
                        f"locales/{language}.po: {key} has a placeholder that the check gives no "
                        "value for; add it to the Problem's limits, or take it out of the text"
                    )


def _mend(problem: str) -> str:
    if problem == "missing":
        return "translate it there"
    if problem.startswith("not in"):
        return "add it to the English file first, or take it out here"
    return "write it as in the English file"
