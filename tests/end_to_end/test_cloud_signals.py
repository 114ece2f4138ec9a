"""Signals to a real cloud: SIGHUP reads the files again and never ends it. And what it tells systemd meanwhile."""

import signal
from collections.abc import Callable
from pathlib import Path

from tests import loopback
from tests.end_to_end.test_alarms import CITY, Town
from tests.servers import all_of, wait_until

PIER = """
[[sensors]]
id = "pier"
name = "Pier"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level"]
"""


def test_sighup_takes_over_what_is_right_and_says_what_is_not(tmp_path: Path, systemd: Callable[[str], bool]):
    town = Town(tmp_path)

    def settings_component() -> str:
        return str(town.api("/health")["components"]["settings"]["status"])

    def sensors() -> set[str]:
        return {sensor["id"] for sensor in town.api("/sensors")}

    with all_of(town.broker, town.cloud):
        wait_until(lambda: systemd("READY=1"), "systemd hears that it serves")
        town.wait_for_broker()
        assert "pier" not in sensors()
        (tmp_path / "city.toml").write_text(CITY + PIER)
        (tmp_path / "rules.toml").unlink()
        town.cloud.signal(signal.SIGHUP)
        wait_until(lambda: "pier" in sensors(), "the new sensor is there")

        (tmp_path / "city.toml").write_text(CITY + PIER.replace("gw-daruba", "gw-nowhere"))
        town.cloud.signal(signal.SIGHUP)
        wait_until(lambda: settings_component() == "degraded", "health says that something was not taken over")
        assert "there is none of that id" in town.cloud.tail()
        assert "pier" in sensors()

        (tmp_path / "city.toml").write_text(CITY)
        config = (tmp_path / "cloud.toml").read_text()
        (tmp_path / "cloud.toml").write_text(config + f"x = {'9' * 5_000}\n")
        town.cloud.signal(signal.SIGHUP)
        wait_until(lambda: "pier" not in sensors(), "the sensor is retired")
        (tmp_path / "cloud.toml").write_text(config)
        for _ in range(20):
            town.cloud.signal(signal.SIGHUP)
        wait_until(lambda: settings_component() == "ok", "all is taken over")
        assert loopback.get(f"http://127.0.0.1:{town.port}/api/v1/health", timeout=20).status_code == 200
        town.cloud.must_live()
        wait_until(lambda: systemd("WATCHDOG=1"), "the watchdog is fed")
        assert town.cloud.stop() == 0
    assert systemd("STOPPING=1")
