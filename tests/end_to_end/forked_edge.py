"""`siaga-edge run`, forked from a process that has imported it already: a life begins within milliseconds.

stdin: a line ─► a child runs the agent, its pid comes on stdout; when it has ended, its wait status comes too.
"""

import os
import sys

from edge import agent, cli
from edge.commands import run
from edge.sources import mqtt, serial

_ = agent, run, mqtt, serial  # imported before the first fork


def main(settings_file: str) -> None:
    """Fork an agent for each line of stdin."""
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            os._exit(cli.main(["run", "--config", settings_file]))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitpid(child, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
