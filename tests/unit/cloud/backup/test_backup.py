"""siaga-cloud backup, verify and restore."""

import fcntl
import gzip
import json
import logging
import os
import random
import resource
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from cloud.backup import folders, restore
from cloud.backup.manifest import BackupError
from cloud.backup.verification import read_verification
from cloud.cli.exit_codes import CANNOT_START
from cloud.cli.main import main
from cloud.database.engine import engine_of
from cloud.database.revisions import revisions
from cloud.readings.blocks import Block
from cloud.readings.buckets import TimeBucket
from cloud.readings.lines import blocks_of
from cloud.readings.rollups import HourRollup, SeriesHour, hour_of
from rules.marks import Mark
from tests.registries import ENGINES
from tests.unit.cloud.backup.full_registry import ROWS, rows_of
from tests.unit.cloud.backup.house import READINGS, T0, Machine, manifest_of, rewrite
from wire import Domain

GONE_MS = hour_of(T0 - 86_400_000)
"""An hour before all readings of a full store."""


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """What `old` and `backup` are copied from: nobody writes into it."""
    return Machine(tmp_path_factory.mktemp("filled") / "old").fill()


@pytest.fixture(scope="session")
def backup_of_filled(filled: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled.backup(tmp_path_factory.mktemp("backups-of-filled"))


@pytest.fixture
def old(filled: Machine, tmp_path: Path) -> Machine:
    """A machine with a full registry and readings, of this test's own."""
    return filled.copy(tmp_path / "old")


@pytest.fixture
def backup(backup_of_filled: Path, tmp_path: Path) -> Path:
    """A backup of `old`, of this test's own."""
    return Path(shutil.copytree(backup_of_filled, tmp_path / "backups" / backup_of_filled.name))


@pytest.fixture
def new(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "new")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The one sentence of the last command that refused."""
    # a log that an earlier test has set up writes to a stream that is closed by now, and says so on this one
    monkeypatch.setattr(logging.getLogger(), "handlers", [])

    def sentence() -> str:
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return sentence


def untold(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same, with no event of an alarm told to dashboards: the new InfluxDB has none."""
    events = [row | {"reported_ms": None} for row in rows["alarm_events"]]
    return rows | {"alarm_events": sorted(events, key=repr)}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_machine_gets_everything_back(
    old: Machine, backup: Path, tmp_path: Path, new_registry: Callable[[str], str], engine: str
):
    new = Machine(tmp_path / "new", new_registry(engine))
    assert new.restore(backup) == 0
    assert rows_of(new.url) == untold(rows_of(old.url))
    assert new.lines(tmp_path / "again") == old.lines(tmp_path / "before")


@pytest.mark.integration
def test_postgresql_s_backup_goes_into_sqlite(tmp_path: Path, new: Machine, new_registry: Callable[[str], str]):
    old = Machine(tmp_path / "old", new_registry("postgresql")).fill()
    assert new.restore(old.backup(tmp_path / "backups")) == 0
    assert rows_of(new.url) == untold(rows_of(old.url))


def test_the_manifest_says_what_is_in_it(backup: Path):
    manifest = manifest_of(backup)
    assert (manifest.revision, manifest.wire, manifest.format) == (revisions()[-1], 1, 1)
    assert {tally.count for tally in manifest.registry.tables.values()} == {ROWS}
    assert manifest.readings is not None
    assert sum(tally.count for tally in manifest.readings.domains.values()) == READINGS
    air = manifest.readings.domains["air"]
    assert (air.series, air.first_ms, air.last_ms) == (2, T0 - 1, T0 + 1_999)


def test_what_stands_for_removed_readings_comes_back(old: Machine, new: Machine, tmp_path: Path):
    bucket = TimeBucket(GONE_MS, 2, 0.3, 0.1, 0.2, 0.2, GONE_MS + 1, GONE_MS + 2)
    old.keep_hour(HourRollup(SeriesHour("air-market", "pm10", GONE_MS), bucket, [bucket]))
    whole = old.backup(tmp_path / "backups")
    assert manifest_of(whole).format == 2
    assert main(["backup", "verify", str(whole)]) == 0
    assert new.restore(whole) == 0
    again = new.backup(tmp_path / "again")
    (kept, hour), found = (
        gzip.decompress((each / "rolled.jsonl.gz").read_bytes()).splitlines() for each in (whole, again)
    )
    assert found == [kept, hour]
    assert msgspec.json.decode(hour, type=HourRollup).hour == bucket


def test_hours_that_are_damaged_are_found(old: Machine, tmp_path: Path, said: Callable[[], str]):
    bucket = TimeBucket(GONE_MS, 2, 0.3, 0.1, 0.2, 0.2, GONE_MS + 1, GONE_MS + 2)
    old.keep_hour(HourRollup(SeriesHour("air-market", "pm10", GONE_MS), bucket))
    whole = old.backup(tmp_path / "backups")
    (whole / "rolled.jsonl.gz").unlink()
    assert main(["backup", "verify", str(whole)]) == CANNOT_START
    assert "rolled.jsonl.gz: cannot be read" in said()


def test_a_backup_is_its_owner_s_alone(backup: Path):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == dict.fromkeys(
        ("manifest.json", "registry.jsonl.gz", "readings.lp.gz"), 0o600
    )


def test_a_whole_backup_is_found_whole(backup: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["backup", "verify", str(backup)]) == 0
    assert "is whole: every sum, count and digest is as it was written" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["manifest.json", "registry.jsonl.gz", "readings.lp.gz"])
