"""The health of the machine, as readings."""

from pathlib import Path

import pytest

from edge import health
from edge.under_voltage import UnderVoltage, under_voltage


def test_the_machine_is_asked_for_its_health(tmp_path: Path):
    samples = {sample.quantity: sample.value for sample in health.of_the_machine(tmp_path)}
    assert samples["disk_free"] > 0
    assert 5 < samples["memory_used"] < 5_000
    assert samples["uptime"] > 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [("0\n", 0.0), ("50000\n", 1.0), ("50005\n", 2.0), ("20002\n", 0.0), ("no\n", None), ("", None)],
    ids=["never", "since the start", "now", "throttled by heat", "damaged", "empty"],
)
def test_a_machine_that_knows_of_under_voltage_says_it(tmp_path: Path, flags: str, said: float | None):
    throttled = tmp_path / "devices/platform/soc/soc:firmware/get_throttled"
    throttled.parent.mkdir(parents=True)
    throttled.write_text(flags)
    samples = {sample.quantity: sample.value for sample in health.of_the_machine(tmp_path, tmp_path)}
    assert samples.get("under_voltage") == said
    assert "disk_free" in samples


def test_the_alarm_of_the_kernels_voltage_sensor_is_under_voltage_now(tmp_path: Path):
    alarm = tmp_path / "class/hwmon/hwmon1/in0_lcrit_alarm"
    alarm.parent.mkdir(parents=True)
    for text, said in (("0\n", UnderVoltage.NEVER), ("1\n", UnderVoltage.NOW)):
        alarm.write_text(text)
        assert under_voltage(tmp_path) is said


def test_what_a_machine_does_not_tell_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "_THERMOMETER", tmp_path / "none")
    monkeypatch.setattr(health, "_MEMORY", tmp_path / "none")
    assert {sample.quantity for sample in health.of_the_machine(tmp_path, tmp_path)} == {"disk_free", "uptime"}
