"""Starts the agent of the version that is linked:  /opt/siaga/current/bin/siaga-edge install

Its own `install` lays its unit and rules, which may be other ones than those of the version before, and lets systemd
start the agent anew.
"""

import contextlib
import subprocess
from pathlib import Path

from edge.installation.parts import run
from edge.update.places import CURRENT

START_S = 120.0
"""systemd waits until the agent is ready, which may salvage its spool first; the trial goes on meanwhile."""


def start_linked(installed: Path) -> None:
    """Start it; CannotInstall with what it says where that fails."""
    program = installed / CURRENT / "bin" / "siaga-edge"
    with contextlib.suppress(subprocess.TimeoutExpired):
        run([str(program), "install"], timeout_s=START_S)