@pytest.mark.parametrize("harm", ["a flipped bit", "a lost end", "a lost file"])
def test_a_damaged_backup_is_one_sentence_and_restores_nothing(
    backup: Path, new: Machine, said: Callable[[], str], name: str, harm: str
):
    file = backup / name
    whole = file.read_bytes()
    middle = whole.index(b'"city": ') + 9 if name == "manifest.json" else len(whole) // 2  # a letter of its name
    if harm == "a lost file":
        file.unlink()
    elif harm == "a lost end":
        file.write_bytes(whole[:-9])
    else:
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    for command in (["backup", "verify", str(backup)], ["restore", "--config", str(new.config), "--from", str(backup)]):
        assert main(command) == CANNOT_START
        sentence = said()
        assert sentence.startswith(str(backup))
        assert "use another" in sentence
    assert sorted(path.name for path in new.folder.iterdir()) == ["cloud.toml"]


def test_a_file_of_another_backup_is_found_out_by_its_counts(old: Machine, backup: Path, said: Callable[[], str]):
    manifest = manifest_of(backup)
    assert manifest.readings is not None
    air = msgspec.structs.replace(manifest.readings.domains["air"], count=7)
    readings = msgspec.structs.replace(manifest.readings, domains=manifest.readings.domains | {"air": air})
    rewrite(backup, msgspec.structs.replace(manifest, readings=readings))
    assert main(["backup", "verify", str(backup)]) == CANNOT_START
    assert "holds 4001 of air, and its manifest says 7" in said()


def test_a_registry_that_holds_anything_is_not_overwritten(old: Machine, backup: Path, said: Callable[[], str]):
    before = rows_of(old.url)
    assert old.restore(backup, "--add-readings") == CANNOT_START
    assert "is not empty" in (sentence := said())
    assert "name a new database in registry.url or move the old one away" in sentence
    assert rows_of(old.url) == before


def test_readings_that_are_there_stop_a_restore_unless_it_may_add_to_them(
    old: Machine, backup: Path, new: Machine, said: Callable[[], str], tmp_path: Path
):
    interrupted = old.lines(tmp_path / "before")
    new.write(*blocks_of(interrupted[:100]))
    assert new.restore(backup) == CANNOT_START
    assert "give --add-readings" in said()
    assert rows_of(new.url) == {}
    assert new.restore(backup, "--add-readings") == 0
    assert new.lines(tmp_path / "again") == interrupted


def test_what_is_there_besides_the_backup_is_told_as_a_difference(backup: Path, new: Machine, said: Callable[[], str]):
    new.write(Block("daruba", "air-other", "gw-daruba", Domain.AIR, 0, [T0], (("pm10", [1.0]),)))
    assert new.restore(backup, "--add-readings") == 1
    assert said() == "air: 4001 backed up, 4002 there now"


def test_a_backup_of_an_older_version_becomes_this_version_s_registry(tmp_path: Path, new: Machine):
    old = Machine(tmp_path / "old").fill(revision=revisions()[0])
    backup = old.backup(tmp_path / "backups")
    assert manifest_of(backup).revision == revisions()[0]
    assert new.restore(backup) == 0
    restored = rows_of(new.url)
    assert [site["polygon"] for site in restored["sites"]] == [[]] * ROWS
    assert [row["raw"] for row in restored["dead_letters"]] == [row["raw"] for row in rows_of(old.url)["dead_letters"]]


def test_a_backup_of_a_newer_version_is_one_sentence(backup: Path, new: Machine, said: Callable[[], str]):
    rewrite(backup, msgspec.structs.replace(manifest_of(backup), revision="0999", siaga="9.0"))
    assert new.restore(backup) == CANNOT_START
    assert "was made by Siaga 9.0 with a registry of revision 0999" in said()


def test_a_backup_of_a_newer_format_is_one_sentence(backup: Path, said: Callable[[], str]):
    manifest = json.loads((backup / "manifest.json").read_text())
    (backup / "manifest.json").write_text(json.dumps({"format": 3, "parts": manifest}))
    assert main(["backup", "verify", str(backup)]) == CANNOT_START
    assert "is of format 3, and this version of Siaga reads up to 2" in said()


