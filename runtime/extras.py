"""A program of an installation that may lack what it needs:  siaga-demo on a gateway, installed as siaga[edge].

siaga-demo: this installation has no amqtt; it needs the extra "demo": see README.md, "Run it"
"""

import importlib
import sys
from types import ModuleType

MISSING = 2
"""The exit code: starting it again will not help."""


class MissingExtra(Exception):
    """A library is not installed; the text is one sentence that names it and the extra that brings it."""


def import_of(module: str, *, program: str, extra: str) -> ModuleType:
    """Import `module` for `program`; MissingExtra where a library of `extra` is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == module.split(".")[0]:
            raise
        raise MissingExtra(
            f'{program}: this installation has no {error.name}; it needs the extra "{extra}": see README.md, "Run it"'
        ) from None


def main_of(module: str, *, program: str, extra: str) -> int:
    """Run `main` of `module` with the process's arguments; a sentence where a library of `extra` is not installed."""
    try:
        found = import_of(module, program=program, extra=extra)
    except MissingExtra as error:
        sys.stderr.write(f"{error}\n")
        return MISSING
    return int(found.main(sys.argv[1:]))
