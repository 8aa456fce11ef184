"""Load the plugins that pe.toml names, and refuse what is wrong, all faults at once."""

import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from pe_core.errors import PluginError
from pe_core.hooks import specs
from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.model import Form, Jurisdiction
from pe_core.model.struct import Model
from pe_core.rules.forms import questions


class Found(Model):
    """A plugin that is installed, enabled or not."""

    name: str
    version: str
    load: Callable[[], Any]


class Plugins(Model):
    """What the enabled plugins brought; ``folders`` holds each one's package folder."""

    names: tuple[str, ...]
    jurisdictions: Mapping[str, Jurisdiction]
    forms: Mapping[str, Form]
    listeners: tuple[Listener, ...]
    folders: Mapping[str, Path]


def find_plugins() -> dict[str, Found]:
    """Return the installed plugins by name, from the entry points of the group ``pe``."""
    return {
        point.name: Found(
            name=point.name,
            version=point.dist.version if point.dist else "?",
            load=point.load,
        )
        for point in importlib.metadata.entry_points(group=specs.GROUP)
    }


def load_plugins(
    enabled: Sequence[str], instance: Instance, installed: Mapping[str, Found]
) -> Plugins:
    """Load the enabled plugins and collect what they register.

    Raises PluginError with a line for every fault of every plugin: not installed, import
    fails, unknown hook or argument, coroutine, wrong type, duplicate name.
    """
    faults: list[str] = []
    modules = _import_all(enabled, installed, faults)
    manager = pluggy.PluginManager(specs.GROUP)
    manager.add_hookspecs(specs)
    for name, module in list(modules.items()):
        wrong = list(_wrong_hooks(name, module))
        faults.extend(wrong)
        if not wrong:
            manager.register(module, name=name)
    collect = _Collector(manager, instance, faults)
    jurisdictions = collect.unique("register_jurisdictions", Jurisdiction, "code", prefix=False)
    forms = collect.unique("register_forms", Form, "name", prefix=True)
    listeners = collect.unique("register_listeners", Listener, "name", prefix=True)
    for form in forms.values():
        try:
            questions(form)
        except PluginError as error:
            faults.extend(error.faults)
    if faults:
        raise PluginError(faults)
    return Plugins(
        names=tuple(modules),
        jurisdictions=jurisdictions,
        forms=dict(sorted(forms.items(), key=lambda item: (item[1].order, item[0]))),
        listeners=tuple(listeners.values()),
        folders={name: Path(str(module.__file__)).parent for name, module in modules.items()},
    )


def _import_all(
    enabled: Iterable[str], installed: Mapping[str, Found], faults: list[str]
) -> dict[str, ModuleType]:
    modules: dict[str, ModuleType] = {}
    for name in enabled:
        if name in modules:
            faults.append(f"{name}: named twice in [plugins] enabled")
        elif name not in installed:
            known = ", ".join(sorted(installed)) or "none"
            faults.append(f"{name}: not installed (installed: {known}); pip install it first")
        else:
            try:
                modules[name] = installed[name].load()
            except Exception as error:  # a plugin may fail in any way; it is named, not hidden
                faults.append(
                    f"{name} {installed[name].version}: import fails: "
                    f"{type(error).__name__}: {error}"
                )
    return modules


def _wrong_hooks(name: str, module: ModuleType) -> Iterable[str]:
    known = {
        hook: inspect.signature(spec).parameters
        for hook, spec in inspect.getmembers(specs, inspect.isfunction)
        if hasattr(spec, f"{specs.GROUP}_spec")
    }
    for hook, function in inspect.getmembers(module, callable):
        if not hasattr(function, f"{specs.GROUP}_impl"):
            continue
        if hook not in known:
            yield f"{name}: unknown hook {hook!r} (known: {', '.join(sorted(known))})"
            continue
        if inspect.iscoroutinefunction(function):
            yield f"{name}: {hook} is a coroutine; hooks are plain functions that return objects"
        for argument, parameter in inspect.signature(function).parameters.items():
            if argument not in known[hook]:
                yield f"{name}: {hook} has no argument {argument!r}"
            elif parameter.default is not inspect.Parameter.empty:
                yield f"{name}: {hook}: argument {argument!r} must not have a default"


class _Collector:
    """Asks one plugin after the other, so that a fault has a name."""

    def __init__(
        self, manager: pluggy.PluginManager, instance: Instance, faults: list[str]
    ) -> None:
        self.manager = manager
        self.instance = instance
        self.faults = faults

    def unique(self, hook: str, kind: Any, key: str, *, prefix: bool) -> dict[str, Any]:
        """Collect what a hook returns, by ``key``, and note what is wrong with it."""
        found: dict[str, Any] = {}
        owners: dict[str, str] = {}
        for name, item in self._answers(hook, kind):
            value = getattr(item, key)
            if prefix and not value.startswith(f"{name}."):
                self.faults.append(f"{name}: {hook}: {value!r} must start with '{name}.'")
            if value in found:
                self.faults.append(f"{name}: {hook}: {value!r} is taken by {owners[value]}")
            found[value] = item
            owners[value] = name
        return found

    def _answers(self, hook: str, kind: Any) -> Iterable[tuple[str, Any]]:
        plugins = self.manager.list_name_plugin()
        for name, plugin in plugins:
            others = [other for _, other in plugins if other is not plugin]
            caller = self.manager.subset_hook_caller(hook, remove_plugins=others)
            try:
                returned = caller(instance=self.instance)
            except Exception as error:  # whatever a plugin raises, it is named
                self.faults.append(f"{name}: {hook} raised {type(error).__name__}: {error}")
                continue
            for items in returned:
                if not isinstance(items, Sequence):
                    self.faults.append(f"{name}: {hook} returned {type(items).__name__}, no list")
                    continue
                for item in items:
                    if isinstance(item, kind):
                        yield name, item
                    else:
                        self.faults.append(
                            f"{name}: {hook} returned a {type(item).__name__}, "
                            f"expected {kind.__name__}"
                        )
