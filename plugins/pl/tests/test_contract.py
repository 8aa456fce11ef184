"""What every plugin owes: see pe_core.toolkit.contract."""

from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    """Poland keeps it."""

    plugin = "pl"
