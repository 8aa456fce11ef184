"""An embassy of Exampleland on real files, for tests."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pe_core.courier import Courier
from pe_core.desk.desk import Desk, find_nothing
from pe_core.desk.opening import Opening
from pe_core.desk.setup import open_doors
from pe_core.hooks import Plugins
from pe_core.model import Embassy
from pe_core.running import CONFIG, Running, enabled_plugins, gather, open_new
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

    @property
    def embassy(self) -> Embassy:
        """Return who runs this instance."""
        return self.desk.embassy

    @property
    def address(self) -> str:
        """Return the origin that browsers see."""
        return self.settings.server.address

    def app(self) -> Any:
        """Return the portal of this embassy as an ASGI app."""
        from pe_core.web.app import create_app

        return create_app(self.desk, secure=False)

    def lasting_app(self) -> Any:
        """Return an ASGI app that also has what a plugin brings later on."""
        app, served = self.app(), self.plugins

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            nonlocal app, served
            if served is not self.plugins:
                app, served = self.app(), self.plugins
            await app(scope, receive, send)

        return serve


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
    """Open an embassy and one coordinator's account; Argon2id is as light as it can be.

    It is live, and its doctor finds nothing: the machine that tests run on is no finding.
    """
    settings = settings or example_settings()
    folder.mkdir(parents=True)
    opening, running = await open_new(
        settings, folder, now=clock.now, passphrases=Passphrases(memory_mib=1)
    )
    _settle(running)
    account = await open_account(running.desk, clock, opening.invite, "busel")
    await open_doors(running.desk)
    return _hold(running, opening, account, clock)


async def reopen_test_embassy(embassy: TestEmbassy, settings: Settings) -> TestEmbassy:
    """Stop an embassy and start it with other settings, on the files that it left."""
    await embassy.store.close()
    running = await gather(
        settings,
        embassy.folder,
        enabled_plugins(settings, embassy.clock.now),
        await open_store(embassy.folder),
        now=embassy.clock.now,
        passphrases=Passphrases(memory_mib=1),
        config=embassy.folder.parent / CONFIG,
    )
    _settle(running)
    return _hold(running, embassy.opening, embassy.account, embassy.clock)


def _settle(running: Running) -> None:
    """Wait for nothing, and find nothing wrong with the machine."""
    running.desk.pause = _no_pause
    running.desk.examine = find_nothing


def _hold(running: Running, opening: Opening, account: Account, clock: Clock) -> TestEmbassy:
    return TestEmbassy(
        settings=running.settings,
        folder=running.folder,
        plugins=running.plugins,
        store=running.desk.store,
        desk=running.desk,
        courier=running.courier,
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
