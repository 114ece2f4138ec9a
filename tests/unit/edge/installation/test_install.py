"""The installation into a folder: made, made again, shown, taken back; and what it does to the machine itself."""

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from edge.cli import main
from edge.commands import BROKEN, MISTAKES, WELL
from edge.installation import parts
from edge.installation.parts import CannotInstall, Folder, Link, ServiceUser, SystemCommand, TextFile
from edge.installation.plan import RULES, UNIT, UPDATE_UNITS, plan, program_of, text_of
from i18n.catalog import LanguageCode

MADE = {
    "etc/siaga",
    "var/lib/siaga",
    "etc/systemd/system/siaga-edge.service",
    "etc/udev/rules.d/60-siaga-edge.rules",
    "etc/polkit-1/rules.d/60-siaga-edge.rules",
    "etc/bash_completion.d/siaga-edge",
    "usr/local/share/zsh/site-functions/_siaga-edge",
    "usr/local/bin/siaga-edge",
}


def there(root: Path) -> set[str]:
    return {name for name in MADE if (root / name).exists() or (root / name).is_symlink()}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_installation_makes_all_of_it_and_says_each_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["install", "--root", str(tmp_path), "--language", "en"]) == WELL
    assert there(tmp_path) == MADE
    assert (mode_of(tmp_path / "etc/siaga"), mode_of(tmp_path / "var/lib/siaga")) == (0o750, 0o700)
    program = Path(sys.prefix) / "bin" / "siaga-edge"
    unit = (tmp_path / "etc/systemd/system/siaga-edge.service").read_text()
    assert f"ExecStart={program} run --config /etc/siaga/edge.toml" in unit
    assert "/opt/siaga" not in unit
    assert mode_of(tmp_path / "etc/systemd/system/siaga-edge.service") == 0o644
    assert (tmp_path / "etc/udev/rules.d/60-siaga-edge.rules").read_text() == text_of(RULES)
    assert "_shtab_siaga_edge" in (tmp_path / "etc/bash_completion.d/siaga-edge").read_text()
    assert (tmp_path / "usr/local/bin/siaga-edge").readlink() == program
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if line.startswith("made: ")]) == len(MADE)
    assert said[-1].startswith(f"next: sudo siaga-edge init BUNDLE (or write {tmp_path}/etc/siaga/edge.toml")


def test_a_second_installation_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["install", "--root", str(tmp_path), "--language", "id"])
    times = {name: (tmp_path / name).lstat().st_mtime_ns for name in MADE}
    (tmp_path / "etc/siaga/edge.toml").write_text("[gateway]\n")
    capsys.readouterr()
    assert main(["install", "--root", str(tmp_path), "--language", "id"]) == WELL
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["sudah ada"] * len(MADE)
    assert {name: (tmp_path / name).lstat().st_mtime_ns for name in MADE - {"etc/siaga"}}.items() <= times.items()
    assert (tmp_path / "etc/siaga/edge.toml").read_text() == "[gateway]\n"


def test_what_was_changed_is_put_right(tmp_path: Path):
    main(["install", "--root", str(tmp_path)])
    (tmp_path / "etc/systemd/system/siaga-edge.service").write_text("[Unit]\n")
    (tmp_path / "var/lib/siaga").chmod(0o755)
    main(["install", "--root", str(tmp_path)])
    assert "WatchdogSec" in (tmp_path / "etc/systemd/system/siaga-edge.service").read_text()
    assert mode_of(tmp_path / "var/lib/siaga") == 0o700


def test_a_dry_run_shows_it_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["install", "--root", str(tmp_path), "--dry-run", "--language", "en"]) == WELL
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out.count("would be made: ") == len(MADE)


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_without_root_the_machine_is_left_alone(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    monkeypatch.setattr(parts, "run", lambda _: pytest.fail("it ran a command"))
    assert main([command, "--language", "en"]) == MISTAKES
    assert f"needs root: sudo {sys.prefix}/bin/siaga-edge {command}" in capsys.readouterr().err


def test_an_installation_in_a_home_is_no_service(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "prefix", "/home/pi/venv")
    monkeypatch.setattr(parts, "run", lambda _: pytest.fail("it ran a command"))
    assert main(["install", "--language", "en"]) == MISTAKES
    assert "the service sees no home folders" in capsys.readouterr().err


def test_a_program_in_the_way_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "usr/local/bin").mkdir(parents=True)
    (tmp_path / "usr/local/bin/siaga-edge").write_text("somebody's own")
    assert main(["install", "--root", str(tmp_path), "--language", "en"]) == BROKEN
    assert "is there and is no link" in capsys.readouterr().err
    assert (tmp_path / "usr/local/bin/siaga-edge").read_text() == "somebody's own"


def test_all_of_it_is_taken_back(tmp_path: Path):
    main(["install", "--root", str(tmp_path)])
    assert main(["uninstall", "--root", str(tmp_path)]) == WELL
    assert there(tmp_path) == set()
    assert main(["uninstall", "--root", str(tmp_path)]) == WELL


