"""Run one check and exit 0 when it passes, 1 when it does not."""

import argparse
import sys
from collections.abc import Callable

from . import audit, fresh, licences, planted, sbom, wheels, yanked

COMMANDS: dict[str, tuple[str, Callable[[], bool]]] = {
    "audit": ("known vulnerabilities of both locks", lambda: audit.show(audit.audit_all())),
    "planted": ("does the audit notice a planted one, and a dead service", planted.run),
    "licences": ("may we hand on, and use, what we depend on", licences.run),
    "sbom": ("dist/sbom.cdx.json, the bill of materials of a server", sbom.run),
    "wheels": ("dist/*.whl, built twice; a server installed from them", wheels.run),
    "yanked": ("was a pinned version taken back by its authors", yanked.run),
    "fresh": ("how long a new machine takes to be ready", fresh.run),
}


def main() -> None:
    """Read the command and run it."""
    listed = "\n".join(f"  {name:10} {what}" for name, (what, _) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.supply",
        epilog=listed,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    _, run = COMMANDS[parser.parse_args().command]
    sys.exit(0 if run() else 1)


if __name__ == "__main__":
    main()
