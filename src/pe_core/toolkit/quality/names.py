"""Rules about names, versions, licences and owners: what pyproject.toml and quality.toml say."""

import re
from collections.abc import Iterable
from importlib.metadata import version

from pe_core.toolkit.quality.subject import Subject

_NEEDS_CORE = re.compile(r"pe[-_.]core(?:\s*\[[^\]]*\])?\s*(?P<limits>[^;]*)", re.IGNORECASE)
_CAP = re.compile(r"(?P<how><=|<|==|~=)\s*(?P<major>[0-9]+)(?P<rest>[0-9.*]*)")
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*(?: (?:AND|OR|WITH) [A-Za-z0-9][A-Za-z0-9.+-]*)*")


def names_agree(plugin: Subject) -> Iterable[str]:
    """Call folder, distribution, module, entry point and forms after the one code.

    For the code `xx`: the folder `xx` or `pe-embassy-xx`, the distribution `pe-embassy-xx`, the
    module `pe_embassy_xx`, the entry point `xx`, and forms named `xx.<topic>`.
    A plugin that brings no jurisdiction and no form is no country's: it is `pe-xx` and `pe_xx`.
    Whoever reads a log line, a text key or a `pe.toml` then knows where to look.
    """
    code, project = plugin.code, plugin.project.get("project", {})
    called = f"pe-embassy-{code}" if plugin.is_of_a_country else f"pe-{code}"
    module = called.replace("-", "_")
    points = project.get("entry-points", {}).get("pe", {})
    for what, is_now, right in (
        ("the folder", plugin.root.name, (code, called)),
        ("pyproject.toml: name", project.get("name", ""), (called,)),
        ("the module", plugin.package.name, (module,)),
        (f"pyproject.toml: entry point {code}", points.get(code, ""), (module,)),
    ):
        if is_now not in right:
            yield f"{what} is {is_now!r}; call it {' or '.join(map(repr, right))}"
    for other in sorted(set(points) - {code}):
        yield f"pyproject.toml: entry point {other}: one distribution brings one plugin"
    for form in plugin.alone.plugins.every_form() if plugin.alone.plugins else ():
        if not form.name.startswith(f"{code}."):
            yield f"the form {form.name!r} must start with '{code}.'"


def core_capped(plugin: Subject) -> Iterable[str]:
    """Need a `pe-core` below its next major version, such as `pe-core>=0.1,<1`.

    A major version may take hooks and names away: an embassy that updates must be told by the
    installer, not by a page that fails.
    """
    project = plugin.project.get("project", {})
    extras = project.get("optional-dependencies", {}).values()
    major = int(version("pe-core").partition(".")[0])
    wanted = f"write 'pe-core>=0.1,<{major + 1}'"
    if not any(map(_NEEDS_CORE.fullmatch, project.get("dependencies", ()))):
        yield f"pyproject.toml: dependencies do not name pe-core; {wanted}"
    for line in [*project.get("dependencies", ()), *(one for extra in extras for one in extra)]:
        needed = _NEEDS_CORE.fullmatch(line)
        if needed and not any(_is_below(cap, major) for cap in _CAP.finditer(needed["limits"])):
            yield f"pyproject.toml: {line!r} lets in the next major version; {wanted}"


def licence_named(plugin: Subject) -> Iterable[str]:
    """Name the licence in `pyproject.toml` in the words of SPDX, such as `MPL-2.0`.

    Without a licence nobody else may run the plugin, or mend it.
    """
    named = plugin.project.get("project", {}).get("license")
    if not isinstance(named, str) or not _LICENCE.fullmatch(named):
        yield 'pyproject.toml: license is no SPDX expression; write license = "MPL-2.0"'


def owner_named(plugin: Subject) -> Iterable[str]:
    """Say in `quality.toml` which team or role answers for the plugin.

    Rules and offices change: somebody has to be asked.
    Owners are teams or roles, never people: a name here would be a list of whom to press.
    """
    if not plugin.promise.there:
        yield (
            'quality.toml is missing or no TOML; write promised = "bronze" and '
            'owners = ["coordinators of ..."]'
        )
    elif not plugin.promise.owners:
        yield 'quality.toml: owners is empty; write owners = ["coordinators of ..."]'
    for owner in plugin.promise.owners:
        if "@" in owner or len(owner.split()) < 2:
            yield (
                f"quality.toml: owner {owner!r} is no team or role; "
                'write it in words, such as "translators of ..."'
            )


def two_owners(plugin: Subject) -> Iterable[str]:
    """Have two teams or roles answer for the plugin.

    One of them may be away, exiled again, or in danger.
    """
    if len({owner.casefold().strip() for owner in plugin.promise.owners}) < 2:
        yield "quality.toml: owners names one team or none; find a second one"


def _is_below(cap: re.Match[str], major: int) -> bool:
    at = int(cap["major"])
    if cap["how"] == "<" and not cap["rest"].strip(".0*"):
        return at <= major + 1
    return at <= major
