"""siaga-cloud gateway … where there is no broker to ask: mistakes, and what a gateway is handed."""

import stat
import subprocess
from pathlib import Path

import pytest

from cloud.broker.enrolment_bundle import bundle_for, write_bundle
from cloud.broker.settings import EnrolSettings
from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.main import main
from edge.check import check_file
from tests.servers import free_port
from tests.unit.cloud.registry.test_city_file import GOOD


def set_up(folder: Path, cloud: str) -> str:
    (folder / "cloud.toml").write_text(cloud)
    (folder / "city.toml").write_text(GOOD)
    (folder / "admin.password").write_text("secret")
    return str(folder / "cloud.toml")


def test_without_the_table_enrol_the_command_says_what_to_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["gateway", "list", "--config", set_up(tmp_path, "")]) == CANNOT_START
    assert "add [enrol] with password_file and host" in capsys.readouterr().err


def test_a_broker_that_is_away_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    enrol = f'[broker]\nport = {free_port()}\n[enrol]\npassword_file = "admin.password"\nhost = "here"\n'
    assert main(["gateway", "list", "--config", set_up(tmp_path, enrol)]) == CANNOT_START
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "look at [enrol]" in said


def test_a_shard_range_that_is_none_is_refused_before_anything_is_asked(capsys: pytest.CaptureFixture[str]):
    assert main(["ingester", "enrol", "two", "--shards", "0-64", "--config", "cloud.toml"]) == CANNOT_START
    assert 'write the first and the last shard, as in "0-31"' in capsys.readouterr().err


def test_the_enrolment_bundle_of_a_gateway_is_settings_that_its_agent_takes(tmp_path: Path):
    authority = tmp_path / "authority.crt"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    subprocess.run([*made, "-keyout", tmp_path / "key", "-out", authority], check=True, capture_output=True)
    enrol = EnrolSettings(password_file=Path("x"), host="broker.example.org", ca=authority)
    folder = write_bundle(tmp_path, "gw-daruba", bundle_for("gw-daruba", enrol, "a password"))
    settings = folder / "edge.toml"
    settings.write_text('[gateway]\nid = "gw-daruba"\n' + (folder / "uplink.toml").read_text())
    uplink = check_file(settings).settings.uplink
    assert (uplink.host, uplink.port, uplink.username, uplink.password()) == (
        "broker.example.org", 8883, "gw-daruba", "a password",
    )  # fmt: skip
    assert uplink.tls is not None
    assert uplink.tls.ca == folder / "ca.crt"
    assert stat.S_IMODE((folder / "uplink.password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_bundle_is_overwritten_by_the_newest(tmp_path: Path):
    enrol = EnrolSettings(password_file=Path("x"), host="here")
    write_bundle(tmp_path, "gw", bundle_for("gw", enrol, "old"))
    folder = write_bundle(tmp_path, "gw", bundle_for("gw", enrol, "new"))
    assert (folder / "uplink.password").read_text() == "new\n"
    assert sorted(file.name for file in folder.iterdir()) == ["uplink.password", "uplink.toml"]
