"""A gateway's small files as they change over months, in one folder, to be watched: python -m … FOLDER TIMES

edge.toml enrolled, commissioned, enrolled again · its last good copy · the city's configurations · logins rotated
FOLDER/said    "settings 3", "city 3", "login gw.3": these are on the disk and in force
"""

import os
import sys
from pathlib import Path

from edge import last_good
from edge.check import check_file
from edge.enrol.credentials import write_password
from edge.enrol.enrolment import Enrolment
from edge.installation.parts import TextFile
from edge.kept_login import keep_password, put_in_force
from edge.remote import trial
from edge.remote.kept_file import kept_path, read_kept, write_kept
from runtime.whole_files import replace_file
from tests.unit.edge.enrol.cloud_of_a_test import BUNDLE
from wire.gateway_config import GatewayConfig, encode_config

BOOT = "a boot"


def password_of(username: str) -> str:
    """The password of a login that the city has rotated to."""
    return f"the password of {username}"


def settings_number(text: str) -> int:
    """Which of the settings a text is: they number their batch_s."""
    return int(text.rpartition("batch_s = ")[2].split()[0])


class SmallFiles:
    """The files in `folder`; each step says when it is done."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "edge.toml"
        self.spool = folder / "spool.db"
        self._said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def _say(self, what: str) -> None:
        os.write(self._said, f"{what}\n".encode())

    def enrol(self) -> None:
        """A bundle without a link: what a technician does first, and again with another login."""
        Enrolment(BUNDLE, self.config, say=lambda _: None, say_step=lambda _: None).run(
            beside=self.config.parent, offline=True
        )
        if "batch_s" not in self.config.read_text():
            self._say("enrolled")

    def commission(self, number: int) -> None:
        """Other settings, as siaga-edge init writes them, and the copy that a start makes of them."""
        text = self.config.read_text().partition("batch_s")[0].rstrip()
        replace_file(self.config, f"{text}\nbatch_s = {number}\n")
        self._say(f"settings {number}")
        last_good.keep(self.config, self.spool)

    def configure(self, revision: int) -> None:
        """The city's configuration: tried, and confirmed."""
        path, kept = kept_path(self.spool), read_kept(kept_path(self.spool)).kept
        payload = encode_config(GatewayConfig(1, revision, 60.0, health={"every_s": 100 + revision})).decode()
        begun = trial.begin(kept, payload, revision, boot=BOOT, end_s=1e12, passed_over=())
        write_kept(path, begun)
        write_kept(path, trial.confirm(begun))
        self._say(f"city {revision}")

    def rotate(self, number: int) -> None:
        """The city hands over a login, and the cloud has answered to it."""
        folder, uplink, username = self.config.parent, check_file(self.config).settings.uplink, f"gw-daruba.{number}"
        keep_password(folder, username, password_of(username))
        put_in_force(folder, username, uplink)
        self._say(f"login {username}")

    def install(self) -> None:
        """The unit, as siaga-edge install writes it."""
        TextFile(self.config.with_name("siaga-edge.service"), "[Unit]\n" * 40).make()


def main(folder: Path, times: int) -> None:
    """Do all that is done in the life of a gateway."""
    files = SmallFiles(folder)
    files.install()
    files.enrol()
    for number in range(1, times + 1):
        files.commission(number)
        files.configure(number)
        files.rotate(number)
    write_password(folder, BUNDLE.username, BUNDLE.password)
    files.enrol()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
