"""siaga-edge enrol with a simulated cloud: what it writes, what it says, and what is left where it breaks off."""

import hashlib
import io
import stat
import subprocess
from datetime import date
from pathlib import Path

import msgspec
import pytest

from edge.check import check_file
from edge.cli import main
from edge.commands import BROKEN, MISTAKES, WELL
from edge.enrol.enrolment import is_over
from edge.lock import locked
from i18n.catalog import LanguageCode
from tests.unit.edge.enrol.cloud_of_a_test import BUNDLE, LASTING, SimulatedCloud, configuration
from wire.enrolment_bundle import encode_bundle
from wire.gateway_config import CONFIG_VERSION, GatewayConfig, encode_config


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> SimulatedCloud:
    made = SimulatedCloud()
    monkeypatch.setattr("edge.enrol.first_connection.steps", made.steps)
    return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
         "-keyout", folder / "key", "-out", folder / "ca.crt"], check=True, capture_output=True,
    )  # fmt: skip
    return folder / "ca.crt"


def enrol(folder: Path, *options: str, bundle: str | None = None) -> int:
    (folder / "gw.siaga").write_text(encode_bundle(BUNDLE) if bundle is None else bundle)
    return main(["enrol", str(folder / "gw.siaga"), "--config", str(folder / "edge.toml"), *options])


def uplink_in(folder: Path) -> tuple[str | None, str | None]:
    uplink = check_file(folder / "edge.toml").settings.uplink
    return uplink.username, uplink.password()


def der(pem: Path) -> bytes:
    return subprocess.run(["openssl", "x509", "-in", pem, "-outform", "der"], check=True, capture_output=True).stdout


def test_a_bundle_becomes_settings_that_the_agent_takes(tmp_path: Path, cloud: SimulatedCloud, capsys):
    assert enrol(tmp_path) == WELL
    assert uplink_in(tmp_path) == ("gw-daruba", LASTING)
    assert cloud.tried == ["gw-daruba.0", "gw-daruba"]
    said = capsys.readouterr().out
    assert "gw-daruba is enrolled: the cloud has answered to its lasting login gw-daruba" in said
    assert "the city expects here: river-daruba-1" in said
    assert (
        "#   river-daruba-1   water_level   450 cm over the gauge's zero   every 10 s"
        in (tmp_path / "edge.toml").read_text()
    )
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir() if file.name != "gw.siaga"}
    assert modes == {"edge.toml": 0o600, "gw-daruba.password": 0o600}


def test_a_second_time_says_so_and_tries_the_lasting_login_alone(tmp_path: Path, cloud: SimulatedCloud, capsys):
    assert enrol(tmp_path) == WELL
    cloud.tried.clear()
    assert enrol(tmp_path) == WELL
    assert cloud.tried == ["gw-daruba"]
    assert "gw-daruba is enrolled already, with this bundle" in capsys.readouterr().out


def test_on_another_machine_a_used_bundle_says_so_and_changes_nothing(tmp_path: Path, cloud: SimulatedCloud, capsys):
    cloud.config = encode_config(GatewayConfig(CONFIG_VERSION, 4))  # what it is once the lasting login was used
    assert enrol(tmp_path) == BROKEN
    assert "it was used already" in capsys.readouterr().err
    assert not (tmp_path / "edge.toml").exists()
    del cloud.logins["gw-daruba.0"]  # what `gateway settle` does
    assert enrol(tmp_path) == BROKEN
    said = capsys.readouterr()
    assert "a bundle is good once, and this one until 2243-10-16: it was used, or has ended" in said.out
    assert "this try spent nothing" in said.err


