"""What judges and warns, put together: who tells of alarms hears of each change."""

from pathlib import Path

import pytest

from tests.unit.cloud.process.test_services import services


def test_who_tells_of_alarms_hears_of_each_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nudged: list[str] = []
    monkeypatch.setattr("cloud.notify.notifier.Notifier.nudge", lambda _: nudged.append("notifier"))
    monkeypatch.setattr("cloud.reports.service.Reports.nudge", lambda _: nudged.append("reports"))
    services(tmp_path).alarms.changed()
    assert nudged == ["notifier"]  # on SQLite no dashboard reads
    services(tmp_path, store={"engine": "influxdb", "url": "http://127.0.0.1:1", "database": "siaga"}).alarms.changed()
    assert nudged == ["notifier", "notifier", "reports"]
