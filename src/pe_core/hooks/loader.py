"""Load the plugins that pe.toml names, and refuse what is wrong, all faults at once."""

import copy
import inspect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from pe_core.errors import PluginError
from pe_core.hooks import specs
from pe_core.hooks.guides import read_all_guides
from pe_core.hooks.installed import Found
from pe_core.hooks.instance import Instance
from pe_core.hooks.listener import Listener
from pe_core.hooks.notifier import Notifier
from pe_core.hooks.signatures import wrong_hooks
from pe_core.hooks.watched import call_watched
from pe_core.model import Form, Guide, Jurisdiction, Letter, VolunteerForm
from pe_core.model.struct import Model
from pe_core.rules.forms import questions

Clock = Callable[[], float]
Ranker = pluggy.HookCaller
"""Calls the ``rank_volunteers`` of one plugin, with the arguments that it takes."""
Sharer = pluggy.HookCaller
"""Calls the ``may_share`` of one plugin, with the arguments that it takes."""


class Plugins(Model):
    """What the enabled plugins brought; ``folders`` holds each one's package folder.

    ``forms`` are those for asking, ``volunteering`` those for people who want to help.
    ``rankers`` are the plugins that order volunteers, ``sharers`` those that hold back what may
    go to another embassy, each with what calls it alone.
    ``lawgivers`` says which plugin brought a jurisdiction, by the jurisdiction's code.
    """

    names: tuple[str, ...]
    jurisdictions: Mapping[str, Jurisdiction]
    forms: Mapping[str, Form]
    listeners: tuple[Listener, ...]
    folders: Mapping[str, Path]
    guides: Mapping[str, Guide] = {}
    letters: Mapping[str, Letter] = {}
    lawgivers: Mapping[str, str] = {}
    notifiers: Mapping[str, Notifier] = {}
    volunteering: Mapping[str, VolunteerForm] = {}
    rankers: tuple[tuple[str, Ranker], ...] = ()
    sharers: tuple[tuple[str, Sharer], ...] = ()

    def every_form(self) -> tuple[Form, ...]:
        """Return the forms for asking and, after them, those for volunteers."""
        return (*self.forms.values(), *self.volunteering.values())


def load_plugins(
    enabled: Sequence[str],
    instance: Instance,
    installed: Mapping[str, Found],
    *,
    clock: Clock = time.monotonic,
) -> Plugins:
    """Load the enabled plugins and collect what they register.

    Raises PluginError with a line for every fault of every plugin, and each says the mend.
    What takes longer than two seconds of ``clock`` is warned of in the log.
    """
    faults: list[str] = []
    modules = _import_all(enabled, installed, clock, faults)
    manager = pluggy.PluginManager(specs.GROUP)
    manager.add_hookspecs(specs)
    for name, module in modules.items():
        wrong = list(wrong_hooks(name, module))
        faults.extend(wrong)
        if not wrong:
            manager.register(module, name=name)
    collect = _Collector(manager, instance, clock, faults)
    jurisdictions = collect.unique("register_jurisdictions", Jurisdiction, "code")
    forms = collect.unique("register_forms", Form, "name", prefix=True)
    listeners = collect.unique("register_listeners", Listener, "name", prefix=True)
    notifiers = collect.unique("register_notifiers", Notifier, "name", prefix=True)
    faults += [fault for form in forms.values() for fault in _wrong_form(form)]
    faults += [fault for listener in listeners.values() for fault in _wrong_listener(listener)]
    faults += [fault for notifier in notifiers.values() for fault in _wrong_notifier(notifier)]
    forms = dict(sorted(forms.items(), key=lambda item: (item[1].order, item[0])))
    volunteering = {name: form for name, form in forms.items() if isinstance(form, VolunteerForm)}
    asking = {name: form for name, form in forms.items() if name not in volunteering}
    folders = {name: Path(str(module.__file__)).parent for name, module in modules.items()}
    told = read_all_guides(folders, asking, jurisdictions, faults)
    if faults:
        raise PluginError(faults)
    return Plugins(
        names=tuple(modules),
        jurisdictions=jurisdictions,
        forms=asking,
        listeners=tuple(listeners.values()),
        folders=folders,
        guides=told.guides,
        letters=told.letters,
        lawgivers={code: collect.owners["register_jurisdictions"][code] for code in jurisdictions},
        volunteering=volunteering,
        rankers=tuple(_callers(manager, "rank_volunteers")),
        sharers=tuple(_callers(manager, "may_share")),
        notifiers=notifiers,
    )


def _callers(manager: pluggy.PluginManager, hook: str) -> Iterator[tuple[str, pluggy.HookCaller]]:
    plugins = manager.list_name_plugin()
    for name, plugin in plugins:
        if hook in {caller.name for caller in manager.get_hookcallers(plugin) or []}:
            others = [other for _, other in plugins if other is not plugin]
            yield name, manager.subset_hook_caller(hook, remove_plugins=others)


def _import_all(
    enabled: Iterable[str], installed: Mapping[str, Found], clock: Clock, faults: list[str]
) -> dict[str, ModuleType]:
    modules: dict[str, ModuleType] = {}
    for name in enabled:
        if name in modules:
            faults.append(f"{name}: named twice in [plugins] enabled; take one out")
        elif name not in installed:
            known = ", ".join(sorted(installed)) or "none"
            faults.append(f"{name}: not installed (installed: {known}); pip install it first")
        else:
            module = _import(installed[name], clock, faults)
            if module is not None:
                modules[name] = module
    return modules