@pytest.mark.parametrize("at", ["gw-daruba.0", "gw-daruba"])
def test_a_kill_at_a_connection_costs_nothing_and_another_run_finishes(tmp_path: Path, cloud: SimulatedCloud, at: str):
    class KilledHere(Exception):
        pass

    def kill(username: str) -> None:
        if username == at:
            raise KilledHere

    cloud.on_connect = kill
    with pytest.raises(KilledHere):
        enrol(tmp_path)
    assert not (tmp_path / "edge.toml").exists()
    cloud.on_connect = lambda _username: None
    assert enrol(tmp_path) == WELL
    assert uplink_in(tmp_path) == ("gw-daruba", LASTING)


def test_a_cut_at_each_file_leaves_settings_that_are_whole(tmp_path: Path, cloud: SimulatedCloud, monkeypatch):
    """Before each write, and after it: what was in edge.toml before is in force, or what comes."""
    from runtime import whole_files

    before = '[gateway]\nid = "gw-daruba"\n[uplink]\nhost = "old"\n'
    whole, writes = whole_files.replace_file, 0

    class PowerCut(Exception):
        pass

    def cut_at(number: int):
        def write(file: Path, text: str) -> None:
            nonlocal writes
            writes += 1
            if writes == number:
                file.with_name(f".{file.name}.new").write_text(text[: len(text) // 2])  # torn
                raise PowerCut
            whole(file, text)

        return write

    for number in range(1, 9):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "edge.toml").write_text(before)
        writes = 0
        for module in ("edge.enrol.enrolment", "edge.enrol.credentials"):
            monkeypatch.setattr(f"{module}.replace_file", cut_at(number))
        try:
            enrol(folder)
        except PowerCut:
            assert (folder / "edge.toml").read_text() == before
        for module in ("edge.enrol.enrolment", "edge.enrol.credentials"):
            monkeypatch.setattr(f"{module}.replace_file", whole)
        assert enrol(folder) == WELL
        assert uplink_in(folder) == ("gw-daruba", LASTING)
    assert writes < 8, "each write was cut once"


def test_where_the_lasting_login_does_not_work_the_old_settings_stay(tmp_path: Path, cloud: SimulatedCloud, capsys):
    (tmp_path / "edge.toml").write_text('[gateway]\nid = "gw-daruba"\n[uplink]\nhost = "old"\n')
    del cloud.logins["gw-daruba"]
    assert enrol(tmp_path) == BROKEN
    assert "does not work yet, so nothing was changed" in capsys.readouterr().err
    assert 'host = "old"' in (tmp_path / "edge.toml").read_text()


def test_settings_that_are_there_keep_their_sources_and_their_comments(tmp_path: Path, cloud: SimulatedCloud):
    (tmp_path / "edge.toml").write_text(
        '[gateway]\nid = "gw-daruba"\n# far away\n[uplink]\nbatch_s = 60\n\n[health]\nevery_s = 7\n'
    )
    assert enrol(tmp_path) == WELL
    settings = check_file(tmp_path / "edge.toml").settings
    assert (settings.uplink.host, settings.uplink.batch_s, settings.health.every_s) == ("broker.example.org", 60, 7)
    assert "# far away" in (tmp_path / "edge.toml").read_text()


def test_without_a_link_the_one_time_login_is_in_force(tmp_path: Path, cloud: SimulatedCloud, capsys):
    assert enrol(tmp_path, "--offline") == WELL
    assert cloud.tried == []
    assert uplink_in(tmp_path) == ("gw-daruba.0", BUNDLE.password)
    assert "the agent then changes to the lasting one by itself; that must be before 2243-10-16" in (
        capsys.readouterr().out
    )


def test_the_authority_comes_in_the_bundle(tmp_path: Path, cloud: SimulatedCloud, authority: Path):
    bundle = msgspec.structs.replace(BUNDLE, ca=der(authority) * 2)
    assert enrol(tmp_path, bundle=encode_bundle(bundle)) == WELL
    assert (tmp_path / "ca.crt").read_text() == authority.read_text() * 2
    tls = check_file(tmp_path / "edge.toml").settings.uplink.tls
    assert tls is not None
    assert tls.ca == tmp_path / "ca.crt"


def test_an_authority_too_large_for_a_bundle_is_held_to_its_fingerprint(
    tmp_path: Path, cloud: SimulatedCloud, authority: Path, capsys
):
    text = encode_bundle(msgspec.structs.replace(BUNDLE, ca_sha256=hashlib.sha256(der(authority)).digest()))
    assert enrol(tmp_path, bundle=text) == BROKEN
    assert "bring the file ca.crt of the same enrolment too" in capsys.readouterr().err
    (tmp_path / "ca.crt").write_text(authority.read_text().replace("A", "B", 1))
    assert enrol(tmp_path, bundle=text) == BROKEN
    assert cloud.tried == []
    (tmp_path / "ca.crt").write_text(authority.read_text())
    assert enrol(tmp_path, bundle=text) == WELL


def test_a_bundle_for_another_gateway_touches_nothing(tmp_path: Path, cloud: SimulatedCloud, capsys):
    (tmp_path / "edge.toml").write_text('[gateway]\nid = "gw-utara"\n')
    assert enrol(tmp_path) == BROKEN
    assert "is that of gateway 'gw-utara', and this bundle is for gw-daruba" in capsys.readouterr().err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["edge.toml", "gw.siaga"]


def test_another_bundles_login_is_not_taken(tmp_path: Path, cloud: SimulatedCloud, capsys):
    cloud.config = configuration(BUNDLE, password="of another bundle")
    assert enrol(tmp_path) == BROKEN
    cloud.config = configuration(BUNDLE, username="gw-daruba.7")
    assert enrol(tmp_path) == BROKEN
    assert capsys.readouterr().err.count("is not this bundle's") == 2


def test_a_running_agent_is_stopped_first(tmp_path: Path, cloud: SimulatedCloud, capsys):
    with locked(tmp_path / "spool.db"):
        assert enrol(tmp_path) == BROKEN
    assert "systemctl stop siaga-edge" in capsys.readouterr().err
    assert cloud.tried == []


def test_the_bundle_may_be_typed_or_piped(tmp_path: Path, cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch):
    text = encode_bundle(BUNDLE)
    assert main(["enrol", text.lower(), "--config", str(tmp_path / "edge.toml")]) == WELL
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(text[at : at + 30] for at in range(0, len(text), 30))))
    assert main(["enrol", "-", "--config", str(tmp_path / "edge.toml")]) == WELL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (encode_bundle(BUNDLE)[:60], "is cut off"),
        (encode_bundle(BUNDLE)[:60] + "9" + encode_bundle(BUNDLE)[61:], "character 61 of the bundle is '9'"),
        ("# a note", "this is no enrolment bundle"),
        ("SIAGA9:ABC", "update the gateway first"),
    ],
)
@pytest.mark.parametrize("language", LanguageCode)
def test_a_damaged_bundle_is_a_sentence_in_both_languages(
    tmp_path: Path, text: str, said: str, language: LanguageCode, capsys
):
    assert enrol(tmp_path, "--language", language.value, bundle=text) == MISTAKES
    err = capsys.readouterr().err
    assert (said in err) == (language is LanguageCode.ENGLISH)
    assert err.count("\n") == 1
    assert not (tmp_path / "edge.toml").exists()


def test_a_bundle_ends_on_its_day():
    bundle = msgspec.structs.replace(BUNDLE, expires_day=20_000)
    assert not is_over(bundle, date(2024, 10, 3))
    assert is_over(bundle, date(2024, 10, 4))


@pytest.mark.parametrize("options", [(), ("--offline",)])
def test_a_bundle_that_has_ended_says_so_before_anything_is_done(
    tmp_path: Path, cloud: SimulatedCloud, options: tuple[str, ...], capsys
):
    bundle = encode_bundle(msgspec.structs.replace(BUNDLE, expires_day=20_000))
    assert enrol(tmp_path, *options, bundle=bundle) == BROKEN
    assert "this bundle ended on 2024-10-04" in capsys.readouterr().err
    assert cloud.tried == []
