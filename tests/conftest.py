"""Fixtures stay in pe_core.toolkit.pytest_plugin, where plugin authors have them too."""

import sys
from pathlib import Path

# Tests are imported one by one (importlib mode); what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))
