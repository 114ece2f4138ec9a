"""Entries in any order, any number of times, in any groups: each key is kept once, and what is kept is the same."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.manual.records import EnteredReading, EntryState
from cloud.readings.newest import Newest
from tests.registries import registry_in
from tests.unit.cloud.alarms.town import T0, city
from wire.durations import MINUTE_MS

ENTRIES = tuple(
    EnteredReading(f"key-000{number}", "river", "water_level", T0 - number * MINUTE_MS, 100.0 + 100 * number, sure=True)
    for number in range(5)
)
SENT = st.lists(st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=5), min_size=1, max_size=5)


@settings(deadline=None, max_examples=15)
@given(sent=SENT)
def test_each_key_is_kept_once_whatever_is_sent_again_in_which_order(sent: list[list[EnteredReading]]):
    asyncio.run(_send(sent))


async def _send(sent: list[list[EnteredReading]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(registry_in(Path(folder)))
        await database.open()
        manual = ManualReadings(city(), Newest(), database, clock=lambda: T0)
        seen: set[str] = set()
        for group in sent:
            outcomes = await manual.enter(group, actor=Actor("ani"), sent_ms=T0, may_see=lambda _site: True)
            for entry, outcome in zip(group, outcomes, strict=True):
                assert outcome.state is (EntryState.KNOWN if entry.key in seen else EntryState.STORED)
                seen.add(entry.key)
        kept = await manual.of(["river"], start_ms=0, end_ms=T0 + 1)
        await database.close()
    expected = sorted((entry.stated_ms, entry.value) for entry in ENTRIES if entry.key in seen)
    assert sorted((one.time_ms, one.value) for one in kept) == expected
