"""The texts that the forms and the notifiers of plugins cannot do without."""

from collections.abc import Iterator

from pe_core.hooks.loader import Plugins
from pe_core.hooks.notifier import Notifier
from pe_core.rules.catalogue import Catalogue
from pe_core.rules.forms import text_keys
from pe_core.rules.languages import LAST


def missing_texts(plugins: Plugins, texts: Catalogue) -> Iterator[str]:
    """Yield a line for each English text that a page would look for in vain.

    English is what every other language falls back to; ``texts`` holds it.
    """
    needed = [(form.name, text_keys(form)) for form in plugins.every_form()]
    needed += [(one.name, notifier_keys(one)) for one in plugins.notifiers.values()]
    for name, keys in needed:
        plugin = name.partition(".")[0]
        file = plugins.folders[plugin] / "locales" / f"{LAST}.po"
        for key in keys:
            if not texts.has(LAST, key):
                yield f'{plugin}: no English text; add msgid "{key}" to {"/".join(file.parts[-3:])}'


def notifier_keys(notifier: Notifier) -> tuple[str, ...]:
    """Return the keys of the texts that a page shows of a notifier."""
    codes = (f"problem.{code}" for code in notifier.problems)
    return tuple(f"{notifier.name}.{end}" for end in ("title", "hint", *codes))
