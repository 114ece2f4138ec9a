"""A gateway whose versions stand beside each other, with what systemd does for it simulated:

the agent of the linked version is started whenever none runs       `start` ends the one that runs
python -m tests.end_to_end.updated_box FOLDER edge.toml CONFIRM_S    the updater, as a process that may be killed
"""

import os
import signal
import sys
import time
from pathlib import Path

from edge.architecture import architecture
from edge.installation.parts import CannotInstall
from edge.lock import process_that_holds
from edge.update.kept_update import read_update
from edge.update.link_settings import link_settings
from edge.update.places import CURRENT, UPDATER, UpdatePlaces, installed, places_of
from edge.update.running import running_version
from edge.update.trial_of_version import KeptUpdate
from edge.update.unpacking import unpack
from edge.update.updater import Updater
from edge.update.versions import point, put_beside
from i18n.message import LocalizedMessage
from runtime.logs import set_up_logs
from tests.end_to_end.edge_gateway import Gateway
from tests.servers import Program

_FOR_EVER = "unset PYTHONPATH; while :; do {program} run --config {settings}; done"


class Box:
    """A gateway as install.sh leaves it, with version 1.1.0 of `archive`; SIAGA_TO is `folder`/opt."""

    def __init__(self, folder: Path, gateway: Gateway, archive: Path) -> None:
        self.folder, self.gateway = folder, gateway
        self.installed = folder / "opt"
        self.places = places_of(gateway.settings_file, gateway.spool_file)
        first = unpack(archive, folder / "first", version="1.1.0", architecture=architecture())
        put_beside(first, self.installed, "1.1.0")
        for link in (CURRENT, UPDATER):
            point(self.installed, link, "1.1.0")
        self.places.work.mkdir()
        settings = gateway.settings_file.read_text()
        gateway.settings_file.write_text(settings.replace("every_s = 0", "every_s = 1"))  # there is something to say
        program = self.installed / CURRENT / "bin" / "siaga-edge"
        lines = _FOR_EVER.format(program=program, settings=gateway.settings_file)
        self.service = Program("service", ["sh", "-c", lines], folder)

    def update(self, confirm_s: float) -> KeptUpdate:
        """Do what is asked for, here; what became of it."""
        _updater(self.gateway.settings_file, confirm_s).run()
        return read_update(self.places.state)[0]

    def updater(self) -> Program:
        """The same in a process of its own."""
        words: list[str | Path] = [sys.executable, "-m", __name__, self.gateway.settings_file, "60"]
        return Program("updater", words, self.folder)

    def is_heard(self, version: str) -> bool:
        """Whether the agent of `version` runs, and the cloud has acknowledged what it sent."""
        running = running_version(self.gateway.spool_file)
        return running is not None and running.version == version and running.is_acknowledged

    def stop(self) -> None:
        """End the service, and its agent after it."""
        self.service.stop()
        _end_agent(self.gateway.spool_file)


def _updater(settings: Path, confirm_s: float) -> Updater:
    spool = settings.with_name("spool.db")
    return Updater(
        places_of(settings, spool), link_settings(settings), look=lambda: running_version(spool),
        start=lambda: _start_linked(spool), confirm_s=confirm_s, look_every_s=0.1,
    )  # fmt: skip


def _start_linked(spool: Path) -> None:
    """End the agent that runs, until that of the linked version does: systemd waits for it too."""
    places, before = UpdatePlaces(installed(), spool.parent), process_that_holds(spool)
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        running = running_version(spool)
        is_linked = running is not None and running.version == places.version_in(CURRENT)
        if is_linked and process_that_holds(spool) != before:
            return
        if running is not None:
            _end_agent(spool)
        time.sleep(0.05)
    raise CannotInstall(LocalizedMessage("it does not answer within 30 s"))


def _end_agent(spool: Path) -> None:
    process = process_that_holds(spool)
    if process is not None:
        os.kill(process, signal.SIGTERM)
        while process_that_holds(spool) == process:
            time.sleep(0.02)


if __name__ == "__main__":
    set_up_logs(verbose=False)
    _updater(Path(sys.argv[1]), float(sys.argv[2])).run()
