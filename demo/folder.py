"""The demo's folder: one demo at a time, its settings written anew at each start, its data kept.

DATA/lock  password  city.toml  rules.toml  coast.geojson  cloud.toml  gw-*.toml
     readings.db (or influxdb-*/)  registry.db  gw-*.spool.db  login.code  devices/  grafana/  logs/
"""

import contextlib
import fcntl
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import IO

from i18n.message import LocalizedMessage

CITY = Path(__file__).parent / "city"
SQLITE = 'engine = "sqlite"\npath = "readings.db"\n'
"""The table [store] of the demo where no InfluxDB is."""
GATEWAYS = ("gw-daruba", "gw-utara")
_KEPT_AS_THEY_ARE = ("city.toml", "rules.toml", "coast.geojson")
_FILLED_IN = ("cloud.toml", *(f"{gateway}.toml" for gateway in GATEWAYS))
LOCK_PATIENCE_S = 2.5
"""The parts of a killed demo hold its lock until they have ended, which they do within this time."""
ANOTHER_FOLDER = LocalizedMessage("name another folder: siaga-demo --data FOLDER, or make demo DATA=FOLDER")
"""What to do about a folder that cannot be used."""


class DemoCannotStart(Exception):
    """The demo cannot start; the text is one sentence, a `LocalizedMessage` where it has a translation."""


class DemoFolder:
    """A folder that this demo has for itself; CannotStart where it cannot have it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        with _writable(self.path):
            for folder in (self.path, self.devices, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            self.lock: IO[str] = (self.path / "lock").open("w")
        deadline_s = time.monotonic() + LOCK_PATIENCE_S
        while not _is_ours(self.lock):
            if time.monotonic() > deadline_s:
                raise DemoCannotStart(
                    LocalizedMessage(
                        "another demo uses the data folder {path}; end it, or {another}",
                        path=str(path), another=ANOTHER_FOLDER,
                    )
                )  # fmt: skip
            time.sleep(0.05)

    @property
    def devices(self) -> Path:
        """Where the serial lines' links are, in place of /dev/serial/by-id."""
        return self.path / "devices"

    @property
    def logs(self) -> Path:
        """Each process's log."""
        return self.path / "logs"

    def settle(
        self, *, broker_port: int, api_port: int = 0, language: str = "en", store: str = SQLITE,
        uplinks: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Write the settings of all parts: `store` is that table of cloud.toml.

        `uplinks` has each gateway's lines for a broker that is not the demo's.
        """
        here = f"port = {broker_port}"
        devices = json.dumps(str(self.devices), ensure_ascii=False)[1:-1]  # a TOML string escapes as a JSON one does
        with _writable(self.path):
            for name in _KEPT_AS_THEY_ARE:
                shutil.copyfile(CITY / name, self.path / name)
            for name in _FILLED_IN:
                uplink = (uplinks or {}).get(name.removesuffix(".toml"), here)
                text = Template((CITY / name).read_text(encoding="utf-8")).substitute(
                    broker_port=broker_port,
                    api_port=api_port,
                    language=language,
                    devices=devices,
                    uplink=uplink,
                    store=store,
                )
                (self.path / name).write_text(text, encoding="utf-8")


def _is_ours(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DemoCannotStart(
            LocalizedMessage(
                "the data folder {path} cannot be written: {reason}; {another}",
                path=str(path), reason=error.strerror, another=ANOTHER_FOLDER,
            )
        ) from None  # fmt: skip
