"""The demo's InfluxDB, as far as it gets without one; test_demo.py runs one."""

import tomllib
from pathlib import Path

import pytest

from cloud.process.settings import read_cloud_settings
from cloud.readings.settings import InfluxSettings
from demo.folder import DemoFolder
from demo.influxdb import DemoInfluxdb, InstalledInfluxdb, installed_influxdb

NAME = 'pulau "Morotai" $1'


def program(folder: Path, said: str) -> Path:
    made = folder / "influxd"
    made.write_text(f"#!/bin/sh\necho '{said}'\n")
    made.chmod(0o755)
    return made


@pytest.mark.parametrize(
    ("said", "major"), [("InfluxDB v1.6.7~rc0 (git: unknown)", 1), ("InfluxDB v2.9.1 (git: 1a2b) build_date: x", 2)]
)
def test_an_influxd_is_known_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, major: int):
    made = program(tmp_path, said)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert installed_influxdb() == InstalledInfluxdb(str(made), major)


@pytest.mark.parametrize("said", ["", "InfluxDB 3 Core 3.1.0", "command not found"])
def test_what_the_demo_cannot_set_up_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str):
    program(tmp_path, said)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert installed_influxdb() is None


@pytest.mark.parametrize("major", [1, 2])
def test_its_settings_are_ones_that_the_cloud_reads_whatever_the_folder_is_called(tmp_path: Path, major: int):
    folder = DemoFolder(tmp_path / NAME)
    influxdb = DemoInfluxdb(InstalledInfluxdb("influxd", major), folder.path, 18_086)
    command = [str(word) for word in influxdb.command()]
    folder.settle(broker_port=1, api_port=2, store=influxdb.store)
    store = read_cloud_settings(folder.path / "cloud.toml").store
    assert isinstance(store, InfluxSettings)
    assert (store.url, store.username, len(store.password() or "")) == ("http://127.0.0.1:18086", "siaga-cloud", 48)
    assert all(NAME in word for word in command if "/" in word)
    if major == 1:
        settings = tomllib.loads(Path(command[-1]).read_text())
        assert settings["http"] == {"bind-address": "127.0.0.1:18086", "auth-enabled": True, "log-enabled": False}
        assert Path(settings["data"]["dir"]).is_relative_to(folder.path)


def test_secrets_are_its_owner_s_and_stay_the_same(tmp_path: Path):
    influxdb = DemoInfluxdb(InstalledInfluxdb("influxd", 1), tmp_path, 18_086)
    influxdb.command()
    first = influxdb.reader_password.read_text()
    assert influxdb.reader_password.stat().st_mode & 0o777 == 0o600
    influxdb.command()
    assert influxdb.reader_password.read_text() == first
