"""However a gateway cuts its batches, and however often it sends them again, a reading has one time."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.core.latest import AHEAD_MS
from cloud.ingest.offsets import Offsets
from cloud.ingest.pipeline import BatchDecoder
from cloud.readings.sqlite import SqliteStore
from tests.unit.cloud.examples import GATEWAY, STREAM, T0, city
from wire import Clock, Reading, encode_batch

STEP_MS = 2_000
LATER_MS = 3_600_000
WRONG_MS = st.sampled_from([0, 60_000, 480_000, 86_400_000, -T0 + 5_000])
"""How far a clock may be off, 1970 among it; the readings of one test never last as long as it is off."""


class Times:
    """What a decoder makes of batches: the time of each reading, by its seq."""

    def __init__(self, offsets: Offsets) -> None:
        self._folder = tempfile.TemporaryDirectory()
        store = SqliteStore(Path(self._folder.name) / "readings.db")
        self._decoder = BatchDecoder(registry=city(), store=store, ahead_s=600, offsets=offsets)
        self.of: dict[int, int] = {}
        encode = store.encode

        def seen(blocks: Sequence) -> object:
            for block in blocks:
                for _, values in block.fields:
                    self.of.update(zip(map(int, values), block.times_ms, strict=True))
            return encode(blocks)

        store.encode = seen  # type: ignore[assignment]

    def take(self, stamps: Sequence[int], first: int, last: int, *, arrived_ms: int, clock: Clock) -> None:
        readings = [
            Reading("air-market", "temperature", stamps[seq - 1], float(seq), clock) for seq in range(first, last + 1)
        ]
        self._decoder.prepare_dead_letter(encode_batch(STREAM, first, readings), GATEWAY, arrived_ms=arrived_ms)


@st.composite
def cuts(draw: st.DrawFn, count: int) -> list[tuple[int, int]]:
    """A way to cut seq 1 to `count` into batches."""
    ends = sorted({*draw(st.sets(st.integers(1, count), max_size=6)), count})
    return [(before + 1, end) for before, end in pairwise([0, *ends])]


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(), wrong_ms=WRONG_MS, count=st.integers(2, 20), clock=st.sampled_from([Clock.SYNCED, Clock.UNKNOWN])
)
def test_a_reading_has_one_time_in_any_cut_and_after_any_restart(
    data: st.DataObject, wrong_ms: int, count: int, clock: Clock
) -> None:
    right_from = count + 1 if clock is Clock.UNKNOWN else data.draw(st.integers(1, count + 1))
    true_ms = [T0 + STEP_MS * seq for seq in range(1, count + 1)]
    stamps = [time_ms + (wrong_ms if seq < right_from else 0) for seq, time_ms in enumerate(true_ms, 1)]
    offsets = Offsets()
    first = Times(offsets)
    for start, end in data.draw(cuts(count)):
        first.take(stamps, start, end, arrived_ms=true_ms[end - 1] + 300, clock=clock)
    assert sorted(first.of) == list(range(1, count + 1)), "none is refused"
    assert all(time_ms <= true_ms[-1] + 300 + AHEAD_MS for time_ms in first.of.values()), "none is in the future"
    assert all(abs(first.of[seq] - true_ms[seq - 1]) <= STEP_MS * count + AHEAD_MS for seq in first.of)

    again = Times(offsets)  # another process, which knows what was decided
    for start, end in data.draw(cuts(count)):
        again.take(stamps, start, end, arrived_ms=true_ms[-1] + LATER_MS, clock=clock)
    assert again.of == first.of
