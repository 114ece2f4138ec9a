"""A data folder gets its past once and whole, or begins anew."""

import shutil
from pathlib import Path

import pytest

from demo.folder import CITY
from demo.history.folder import HistoryFolder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("cloud.toml", "city.toml", "rules.toml", "coast.geojson"):
        shutil.copyfile(CITY / name, tmp_path / name)
    return tmp_path


def _write(folder: Path) -> None:
    for name in ("readings.db", "registry.db"):
        (folder / name).write_text(f"past {name}")


def test_a_new_folder_gets_its_past_and_no_other_after_that(data: Path):
    past = HistoryFolder(data)
    assert past.is_wanted
    settings = past.begin()
    assert settings.read_text() == (data / "cloud.toml").read_text()
    _write(settings.parent)
    past.take_over()
    assert not past.is_wanted
    assert (data / "readings.db").read_text() == "past readings.db"
    assert not settings.parent.exists()


def test_a_folder_of_an_older_version_keeps_its_data(data: Path):
    (data / "registry.db").write_text("old")
    assert not HistoryFolder(data).is_wanted


def test_writing_that_was_cut_begins_anew_wherever_it_was_cut(data: Path):
    past = HistoryFolder(data)
    _write(past.begin().parent)
    assert past.is_wanted
    past.begin()
    assert not (data / "history" / "readings.db").exists()
    _write(data / "history")
    (data / "history" / "readings.db").replace(data / "readings.db")  # killed between the two
    (data / "readings.db-wal").write_text("of the file before")
    assert past.is_wanted
    _write(past.begin().parent)
    past.take_over()
    assert not past.is_wanted
    assert not (data / "readings.db-wal").exists()
