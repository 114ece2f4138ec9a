"""72 hours without a link: 5,184,000 readings on disk, and all of them in the store afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.drain import figures, measure
from bench.figures import table
from tests.long_outage import EVERY_S, MAX_MB


@pytest.mark.proof
@pytest.mark.timeout(1_800)
def test_three_days_of_readings_are_kept_within_the_size_and_all_are_stored(tmp_path: Path):
    drained = measure(tmp_path / "site", 'engine = "sqlite"\npath = "readings.db"')
    outage = drained.outage
    print(f"\n{table(figures(drained))}")
    assert outage.readings == 72 * 3_600 // EVERY_S * 200
    assert outage.lost == 0
    assert outage.used_bytes <= MAX_MB * 2**20
    assert outage.grown_mb < 5
    with closing(sqlite3.connect(tmp_path / "site" / "readings.db")) as store:
        query = "SELECT count(*) FROM readings WHERE time_ms < ? AND (? - time_ms) % ? = 0"
        (stored,) = store.execute(query, (outage.end_ms, outage.end_ms, EVERY_S * 1_000)).fetchone()
    assert stored == outage.readings
