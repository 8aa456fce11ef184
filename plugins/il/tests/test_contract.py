"""What every plugin keeps to, for this one."""

from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    plugin = "il"
