"""What every plugin owes: see pe_core.toolkit.contract."""

from pe_core.toolkit.contract import PluginContract


class TestContract(PluginContract):
    """The notifier of email keeps it, beside a country."""

    plugin = "email"
    beside = ("zz",)
