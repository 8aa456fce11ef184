"""Fixtures stay in pe_core.toolkit.pytest_plugin, where plugin authors have them too."""

import os
import sys
from pathlib import Path

from hypothesis import settings

# Tests are imported one by one (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

# A busy machine is no finding; and what CI finds it finds again.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")
