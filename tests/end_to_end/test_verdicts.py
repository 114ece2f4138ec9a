"""A later verdict on a reading by real processes: the API shows it within seconds, over a kill of the cloud."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from rules.marks import Mark
from rules.quality_policies import POLICIES
from tests.end_to_end.test_alarms import Town
from tests.end_to_end.test_cloud import Gateways
from tests.servers import all_of, wait_until


def marks(town: Town) -> list[list[str]]:
    """The marks of the river's readings as the API shows them, in the order of time."""
    return [point["marks"] for point in town.api("/readings?sensor=river&quantity=water_level")["points"]]


def test_a_true_rise_loses_its_mark_though_the_cloud_is_killed_and_the_reading_stays_as_it_was_stored(tmp_path: Path):
    town = Town(tmp_path)
    with all_of(town.broker, town.cloud):
        town.wait_for_broker()
        gateways = Gateways(town.broker_port)
        try:
            rise, first = town.batch(100, 100, 100, 100, 100, 350)
            gateways.send(rise)
            gateways.wait_for_ack(first)
            assert marks(town)[-1] == ["spike"]
            risen_s = time.monotonic()
            town.restart()
            lasts_s = POLICIES["water_level"].rise_lasts_s + 1
            wait_until(lambda: time.monotonic() - risen_s > lasts_s, "a rise has lasted long enough to be believed")
            confirmed, first = town.batch(352)
            gateways.send(confirmed)
            gateways.wait_for_ack(first)
            wait_until(lambda: not any(marks(town)), "the mark of the first high reading is taken back")
            (alarm,) = town.alarms()
            assert alarm["state"] == "alarming"
        finally:
            gateways.close()
    with closing(sqlite3.connect(tmp_path / "readings.db")) as stored:
        kept = [row[0] for row in stored.execute("SELECT marks FROM readings ORDER BY time_ms")]
    assert int(Mark.SPIKE) in kept
