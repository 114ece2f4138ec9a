"""What a diagnostics archive holds, a function a file; each that cannot be had says why in its place.

settings.json  edge.toml without secrets        log.txt     the agent's and the updater's last lines
status.json    what the running agent answers   kernel.txt  the kernel's
machine.json   board, kernel, versions, clock   spool.json  room on disk, and the spool's files
update.json    versions beside each other,     city.json   what the city wants of the gateway, where it does
               the last update
"""

import contextlib
import importlib.metadata
import json
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from edge.bundle.redaction import redacted, scrubbed_texts, secrets_in
from edge.control.client import AgentUnreachable, ask_once
from edge.control.paths import control_path
from edge.lock import process_that_holds
from edge.settings_in_use import settings_in_use
from edge.spool.on_disk import spool_on_disk
from edge.spool.write_batch import DiskProblem
from edge.update.kept_update import read_update
from edge.update.places import CURRENT, UPDATER, VERSIONS, places_of
from edge.version import version

MOST_BYTES = 1_000_000
"""Of one file; of a longer one the end is kept."""
LOG_LINES = 2_000
COMMAND_S = 10.0
_MOST_SECRET_BYTES = 4_096
_UNITS = {"log.txt": ["-u", "siaga-edge", "-u", "siaga-edge-update"], "kernel.txt": ["-k"]}
_PACKAGES = ("cbor2", "h11", "jeepney", "msgspec", "paho-mqtt", "protobuf", "pydantic", "pyserial", "tuf")
_FACTS = {
    "model": "/proc/device-tree/model",
    "uptime_s": "/proc/uptime",
    "load": "/proc/loadavg",
    "memory": "/proc/meminfo",
    "boot": "/proc/sys/kernel/random/boot_id",
    "system": "/etc/os-release",
    "temperature": "/sys/class/thermal/thermal_zone0/temp",
}


class BundleContents:
    """The files of an archive of the gateway whose settings are `config`, and the secrets that must be in none."""

    def __init__(self, config: Path, spool: Path) -> None:
        self._config = config
        self._spool = spool
        found = settings_in_use(config)
        self._document = found.document
        self._mistakes = [str(problem) for problem in found.problems]
        self.secrets = [*secrets_in(self._document), *_in_files(self._document, config.parent)]
        gateway = self._document.get("gateway")
        self.gateway = str(gateway.get("id", "")) if isinstance(gateway, dict) else ""

    def files(self) -> Iterator[tuple[str, str]]:
        """(name, text) of each file, scrubbed."""
        makers: dict[str, Callable[[], object]] = {
            "settings.json": self._settings,
            "status.json": self._status,
            "machine.json": _machine,
            "spool.json": self._spool_files,
            "city.json": self._city,
            "update.json": self._update,
            "log.txt": lambda: _journal(*_UNITS["log.txt"]),
            "kernel.txt": lambda: _journal(*_UNITS["kernel.txt"]),
        }
        for name, make in makers.items():
            try:
                made = make()
            except Exception as error:  # whatever is broken here is what somebody wants to know
                made = f"cannot be had: {type(error).__name__}: {error}"
            made = scrubbed_texts(made, self.secrets)
            text = made if isinstance(made, str) else json.dumps(made, indent=1, default=str, ensure_ascii=False)
            yield name, text[-MOST_BYTES:]

    def _settings(self) -> object:
        return {**({"mistakes": self._mistakes} if self._mistakes else {}), **redacted(self._document)}

    def _status(self) -> object:
        try:
            return redacted(msgspec.json.decode(ask_once(control_path(self._spool), "status")))
        except AgentUnreachable as none:
            return {"running": False, "sentence": str(none.problem)}

    def _spool_files(self) -> object:
        folder = self._spool.parent
        files = {
            each.name: {"bytes": each.lstat().st_size, "changed": int(each.lstat().st_mtime)}
            for each in sorted(folder.iterdir())[:200]
            if each.name.startswith(self._spool.name) or each.suffix in (".sock", ".json")
        }
        disks = {str(path): shutil.disk_usage(path)._asdict() for path in {folder, Path("/")}}
        return {"folder": str(folder), "files": files, "disks": disks, "holds": self._held()}

    def _held(self) -> object:
        """What the file holds; a running agent, which has it open, says that itself."""
        process = process_that_holds(self._spool)
        if process is not None:
            return f"process {process} runs with it: see status.json"
        try:
            return msgspec.to_builtins(spool_on_disk(self._spool))
        except DiskProblem as problem:
            return str(problem)

    def _city(self) -> object:
        """What the city wants of the gateway, as the agent keeps it beside the spool: JSON, and texts of JSON in it."""
        with self._spool.with_name(self._spool.name + ".city").open("rb") as file:
            return redacted(_unfolded(msgspec.json.decode(file.readline(MOST_BYTES))))

    def _update(self) -> object:
        """Which versions are there, and what became of the last update."""
        places = places_of(self._config, self._spool)
        kept, damage = read_update(places.state)
        folder = places.installed / VERSIONS
        return {
            "versions": sorted(each.name for each in folder.iterdir()) if folder.is_dir() else [],
            "links": {link: places.version_in(link) for link in (CURRENT, UPDATER)},
            "root_is_trusted": places.first_root.exists(),
            "waits": places.request.exists(),
            "state": msgspec.to_builtins(kept),
            "damage": damage,
        }


