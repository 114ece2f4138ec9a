"""What Grafana reads, written by a real cloud between a real Mosquitto and a real InfluxDB."""

import time
from pathlib import Path
from typing import Any

from tests import loopback
from tests.end_to_end.test_cloud import CITY, GATEWAY, Town
from tests.servers import wait_until
from wire import Clock, Reading, SpoolState, Status, encode_batch
from wire.measurements import MEASUREMENTS

WITHOUT_PEOPLE = {"presence"}
"""What a town whose people nobody counts has no samples of."""

RIVER = """
[[sensors]]
id = "river"
name = "River gauge"
site = "daruba"
gateway = "gw-daruba"
quantities = ["water_level"]
interval_s = 60
"""
RULES = """
[[rules]]
family = "river-level"
quantity = "water_level"
kind = "above"
title = "River level"
title_id = "Tinggi muka air"
reject = ["clock_unknown"]
levels = [
    { name = "Siaga 3", severity = "moderate", limit = 150 },
    { name = "Siaga 1", severity = "extreme", limit = 320 },
]
"""


class ReportingTown(Town):
    """A town with a river, whose reports are asked of InfluxDB itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "city.toml").write_text(CITY + RIVER)
        (folder / "rules.toml").write_text(RULES)
        with (folder / "cloud.toml").open("a") as settings:
            settings.write('[rules]\ninitial = "rules.toml"\n')
        self.sent = 0

    def report(self, influxql: str) -> list[dict[str, Any]]:
        params = {"db": "siaga", "epoch": "ms", "q": influxql}
        answer = loopback.get(f"http://127.0.0.1:{self.influx_port}/query", params=params, timeout=20).json()
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in answer["results"][0].get("series", [])
            for row in series["values"]
        ]

    def newest(self, field: str, measurement: str) -> Any:
        found = self.report(f"SELECT last({field}) FROM {measurement}")
        return found[0]["last"] if found else None

    def worst(self) -> tuple[int, str] | None:
        """Severity and word of the city's situation, as it was told last."""
        found = self.report("SELECT last(severity) AS severity, word FROM situation WHERE domain = 'all'")
        return (found[0]["severity"], found[0]["word"]) if found else None

    def batch(self, *values: float) -> bytes:
        """Levels of the river, now; the first reading has the number `self.sent` + 1."""
        first, self.sent = self.sent + 1, self.sent + len(values)
        now_ms = time.time_ns() // 1_000_000
        readings = [
            Reading("river", "water_level", now_ms - len(values) + n, value, Clock.SYNCED)
            for n, value in enumerate(values)
        ]
        return encode_batch("s1", first, readings)


def test_all_measurements_are_written_an_alarm_ends_and_the_sums_are_those_of_what_was_stored(tmp_path: Path):
    town = ReportingTown(tmp_path)
    with town.running() as gateways:
        now_ms = time.time_ns() // 1_000_000
        spool = SpoolState(depth=12, oldest_ms=now_ms, bytes=2**20, max_bytes=2**29)
        gateways.say(Status(1, True, GATEWAY, "0.1.0", "boot", "s1", now_ms, Clock.SYNCED, spool))
        gateways.send(town.batch(400, 410, 420, 99_999))
        gateways.wait_for_ack(1)
        wait_until(lambda: town.newest("severity", "alarm") == 4, "the alarm is told")
        wait_until(lambda: town.worst() == (4, "Siaga 1"), "the situation is told")
        (raised,) = town.report("SELECT * FROM alarm_event")
        assert (raised["kind"], raised["rule"], raised["site"]) == ("raised", "river-level", "daruba")
        assert raised["text"].startswith("EXTREME · Siaga 1 · Daruba: Water level 400 cm (limit 320 cm)")
        assert raised["text_id"].startswith("EKSTREM · Siaga 1 · Daruba: Tinggi muka air 400 cm (batas 320 cm)")

        town.influxd.kill()
        while_dead = town.sent + 1
        gateways.send(town.batch(12, 11))
        wait_until(lambda: town.health()["components"]["store"]["status"] == "down", "the store is missed")
        town.influxd.start()
        gateways.wait_for_ack(while_dead)
        wait_until(lambda: town.newest("state", "alarm") == "closed", "the end of the alarm is told")
        assert town.newest("severity", "alarm") == 0
        assert [event["kind"] for event in town.report("SELECT * FROM alarm_event")] == ["raised", "closed"]
        assert town.health()["components"]["dashboards"]["status"] == "ok"

        assert town.cloud.stop() == 0  # which tells what was not told yet
        assert {row["name"] for row in town.report("SHOW MEASUREMENTS")} >= MEASUREMENTS.keys() - WITHOUT_PEOPLE
        (sums,) = town.report("SELECT sum(stored) AS stored, sum(stored_flood) AS flood, sum(batches) FROM ingest")
        (stored,) = town.report("SELECT count(water_level) AS readings FROM flood")
        assert (sums["stored"], sums["flood"], sums["sum"]) == (stored["readings"], stored["readings"], 2)
        assert stored["readings"] == town.sent - 1
        refused = town.report("SELECT sum(count) FROM refused GROUP BY reason")
        assert {row["reason"]: row["sum"] for row in refused if row["sum"]} == {"out_of_bounds": 1}
        assert town.newest("online", "fleet") in (0, 1)
        levels = town.report('SELECT last("limit") AS top FROM threshold GROUP BY level')
        assert {row["level"]: row["top"] for row in levels} == {"Siaga 3": 150, "Siaga 1": 320}


def test_a_process_that_takes_nothing_in_and_one_on_sqlite_write_nothing_for_dashboards(tmp_path: Path):
    town = Town(tmp_path, engine="sqlite")
    with town.running(town.broker, town.cloud):
        assert "dashboards" not in town.health()["components"]
        assert town.cloud.stop() == 0
        idle = (tmp_path / "cloud.toml").read_text() + "[ingest]\nenabled = false\n"
        store = f'[store]\nengine = "influxdb"\nurl = "http://127.0.0.1:{town.influx_port}"\ndatabase = "siaga"\n'
        (tmp_path / "cloud.toml").write_text(idle.replace("[store]\n\n", store))
        with town.influxd:
            town.cloud.start()
            wait_until(lambda: town.health()["components"]["store"]["status"] == "ok", "the store is open")
            assert "dashboards" not in town.health()["components"]
            assert town.cloud.stop() == 0
            params = {"db": "siaga", "q": "SHOW MEASUREMENTS"}
            found = loopback.get(f"http://127.0.0.1:{town.influx_port}/query", params=params, timeout=20).json()
            assert "series" not in found["results"][0]
