"""The past on its way to an InfluxDB: all of it is taken there, or it is said what was not."""

from pathlib import Path

import pytest

from cloud.readings.bad_lines import BadLines
from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint, StoreRejected, WriteResult
from cloud.reports.points import ReportPoint
from demo.history.copied import CopiedStore
from wire import Domain

BLOCK = Block("daruba", "air-market", "gw", Domain.AIR, 0, [1_764_000_000_000], (("pm2_5", [12.5]),))
POINT = ReportPoint("refused", 1_764_000_000_000, {"instance": "0-63", "reason": "unknown_sensor"}, {"count": 1})


class _Refusing:
    """Takes everything but what it is told to refuse, as an InfluxDB says it."""

    def __init__(self, *, readings: bool = False, points: bool = False) -> None:
        self._readings, self._points = readings, points

    async def write(self, _writes) -> WriteResult:
        return WriteResult((RejectedPoint(0, 0, "400: field type conflict"),) if self._readings else ())

    async def write_lines(self, _lines) -> BadLines:
        return {0: "400: field type conflict"} if self._points else {}


async def _hand_over(folder: Path, influx: _Refusing) -> None:
    store = CopiedStore(folder / "scratch.db")
    await store.open()
    await store.write([store.encode([BLOCK])])
    try:
        await store.hand_over(influx, [POINT])  # type: ignore[arg-type]
    finally:
        await store.close()


@pytest.mark.parametrize(("readings", "points", "count"), [(True, False, 1), (False, True, 1), (True, True, 2)])
async def test_what_the_influxdb_refuses_of_the_past_is_counted_and_said(
    tmp_path: Path, readings: bool, points: bool, count: int
):
    with pytest.raises(
        StoreRejected, match=f"refused {count} points of the simulated past; the first: 400: field type"
    ):
        await _hand_over(tmp_path, _Refusing(readings=readings, points=points))


async def test_a_past_that_is_taken_whole_is_no_error(tmp_path: Path):
    await _hand_over(tmp_path, _Refusing())
