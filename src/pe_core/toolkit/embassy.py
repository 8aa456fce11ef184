"""An embassy of Exampleland on real files, for tests."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pe_core.courier import Courier
from pe_core.desk.desk import Desk, read_identity
from pe_core.desk.opening import Opening, open_embassy
from pe_core.desk.timers import Timers
from pe_core.hooks import Plugins
from pe_core.running import build_desk, data_folder, enabled_plugins, read_texts
from pe_core.settings import EmbassySettings, PluginsSettings, Settings
from pe_core.store import Store, open_store
from pe_core.toolkit.invented import Account, Clock, open_account
from pe_core.vault import Passphrases

ADDRESS = "http://127.0.0.1:8000"


@dataclass
class TestEmbassy:
    """Everything that a test may hold: the desk, its store, its courier, its one account."""

    __test__ = False

    settings: Settings
    folder: Path
    plugins: Plugins
    store: Store
    desk: Desk
    courier: Courier
    opening: Opening
    account: Account
    clock: Clock

    def app(self) -> Any:
        """Return the portal of this embassy as an ASGI app."""
        from pe_core.web.app import create_app

        return create_app(self.desk, secure=False)


def example_settings(*plugins: str) -> Settings:
    """Return settings of an embassy of Exampleland with these plugins beside its own."""
    return Settings(
        embassy=EmbassySettings(
            code="zz",
            names={"be": "Прыкладная амбасада", "en": "Example embassy"},
            languages=("be", "ru", "en", "he"),
            zone="Etc/UTC",
            contact="desk@zz.example",
            jurisdiction="zz",
        ),
        plugins=PluginsSettings(enabled=("zz", *plugins)),
    )


async def open_test_embassy(
    folder: Path, clock: Clock, settings: Settings | None = None
) -> TestEmbassy:
    """Open an embassy and one coordinator's account; Argon2id is as light as it can be."""
    settings = settings or example_settings()
    folder.mkdir(parents=True)
    data = data_folder(settings, folder)
    plugins = enabled_plugins(settings, clock.now)
    texts = read_texts(plugins, settings.embassy.languages)
    store = await open_store(data)
    opening = await open_embassy(store, settings.embassy.code, clock.now)
    desk = build_desk(
        settings,
        plugins,
        texts,
        store,
        await read_identity(store),
        data,
        now=clock.now,
        passphrases=Passphrases(memory_mib=8),
    )
    desk.pause = _no_pause
    account = await open_account(desk, clock, opening.invite, "busel")
    return TestEmbassy(
        settings=settings,
        folder=data,
        plugins=plugins,
        store=store,
        desk=desk,
        courier=Courier(store, [*plugins.listeners, Timers(desk)], clock.now),
        opening=opening,
        account=account,
        clock=clock,
    )


async def close_embassy(embassy: TestEmbassy) -> None:
    """Let go of files and threads."""
    embassy.desk.passphrases.close()
    await embassy.store.close()


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)
