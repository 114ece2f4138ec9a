"""A diagnostics archive: secrets are planted everywhere, and not one of them is in it."""

import json
import os
import stat
import tarfile
from pathlib import Path

import pytest

from edge.bundle import contents
from edge.cli import main
from edge.commands import BROKEN, WELL

PLANTED = {
    "password": "Geheim-der-Datei-1", "url": "Geheim-im-Weg-2", "token": "Geheim-Token-3", "key": "Geheim-Schluessel-4",
    "comment": "Geheim-Kommentar-5", "psk": "Geheim-Funk-6", "city": "Geheim-Stadt-7", "header": "Geheim-Kopf-8-abcdef",
}  # fmt: skip
SETTINGS = f"""
# the old password was {PLANTED["comment"]}
[gateway]
id = "gw-daruba"
[uplink]
host = "broker.example.org"
username = "gw-daruba"
password_file = "uplink.password"
tls = {{ key = "client.key" }}
[[sources]]
name = "river"
family = "maxbotix"
port = "socket://ani:{PLANTED["url"]}@10.0.0.7:4001"
api_token = "{PLANTED["token"]}"
wifi = {{ psk = "{PLANTED["psk"]}" }}
"""
LOG = f"""river: refused {PLANTED["password"]} of gw-daruba
no answer from http://x:{PLANTED["url"]}@10.0.0.7/path
GET / Authorization: Bearer {PLANTED["header"]}
source river: silent
"""
CITY = {"good": json.dumps({"revision": 7, "login": {"password": PLANTED["city"]}}), "desired": 7}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIAGA_LANGUAGE", "en")
    monkeypatch.setattr(contents, "_journal", lambda *_which: LOG)
    (tmp_path / "uplink.password").write_text(PLANTED["password"] + "\n")
    (tmp_path / "client.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{PLANTED['key']}\n-----END PRIVATE KEY-----\n")
    (tmp_path / "spool.db.city").write_text(json.dumps(CITY) + "\ncrc 00000000\n")
    (tmp_path / "edge.toml").write_text(SETTINGS)
    return tmp_path / "edge.toml"


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive.getmembers()}
        return {Path(name).name: file.read().decode() for name, file in files.items() if file is not None}


def test_not_one_planted_secret_is_in_the_archive(config: Path, tmp_path: Path):
    path = tmp_path / "help.tar.gz"
    assert main(["bundle", str(path), "--config", str(config)]) == WELL
    files = unpacked(path)
    for where, text in files.items():
        for kind, secret in PLANTED.items():
            assert secret not in text, f"the {kind} is in {where}"
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600


def test_what_helps_is_in_it(config: Path, tmp_path: Path):
    main(["bundle", str(tmp_path / "help.tar.gz"), "--config", str(config)])
    files = unpacked(tmp_path / "help.tar.gz")
    settings = json.loads(files["settings.json"])
    assert settings["uplink"]["host"] == "broker.example.org"
    assert settings["sources"][0]["port"] == "socket://10.0.0.7:4001"
    assert "source river: silent" in files["log.txt"]
    assert json.loads(files["status.json"])["running"] is False
    assert json.loads(files["machine.json"])["siaga"]
    assert json.loads(files["city.json"])["good"]["revision"] == 7
    assert json.loads(files["update.json"])["state"] == {}
    assert "spool.db.city" in json.loads(files["spool.json"])["files"]


def test_settings_that_do_not_parse_are_named_and_not_copied(config: Path, tmp_path: Path):
    config.write_text(SETTINGS + "broken")
    assert main(["bundle", str(tmp_path / "help.tar.gz"), "--config", str(config)]) == WELL
    files = unpacked(tmp_path / "help.tar.gz")
    assert "mistakes" in json.loads(files["settings.json"])
    assert not any(secret in text for text in files.values() for secret in PLANTED.values() if secret not in LOG)


def test_an_archive_that_is_there_stays_and_a_folder_that_is_not_is_said(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "mine.tar.gz").write_text("mine")
    assert main(["bundle", str(tmp_path / "mine.tar.gz"), "--config", str(config)]) == BROKEN
    assert (tmp_path / "mine.tar.gz").read_text() == "mine"
    assert "is there already" in capsys.readouterr().err
    assert main(["bundle", str(tmp_path / "no" / "x.tar.gz"), "--config", str(config)]) == BROKEN
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_what_breaks_while_it_is_collected_costs_its_own_file_alone(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_which: str) -> str:
        raise ZeroDivisionError("of the journal")

    monkeypatch.setattr(contents, "_journal", broken)
    assert main(["bundle", str(tmp_path / "help.tar.gz"), "--config", str(config)]) == WELL
    files = unpacked(tmp_path / "help.tar.gz")
    assert files["log.txt"] == "cannot be had: ZeroDivisionError: of the journal"
    assert json.loads(files["settings.json"])["gateway"] == {"id": "gw-daruba"}


def test_a_long_log_keeps_its_end(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contents, "_journal", lambda *_which: "old\n" * contents.MOST_BYTES + "the newest line")
    main(["bundle", str(tmp_path / "help.tar.gz"), "--config", str(config)])
    log = unpacked(tmp_path / "help.tar.gz")["log.txt"]
    assert len(log) <= contents.MOST_BYTES
    assert log.endswith("the newest line")