def _import(found: Found, clock: Clock, faults: list[str]) -> ModuleType | None:
    if found.rivals:
        several = " and ".join((found.distribution, *found.rivals))
        faults.append(f"{found.name}: {several} both bring a plugin of this name; uninstall one")
        return None
    doing = f"the import of version {found.version}"
    result = call_watched(found.name, doing, found.load, clock, found.package)
    faults.extend(result.faults)
    module: ModuleType | None = result.value
    if module is not None and getattr(module, "__file__", None) is None:
        faults.append(
            f"{found.name}: its entry point leads to no module with a file ({module!r:.60}); "
            "name the package there, and give it an __init__.py"
        )
        return None
    return module


def _wrong_form(form: Form) -> Iterable[str]:
    try:
        hash(form)
    except TypeError:
        return (
            f"{form.name}: holds something that can change, such as a list within a list; "
            "write tuples there",
        )
    try:
        questions(form)
    except PluginError as error:
        return error.faults
    return ()


def _wrong_listener(listener: Listener) -> Iterable[str]:
    if not inspect.iscoroutinefunction(listener.hear):
        plugin = listener.name.partition(".")[0]
        yield f"{plugin}: {listener.name}: hear is no coroutine; write async def hear(self, event)"


def _wrong_notifier(notifier: Notifier) -> Iterable[str]:
    where = f"{notifier.name.partition('.')[0]}: {notifier.name}"
    if not inspect.iscoroutinefunction(notifier.ring):
        yield f"{where}: ring is no coroutine; write async def ring(self, address, words)"
    if inspect.iscoroutinefunction(notifier.check):
        yield f"{where}: check is a coroutine; write def check(self, address), it only looks"
    codes = notifier.problems
    listed = isinstance(codes, tuple | list | set | frozenset)
    if not listed or not all(isinstance(code, str) for code in codes):
        yield f'{where}: problems is no list of codes; write problems = ("no_address",)'


class _Collector:
    """Asks one plugin after the other, so that a fault has a name."""

    def __init__(
        self, manager: pluggy.PluginManager, instance: Instance, clock: Clock, faults: list[str]
    ) -> None:
        self.manager = manager
        self.instance = instance
        self.clock = clock
        self.faults = faults
        self.owners: dict[str, dict[str, str]] = {}

    def unique(self, hook: str, kind: Any, key: str, *, prefix: bool = False) -> dict[str, Any]:
        """Collect what a hook returns, by ``key``, and note what is wrong with it."""
        found: dict[str, Any] = {}
        owners = self.owners.setdefault(hook, {})
        for name, item in self._answers(hook, kind):
            value = getattr(item, key)
            if not isinstance(value, str):
                self.faults.append(
                    f"{name}: {hook}: a {key} is {value!r:.60}; write a text between quotes"
                )
                continue
            if prefix and not value.startswith(f"{name}."):
                self.faults.append(
                    f"{name}: {hook}: {value!r} must start with '{name}.'; "
                    f"call it '{name}.{value.rpartition('.')[2]}'"
                )
                continue
            if value in found:
                self.faults.append(_taken(name, owners[value], hook, value))
            found[value] = item
            owners[value] = name
        return found

    def _answers(self, hook: str, kind: Any) -> Iterable[tuple[str, Any]]:
        for name, plugin in self.manager.list_name_plugin():
            implemented = self.manager.get_hookcallers(plugin) or []
            if hook not in {caller.name for caller in implemented}:
                continue
            items = self._ask(hook, name, plugin)
            if items is None:
                continue
            for item in items:
                if isinstance(item, kind):
                    yield name, item
                else:
                    self.faults.append(
                        f"{name}: {hook} returned a {type(item).__name__} in its list; "
                        f"each must be a {kind.__name__}"
                    )

    def _ask(self, hook: str, name: str, plugin: Any) -> Sequence[Any] | None:
        """Return the list that a plugin's hook returns, None if that is no list."""
        others = [other for _, other in self.manager.list_name_plugin() if other is not plugin]
        caller = self.manager.subset_hook_caller(hook, remove_plugins=others)
        before = _state_of(self.instance)
        result = call_watched(
            name,
            hook,
            lambda: caller(instance=self.instance),
            self.clock,
            str(getattr(plugin, "__name__", "")).partition(".")[0],
        )
        self.faults.extend(result.faults)
        self._mind(hook, name, before)
        if result.value is None:
            return None
        # pluggy leaves out what is None: then nothing came back at all.
        items = result.value[0] if result.value else None
        if isinstance(items, Sequence) and not isinstance(items, str | bytes):
            return items
        self.faults.append(
            f"{name}: {hook} returned {type(items).__name__}, no list; "
            "return [...], and [] for nothing"
        )
        return None

    def _mind(self, hook: str, name: str, before: Mapping[str, Any]) -> None:
        """Note what a hook changed of the instance, and put it back for the next one."""
        now = vars(self.instance)
        changed = sorted(
            key for key in before.keys() | now.keys() if before.get(key) != now.get(key)
        )
        if changed:
            self.faults.append(
                f"{name}: {hook} changed the instance that it was given "
                f"({', '.join(key.lstrip('_') for key in changed)}); a hook only reads it"
            )
            now.clear()
            now.update(before)


def _state_of(instance: Instance) -> dict[str, Any]:
    return {
        key: value if callable(value) else copy.deepcopy(value)
        for key, value in vars(instance).items()
    }


def _taken(name: str, other: str, hook: str, value: str) -> str:
    if name == other:
        return f"{name}: {hook}: {value!r} is there twice; rename one"
    return (
        f"{name}: {hook}: {value!r} is taken by the plugin {other}; "
        f"rename one, or enable only one of {other} and {name}"
    )
