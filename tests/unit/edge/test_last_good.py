"""The last good settings: kept when they are good, used when a power cut has emptied the file, and for nothing else."""

from pathlib import Path

import pytest

from edge import last_good
from edge.check import CheckedSettings
from edge.commands import MISTAKES
from edge.commands.shared import checked_settings
from i18n.catalog import LanguageCode

SETTINGS = '[gateway]\nid = "gw-test"\n[spool]\npath = "var/spool.db"\n[uplink]\nport = 1\n'
EMPTIED = [b"", b"\0" * 4_096, SETTINGS.encode()[:20] + b"\0" * 40]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS)
    return path


def started(path: Path) -> CheckedSettings:
    """What an agent that is started now goes by."""
    checked = checked_settings(path, LanguageCode.ENGLISH)
    if not checked.note:
        last_good.keep(path, checked.settings.spool.path)
    return checked


@pytest.mark.parametrize("left", EMPTIED, ids=["nothing", "zeros", "zeros at its end"])
@pytest.mark.parametrize("by_systemd", [True, False])
def test_a_file_that_a_power_cut_has_emptied_is_replaced_by_its_copy_and_the_status_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], left: bytes, by_systemd: bool
):
    if by_systemd:
        monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
        folder, spool = tmp_path / "state", "/nowhere/spool.db"
    else:
        folder, spool = tmp_path, "spool.db"
    path = tmp_path / "edge.toml"
    path.write_text(SETTINGS.replace("var/spool.db", spool))
    before = started(path)
    assert before.note == ""
    path.write_bytes(left)
    again = started(path)
    assert again.settings == before.settings
    assert again.note == (
        f"edge.toml is empty or holds zeros, as after a power cut, so the last good settings count, of which "
        f"{folder / 'edge.toml.good'} is a copy; write it again"
    )
    assert again.note in capsys.readouterr().err
    assert (folder / "edge.toml.good").stat().st_mode & 0o077 == 0


def test_a_mistake_is_somebodys_work_and_is_refused(settings: Path):
    started(settings)
    settings.write_text(SETTINGS.replace("port = 1", "port = 'x'"))
    with pytest.raises(SystemExit) as left:
        started(settings)
    assert left.value.code == MISTAKES


@pytest.mark.parametrize("damage", ["gone", "cut", "of another file", "zeroed too"])
def test_a_copy_that_is_not_whole_counts_for_nothing(settings: Path, tmp_path: Path, damage: str):
    started(settings)
    spool = settings.parent / "spool.db"
    last_good.keep(settings, spool)
    copy = tmp_path / "edge.toml.good"
    whole = copy.read_bytes()
    settings.write_bytes(b"")
    assert last_good.kept(settings) == copy
    if damage == "gone":
        copy.unlink()
    else:
        other = {"cut": whole[:-1], "of another file": whole.replace(b"edge.toml,", b"else.toml,"), "zeroed too": b""}
        copy.write_bytes(other[damage])
    assert last_good.kept(settings) is None
    with pytest.raises(SystemExit):
        started(settings)


def test_a_copy_is_written_when_the_settings_change_and_not_at_each_start(settings: Path, tmp_path: Path):
    spool = tmp_path / "spool.db"
    last_good.keep(settings, spool)
    copy = tmp_path / "edge.toml.good"
    first = copy.stat().st_ino
    last_good.keep(settings, spool)
    assert copy.stat().st_ino == first
    settings.write_text(SETTINGS + "# changed\n")
    last_good.keep(settings, spool)
    assert copy.read_text().endswith("# changed\n")


def test_a_folder_that_takes_no_copy_stops_no_agent(settings: Path, caplog: pytest.LogCaptureFixture):
    (settings.parent / "full").write_text("")  # no folder
    last_good.keep(settings, settings.parent / "full" / "spool.db")
    assert "the settings cannot be kept in" in caplog.text
