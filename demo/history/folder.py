"""Where the past is written, until it is whole and the demo takes it over.

DATA/history/ registry.db readings.db ─► whole ─► DATA/readings.db, then DATA/registry.db

A data folder with a registry has its past, or is of a version that had none, and gets no other. Whatever cuts the
writing leaves a folder without one, and the next start begins anew.
"""

import os
import shutil
from pathlib import Path

from demo.folder import DemoCannotStart

_SETTINGS = ("cloud.toml", "city.toml", "rules.toml", "coast.geojson")
_DATABASES = ("readings.db", "registry.db")  # the one by which all is known to be there comes last


class HistoryFolder:
    """The folder of the past in the demo's `data` folder."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._path = data / "history"

    @property
    def is_wanted(self) -> bool:
        """Whether the data folder is new, so that a past is to be written for it."""
        return not (self._data / _DATABASES[-1]).exists()

    @property
    def config(self) -> Path:
        """The settings to write by, which are there once it has begun."""
        return self._path / _SETTINGS[0]

    def begin(self) -> Path:
        """Make room, and give the settings to write by."""
        shutil.rmtree(self._path, ignore_errors=True)
        self._path.mkdir()
        for name in _SETTINGS:
            shutil.copyfile(self._data / name, self._path / name)
        return self.config

    def take_over(self) -> None:
        """Let the past, which is whole, be the demo's."""
        if left := [file.name for file in self._path.glob("*.db-wal") if file.stat().st_size]:
            raise DemoCannotStart(f"the simulated past was not closed well: {', '.join(left)}; start the demo again")
        # where an InfluxDB has the readings, they are in no file of ours
        for name in (name for name in _DATABASES if (self._path / name).exists()):
            for beside in self._data.glob(f"{name}-*"):  # of an older file of that name
                beside.unlink()
            _force_to_disk(self._path / name)  # it was written without waiting for the disk
            (self._path / name).replace(self._data / name)
        shutil.rmtree(self._path)


def _force_to_disk(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
