"""What every plugin owes: see pe_core.toolkit.contract."""

from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    """The notifier of ntfy keeps it, beside a country."""

    plugin = "ntfy"
    beside = ("zz",)
