"""A notifier looks at whatever somebody typed as an address, and raises nothing."""

from collections.abc import Iterator, Mapping

from pe_core.hooks import Notifier
from pe_core.hooks.blame import package_of, place_of

_MARK = "marked"
NO_ADDRESSES: Mapping[str, str] = {
    "nothing at all": "",
    "a space": " ",
    "a line break": f"https://{_MARK}.example/x\r\nBcc: a@{_MARK}.example",
    "a line break at its end": f"a@{_MARK}.example\n",
    "a zero byte": f"a\x00@{_MARK}.example",
    "100,000 letters": "a@" + "b" * 100_000 + ".example",
    "half a character": f"a\ud800@{_MARK}.example",
}
"""What no person means, by what it is."""
STRANGE = ("@", "://", "https://[", "https://x:99999999/", "\u202e@x", "%s%n{0}", "1" * 400)
"""What may be an address of something; looking at it must not raise."""


def check_faults(notifier: Notifier) -> Iterator[str]:
    """Yield a line for each address that ``check`` takes, or that it answers with nonsense."""
    where = f"{notifier.name}: check"
    codes = set(notifier.problems)
    for what, address in (*NO_ADDRESSES.items(), *((repr(one)[:20], one) for one in STRANGE)):
        try:
            found = notifier.check(address)
        except Exception as error:  # the page would fail for whoever typed it
            place = place_of(error, package_of(notifier)) or "an unknown place"
            yield f"{where} raises {type(error).__name__} at {place} for {what}; return a code"
            continue
        if found is None:
            if what in NO_ADDRESSES:
                yield f"{where} takes {what}; return a code of problems"
        elif found not in codes:
            yield (
                f"{where} finds {str(found).partition(' ')[0][:20]!r}, which is no code of "
                "problems; add it there, and its text"
            )
