"""A part on standby: its code is loaded, and it runs when the demo says so with a line on its standard input.

python -m demo.standby edge.cli+edge.commands.run run --config gw-utara.toml     ⏎ ─► python -m edge.cli run …
The first module is the one that runs; those after a + are loaded too. So the parts load side by side, while the past
is written, and none has to wait for another once it runs.
"""

import importlib
import sys


def main() -> int:
    """Load the modules that the first argument names, wait for the line, and run with the other arguments."""
    names, *arguments = sys.argv[1:]
    modules = [importlib.import_module(name) for name in names.split("+")]
    return int(modules[0].main(arguments)) if sys.stdin.readline() else 0  # no line: the demo has ended


if __name__ == "__main__":
    sys.exit(main())
