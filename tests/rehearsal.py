"""A rehearsal of docker-compose.yml without Docker: the same configuration files, on Debian's builds, on the loopback.

bootstrap ─► mosquitto.conf ─► Mosquitto      cloud.toml ─► siaga-cloud ─► InfluxDB 1.6      Caddyfile ─► Caddy
`python -m tests.rehearsal --folder FOLDER`, or deploy/rehearse, runs it with simulated gateways until Ctrl-C.
What differs from Compose stands in `DIFFERENCES`, in `_influxd` and in `_caddy`, and nowhere else.
"""

import argparse
import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

import tomli_w

from cloud.cli.main import main as siaga_cloud_main
from cloud.process.settings import load_cloud_settings
from cloud.registry.city_file import read_city_file
from demo.folder import GATEWAYS
from tests.servers import Command, Program, free_port, influxd, require, siaga_cloud, wait_until

ROOT = Path(__file__).parents[1]
HOST = "localhost"
Differences = dict[str, str]


class Said(NamedTuple):
    """What a command ended with and said."""

    code: int
    out: str
    err: str


class Rehearsal:
    """An installation in `folder`, made by deploy/bootstrap; `with all_of(*rehearsal.programs)` runs it."""

    def __init__(self, folder: Path, *, grafana: str = "127.0.0.1:1", yours: Path | None = None) -> None:
        self.folder = folder
        self.broker_port, self.https_port, self.http_port = free_port(), free_port(), free_port()
        self.influx_port, self.api_port, self.own_port = free_port(), free_port(), free_port()
        if yours is None:
            (folder / ".env").write_text((ROOT / ".env.example").read_text().replace("siaga.example.org", HOST))
        else:
            take_over(yours, folder)
        self.bootstrap()
        self.ca = folder / "secrets" / "ca" / "ca.crt"
        settings = folder / "city" / "cloud.toml"
        self.cloud_toml = self._differing(settings, self._of_the_cloud()) if yours is None else self._yours(settings)
        self.broker = self._mosquitto()
        self.influxd = self._influxd()
        self.cloud = siaga_cloud(folder, self.cloud_toml, port=self.own_port, command="ingest")
        self.web = siaga_cloud(folder, self.cloud_toml, name="web", port=self.api_port, command="web")
        self.proxy = self._caddy(grafana)

    @property
    def programs(self) -> list[Program]:
        """All of them, in the order in which Compose starts them."""
        return [self.broker, self.influxd, self.cloud, self.web, self.proxy]

    def bootstrap(self, *options: str) -> str:
        """Run deploy/bootstrap here; what it says."""
        command: Command = [ROOT / "deploy" / "bootstrap", "--keep-owner", "--root", self.folder, *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @property
    def city_file(self) -> Path:
        """The city file that the cloud reads."""
        return load_cloud_settings(self.cloud_toml).registry.city

    def start(self) -> None:
        """Start all that is not a context of its own, with the logins that the service `store` makes."""
        self.broker.start()
        self.influxd.start()
        self.make_logins()
        self.cloud.start()
        self.web.start()
        self.proxy.start()

    def stop(self) -> None:
        """Stop all in the opposite order."""
        for program in reversed(self.programs):
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.stop()

    def secret(self, name: str) -> str:
        """What bootstrap put into a file below secrets/."""
        return (self.folder / "secrets" / name).read_text()

    def make_logins(self) -> None:
        """The service `store`: in InfluxDB 1.6 the same two logins as in InfluxDB 2."""
        made = self.operator("store", "init", "--secrets", str(self.folder / "secrets" / "influxdb"))
        assert made.code == 0, made

    def operator(self, *arguments: str) -> "Said":
        """`docker compose run --rm operator …`, in this process: a new one takes seconds to begin."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = siaga_cloud_main([*arguments, "--config", str(self.cloud_toml)])
        return Said(code, out.getvalue(), err.getvalue())

    def gateways(self) -> Program:
        """The simulated gateways of the profile `demo`, which must be enrolled into data/gateways."""
        papers, data = self.folder / "data" / "gateways", self.folder / "data" / "demo"
        where = ["--host", HOST, "--port", str(self.broker_port)]
        command = [sys.executable, "-m", "demo.gateways", "--data", str(data), "--papers", str(papers), *where]
        return Program("gateways", command, self.folder)

    def _of_the_cloud(self) -> Differences:
        secrets, data = self.folder / "secrets", self.folder / "data"
        return {
            'host = "broker"': f'host = "{HOST}"',
            "port = 8883": f"port = {self.broker_port}",
            "/run/secrets/": f"{secrets}/cloud/",
            "/run/operator/": f"{secrets}/operator/",
            "http://influxdb:8086": f"http://127.0.0.1:{self.influx_port}",
            "sqlite:////var/lib/siaga/": f"sqlite:///{data}/cloud/",
            'host = "0.0.0.0"': f'host = "127.0.0.1"\nport = {self.api_port}',
            '"172.30.82.0/24"': '"127.0.0.1"',
            '"/var/lib/siaga/feed.sock"': f'"{data}/cloud/feed.sock"\nport = {self.own_port}',
        }

    def _yours(self, file: Path) -> Path:
        """Somebody's own settings, on the rehearsal's servers; a channel becomes a folder, so that nobody is paged."""
        settings, secrets = tomllib.loads(file.read_text()), self.folder / "secrets"
        settings["broker"] = {
            "host": HOST, "port": self.broker_port, "username": "siaga-cloud",
            "password_file": str(secrets / "cloud" / "broker.password"), "tls": {"ca": str(self.ca)},
        }  # fmt: skip
        settings["store"] = {
            "engine": "influxdb", "api": "v1", "url": f"http://127.0.0.1:{self.influx_port}", "database": "siaga",
            "username": "siaga-cloud", "password_file": str(secrets / "cloud" / "influxdb.password"),
        }  # fmt: skip
        settings.setdefault("registry", {})["url"] = f"sqlite:///{self.folder / 'data' / 'cloud'}/registry.db"
        settings["api"] = {"host": "127.0.0.1", "port": self.api_port, "proxies": ["127.0.0.1"]}
        settings["feed"] = {"socket": f"{self.folder / 'data' / 'cloud'}/feed.sock", "port": self.own_port}
        settings["enrol"] = {
            "password_file": str(secrets / "operator" / "broker.password"), "host": HOST, "port": self.broker_port,
            "ca": str(self.ca),
        }  # fmt: skip
        for channel in settings.get("notify", {}).get("channels", []):
            name, told = channel["name"], self.folder / "data" / "told" / channel["name"]
            channel.clear()
            channel.update({"name": name, "kind": "cap_file", "folder": str(told)})
        for unused in ("certificates", "backups"):
            settings.get("monitoring", {}).pop(unused, None)
        file.write_text(tomli_w.dumps(settings))
        return file

    def _mosquitto(self) -> Program:
        place = self.folder / "mosquitto"  # the container's working folder
        place.mkdir()
        for name in ("secrets", "data"):
            (place / name).symlink_to(self.folder / name / "broker")
        shutil.copyfile(ROOT / "deploy" / "mosquitto" / "mosquitto.conf", place / "mosquitto.conf")
        # root would become another user and lose the right to its files; a container begins as the right one
        stay = "user root\n" if os.geteuid() == 0 else ""
        listener = {"listener 8883": f"{stay}listener {self.broker_port} 127.0.0.1"}
        configuration = self._differing(place / "mosquitto.conf", listener)
        return Program("broker", [require("mosquitto"), "-c", configuration], place, port=self.broker_port)

    def _influxd(self) -> Program:
        """InfluxDB 1.6 in place of 2, with logins required."""
        program = influxd(self.folder, self.influx_port)
        program.command = ["/usr/bin/env", "INFLUXDB_HTTP_AUTH_ENABLED=true", *program.command]
        return program

    def _caddy(self, grafana: str) -> Program:
        """The Caddyfile as it is: ports, addresses and paths are its environment's."""
        secrets, data = self.folder / "secrets" / "proxy", self.folder / "data" / "proxy"
        environment = {
            "SIAGA_HOST": HOST,
            "SIAGA_TLS": f"{secrets}/proxy.crt {secrets}/proxy.key",
            "SIAGA_HTTPS_PORT": str(self.https_port),
            "SIAGA_HTTP_PORT": str(self.http_port),
            "SIAGA_CLOUD": f"127.0.0.1:{self.api_port}",
            "SIAGA_GRAFANA": grafana,
            "XDG_DATA_HOME": str(data),
            "XDG_CONFIG_HOME": str(data),
        }
        given = [f"{name}={value}" for name, value in environment.items()]
        caddyfile = ROOT / "deploy" / "caddy" / "Caddyfile"
        command: Command = ["/usr/bin/env", *given, require("caddy"), "run", "--config", caddyfile]
        return Program("proxy", command, self.folder, port=self.https_port)

    @staticmethod
    def _differing(file: Path, differences: Differences) -> Path:
        """Change the copy in `file`; a difference that is not in it is none any more, and must go."""
        text = file.read_text()
        for there, here in differences.items():
            assert there in text, f"{file.name} has no {there!r}: take it out of the rehearsal's differences"
            text = text.replace(there, here)
        file.write_text(text)
        return file


def take_over(yours: Path, folder: Path) -> None:
    """Copy the city and the settings of the installation in `yours`, with this machine's name; no secret is copied."""
    lines = (yours / ".env").read_text().splitlines()
    changed = {"SIAGA_HOST": HOST, "SIAGA_NAMES": "", "SIAGA_DATA": "./data", "SIAGA_TLS": ""}
    kept = [line for line in lines if line.partition("=")[0].strip() not in changed]
    (folder / ".env").write_text("\n".join([*kept, *(f"{name}={value}" for name, value in changed.items())]) + "\n")
    shutil.copytree(yours / "city", folder / "city")


def main() -> int:
    """Rehearse until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="deploy/rehearse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="an empty folder (default: a new one, deleted at the end)")
    parser.add_argument(
        "--from", type=Path, dest="yours", metavar="FOLDER", help="its city/ and .env, not the example's"
    )
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        rehearsal = Rehearsal(folder.absolute(), yours=chosen.yours)
        stack.callback(rehearsal.stop)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        rehearsal.start()
        _show(rehearsal, stack)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


def _show(rehearsal: Rehearsal, stack: contextlib.ExitStack) -> None:
    password = rehearsal.folder / "rehearsal.password"
    password.write_text("only for a rehearsal\n")
    made = ["user", "add", "rehearsal", "--role", "administrator", "--password-file", str(password)]
    papers = str(rehearsal.folder / "data" / "gateways")
    simulated = set(GATEWAYS) <= {gateway.id for gateway in read_city_file(rehearsal.city_file).gateways()}
    enrolled = [["gateway", "enrol", gateway, "--into", papers] for gateway in GATEWAYS if simulated]
    for command in (made, *enrolled):
        done = rehearsal.operator(*command)
        sys.stdout.write(done.out + done.err)
    if simulated:
        stack.enter_context(rehearsal.gateways())
        log = rehearsal.folder / "gateways.log"
        wait_until(lambda: "send simulated readings" in log.read_text(), "the simulated gateways start")
    else:
        sys.stdout.write(f"No simulated gateway runs: the city has not both of {' and '.join(GATEWAYS)}\n")

    sys.stdout.write(
        f"Pages   https://{HOST}:{rehearsal.https_port}   log in as rehearsal: only for a rehearsal\n"
        f"Broker  {HOST}:{rehearsal.broker_port} (TLS)\nTrust   {rehearsal.ca}\nCtrl-C ends it.\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
