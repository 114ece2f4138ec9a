"""A part on standby: its code is loaded, and it runs when the demo says so with a line on its standard input.

python -m demo.standby edge.cli run --config gw-utara.toml        ⏎ ─► what python -m edge.cli run … does
So the parts load side by side, and none has to wait for another once it runs.
"""

import importlib
import sys


def main() -> int:
    """Load the module that the first argument names, wait for the line, and run its `main` with the other arguments."""
    name, *arguments = sys.argv[1:]
    run = importlib.import_module(name).main
    return int(run(arguments)) if sys.stdin.readline() else 0  # no line: the demo has ended


if __name__ == "__main__":
    sys.exit(main())
