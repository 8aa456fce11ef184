"""One template environment a language, so that macros too can reach the texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import minijinja

from pe_core.rules.texts import Catalogue, direction, own_name
from pe_core.web.assets import Asset

FOLDER = Path(__file__).parent / "templates"


class Templates:
    """The templates in every language of the embassy."""

    def __init__(
        self,
        texts: Catalogue,
        languages: Sequence[str],
        assets: Mapping[str, Asset],
        *,
        reload: bool = False,
    ) -> None:
        """``reload`` reads changed templates again, for those who write them."""
        self.own_names = {language: _capital(own_name(language)) for language in languages}
        shared = {name: asset.address for name, asset in assets.items()}
        self._environments = {
            language: _environment(texts, language, shared, reload) for language in languages
        }

    def render(self, name: str, language: str, context: Mapping[str, Any]) -> str:
        """Return the page; an unknown text key or variable is an exception, never a gap."""
        return self._environments[language].render_template(name, **context)


def _environment(
    texts: Catalogue, language: str, assets: Mapping[str, str], reload: bool
) -> minijinja.Environment:
    def t(key: str, **values: object) -> str:
        return texts.text(language, key, **values)

    def plural(key: str, number: int, **values: object) -> str:
        return texts.plural(language, key, number, **values)

    def has(key: str) -> bool:
        return texts.has(language, key)

    environment = minijinja.Environment(
        loader=minijinja.load_from_path(FOLDER),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        debug=False,  # its messages quote the values of a page
        globals={
            "t": t,
            "plural": plural,
            "has": has,
            "lang": language,
            "dir": direction(language),
            "assets": dict(assets),
        },
    )
    environment.reload_before_render = reload
    return environment


def _capital(name: str) -> str:
    """Begin with a capital, as a list does; most languages write their own name small."""
    return name[:1].upper() + name[1:]
