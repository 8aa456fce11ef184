"""The command of `make docs`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pe_core.toolkit.documenting.filling import fill, pages


def main(arguments: Sequence[str], root: Path) -> int:
    """Fill all pages of the tree ``root``, or with ``--check`` only say which are stale.

    Returns 1 if one is stale and stays so, or has a marker that leads nowhere.
    """
    left = 0
    for page in pages(root):
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(root)
        try:
            filled = fill(text, root)
        except ValueError as error:
            left += 1
            sys.stdout.write(f"{name}: {error}\n")
            continue
        if filled != text and "--check" in arguments:
            left += 1
            sys.stdout.write(f"{name}: stale; run `make docs`\n")
        elif filled != text:
            page.write_text(filled, encoding="utf-8")
            sys.stdout.write(f"{name}: made anew\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
