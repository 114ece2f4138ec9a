"""The systemd units, as systemd itself reads them, with programs that are not installed here put aside."""

import re
import subprocess
from pathlib import Path

import pytest

from edge.update.places import INSTALLED, UPDATER, places_of
from tests.servers import require

ROOT = Path(__file__).parents[3]
UNITS = {
    file.name: file
    for folder in (ROOT / "deploy" / "systemd", ROOT / "edge" / "installation")
    for file in sorted(folder.iterdir())
    if file.suffix in (".service", ".timer", ".path")
}
UPDATES = "siaga-edge-update.service"
SERVICES = [name for name in UNITS if name.endswith(".service") and name != UPDATES]


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say_against_a_unit(unit: str, tmp_path: Path):
    analyze = require("systemd-analyze")
    for name, file in UNITS.items():
        (tmp_path / name).write_text(
            re.sub(r"/opt/siaga/((current|updater)/)?bin/siaga-", "/bin/echo siaga-", file.read_text())
        )
    verified = subprocess.run([analyze, "verify", "--man=no", tmp_path / unit], capture_output=True, text=True)
    about_it = [line for line in verified.stderr.splitlines() if "siaga" in line]
    assert about_it == []
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_runs_as_siaga_with_no_right_that_it_does_not_need(unit: str):
    lines = set(UNITS[unit].read_text().splitlines())
    assert {"User=siaga", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "UMask=0077"} <= lines
    assert {"CapabilityBoundingSet=", "SystemCallFilter=@system-service"} <= lines


def test_updates_are_roots_and_write_only_where_an_installation_does():
    lines = set(UNITS[UPDATES].read_text().splitlines())
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "DevicePolicy=closed"} <= lines
    assert "ReadWritePaths=/opt/siaga /etc /usr /var/lib/siaga" in lines
    assert not any(line.startswith("User=") for line in lines)
    assert "Before=siaga-edge.service" in lines, "what broke the machine is taken back before it starts once more"


def test_an_update_is_begun_by_what_the_agent_writes_and_goes_on_at_a_boot():
    asked, under_way = (str(getattr(places_of(Path("/etc/siaga/edge.toml"), Path("/ssd/spool.db")), name)) for name in
                        ("request", "under_way"))  # fmt: skip
    assert f"PathExists={asked}" in UNITS["siaga-edge-update.path"].read_text()
    text = UNITS[UPDATES].read_text()
    assert f"ConditionPathExists=|{asked}" in text
    assert f"ConditionPathExists=|{under_way}" in text
    assert f"ExecStart={INSTALLED}/{UPDATER}/bin/siaga-edge update run " in text


def test_the_timer_starts_the_backup_also_after_a_night_without_power():
    assert "Persistent=true" in UNITS["siaga-backup.timer"].read_text()
    assert "siaga-backup.service" in UNITS


def test_the_running_cloud_cannot_read_the_password_of_the_brokers_administrator_and_the_operators_timer_can():
    hidden = "InaccessiblePaths=-/etc/siaga/operator"
    for unit in ("siaga-cloud.service", "siaga-web.service"):
        assert hidden in UNITS[unit].read_text().splitlines()
    assert hidden not in UNITS["siaga-settle.service"].read_text()
    assert "gateway settle" in UNITS["siaga-settle.service"].read_text()
    assert "siaga-settle.timer" in UNITS


def test_a_mistake_in_the_settings_is_not_tried_again_for_ever():
    for unit in ("siaga-cloud.service", "siaga-web.service", "siaga-edge.service"):
        assert re.search(r"^RestartPreventExitStatus=2$", UNITS[unit].read_text(), re.MULTILINE)
