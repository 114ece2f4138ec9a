"""Disk, certificates and backups as components of health."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.backup.manifest import NAME
from cloud.backup.verification import Verification, write_verification
from cloud.core.health import Component, Condition
from cloud.monitoring import server

DAY_S = 86_400.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    file = folder / "broker.crt"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run(
        [*made, "-keyout", folder / "key", "-out", file, "-days", "30", "-subj", "/CN=siaga"],
        check=True,
        capture_output=True,
    )
    return file


def test_a_certificate_is_told_of_before_its_end_and_after_it(certificate: Path):
    end_s = server.ends_at_s(certificate.read_bytes())
    assert abs(end_s - datetime.now(UTC).timestamp() - 30 * DAY_S) < DAY_S

    def check(left_days: float) -> server.ComponentObservation:
        return server.certificates([certificate], days=21, now_s=end_s - left_days * DAY_S)

    assert check(22).component.status is Condition.OK
    assert check(20).component.status is Condition.DEGRADED
    assert check(-1).component.status is Condition.DOWN
    assert str(certificate) in check(20).component.detail
    assert check(20).figure == end_s


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path):
    empty = tmp_path / "ca.crt"
    empty.write_bytes(b"\xff not PEM")
    for file in (empty, tmp_path / "missing.crt"):
        found = server.certificates([file], days=21, now_s=0).component
        assert found.status is Condition.DEGRADED
        assert file.name in found.detail


def test_the_age_of_the_newest_whole_backup_counts(tmp_path: Path):
    now_s = datetime(2026, 11, 26, 2, 30, tzinfo=UTC).timestamp()

    def check() -> server.ComponentObservation:
        return server.backups(tmp_path, oldest_h=36, now_s=now_s)

    assert check().component.status is Condition.DEGRADED
    for name, is_whole in (("20261124T023000Z", True), ("20261126T023000Z", False)):
        (tmp_path / name).mkdir()
        if is_whole:
            (tmp_path / name / NAME).write_text("{}")
    assert check().component.status is Condition.DEGRADED
    assert "20261124T023000Z, 48 hours old" in check().component.detail
    (tmp_path / "20261126T023000Z" / NAME).write_text("{}")
    assert check() == server.ComponentObservation(check().component, now_s)
    assert check().component.status is Condition.OK


def test_a_backup_that_is_damaged_or_of_the_future_is_no_comfort(tmp_path: Path):
    now_s = datetime(2026, 11, 26, 2, 30, tzinfo=UTC).timestamp()

    def check() -> Component:
        return server.backups(tmp_path, oldest_h=36, now_s=now_s).component

    for name in ("20261126T013000Z", "20271126T013000Z"):
        (tmp_path / name).mkdir()
        (tmp_path / name / NAME).write_text("{}")
    assert check().detail == "the newest backup is 20261126T013000Z, 1 hours old"
    write_verification(tmp_path / "20261126T013000Z", Verification(0, "readings.lp.gz: is damaged"))
    assert check().status is Condition.DEGRADED
    assert "is not whole: readings.lp.gz: is damaged" in check().detail


def test_no_folder_of_backups_is_not_watched_and_says_so():
    found = server.backups(None, oldest_h=36, now_s=0).component
    assert (found.status, found.detail) == (
        Condition.OK,
        "not watched: [monitoring] backups names no folder",
    )


def test_a_disk_without_room_is_told_of(tmp_path: Path):
    there = tmp_path / "not" / "made" / "yet"
    assert server.disk([there], least_percent=0, least_mb=0).component.status is Condition.OK
    full = server.disk([there], least_percent=100, least_mb=0).component
    assert full.status is Condition.DEGRADED
    assert str(tmp_path) in full.detail
    assert "make room" in full.detail
