"""The systemd units, as systemd itself reads them, with programs that are not installed here put aside."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.servers import require

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
SERVICES = sorted(unit.name for unit in UNITS.glob("*.service"))


@pytest.mark.parametrize("unit", sorted(unit.name for unit in UNITS.iterdir() if unit.is_file()))
def test_systemd_has_nothing_to_say_against_a_unit(unit: str, tmp_path: Path):
    analyze = require("systemd-analyze")
    for file in UNITS.glob("siaga-*"):
        (tmp_path / file.name).write_text(file.read_text().replace("/opt/siaga/bin/siaga-", "/bin/echo siaga-"))
    verified = subprocess.run([analyze, "verify", "--man=no", tmp_path / unit], capture_output=True, text=True)
    about_it = [line for line in verified.stderr.splitlines() if "siaga" in line]
    assert about_it == []
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_runs_as_siaga_with_no_right_that_it_does_not_need(unit: str):
    lines = set((UNITS / unit).read_text().splitlines())
    assert {"User=siaga", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "UMask=0077"} <= lines
    assert {"CapabilityBoundingSet=", "SystemCallFilter=@system-service"} <= lines


def test_the_timer_starts_the_backup_also_after_a_night_without_power():
    assert "Persistent=true" in (UNITS / "siaga-backup.timer").read_text()
    assert (UNITS / "siaga-backup.service").exists()


def test_a_mistake_in_the_settings_is_not_tried_again_for_ever():
    for unit in ("siaga-cloud.service", "siaga-edge.service"):
        assert re.search(r"^RestartPreventExitStatus=2$", (UNITS / unit).read_text(), re.MULTILINE)
