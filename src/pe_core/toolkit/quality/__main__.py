"""Print docs/quality.md."""

import sys

from pe_core.toolkit.quality.handbook import handbook

sys.stdout.write(handbook())
