"""A program of an installation that may lack what it needs:  siaga-demo on a gateway, installed as siaga[edge].

siaga-demo: this installation has no amqtt; it needs the extra "demo": see README.md, "Run it"
"""

import importlib
import sys
from types import ModuleType

from i18n.message import LocalizedMessage

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
            LocalizedMessage(
                '{program}: this installation has no {library}; it needs the extra "{extra}": see README.md, "Run it"',
                program=program, library=error.name, extra=extra,
            )
        ) from None  # fmt: skip


def main_of(module: str, *, program: str, extra: str) -> int:
    """Run `main` of `module` with the process's arguments; a sentence where a library of `extra` is not installed."""
    try:
        found = import_of(module, program=program, extra=extra)
    except MissingExtra as error:
        from i18n.catalog import catalog_of  # what few starts need is loaded by few
        from i18n.terminal import language_of_terminal

        sys.stderr.write(f"{catalog_of(language_of_terminal()).said(error.args[0])}\n")
        return MISSING
    return int(found.main(sys.argv[1:]))
