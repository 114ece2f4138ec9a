"""Where Grafana is installed on this machine: its program, and the folder with its pages (its home path).

$PATH or --grafana FOLDER ─► bin/grafana beside conf/defaults.ini and public/ ─► InstalledGrafana((12, 2), …, home)

Packages put the home path at /usr/share/grafana, Homebrew at share/grafana of its prefix, archives around bin/.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from demo.influxdb import said_version

OLDEST = (12, 0)
"""The oldest Grafana that the dashboards are written for."""
_PACKAGES = Path("/usr/share/grafana")
_VERSION = re.compile(r"\b(\d+)\.(\d+)\.\d+")


class InstalledGrafana(msgspec.Struct, frozen=True):
    """A Grafana that can be run from its home path."""

    version: tuple[int, int]
    program: str
    home: Path

    @property
    def is_usable(self) -> bool:
        """Whether the dashboards are written for it."""
        return self.version >= OLDEST


def installed_grafana(named: Path | None = None) -> InstalledGrafana | None:
    """The Grafana in the folder `named`, or the one that is installed; None where there is none that runs."""
    for home in _homes() if named is None else (named.absolute(),):
        program = _program(home)
        found = program and _VERSION.search(said_version(program, "--version"))
        if program and found:
            return InstalledGrafana((int(found[1]), int(found[2])), program, home)
    return None


def _homes() -> Iterator[Path]:
    """The home paths that there may be."""
    for name in ("grafana", "grafana-server"):
        if program := shutil.which(name):
            prefix = Path(program).resolve().parent.parent
            yield prefix
            yield prefix / "share" / "grafana"
    yield _PACKAGES


def _program(home: Path) -> str | None:
    """The program that belongs to a home path, or None where this is none."""
    if not (home / "conf" / "defaults.ini").exists() or not (home / "public").is_dir():
        return None
    return shutil.which(str(home / "bin" / "grafana")) or shutil.which("grafana")
