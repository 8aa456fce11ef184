"""One target under atheris, in a process of its own: ``python -m tests.fuzz.child NAME ...``.

A finding is written down and the run goes on, so that one run finds several; a hang, a crash of
the process and a memory beyond bounds end it, and libFuzzer writes the bytes down itself.
"""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import atheris

INSTRUMENTED = ("pe_core", "pe_embassy_zz", "multipart", "shamir_mnemonic", "tomllib", "babel")
"""Python that reads outside bytes. Pillow, pikepdf, msgspec and the ciphers are machine code."""
LINE = "finding: "
"""What a line about a finding begins with; JSON follows."""

with atheris.instrument_imports(include=list(INSTRUMENTED)):
    # Ours instruments what it imports; the suite imports the same table as it is.
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.words import forget


def main() -> None:
    """Run one target; arguments: its name, the folder of findings, libFuzzer's own."""
    name, folder, *options = sys.argv[1:]
    logging.disable()
    atheris.Setup([sys.argv[0], *options], _watched(TARGETS[name].act, Path(folder)))
    try:
        atheris.Fuzz()
    finally:
        forget()


def _watched(act: Callable[[bytes], None], folder: Path) -> Callable[[bytes], None]:
    seen: set[tuple[str, str, int | None]] = set()

    def watch(data: bytes) -> None:
        try:
            act(data)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = (type(error).__name__, last.filename, last.lineno)
            if what in seen:
                return
            seen.add(what)
            path = folder / f"finding-{sha256(data).hexdigest()[:16]}"
            path.write_bytes(data)
            said = f"{what[0]} in {Path(what[1]).name}, line {what[2]}: {str(error)[:200]!r}"
            sys.stderr.write(f"{LINE}{json.dumps([said, str(path)])}\n")

    return watch


if __name__ == "__main__":
    main()