def _in_files(document: Any, folder: Path, name: str = "") -> Iterator[str]:
    """The contents of each password file that the settings name, which must stand nowhere in the archive."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _in_files(value, folder, str(key))
    elif isinstance(document, str) and name in ("password_file", "token_file", "key", "secret_file"):
        path = Path(document) if Path(document).is_absolute() else folder / document
        try:
            with path.open("rb") as file:
                text = file.read(_MOST_SECRET_BYTES).decode("utf-8", "replace")
        except (OSError, ValueError):
            return
        yield from (line.strip() for line in text.splitlines() if line.strip() and not line.startswith("-----"))


def _unfolded(document: Any) -> Any:
    """The same with each text that is JSON itself as what it says, so that secrets are found in it."""
    if isinstance(document, dict):
        return {key: _unfolded(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_unfolded(value) for value in document]
    if isinstance(document, str) and document.startswith(("{", "[")):
        with contextlib.suppress(msgspec.MsgspecError):
            return _unfolded(msgspec.json.decode(document))
    return document


def _machine() -> object:
    facts: dict[str, object] = {name: _start_of(Path(path)) for name, path in _FACTS.items()}
    facts["kernel"] = " ".join(platform.uname())
    facts["python"] = platform.python_version()
    facts["siaga"] = version()
    facts["packages"] = {name: _version_of(name) for name in _PACKAGES}
    facts["time"] = {"machine_s": time.time(), "zone": time.tzname, "timedatectl": _said_by("timedatectl", "show")}
    facts["power"] = _said_by("vcgencmd", "get_throttled")
    by_id = Path("/dev/serial/by-id")
    facts["serial"] = sorted(each.name for each in by_id.iterdir())[:50] if by_id.is_dir() else []
    facts["addresses"] = _said_by("ip", "-brief", "address")
    return facts


def _start_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:2_000].strip("\0\n ")
    except OSError as error:
        return f"({error.strerror})"


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _journal(*which: str) -> str:
    return _said_by("journalctl", *which, "-n", str(LOG_LINES), "--no-pager", "-o", "short-iso", "-q")


def _said_by(*command: str) -> str:
    """What a program of the machine says; why not, where there is none."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of the system, named here
            command, capture_output=True, timeout=COMMAND_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"({command[0]}: {error})"
    said = (done.stdout or done.stderr)[-MOST_BYTES:].decode("utf-8", "replace").strip()
    return said or f"({command[0]} says nothing)"
