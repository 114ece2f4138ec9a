"""The past on its way to an InfluxDB: each stretch is handed over while the next is written, and refusals are said."""

import asyncio
from pathlib import Path

import pytest

from cloud.readings.bad_lines import BadLines
from cloud.readings.blocks import Block
from cloud.readings.contract import RejectedPoint, StoreRejected, StoreUnavailable, WriteResult
from cloud.reports.points import ReportPoint
from demo.history import handing_over
from demo.history.copied import CopiedStore
from demo.history.handing_over import HandingOver
from demo.history.readings import Past
from wire import Domain

POINT = ReportPoint("refused", 1_764_000_000_000, {"instance": "0-63", "reason": "unknown_sensor"}, {"count": 1})


def _block(value: float) -> Block:
    return Block("daruba", "air-market", "gw", Domain.AIR, 0, [1_764_000_000_000], (("pm2_5", [value]),))


class _Influx:
    """Takes what it is told to take, once it may; the rest it refuses as an InfluxDB says it."""

    def __init__(self, *, readings: bool = False, points: bool = False) -> None:
        self._refuses_readings, self._refuses_points = readings, points
        self.may_take = asyncio.Event()
        self.may_take.set()
        self.problem: Exception | None = None
        self.text = b""

    async def write(self, writes) -> WriteResult:
        await self.may_take.wait()
        if self.problem is not None:
            raise self.problem
        self.text += b"".join(write.form for write in writes)
        refused = (RejectedPoint(0, 0, "400: field type conflict"),)
        return WriteResult(refused if self._refuses_readings else ())

    async def write_lines(self, _lines) -> BadLines:
        return {0: "400: field type conflict"} if self._refuses_points else {}


class _Reports:
    """One point, whatever the past was."""

    def __init__(self, *_place, **_times) -> None: ...

    async def parts(self):
        yield [POINT]


@pytest.fixture
async def store(tmp_path: Path):
    store = CopiedStore(tmp_path / "scratch.db")
    await store.open()
    yield store
    await store.close()


async def _write(store: CopiedStore, value: float) -> None:
    await store.write([store.encode([_block(value)])])


async def _hand_over(store: CopiedStore, influx: _Influx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "PastReports", _Reports)
    await _write(store, 12.5)
    over = HandingOver(store, influx)  # type: ignore[arg-type]
    await over.finish(None, Past(1_764_000_000, fine_from_s=1_764_000_000))  # type: ignore[arg-type]


@pytest.mark.parametrize(("readings", "points", "count"), [(True, False, 1), (False, True, 1), (True, True, 2)])
async def test_what_the_influxdb_refuses_of_the_past_is_counted_and_said(
    store: CopiedStore, monkeypatch: pytest.MonkeyPatch, readings: bool, points: bool, count: int
):
    with pytest.raises(
        StoreRejected, match=f"refused {count} points of the simulated past; the first: 400: field type"
    ):
        await _hand_over(store, _Influx(readings=readings, points=points), monkeypatch)


async def test_a_past_that_is_taken_whole_is_no_error(store: CopiedStore, monkeypatch: pytest.MonkeyPatch):
    influx = _Influx()
    await _hand_over(store, influx, monkeypatch)
    assert b"pm2_5=12.5" in influx.text


async def test_a_stretch_is_handed_over_once_while_the_next_is_written_and_no_more_than_that_waits(store: CopiedStore):
    influx = _Influx()
    influx.may_take.clear()
    over = HandingOver(store, influx)  # type: ignore[arg-type]
    await _write(store, 1.0)
    await over.stretch()  # does not wait for it
    assert store.take_lines() == []
    await _write(store, 2.0)
    second = asyncio.create_task(over.stretch())  # waits for the first
    await asyncio.sleep(0)
    assert not second.done()
    influx.may_take.set()
    await second
    await over.stretch()
    assert [line.split()[1] for line in influx.text.splitlines()] == [b"pm2_5=1.0", b"pm2_5=2.0"]


async def test_an_influxdb_that_goes_away_is_found_at_the_next_stretch(store: CopiedStore):
    influx = _Influx()
    influx.problem = StoreUnavailable("InfluxDB does not answer")
    over = HandingOver(store, influx)  # type: ignore[arg-type]
    await _write(store, 1.0)
    await over.stretch()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await over.stretch()


async def test_on_sqlite_the_past_is_where_it_belongs():
    over = HandingOver(None, None)
    await over.stretch()
    await over.finish(None, Past(1_764_000_000, fine_from_s=1_764_000_000))  # type: ignore[arg-type]
