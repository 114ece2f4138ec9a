"""A program of an installation that may lack what it needs:  siaga-demo on a gateway, installed as siaga[edge].

siaga-demo: this installation has no amqtt; it needs the extra "demo": see README.md, "Run it"
"""

import importlib
import sys

MISSING = 2
"""The exit code: starting it again will not help."""


def main_of(module: str, *, program: str, extra: str) -> int:
    """Run `main` of `module` with the process's arguments; a sentence where a library of `extra` is not installed."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == module.split(".")[0]:
            raise
        sys.stderr.write(
            f'{program}: this installation has no {error.name}; it needs the extra "{extra}": see README.md, "Run it"\n'
        )
        return MISSING
    return int(found.main(sys.argv[1:]))
