"""The demo's InfluxDB, where one is installed: on a port of its own, in the demo's folder, with two logins.

influxd version ─► 1 | 2 ─► DATA/influxdb-1/ influxd.conf data/ secrets/ ─► influxd ─► siaga-cloud store init ─► [store]
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from cloud.readings.administration.plan import READER
from demo.folder import DemoCannotStart
from i18n.message import LocalizedMessage

DATABASE = "siaga"
WRITER = "siaga-cloud"
PATIENCE_S = 30.0
_VERSION = re.compile(r"v?(\d+)\.\d+")
_SETTINGS_1 = """\
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = {meta}
[data]
dir = {data}
wal-dir = {wal}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = true
log-enabled = false
[monitor]
store-enabled = false
"""


class InstalledInfluxdb(msgspec.Struct, frozen=True):
    """An `influxd` on this machine, and the first number of its version."""

    program: str
    major: int


def installed_influxdb() -> InstalledInfluxdb | None:
    """The `influxd` on PATH, if it is one that the demo can set up: 1.x or 2.x."""
    program = shutil.which("influxd")
    found = program and _VERSION.search(said_version(program, "version"))
    major = int(found[1]) if found else 0
    return InstalledInfluxdb(program, major) if program and major in (1, 2) else None


def said_version(program: str, *arguments: str) -> str:
    """What `program` says when asked for its version; nothing where it does not run."""
    command = [program, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""


def folder_of_influxdb(data: Path, major: int) -> Path:
    """Where an InfluxDB of this version keeps what is the demo's: another one could not read it."""
    return data / f"influxdb-{major}"


class DemoInfluxdb:
    """The InfluxDB of the demo in folder `data`, which listens on `port` of the loopback."""

    def __init__(self, installed: InstalledInfluxdb, data: Path, port: int) -> None:
        self._installed = installed
        self._data = data
        self._folder = folder_of_influxdb(data, installed.major)
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    @property
    def reader_password(self) -> Path:
        """The file with the password of the login that Grafana has."""
        return self._secrets / f"{READER}.password"

    @property
    def store(self) -> str:
        """The table [store] of cloud.toml."""
        lines = {
            "engine": "influxdb",
            "url": self.url,
            "api": "v1",
            "database": DATABASE,
            "username": WRITER,
            "password_file": str(self._secrets / "cloud.password"),
            "data_folder": str(self._folder),
        }
        return "".join(f"{key} = {_toml(text)}\n" for key, text in lines.items())

    def command(self) -> list[str | Path]:
        """Make what it needs in its folder, and give the command that runs it."""
        self._secrets.mkdir(parents=True, exist_ok=True)
        for name in ("admin.password", "admin.token", "cloud.password", f"{READER}.password"):
            _provide_secret(self._secrets / name)
        return self._command_1() if self._installed.major == 1 else self._command_2()

    def set_up(self) -> Iterator[str]:
        """Wait until it answers, and make its database and logins; what it waits for, look by look."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not _answers(self.url):
            if time.monotonic() > deadline_s:
                raise DemoCannotStart(
                    LocalizedMessage(
                        "InfluxDB did not answer within {n} s; look at {log}, or start the demo with --store sqlite",
                        n=round(PATIENCE_S), log=str(self._data / "logs" / "influxdb.log"),
                    )
                )  # fmt: skip
            yield "InfluxDB"
        # half a second to load, while influxd starts
        from demo.influxdb_contents import provide_contents

        yield from provide_contents(self._data / "cloud.toml", self._secrets)

    @property
    def _secrets(self) -> Path:
        return self._folder / "secrets"

    def _command_1(self) -> list[str | Path]:
        places = {name: _toml(str(self._folder / name)) for name in ("meta", "data", "wal")}
        settings = self._folder / "influxd.conf"
        settings.write_text(_SETTINGS_1.format(port=self._port, **places), encoding="utf-8")
        return [self._installed.program, "-config", settings]

    def _command_2(self) -> list[str | Path]:
        return [
            self._installed.program,
            f"--bolt-path={self._folder / 'influxd.bolt'}",
            f"--sqlite-path={self._folder / 'influxd.sqlite'}",
            f"--engine-path={self._folder / 'engine'}",
            f"--http-bind-address=127.0.0.1:{self._port}",
            "--reporting-disabled",
        ]


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ping", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _provide_secret(file: Path) -> None:
    if not file.exists() or not file.stat().st_size:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(f"{secrets.token_hex(24)}\n")


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML string escapes as a JSON one does
