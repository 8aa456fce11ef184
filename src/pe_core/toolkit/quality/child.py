"""The process in which one plugin is loaded and judged, so that no other one suffers from it.

``python -m pe_core.toolkit.quality.child`` reads a job as JSON from its standard input and
writes its answer into the file that the job names; whatever a plugin prints is nobody's answer.
"""

import sys
from datetime import date
from pathlib import Path

import msgspec

from pe_core.model.struct import Model
from pe_core.toolkit.quality.alone import Alone, load_alone
from pe_core.toolkit.quality.scale import Report, judge
from pe_core.toolkit.quality.subject import Subject


class Job(Model):
    """A plugin to load, and to judge if ``root``, its folder with pyproject.toml, is known."""

    code: str
    version: str
    package: str
    root: str
    today: date
    slow: bool
    answer: str


class Brought(Model):
    """What a plugin brings: the names of what it registers and tells, and its languages."""

    jurisdictions: tuple[str, ...]
    forms: tuple[str, ...]
    listeners: tuple[str, ...]
    notifiers: tuple[str, ...]
    guides: tuple[str, ...]
    letters: tuple[str, ...]
    languages: tuple[str, ...]


class Answer(Model):
    """What came of a job: faults of loading, or what the plugin brings; and the rules' report."""

    faults: tuple[str, ...] = ()
    brought: Brought | None = None
    report: Report | None = None


def answer(job: Job) -> Answer:
    """Do a job in this process."""
    package = Path(job.package)
    languages = tuple(sorted(path.stem for path in (package / "locales").glob("*.po")))
    alone = load_alone(job.code, job.version, package, languages)
    report = None
    if job.root:
        subject = Subject(job.code, Path(job.root), package, job.today, alone)
        report = judge(subject, slow=job.slow)
    brought = _brought(alone, languages)
    return Answer(faults=alone.faults, brought=brought, report=report)


def _brought(alone: Alone, languages: tuple[str, ...]) -> Brought | None:
    plugins = alone.plugins
    if plugins is None:
        return None
    return Brought(
        jurisdictions=tuple(plugins.jurisdictions),
        forms=tuple(form.name for form in plugins.every_form()),
        listeners=tuple(listener.name for listener in plugins.listeners),
        notifiers=tuple(plugins.notifiers),
        guides=tuple(plugins.guides),
        letters=tuple(plugins.letters),
        languages=languages,
    )


if __name__ == "__main__":
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    Path(job.answer).write_bytes(msgspec.json.encode(answer(job)))