def test_the_registry_alone_can_be_backed_up_and_restored(old: Machine, new: Machine, tmp_path: Path):
    backup = old.backup(tmp_path / "backups", "--without-readings")
    assert not (backup / "readings.lp.gz").exists()
    assert new.restore(backup) == 0
    assert rows_of(new.url) == untold(rows_of(old.url))


def test_only_the_newest_backups_are_kept(old: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    to, seconds = tmp_path / "backups", count()
    (to / "notes").mkdir(parents=True)
    later(monkeypatch, seconds)
    made = [old.backup(to, "--keep", "2", "--without-readings").name for _ in range(4)]
    assert sorted(path.name for path in to.iterdir()) == [*made[-2:], "notes"]


def test_older_backups_go_only_once_the_new_one_is_verified(
    old: Machine, tmp_path: Path, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
):
    to, seconds = tmp_path / "backups", count()
    later(monkeypatch, seconds)
    first = old.backup(to, "--verify", "--keep", "1")
    assert read_verification(first) is not None

    def flip(folder: Path, expected: object) -> None:
        raise BackupError(f"{folder}: is damaged")

    with monkeypatch.context() as disk:
        disk.setattr(restore, "check_sum", flip)
        arguments = ["backup", "--config", str(old.config), "--to", str(to), "--keep", "1", "--verify"]
        assert main(arguments) == CANNOT_START
    assert "is damaged" in said()
    assert list(to.iterdir()) == [first]
    second = old.backup(to, "--verify", "--keep", "1")
    assert list(to.iterdir()) == [second]


def later(monkeypatch: pytest.MonkeyPatch, seconds: "count[int]") -> None:
    """Let each backup be made a second after the one before, by a clock of the test's own."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":
            return cls(2026, 11, 25, 1, tzinfo=UTC) + timedelta(seconds=next(seconds))

    monkeypatch.setattr(folders, "datetime", Clock)


def test_what_a_killed_backup_left_looks_like_none_and_is_cleared_away(
    old: Machine, tmp_path: Path, new: Machine, said: Callable[[], str]
):
    left = tmp_path / "backups" / "20261125T000000Z.unfinished"
    left.mkdir(parents=True)
    (left / "registry.jsonl.gz").write_bytes(b"half")
    assert new.restore(left) == CANNOT_START
    assert "is no whole backup" in said()
    backup = old.backup(tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == [backup]


def test_two_backups_are_not_made_into_one_folder_at_once(old: Machine, tmp_path: Path, said: Callable[[], str]):
    left = tmp_path / "backups" / "20261125T000000Z.unfinished"
    left.mkdir(parents=True)
    other = os.open(tmp_path / "backups", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    assert main(["backup", "--config", str(old.config), "--to", str(tmp_path / "backups")]) == CANNOT_START
    assert "another backup is being made there" in said()
    assert left.exists(), "the other's unfinished backup was taken away"
    os.close(other)


def test_a_disk_that_takes_no_more_leaves_nothing_behind(old: Machine, tmp_path: Path, said: Callable[[], str]):
    noise, times = random.Random(4), list(range(T0, T0 + 20_000))
    old.write(Block("daruba", "noise", "gw-daruba", Domain.AIR, 0, times, (("pm10", [noise.random() for _ in times]),)))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        code = main(["backup", "--config", str(old.config), "--to", str(tmp_path / "backups")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert code == CANNOT_START
    assert "the backup cannot be written: File too large; make room there" in said()
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_registry_that_is_not_there_is_not_made_by_backing_it_up(
    new: Machine, tmp_path: Path, said: Callable[[], str]
):
    assert main(["backup", "--config", str(new.config), "--to", str(tmp_path / "backups")]) == CANNOT_START
    assert "there is no registry database" in said()
    assert sorted(path.name for path in new.folder.iterdir()) == ["cloud.toml"]


def test_an_empty_registry_is_no_registry(new: Machine, tmp_path: Path, said: Callable[[], str]):
    engine = engine_of(new.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE other (x INTEGER)"))
    engine.dispose()
    assert main(["backup", "--config", str(new.config), "--to", str(tmp_path / "backups")]) == CANNOT_START
    assert "holds no registry yet; start the cloud once" in said()


def test_marks_are_in_a_backup(old: Machine, backup: Path, tmp_path: Path):
    marked = [line for line in old.lines(tmp_path / "before") if b"marks" in line]
    assert marked == [
        b"air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=1e-7,marks=%di %d\n" % (Mark.BACKFILL, T0 - 1)
    ]


def test_what_must_be_given_is_asked_for(capsys: pytest.CaptureFixture[str]):
    assert main(["backup"]) == CANNOT_START
    assert "--config and --to must be given" in capsys.readouterr().err
