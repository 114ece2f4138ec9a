"""The demo's Grafana: where it is found, what it is provisioned with, and what it is told of itself."""

import configparser
import json
from pathlib import Path

import pytest
import yaml

from dashboards.provisioning import Influx
from demo.grafana import provide
from demo.installed_grafana import InstalledGrafana, installed_grafana
from i18n.catalog import LanguageCode


def home_of(folder: Path, *, said: str = "grafana version 12.2.0") -> Path:
    for each in ("conf", "public", "bin"):
        (folder / each).mkdir(parents=True)
    (folder / "conf" / "defaults.ini").touch()
    program = folder / "bin" / "grafana"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    return folder


def test_a_named_home_path_is_taken_with_its_own_program(tmp_path: Path):
    home = home_of(tmp_path / "grafana")
    assert installed_grafana(home) == InstalledGrafana((12, 2), str(home / "bin" / "grafana"), home)


@pytest.mark.parametrize("said", ["", "permission denied"])
def test_what_is_no_grafana_is_none(tmp_path: Path, said: str):
    assert installed_grafana(tmp_path) is None
    assert installed_grafana(home_of(tmp_path / "grafana", said=said)) is None


@pytest.mark.parametrize("place", [".", "share/grafana"])
def test_one_on_the_path_is_found_with_its_home_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str):
    home = home_of(tmp_path / "prefix" / place)
    (tmp_path / "prefix" / "bin").mkdir(exist_ok=True)
    program = tmp_path / "prefix" / "bin" / "grafana"
    if place != ".":
        (home / "bin" / "grafana").rename(program)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "grafana").symlink_to(program)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    found = installed_grafana()
    assert found is not None
    assert (found.version, found.home.resolve()) == ((12, 2), home.resolve())


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grafana")
    secret = folder / "grafana.password"
    secret.write_text("secret of the reader\n")
    influx = Influx(url="http://127.0.0.1:18086", database="siaga", api="v1", user="grafana", secret_file=str(secret))
    return provide(folder, port=3_001, influx=influx, language=LanguageCode.INDONESIAN)


def settings_in(file: Path) -> configparser.RawConfigParser:
    settings = configparser.RawConfigParser()
    settings.read_string(f"[main]\n{file.read_text()}")  # Grafana's first keys stand in no section
    return settings


def test_everybody_may_look_and_nobody_may_change_a_thing(provided: Path):
    settings = settings_in(provided)
    assert (settings["server"]["http_addr"], settings["server"]["http_port"]) == ("127.0.0.1", "3001")
    assert (settings["server"]["domain"], settings["server"]["enforce_domain"]) == ("127.0.0.1", "true")
    assert (settings["auth.anonymous"]["enabled"], settings["auth.anonymous"]["org_role"]) == ("true", "Viewer")
    assert settings["security"]["disable_initial_admin_creation"] == "true", "or its password is known"
    assert settings["auth"]["disable_login_form"] == "true"
    assert settings["auth.basic"]["enabled"] == "false"
    assert settings["users"]["default_language"] == "id-ID"


def test_it_asks_the_demo_s_influxdb_with_a_login_that_stands_in_no_provisioned_file(provided: Path):
    folder = provided.parent
    (source,) = yaml.safe_load((folder / "provisioning" / "datasources" / "siaga.yaml").read_text())["datasources"]
    assert (source["url"], source["user"]) == ("http://127.0.0.1:18086", "grafana")
    assert source["secureJsonData"] == {"password": f"$__file{{{folder / 'grafana.password'}}}"}
    written = "".join(file.read_text() for file in (folder / "provisioning").rglob("*.*") if file.is_file())
    assert "secret of the reader" not in written + provided.read_text()


def test_the_command_screen_in_the_terminal_s_language_is_seen_first(provided: Path):
    settings = settings_in(provided)
    first = json.loads(Path(settings["dashboards"]["default_home_dashboard_path"]).read_text())
    assert first["uid"] == "siaga-id-command"
