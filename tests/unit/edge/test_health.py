"""The health of the machine, as readings."""

from pathlib import Path

import pytest

from edge import health


def test_the_machine_is_asked_for_its_health(tmp_path: Path):
    samples = {sample.quantity: sample.value for sample in health.of_the_machine(tmp_path)}
    assert samples["disk_free"] > 0
    assert 5 < samples["memory_used"] < 5_000
    assert samples["uptime"] > 0


def test_what_a_machine_does_not_tell_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "_THERMOMETER", tmp_path / "none")
    monkeypatch.setattr(health, "_MEMORY", tmp_path / "none")
    assert {sample.quantity for sample in health.of_the_machine(tmp_path)} == {"disk_free", "uptime"}
