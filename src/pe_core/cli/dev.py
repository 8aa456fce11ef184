"""`pe serve --dev`: what changed in the enabled plugins and in our own pages is read again.

Texts, guides and letters are read anew in place. Python is loaded by a process that begins
anew, after another one has shown that it loads: what is half typed ends nothing. Whatever is
wrong is printed, and the last good state stays.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from pe_core.cli.options import read_config
from pe_core.errors import PeError, PluginError
from pe_core.hooks import Plugins
from pe_core.rules.catalogue import Catalogue
from pe_core.running import CORE_LOCALES, Running, enabled_plugins, read_texts, utc_now
from pe_core.web.environments import FOLDER as TEMPLATES

EVERY = 0.5
"""Seconds between two looks at the files."""
SHOWN = 20
"""Missing texts that are printed; the rest is counted."""
SUFFIXES = frozenset({".py", ".po", ".md", ".html"})
"""What is read by us; an editor's own files beside them are not."""

Seen = dict[Path, tuple[int, int]]
"""When each file was changed, in nanoseconds, and its size."""


class Watcher:
    """Watches the files that a running instance was made of."""

    def __init__(self, running: Running, config: Path) -> None:
        """Everything is as it was read just now; ``config`` is the instance's pe.toml."""
        self.running = running
        self.config = config
        self.begin_anew = False
        self._code_waits = False
        self._folders = (TEMPLATES, CORE_LOCALES, *running.plugins.folders.values())
        self._seen = look_at(self._folders)

    async def watch(self) -> None:
        """Look at the files again and again, until the process is to begin anew."""
        print_missing(self.running.plugins, self.running.desk.texts)
        while not self.begin_anew:
            await asyncio.sleep(EVERY)
            now = await asyncio.to_thread(look_at, self._folders)
            before, self._seen = self._seen, now
            changed = {path for path in now | before if now.get(path) != before.get(path)}
            if changed:
                await self._take(changed)
        signal.raise_signal(signal.SIGTERM)

    async def _take(self, changed: Iterable[Path]) -> None:
        suffixes = {path.suffix for path in changed}
        # New code that did not load may have waited for the text that was written just now.
        if ".py" in suffixes or self._code_waits:
            self.begin_anew = await self._loads()
            self._code_waits = not self.begin_anew
        elif suffixes & {".po", ".md"}:
            self._read_again()

    async def _loads(self) -> bool:
        """Return whether a process of its own loads the plugins as they are now; print why not."""
        command = [sys.executable, "-m", "pe_core.cli.dev", str(self.config)]
        trial = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, told = await trial.communicate()
        if trial.returncode == 0:
            return True
        click.echo(told.decode(errors="replace").rstrip(), err=True)
        _say_old()
        return False

    def _read_again(self) -> None:
        settings, desk = self.running.settings, self.running.desk
        try:
            plugins = enabled_plugins(settings, desk.now)
            texts = read_texts(plugins, settings.embassy.languages)
        except (PeError, OSError) as error:
            print_faults(error)
            _say_old()
            return
        desk.guides, desk.letters = plugins.guides, plugins.letters
        # Whoever holds the catalogue, each template among them, sees the new texts in it.
        vars(desk.texts).update(vars(texts))
        click.echo("read again", err=True)
        print_missing(plugins, texts)


def begin_anew() -> None:
    """Put a fresh process with the same command line in the place of this one."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  our own command line


def look_at(folders: Iterable[Path]) -> Seen:
    """Return how the files in these folders are now."""
    return dict(_look_at(folders))


def missing(plugins: Plugins, texts: Catalogue) -> Iterator[str]:
    """Yield a line for each text that a language lacks, those of plugins first."""
    roots = tuple(f"{name}." for name in plugins.names)
    lacking = [(language, key) for language in texts.languages for key in texts.missing(language)]
    for language, key in sorted(lacking, key=lambda found: not found[1].startswith(roots)):
        yield f"missing in {language}: {key}"


def print_faults(error: Exception) -> None:
    """Print what is wrong, a line for each fault, as a start of `pe serve` would."""
    if isinstance(error, PluginError):
        for fault in error.faults:
            click.echo(f"pe: plugin {fault}", err=True)
    else:
        click.echo(f"pe: {error}", err=True)


def load_once(config: Path) -> None:
    """Load the plugins and their texts, to see whether they load; raises what is wrong."""
    settings, _ = read_config(config)
    read_texts(enabled_plugins(settings, utc_now), settings.embassy.languages)


def print_missing(plugins: Plugins, texts: Catalogue) -> None:
    """Print which texts are missing: the first twenty, and how many more."""
    lines: Sequence[str] = list(missing(plugins, texts))
    for line in lines[:SHOWN]:
        click.echo(line, err=True)
    if len(lines) > SHOWN:
        click.echo(f"... and {len(lines) - SHOWN} texts more are missing", err=True)


def _look_at(folders: Iterable[Path]) -> Iterator[tuple[Path, tuple[int, int]]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.suffix in SUFFIXES:
                try:
                    found = path.stat()
                except OSError:
                    continue  # an editor is just putting another file in its place
                yield path, (found.st_mtime_ns, found.st_size)


def _say_old() -> None:
    click.echo("what was there before is still served", err=True)


if __name__ == "__main__":
    try:
        load_once(Path(sys.argv[1]))
    except PeError as error:
        print_faults(error)
        sys.exit(1)
