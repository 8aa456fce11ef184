"""Where in a plugin an exception came from: a file and a line, never the exception's words."""

import traceback
from pathlib import PurePath
from typing import Any


def package_of(thing: Any) -> str:
    """Return the top package that a function, a class or an object's class is defined in."""
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).partition(".")[0]


def place_of(error: BaseException, package: str) -> str:
    """Return the deepest line of ``package`` in a traceback, such as ``pe_embassy_zz/a.py:12``.

    A file that Python cannot read has its own line; '' where nothing of the package is involved.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_inside(error.filename, package) or error.filename}:{error.lineno or 1}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        inside = _inside(frame.filename, package)
        if inside:
            return f"{inside}:{frame.lineno}"
    return ""


def _inside(filename: str, package: str) -> str:
    """Return a file's name from its package on, '' for a file of somebody else."""
    parts = PurePath(filename).parts
    if package and package in parts:
        last = len(parts) - 1 - parts[::-1].index(package)
        return "/".join(parts[last:])
    # A package of one file, as a plugin of a few lines is.
    return parts[-1] if parts and package and parts[-1] == f"{package}.py" else ""
