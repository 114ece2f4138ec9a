"""Commands find a running agent as it found its settings: by the file, or by the last good copy of it."""

from pathlib import Path

import pytest

from edge import last_good
from edge.bundle.contents import BundleContents
from edge.check import check_file
from edge.commands import MISTAKES
from edge.commands.rights import refusal_of
from edge.commands.shared import config_here, spool_path
from edge.settings_in_use import checked_in_use, settings_in_use, spool_in_use
from i18n.catalog import LanguageCode

SETTINGS = '[gateway]\nid = "gw-test"\n[spool]\npath = "{spool}"\n[uplink]\nport = 1\nusername = "gw-test"\n'
NO_FILE_ANY_MORE = [b"", b"\0" * 4_096, b"[gateway\nid = ", b"\xff\xfe"]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a service, in whose folder it keeps no state; its agent has started once."""
    etc, state = tmp_path / "etc", tmp_path / "state"
    etc.mkdir()
    state.mkdir()
    monkeypatch.setattr("edge.settings._STATE_OF", {etc: state})
    config = etc / "edge.toml"
    config.write_text(SETTINGS.format(spool=tmp_path / "disk" / "readings.db"))
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    last_good.keep(config, check_file(config).settings.spool.path)
    monkeypatch.delenv("STATE_DIRECTORY")  # systemd sets it for the agent, and for no command
    return config


@pytest.mark.parametrize("left", NO_FILE_ANY_MORE, ids=["empty", "zeros", "cut", "no text"])
def test_a_spool_elsewhere_is_found_when_the_agent_runs_by_the_last_good_copy(
    service: Path, tmp_path: Path, left: bytes
):
    spool = tmp_path / "disk" / "readings.db"
    assert spool_in_use(service) == spool
    service.write_bytes(left)
    found = settings_in_use(service)
    assert (found.spool(service), found.copy) == (spool, tmp_path / "state" / "edge.toml.good")
    assert spool_path(service, LanguageCode.ENGLISH) == spool
    service.unlink()
    assert spool_path(service, LanguageCode.ENGLISH) == spool


def test_the_spool_of_a_service_that_names_none_is_where_its_state_is(service: Path, tmp_path: Path):
    service.write_text('[gateway]\nid = "gw-test"\n')
    assert spool_in_use(service) == check_file(service).settings.spool.path == tmp_path / "state" / "spool.db"


def test_mistakes_in_single_settings_do_not_hide_the_agent(tmp_path: Path):
    config = tmp_path / "edge.toml"
    config.write_text('[gateway]\nid = "NO NAME"\n[spool]\npath = "a.db"\nmax_mb = "x"\n')
    assert spool_in_use(config) == tmp_path / "a.db"
    config.write_text('[spool]\npath = "a\\u0000b"\n')
    assert spool_in_use(config) == tmp_path / "spool.db"
    config.write_text("spool = 3\n")
    assert spool_in_use(config) == tmp_path / "spool.db"


def test_no_settings_at_all_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        spool_path(tmp_path / "edge.toml", LanguageCode.ENGLISH)
    assert left.value.code == MISTAKES
    assert "there is no such file" in capsys.readouterr().err


def test_a_copy_is_what_commands_check_where_the_file_was_emptied(service: Path):
    service.write_bytes(b"")
    checked = checked_in_use(service)
    assert checked.settings.gateway.id == "gw-test"
    assert "edge.toml is empty or holds zeros, as after a power cut" in checked.note


def test_secrets_are_taken_out_of_a_bundle_whose_file_was_emptied(service: Path):
    text = service.read_text() + 'password_file = "uplink.password"\n'
    (service.parent / "uplink.password").write_text("s3cr3t-of-the-gateway")
    service.write_text(text)
    last_good.keep(service, service.parent.parent / "state" / "spool.db")
    service.write_bytes(b"\0" * 100)
    contents = BundleContents(service, spool_in_use(service))
    assert (contents.gateway, contents.secrets) == ("gw-test", ["s3cr3t-of-the-gateway"])
    settings = dict(contents.files())["settings.json"]
    assert "zeros, as after a power cut" in settings or "holds nothing but NULs" in settings
    assert "gw-test" in settings


def test_without_a_file_in_the_folder_the_settings_of_the_service_are_meant(tmp_path: Path):
    installed = tmp_path / "siaga" / "edge.toml"
    here = tmp_path / "here"
    here.mkdir()
    assert config_here(here, installed) == Path("edge.toml"), "nothing is installed"
    installed.parent.mkdir()
    assert config_here(here, installed) == installed, "init writes it there"
    (here / "edge.toml").touch()
    assert config_here(here, installed) == Path("edge.toml")


def test_who_is_neither_root_nor_the_service_is_told_to_use_sudo(service: Path, monkeypatch: pytest.MonkeyPatch):
    stranger = service.parent.parent.joinpath("state").stat().st_uid + 1
    monkeypatch.setattr("os.geteuid", lambda: stranger)
    refusal = refusal_of("status", service)
    assert refusal is not None
    assert refusal.endswith("belongs to the service of this machine; use sudo: sudo siaga-edge status")
    assert refusal_of("status", service.parent.parent / "edge.toml") is None, "a file of one's own"
    monkeypatch.setattr("os.geteuid", lambda: stranger - 1)
    assert refusal_of("status", service) is None, "the service itself"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert refusal_of("status", service) is None
