"""siaga-cloud on the command line."""

import socket
from pathlib import Path

import pytest

from cloud.cli.exit_codes import CANNOT_START, ENDED
from cloud.cli.main import main
from tests.oidc_provider import oidc_toml
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


def test_a_settings_file_that_is_not_there_ends_the_run_and_does_not_forbid_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["run", "--config", str(tmp_path / "none.toml")]) == ENDED
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("content", [f"[api]\nport = {'9' * 5_000}\n", "x = " + "[" * 2_000])
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_number_of_any_length_and_a_list_of_any_depth_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, content: str
):
    assert main([command, "--config", set_up(tmp_path, cloud=content)]) == CANNOT_START
    assert capsys.readouterr().err.startswith("cloud.toml: is not TOML: ")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("siaga-cloud ")


def sentences(folder: Path, capsys: pytest.CaptureFixture[str], *, cloud: str, city: str = GOOD) -> list[str]:
    assert main(["check", "--config", set_up(folder, cloud=cloud, city=city)]) == CANNOT_START
    return capsys.readouterr().err.splitlines()


def test_check_finds_all_that_run_would_stumble_on_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    cloud = """
        [broker]
        port = 8883
        username = "siaga-cloud"
        password_file = "no.password"
        [store]
        path = "cloud.toml/readings.db"
        [registry]
        url = "sqlite:///cloud.toml/registry.db"
        [rules]
        initial = "no-rules.toml"
        [[notify.channels]]
        name = "bot"
        kind = "telegram"
        token_file = "no.token"
        chat = "1"
        [[notify.channels]]
        name = "cap"
        kind = "cap_file"
        folder = "city.toml/cap"
    """
    found = sentences(tmp_path, capsys, cloud=cloud, city=GOOD.replace('site = "daruba"', 'site = "x"', 1))
    for said in (
        "cloud.toml: broker.password_file: '{folder}/no.password' cannot be read: No such file or directory",
        "cloud.toml: broker.tls: is missing, and port 8883 is MQTT over TLS",
        "cloud.toml: store.path: '{folder}/cloud.toml': {folder}/cloud.toml is no folder",
        "cloud.toml: registry.url: '{folder}/cloud.toml': {folder}/cloud.toml is no folder",
        "cloud.toml: notify.channels[0].token_file: '{folder}/no.token' cannot be read",
        "cloud.toml: notify.channels[1].folder: '{folder}/city.toml/cap': {folder}/city.toml is no folder",
        "city.toml: gateways[0].site: 'x': there is none of that id",
    ):
        assert any(line.startswith(said.format(folder=tmp_path)) for line in found), (said, found)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_group_of_single_sign_on_with_a_site_that_is_not_there_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    cloud = "[api]\nenabled = false\n" + oidc_toml(9_400, 8_080).replace('"daruba"', '"darubb"')
    (tmp_path / "oidc.secret").write_text("s3cret")
    assert main([command, "--config", set_up(tmp_path, cloud=cloud)]) == CANNOT_START
    said = "cloud.toml: access.oidc.groups[1].sites: there is no site 'darubb'; write some of daruba"
    assert said in capsys.readouterr().err


def test_check_finds_a_secret_of_single_sign_on_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    said = f"cloud.toml: access.oidc.client_secret_file: '{tmp_path}/oidc.secret' cannot be read"
    assert any(line.startswith(said) for line in sentences(tmp_path, capsys, cloud=oidc_toml(9_400, 8_080)))


def test_check_looks_at_the_city_though_the_settings_have_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "island.toml").write_text(GOOD.replace('site = "daruba"', 'site = "x"', 1))
    found = sentences(tmp_path, capsys, cloud='[api]\nprt = 1\n[registry]\ncity = "island.toml"\n')
    assert "cloud.toml: api.prt: unknown key; did you mean port?" in found
    assert any(line.startswith("island.toml: gateways[0].site") for line in found)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("mqtts://broker.example.org", 'without "mqtts://" and add tls; such as "broker.example.org"'),
        ("http://broker.example.org:1883/x", 'without "http://"; such as "broker.example.org"'),
        ("broker.example.org:1883", 'such as "broker.example.org", and the port as port'),
        ("broker.example.org/mqtt", 'such as "broker.example.org"'),
    ],
)
def test_a_host_is_a_host_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, said: str):
    (line,) = [
        line for line in sentences(tmp_path, capsys, cloud=f'[broker]\nhost = "{host}"\n') if "warning" not in line
    ]
    assert line.startswith("cloud.toml: broker.host: ")
    assert "write the host alone" in line
    assert said in line


@pytest.mark.parametrize(
    ("twin", "said"), [("air-nowhere", "there is none of that id"), ("river", "is the sensor itself")]
)
def test_a_twin_must_be_another_sensor(tmp_path: Path, capsys: pytest.CaptureFixture[str], twin: str, said: str):
    city = GOOD.replace('id = "river"', f'id = "river"\ntwin = "{twin}"', 1)
    assert city != GOOD
    assert any(".twin:" in line and said in line for line in sentences(tmp_path, capsys, cloud="", city=city))


def test_what_stops_nobody_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "broker.password").chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        cloud = f'[api]\nport = {taken.getsockname()[1]}\n[broker]\nusername = "a"\npassword_file = "broker.password"\n'
        assert main(["check", "--config", set_up(tmp_path, cloud=cloud)]) == 0
    said = capsys.readouterr().err
    assert "broker.password' can be read by every user of this machine; chmod 600" in said
    assert "api.port" in said
    assert "cannot be used: Address already in use" in said
