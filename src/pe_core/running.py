"""Put an instance together, from its pe.toml to a desk at work, and take it apart again."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from pe_core.control import commands_of
from pe_core.courier import Courier, Rings
from pe_core.desk.desk import Desk, Identity, read_identity
from pe_core.desk.local_guides import load_local_guides
from pe_core.desk.opening import Opening, check_code, open_embassy
from pe_core.desk.setup import read_live
from pe_core.desk.timers import Timers
from pe_core.doctor import Facts, examine
from pe_core.door import Door
from pe_core.errors import InstanceBusy, PluginError, SettingsError, StoreError, UpkeepRefused
from pe_core.hooks import (
    Found,
    Instance,
    Plugins,
    find_plugins,
    load_plugins,
    missing_texts,
)
from pe_core.model.struct import Model
from pe_core.network.carrying import PeerCourier
from pe_core.network.identity import freshen
from pe_core.network.listening import TakingBack
from pe_core.rules.texts import Catalogue, Source, load_catalogue
from pe_core.settings import Settings, embassy_of
from pe_core.store import (
    InstanceLock,
    Store,
    call_control,
    check_owner,
    open_store,
    pending_migrations,
    serve_control,
)
from pe_core.upkeep import do_upkeep
from pe_core.vault import Passphrases

CORE_LOCALES = Path(__file__).parent / "locales"
CONTROL = "control.sock"
CONFIG = "pe.toml"
CACHE = "cache"
"""Where compiled texts lie in the data folder."""
UPKEEP_EVERY = 3600.0
SOON_AGAIN = 60.0
"""Seconds after a fault until it is tried again whether it is over."""

log = logging.getLogger("pe")


class Running(Model):
    """An instance at work: its desk, its couriers, its rings, and what its plugins brought."""

    settings: Settings
    folder: Path
    plugins: Plugins
    desk: Desk
    courier: Courier
    peers: PeerCourier
    rings: Rings


def utc_now() -> datetime:
    """Return the time, aware and in UTC: the one clock of a running instance."""
    return datetime.now(UTC)


def data_folder(settings: Settings, folder: Path) -> Path:
    """Return the data folder of an instance whose pe.toml lies in ``folder``, made if needed."""
    os.umask(0o077)
    path = folder / settings.data
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror}; see [data] in pe.toml") from None
    return path


def enabled_plugins(
    settings: Settings, now: Callable[[], datetime], installed: dict[str, Found] | None = None
) -> Plugins:
    """Load the plugins that pe.toml names; PluginError lists every fault."""
    door = Door(allow=settings.door.allow)
    instance = Instance(embassy_of(settings), settings.server.address, now, settings.plugin, door)
    found = find_plugins(settings.plugins.enabled) if installed is None else installed
    plugins = load_plugins(settings.plugins.enabled, instance, found)
    if settings.embassy.jurisdiction not in plugins.jurisdictions:
        known = ", ".join(sorted(plugins.jurisdictions)) or "none"
        raise SettingsError(
            f"pe.toml: [embassy] jurisdiction {settings.embassy.jurisdiction!r} is brought by "
            f"no enabled plugin (known: {known})"
        )
    return plugins


def read_texts(plugins: Plugins, languages: Sequence[str], cache: Path | None = None) -> Catalogue:
    """Return the texts of the enabled plugins and, after them, the core's.

    PluginError names each file that cannot be read, or each text that a page would lack.
    """
    sources = [
        Source(domain=name, directory=folder / "locales")
        for name, folder in plugins.folders.items()
        if (folder / "locales").is_dir()
    ]
    texts = load_catalogue(
        [*sources, Source(domain="core", directory=CORE_LOCALES)], languages, cache
    )
    faults = tuple(missing_texts(plugins, texts))
    if faults:
        raise PluginError(faults)
    return texts


async def gather(
    settings: Settings,
    data: Path,
    plugins: Plugins,
    store: Store,
    *,
    now: Callable[[], datetime],
    passphrases: Passphrases,
    config: Path,
) -> Running:
    """Return an instance that is put together and not yet at work; its drafts lie in ``data``.

    ``config`` is its pe.toml, which the doctor looks at.
    """
    identity = await _whole_identity(store)
    await check_code(store, settings.embassy.code)
    try:
        desk = Desk(
            embassy=embassy_of(settings),
            jurisdiction=plugins.jurisdictions[settings.embassy.jurisdiction],
            forms=plugins.forms,
            guides=plugins.guides,
            letters=plugins.letters,
            volunteering=plugins.volunteering,
            texts=read_texts(plugins, settings.embassy.languages, data / CACHE),
            store=store,
            identity=identity,
            passphrases=passphrases,
            folder=data / "drafts",
            now=now,
        )
    except OSError as error:
        raise StoreError(
            f"cannot use {error.filename or data}: {error.strerror}; look at the disk"
        ) from None
    desk.plugins = plugins
    desk.address = settings.server.address
    desk.door = Door(allow=settings.door.allow)
    desk.at_unlock.append(partial(freshen, desk))
    desk.is_live = await read_live(store)
    await load_local_guides(desk)
    desk.examine = partial(examine, desk, Facts(settings=settings, config=config, data=data))
    courier = Courier(
        store, [*plugins.listeners, Timers(desk), TakingBack(desk)], now, desk.troubles
    )
    rings = Rings(desk, settings.rings)
    desk.ring, desk.forget_ring = rings.ring, rings.forget
    peers = PeerCourier(desk, desk.door)
    desk.peer_away = peers.away
    return Running(
        settings=settings,
        folder=data,
        plugins=plugins,
        desk=desk,
        courier=courier,
        peers=peers,
        rings=rings,
    )


async def _whole_identity(store: Store) -> Identity:
    """Return the identity; StoreError unless it has everything that receipts and lists rest on.

    With a part missing, receipts would be hashed with less than the salt of ``pe init``.
    """
    try:
        identity = await read_identity(store)
    except msgspec.MsgspecError:
        identity = None
    if identity is None or len(identity.salt) != 32 or not identity.root or not identity.recovery:
        raise StoreError(
            "the embassy's identity in the database is broken: bring back the last backup; "
            "never run `pe init` over it, for receipts and accounts belong to the old one"
        )
    return identity


async def open_new(
    settings: Settings, folder: Path, *, now: Callable[[], datetime], passphrases: Passphrases
) -> tuple[Opening, Running]:
    """Open an embassy in a new folder, as `pe init` does, and put it together at once."""
    data = data_folder(settings, folder)
    plugins = enabled_plugins(settings, now)
    store = await open_store(data)
    opening = await open_embassy(store, settings.embassy.code, now)
    running = await gather(
        settings,
        data,
        plugins,
        store,
        now=now,
        passphrases=passphrases,
        config=folder / CONFIG,
    )
    return opening, running


@contextlib.asynccontextmanager
async def run_instance(
    settings: Settings,
    folder: Path,
    *,
    now: Callable[[], datetime] = utc_now,
    at_work: bool = True,
) -> AsyncIterator[Running]:
    """Hold the instance's lock and keep its desk, courier and upkeep at work.

    ``folder`` is where pe.toml lies; without ``at_work`` only the desk is there, for one
    command. Raises InstanceBusy if another process holds the lock,
    and SettingsError, PluginError or StoreError with what to mend.
    """
    data = data_folder(settings, folder)
    plugins = enabled_plugins(settings, now)
    lock = InstanceLock.acquire(data)
    try:
        await asyncio.to_thread(pending_migrations, data)  # refuses what is damaged
        store = await open_store(data)
        passphrases = Passphrases(memory_mib=settings.vault.argon2_memory)
        try:
            running = await gather(
                settings,
                data,
                plugins,
                store,
                now=now,
                passphrases=passphrases,
                config=folder / CONFIG,
            )
            if not at_work:
                yield running
                return
            async with _at_work(running):
                yield running
        finally:
            passphrases.close()
            await store.close()
    finally:
        lock.release()


@contextlib.asynccontextmanager
async def _at_work(running: Running) -> AsyncIterator[None]:
    control = await serve_control(running.folder / CONTROL, commands_of(running.desk))
    tasks = [
        asyncio.create_task(_for_ever("courier", running.courier.run)),
        asyncio.create_task(_for_ever("peers", running.peers.run)),
        asyncio.create_task(_for_ever("rings", running.rings.run)),
        asyncio.create_task(_for_ever("upkeep", partial(_keep_up, running.desk))),
    ]
    try:
        yield
    finally:
        await control.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _for_ever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Begin work again that a fault has ended: without a courier and upkeep nothing ever ends."""
    while True:
        try:
            await work()
        except Exception as error:  # whatever it is, it is named and does not stop the chores
            log.error(
                "%s failed (%s) and begins again; see `pe doctor`", name, type(error).__name__
            )
        await asyncio.sleep(SOON_AGAIN)


async def _keep_up(desk: Desk) -> None:
    while True:
        wait = UPKEEP_EVERY
        try:
            await do_upkeep(desk)
        except UpkeepRefused as error:
            log.error("upkeep refused: %s; an admin confirms with `pe upkeep --confirm`", error.key)
        except StoreError as error:
            log.error("upkeep failed: %s", error)
            wait = SOON_AGAIN
        await asyncio.sleep(wait)


async def in_instance(
    settings: Settings, folder: Path, command: str, arguments: dict[str, Any]
) -> Any:
    """Run a command in the process that holds the instance, or here if nobody holds it."""
    data = data_folder(settings, folder)
    check_owner(data)
    try:
        lock = InstanceLock.acquire(data)
    except InstanceBusy:
        if not (data / CONTROL).exists():
            raise InstanceBusy(
                f"a process works in {data}, but {CONTROL} is gone: restart the instance"
            ) from None
        return await call_control(data / CONTROL, command, arguments)
    lock.release()
    async with run_instance(settings, folder, at_work=False) as running:
        return await commands_of(running.desk)[command](arguments)
