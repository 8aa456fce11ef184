"""``python -m pe_core.cli`` is `pe`."""

from pe_core.cli.main import main

main()
