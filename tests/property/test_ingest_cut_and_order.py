"""However a gateway's readings are cut, mixed and sent again, the same is stored, refused and accounted."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.cloud.examples import GATEWAY, STREAM, T0, Workshop
from wire import QUANTITIES, Reading, decode_batch, encode_batch

Row = tuple[str, str, int, float]

SERIES = (
    ("air-market", "pm2_5"), ("air-market", "temperature"), ("river", "water_level"),
    ("river", "rainfall"), ("people-pier", "people_in"), ("air-jetty", "pm10"), ("air-market", "no_such"),
)  # fmt: skip
"""Stored, stored, stored after calibration; undeclared; another gateway's; of no sensor; of no quantity."""
TIMES_MS = (*range(T0, T0 + 40), 0, 10**15)
"""And one from before 2020 and one from the far future."""
keys = st.tuples(st.sampled_from(SERIES), st.sampled_from(TIMES_MS))
values = st.sampled_from([1.0, 12.5, 100.0, -1e7, 1e7])
sent_by_gateway = st.dictionaries(keys, values, min_size=1, max_size=40)


class Outcome(NamedTuple):
    """What is left of it: rows of the store, refused readings by reason, and what is counted as received."""

    stored: set[Row]
    refused: set[tuple[str, Row]]
    received: int
    missing: int


def row(reading: Reading) -> Row:
    return reading.sensor, reading.quantity, reading.time_ms, reading.value


async def outcome(folder: Path, groups: Sequence[Sequence[bytes]]) -> Outcome:
    """Each group is kept together, as it is when it waited together."""
    async with Workshop(folder, max_bytes=2**24) as workshop:
        for group in groups:
            await workshop.writer.write([workshop.decoder.prepare(each, GATEWAY) for each in group])
        stored: set[Row] = set()
        for sensor, quantity in SERIES:
            if quantity in QUANTITIES:
                points = await workshop.store.history(sensor, quantity, start_ms=0, end_ms=2 * 10**15)
                stored |= {(sensor, quantity, point.time_ms, point.value) for point in points}
        letters = await workshop.dead_letters.page(limit=10_000)
        refused = {
            (letter.reason, row(reading)) for letter in letters for reading in decode_batch(letter.raw).readings()
        }
        account = workshop.accounts.account(GATEWAY)
        return Outcome(stored, refused, account.received, account.missing)


@settings(max_examples=15, deadline=None)
@given(sent_by_gateway, st.data())
def test_the_same_readings_leave_the_same_rows_and_dead_letters_in_any_cut_and_order(sent, data):
    # what arrives live from 1970 is put where it arrived, which is another time in each run
    backfill = data.draw(st.booleans())
    timely = {key: value for key, value in sent.items() if backfill or T0 <= key[1] < T0 + 40} or {(SERIES[0], T0): 1.0}
    readings = [Reading(sensor, quantity, at, value) for ((sensor, quantity), at), value in timely.items()]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(readings) - 1), max_size=8))) if len(readings) > 1 else []
    batches = [
        encode_batch(STREAM, first + 1, readings[first:last], backfill=backfill)
        for first, last in zip([0, *cuts], [*cuts, len(readings)], strict=True)
    ]
    again = data.draw(st.lists(st.sampled_from(batches), max_size=6))
    mixed = data.draw(st.permutations([*batches, *again]))
    grouped: list[list[bytes]] = [[]]
    for batch in mixed:
        grouped[-1].append(batch)
        if data.draw(st.booleans()):
            grouped.append([])
    single = [
        [encode_batch(STREAM, number, [reading], backfill=backfill)] for number, reading in enumerate(readings, start=1)
    ]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        expected = asyncio.run(outcome(Path(one), single))
        assert asyncio.run(outcome(Path(other), grouped)) == expected
    assert (expected.received, expected.missing) == (len(readings), 0)
    refused = Counter(reading for _, reading in expected.refused)
    assert len(expected.stored) + refused.total() == len(readings), "each reading is in exactly one of the two"
