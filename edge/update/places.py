"""Where an update's parts are:

/opt/siaga/versions/1.2.0   current ─► versions/1.2.0       what runs
                            updater ─► versions/1.1.0       what runs updates: the version that was confirmed last
/opt/siaga/update/          root's: state, trust/, metadata/, archive/, unpacked/; the agent reads the state
/var/lib/siaga/             the agent's: update.request, update.offer; the updater reads them as a stranger's
"""

import os
from pathlib import Path
from typing import NamedTuple

from edge.settings import state_folder_of

INSTALLED = Path("/opt/siaga")
CURRENT, UPDATER, VERSIONS, WORK = "current", "updater", "versions", "update"
REQUEST, OFFER = "update.request", "update.offer"


class UpdatePlaces(NamedTuple):
    """`installed` has the versions, `asked` is the agent's own folder, where its spool is."""

    installed: Path
    asked: Path

    @property
    def work(self) -> Path:
        """What only root writes."""
        return self.installed / WORK

    @property
    def state(self) -> Path:
        """What is under way, or became of the last one."""
        return self.work / "state.json"

    @property
    def under_way(self) -> Path:
        """There while an update is: systemd looks for it at a boot."""
        return self.work / "under-way"

    @property
    def first_root(self) -> Path:
        """The root that was trusted first."""
        return self.work / "trust" / "root.json"

    @property
    def metadata(self) -> Path:
        """What the framework keeps of the signed lists, so that none older is taken."""
        return self.work / "metadata"

    @property
    def archive(self) -> Path:
        """Where the archive is fetched to."""
        return self.work / "archive"

    @property
    def unpacked(self) -> Path:
        """Where it is unpacked to."""
        return self.work / "unpacked"

    @property
    def request(self) -> Path:
        """What the agent was asked for."""
        return self.asked / REQUEST

    @property
    def offer(self) -> Path:
        """Where updates are, as the city says."""
        return self.asked / OFFER

    def version_in(self, link: str) -> str:
        """The version that a link leads to; "" where there is none."""
        try:
            return (self.installed / link).readlink().name
        except OSError:
            return ""


def installed() -> Path:
    """Where the versions are; SIAGA_TO names another folder, as for install.sh."""
    return Path(os.environ.get("SIAGA_TO") or INSTALLED)


def places_of(config: Path, spool: Path) -> UpdatePlaces:
    """Those of the agent with these settings: its folder is its service's, else its spool's."""
    return UpdatePlaces(installed(), state_folder_of(config) or spool.parent)
