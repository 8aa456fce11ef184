"""The texts that the forms of plugins cannot do without."""

from collections.abc import Iterator

from pe_core.hooks.loader import Plugins
from pe_core.rules.catalogue import Catalogue
from pe_core.rules.forms import text_keys
from pe_core.rules.languages import LAST


def missing_texts(plugins: Plugins, texts: Catalogue) -> Iterator[str]:
    """Yield a line for each English text that a page of a form would look for in vain.

    English is what every other language falls back to; ``texts`` holds it.
    """
    for form in plugins.forms.values():
        plugin = form.name.partition(".")[0]
        file = plugins.folders[plugin] / "locales" / f"{LAST}.po"
        for key in text_keys(form):
            if not texts.has(LAST, key):
                yield f'{plugin}: no English text; add msgid "{key}" to {"/".join(file.parts[-3:])}'
