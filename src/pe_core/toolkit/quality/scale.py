"""The quality scale: one table of all rules, and the tier that a plugin reaches by them."""

from collections.abc import Callable, Iterable

from pe_core.model.struct import Model
from pe_core.toolkit.quality.facts import facts_hold, template_gone
from pe_core.toolkit.quality.forms import forms_short, personal_marked, retention_bounded
from pe_core.toolkit.quality.guides import guides_fresh, guides_sourced
from pe_core.toolkit.quality.listeners import repeats_borne
from pe_core.toolkit.quality.loading import loads_clean
from pe_core.toolkit.quality.names import (
    core_capped,
    licence_named,
    names_agree,
    owner_named,
    two_owners,
)
from pe_core.toolkit.quality.pages import pages_plain
from pe_core.toolkit.quality.papers import (
    deployment_there,
    removal_documented,
    settings_documented,
)
from pe_core.toolkit.quality.subject import SHORTEST_REASON, TIERS, Subject, Tier
from pe_core.toolkit.quality.texts import (
    languages_complete,
    texts_complete,
    translations_reviewed,
    translations_told,
)
from pe_core.toolkit.quality.trials import contract_tested, no_network_in_tests, tests_cover
from pe_core.toolkit.quality.typed import typed

NEVER_EXEMPT = ("loads-clean", "exemptions-told")
"""What no reason excuses: without the one nothing else is known, the other is about reasons."""


class Rule(Model):
    """A rule: a function whose docstring is the rule's page, and the tier that asks for it.

    ``loaded`` says that it looks at what the plugin brought; ``slow`` that it takes seconds.
    """

    tier: Tier
    check: Callable[[Subject], Iterable[str]]
    loaded: bool = False
    slow: bool = False

    @property
    def name(self) -> str:
        """Return the rule's name, as quality.toml writes it."""
        return self.check.__name__.replace("_", "-")


def exemptions_told(plugin: Subject) -> Iterable[str]:
    """Give a reason for every rule that the plugin is exempt from.

    `quality.toml` holds them, beside the plugin: `[exempt]`, then `rule = "reason"`.
    A reason has twenty characters at least, so that a stranger can judge it.
    `loads-clean` and this rule have no exemption.
    """
    known = [rule.name for rule in RULES]
    if plugin.promise.there and not plugin.promise.told:
        yield "quality.toml: promised is not 'bronze', 'silver' or 'gold'; write one of them"
    for key in plugin.promise.unknown:
        yield f"quality.toml: unknown key {key!r}; it holds promised, owners and [exempt]"
    for name in plugin.promise.exempt:
        if name not in known:
            yield f"quality.toml: [exempt] {name!r} is no rule; known: {', '.join(known)}"
        elif name in NEVER_EXEMPT:
            yield f"quality.toml: [exempt] {name}: from this rule nothing is exempt; take it out"
        elif not plugin.promise.reason(name):
            yield (
                f"quality.toml: [exempt] {name}: the reason is no sentence; "
                f"say why in {SHORTEST_REASON} characters or more"
            )


RULES: tuple[Rule, ...] = (
    Rule(tier="bronze", check=loads_clean),
    Rule(tier="bronze", check=names_agree),
    Rule(tier="bronze", check=core_capped),
    Rule(tier="bronze", check=licence_named),
    Rule(tier="bronze", check=owner_named),
    Rule(tier="bronze", check=exemptions_told),
    Rule(tier="bronze", check=texts_complete, loaded=True),
    Rule(tier="bronze", check=personal_marked, loaded=True),
    Rule(tier="bronze", check=retention_bounded, loaded=True),
    Rule(tier="bronze", check=forms_short, loaded=True),
    Rule(tier="bronze", check=contract_tested),
    Rule(tier="silver", check=languages_complete, loaded=True),
    Rule(tier="silver", check=guides_sourced, loaded=True),
    Rule(tier="silver", check=facts_hold, loaded=True),
    Rule(tier="silver", check=template_gone),
    Rule(tier="silver", check=no_network_in_tests),
    Rule(tier="silver", check=repeats_borne, loaded=True),
    Rule(tier="silver", check=settings_documented, loaded=True),
    Rule(tier="silver", check=removal_documented),
    Rule(tier="silver", check=deployment_there, loaded=True),
    Rule(tier="gold", check=typed, slow=True),
    Rule(tier="gold", check=tests_cover, loaded=True, slow=True),
    Rule(tier="gold", check=pages_plain, loaded=True, slow=True),
    Rule(tier="gold", check=guides_fresh, loaded=True),
    Rule(tier="gold", check=translations_told),
    Rule(tier="gold", check=translations_reviewed),
    Rule(tier="gold", check=two_owners),
)
"""All rules, the lower tiers first."""


class Finding(Model):
    """What one rule found: lines with file and mend; or why it is exempt, or was not asked."""

    rule: str
    tier: Tier
    lines: tuple[str, ...] = ()
    exempt: str = ""
    unasked: bool = False


class Report(Model):
    """What all rules found of one plugin, and the tier that it promises."""

    code: str
    promised: Tier
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the names of the rules that stand between the plugin and gold."""
        return tuple(one.rule for one in self.findings if _stands(one))

    @property
    def tier(self) -> Tier:
        """Return the highest tier whose rules, and those of all tiers below, hold or are exempt."""
        reached: Tier = "none"
        for tier in TIERS[1:]:
            if any(_stands(one) for one in self.findings if one.tier == tier):
                return reached
            reached = tier
        return reached

    @property
    def kept(self) -> bool:
        """Return whether no rule of the promised tier, or of one below, was seen to be broken."""
        asked = TIERS[: TIERS.index(self.promised) + 1]
        return not any(_broken(one) for one in self.findings if one.tier in asked)


def judge(plugin: Subject, *, slow: bool = True) -> Report:
    """Ask all rules about a plugin; without ``slow`` those that take seconds are left out."""
    findings = []
    for rule in RULES:
        if (rule.slow and not slow) or (rule.loaded and plugin.alone.plugins is None):
            findings.append(Finding(rule=rule.name, tier=rule.tier, unasked=True))
            continue
        lines = tuple(_ask(rule, plugin))
        exempt = plugin.promise.reason(rule.name) if rule.name not in NEVER_EXEMPT else ""
        if lines or exempt:
            findings.append(Finding(rule=rule.name, tier=rule.tier, lines=lines, exempt=exempt))
    return Report(code=plugin.code, promised=plugin.promise.promised, findings=tuple(findings))


def _ask(rule: Rule, plugin: Subject) -> Iterable[str]:
    try:
        yield from rule.check(plugin)
    except Exception as error:  # a plugin can be broken in ways that no rule expects
        yield f"cannot be looked at: {type(error).__name__}: {error}"


def _stands(finding: Finding) -> bool:
    return finding.unasked or _broken(finding)


def _broken(finding: Finding) -> bool:
    return bool(finding.lines) and not finding.exempt
