"""The page of all rules, made from their docstrings."""

import inspect
from collections.abc import Iterator

from pe_core.toolkit.quality.scale import RULES, Rule
from pe_core.toolkit.quality.subject import TIERS

_HEAD = """# The quality scale of plugins

<!-- Made by `python -m pe_core.toolkit.quality`; change the docstrings of the rules instead. -->

`pe plugin check` asks these rules about a plugin and computes the tier that it reaches.
A tier is reached when all its rules, and those of the tiers below, find nothing or are exempt.

| tier | what it promises | rules |
| --- | --- | --- |
{tiers}

The plugin's `quality.toml` holds the promise, who answers for it, and the exemptions:

```toml
promised = "silver"
owners = ["coordinators of the embassy", "translators"]

[exempt]
guides-fresh = "the rule has ended, and its guide says so until the next one is known"
```

There is no list of exemptions anywhere else.
`pe plugin check` ends with 1 if a plugin is below its promise.
`--fast` leaves out the rules that take seconds; gold cannot be reached then.

`pe plugin check --json` prints one document:

```json
{{"plugins": [{{"code": "xx", "tier": "silver", "promised": "silver", "missing": ["two-owners"]}}]}}
```

`tier` is `none`, `bronze`, `silver` or `gold`.
`missing` names the rules that stand between the plugin and gold and are not exempt.
These are the rules that found something, and those that were not asked:
because the plugin does not load, or because `--fast` left them out.

## What no rule sees

Whoever reviews a plugin asks these questions, for no program can:

- Is each personal field needed in order to help?
- Are the words kind, and understood by somebody who is afraid?
- Does what a guide says agree with its source today?
- Would a letter do harm to who hands it in?
- Is the local law on data, imprint and advice kept?
"""
_PROMISES = {
    "bronze": "safe to enable; asked of every plugin in this tree",
    "silver": "a country may rely on it",
    "gold": "a model for others",
}


def handbook() -> str:
    """Return docs/quality.md."""
    rows = [
        f"| {tier} | {_PROMISES[tier]} | "
        + ", ".join(f"[{rule.name}](#{rule.name})" for rule in _rules(tier))
        + " |"
        for tier in TIERS[1:]
    ]
    parts = [_HEAD.format(tiers="\n".join(rows)).rstrip()]
    for tier in TIERS[1:]:
        parts.append(f"## {tier.capitalize()}")
        parts += [_page(rule) for rule in _rules(tier)]
    return "\n\n".join(parts) + "\n"


def _rules(tier: str) -> Iterator[Rule]:
    return (rule for rule in RULES if rule.tier == tier)


def _page(rule: Rule) -> str:
    """Return a rule's page, a sentence on each line as Markdown is kept here."""
    paragraphs = (inspect.getdoc(rule.check) or "").split("\n\n")
    lines = [_sentences(" ".join(paragraph.split())) for paragraph in paragraphs]
    slow = "\n\nIt takes seconds; `--fast` leaves it out." if rule.slow else ""
    return f"### {rule.name}\n\n" + "\n\n".join(lines) + slow


def _sentences(paragraph: str) -> str:
    return paragraph.replace(". ", ".\n").replace("? ", "?\n")
