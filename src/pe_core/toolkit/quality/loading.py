"""The rule that everything else rests on."""

from collections.abc import Iterable

from pe_core.toolkit.quality.subject import Subject


def loads_clean(plugin: Subject) -> Iterable[str]:
    """Load alone, without a warning, a printed word or a network.

    The plugin is loaded in a process of its own, as `pe serve` loads it, with no settings and
    with warnings as errors. What only works beside another plugin, or only with the internet,
    keeps an embassy from starting on a bad day. Until it loads, the rules that look at its
    forms, guides and listeners are not asked.
    """
    prefix = f"{plugin.code}: "
    yield from (fault.removeprefix(prefix) for fault in plugin.alone.faults)
