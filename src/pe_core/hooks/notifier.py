"""What rings a person: there is something new, and not a word more."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable


@runtime_checkable
class Notifier(Protocol):
    """Something that rings at an address which a person chose.

    ``name`` is unique and starts with the plugin's code, such as ``ntfy.push``. Its English
    texts are ``<name>.title`` (what people choose it by), ``<name>.hint`` (what to type), and
    ``<name>.problem.<code>`` for each code of ``problems``.
    """

    name: str

    @property
    def problems(self) -> Collection[str]:
        """The codes of all that ``check`` may find."""

    def check(self, address: str) -> str | None:
        """Return what is wrong with an address that somebody typed, a code; None if it is fine.

        It looks at the words alone and raises nothing, whatever they are.
        """

    async def ring(self, address: str, words: str) -> None:
        """Say these words at this address, and add nothing to them: no name, no link.

        Raises RingFailed, which says whether to try again. Neither is written down anywhere.
        """
