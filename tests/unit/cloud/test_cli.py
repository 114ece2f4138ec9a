"""siaga-cloud on the command line."""

import socket
from pathlib import Path

import pytest

from cloud.cli import CANNOT_START, main
from tests.unit.cloud.registry.test_city_file import GOOD


def set_up(folder: Path, *, cloud: str = "", city: str = GOOD) -> str:
    (folder / "cloud.toml").write_text(cloud)
    (folder / "city.toml").write_text(city)
    return str(folder / "cloud.toml")


def test_check_is_content_with_a_good_set_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", "--config", set_up(tmp_path)]) == 0
    assert capsys.readouterr().out == "cloud.toml and city.toml are fine\n"
    assert not (tmp_path / "registry.db").exists()


@pytest.mark.parametrize("command", ["check", "run"])
def test_every_mistake_in_a_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str):
    assert main([command, "--config", set_up(tmp_path, cloud="[api]\nprt = 1\nhst = 2\n")]) == CANNOT_START
    assert capsys.readouterr().err.splitlines() == [
        "cloud.toml: api.prt: unknown key; did you mean port?",
        "cloud.toml: api.hst: unknown key; did you mean host?",
    ]


def test_a_city_with_mistakes_does_not_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = set_up(tmp_path, cloud="[api]\nenabled = false\n", city=GOOD.replace('site = "daruba"', 'site = "x"', 1))
    assert main(["run", "--config", config]) == CANNOT_START
    assert "city.toml: gateways[0].site: 'x'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_mistake_in_the_rules_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str):
    (tmp_path / "rules.toml").write_text('[[rules]]\nfamily = "river"\nquantity = "water_levle"\n')
    cloud = '[api]\nenabled = false\n[rules]\ninitial = "rules.toml"\n'
    assert main([command, "--config", set_up(tmp_path, cloud=cloud)]) == CANNOT_START
    assert "rules.toml: rules[0]: kind: no scope of river sets it" in capsys.readouterr().err


def test_a_busy_port_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["run", "--config", set_up(tmp_path, cloud=f"[api]\nport = {port}\n")]) == CANNOT_START
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence == (
        f"api.port {port} on 127.0.0.1 cannot be used: Address already in use; stop what uses it or set another"
    )


def test_an_unusable_registry_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cloud = '[api]\nenabled = false\n[registry]\nurl = "sqlite:///nowhere/registry.db"\n'
    assert main(["run", "--config", set_up(tmp_path, cloud=cloud)]) == CANNOT_START
    assert "unable to open database file; look at registry.url" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("siaga-cloud ")