def test_the_data_stay_where_that_is_said(tmp_path: Path):
    main(["install", "--root", str(tmp_path)])
    (tmp_path / "etc/siaga/edge.toml").write_text("[gateway]\n")
    assert main(["uninstall", "--root", str(tmp_path), "--keep-data"]) == WELL
    assert there(tmp_path) == {"etc/siaga", "var/lib/siaga"}


def test_readings_that_wait_hold_the_removal_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["install", "--root", str(tmp_path)])
    spool = tmp_path / "var/lib/siaga/spool.db"
    db = sqlite3.connect(spool)
    db.execute("CREATE TABLE reading (seq)")
    db.commit()
    db.execute("INSERT INTO reading VALUES (1)")
    db.commit()
    db.close()
    assert main(["uninstall", "--root", str(tmp_path), "--language", "en"]) == MISTAKES
    assert "has readings that the cloud has not stored" in capsys.readouterr().err
    assert there(tmp_path) == MADE
    spool.write_bytes(b"no database")
    assert main(["uninstall", "--root", str(tmp_path)]) == MISTAKES
    assert main(["uninstall", "--root", str(tmp_path), "--lose-readings"]) == WELL
    assert there(tmp_path) == set()


def test_the_machine_gets_a_user_owned_folders_and_a_service_that_starts(monkeypatch: pytest.MonkeyPatch):
    made = plan(Path("/"), Path("/opt/siaga/current/bin/siaga-edge"), language=LanguageCode.ENGLISH, has_systemd=True)
    assert made[0] == ServiceUser("siaga", ("dialout", "gpio"), "/var/lib/siaga")
    assert Folder(Path("/etc/siaga"), 0o750, "root", "siaga") in made
    assert Folder(Path("/var/lib/siaga"), 0o700, "siaga", "siaga") in made
    assert TextFile(Path("/etc/systemd/system") / UNIT, text_of(UNIT)) in made
    ran: list[str] = []
    monkeypatch.setattr(parts, "run", lambda words: ran.append(" ".join(words)))
    commands = [part for part in made if isinstance(part, SystemCommand)]
    for command in commands:
        assert not command.is_there()
        command.make()
    assert ran[:4] == [
        "udevadm control --reload",
        "udevadm trigger --subsystem-match=tty --subsystem-match=gpio",
        "systemctl daemon-reload",
        "systemctl enable siaga-edge.service",
    ]
    ran.clear()
    commands[3].remove()
    assert ran == ["systemctl disable --now siaga-edge.service"]


def test_where_versions_stand_beside_each_other_they_are_updated():
    made = plan(Path("/"), Path("/opt/siaga/current/bin/siaga-edge"), language=LanguageCode.ENGLISH, has_systemd=True)
    assert Folder(Path("/opt/siaga/update"), 0o755) in made
    for unit in UPDATE_UNITS:
        assert TextFile(Path("/etc/systemd/system") / unit, text_of(unit)) in made
    commands = [" ".join(part.words) for part in made if isinstance(part, SystemCommand)]
    assert commands[-2:] == [
        "systemctl enable siaga-edge-update.service", "systemctl enable --now siaga-edge-update.path",
    ]  # fmt: skip
    elsewhere = plan(Path("/"), Path("/srv/venv/bin/siaga-edge"), language=LanguageCode.ENGLISH, has_systemd=True)
    assert not any("update" in part.sentence for part in elsewhere)


def test_a_user_is_added_once(monkeypatch: pytest.MonkeyPatch):
    ran: list[str] = []
    monkeypatch.setattr(parts, "run", lambda words: ran.append(" ".join(words)))
    somebody = ServiceUser("siaga-nobody-has-this", ("dialout",), "/var/lib/siaga")
    assert not somebody.is_there()
    somebody.make()
    assert ran[0] == "groupadd --system --force siaga-nobody-has-this"
    assert ran[-1].startswith("useradd --system --gid siaga-nobody-has-this --home-dir /var/lib/siaga")
    assert ServiceUser("root", (), "/root").is_there()


def test_what_a_command_says_is_the_reason():
    with pytest.raises(CannotInstall, match="ls --siaga failed: "):
        parts.run(["ls", "--siaga"])
    with pytest.raises(CannotInstall, match="has no siaga-nowhere"):
        parts.run(["siaga-nowhere"])


def test_the_service_starts_what_the_link_leads_to(tmp_path: Path):
    version, current = tmp_path / "versions" / "1", tmp_path / "current"
    version.mkdir(parents=True)
    assert program_of(version, current) == version / "bin" / "siaga-edge"
    Link(current, "versions/1").make()
    assert program_of(version, current) == current / "bin" / "siaga-edge"
    Link(current, "versions/2").make()
    assert current.readlink() == Path("versions/2")
    assert program_of(version, current) == version / "bin" / "siaga-edge"
