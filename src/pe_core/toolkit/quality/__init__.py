"""The quality scale of plugins: rules with a tier each, asked by `pe plugin check`."""

from pe_core.toolkit.quality.checking import Source, check_plugin, find_source, look_alone
from pe_core.toolkit.quality.child import Answer, Brought
from pe_core.toolkit.quality.scale import RULES, Finding, Report, Rule

__all__ = [
    "RULES",
    "Answer",
    "Brought",
    "Finding",
    "Report",
    "Rule",
    "Source",
    "check_plugin",
    "find_source",
    "look_alone",
]
