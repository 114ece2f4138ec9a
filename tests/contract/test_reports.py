"""Every measurement of the table, written by the cloud's own lines into a real InfluxDB and read back by InfluxQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from cloud.reports.points import ReportPoint, Value, lines_of
from tests import loopback
from tests.servers import Program, free_port, influxd
from wire.measurements import MEASUREMENTS, FieldKind

T0 = 1_764_000_000_000
TYPES = {FieldKind.WHOLE: "integer", FieldKind.NUMBER: "float", FieldKind.TEXT: "string"}
EXAMPLES: dict[FieldKind, Value] = {
    FieldKind.WHOLE: 3,
    FieldKind.NUMBER: 2.5,
    FieldKind.TEXT: 'Siaga 2, "sangat besar" = \\ 100 %',
}
AWKWARD = "Siaga 2, a=b"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder: Path = tmp_path_factory.mktemp("influxdb")
    with influxd(folder, free_port()) as program:
        yield program


@asynccontextmanager
async def store_of(server: Program, database: str) -> AsyncIterator[InfluxStore]:
    store = InfluxStore(InfluxSettings(url=f"http://127.0.0.1:{server.port}", database=database))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def write(server: Program, database: str, points: list[ReportPoint]) -> dict[int, str]:
    async with store_of(server, database) as store:
        return await store.write_lines(lines_of(points))


def rows(server: Program, database: str, influxql: str) -> list[dict[str, Any]]:
    params = {"db": database, "epoch": "ms", "q": influxql}
    answer = loopback.get(f"http://127.0.0.1:{server.port}/query", params=params, timeout=20).raise_for_status().json()
    return [
        {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
        for series in answer["results"][0].get("series", [])
        for row in series["values"]
    ]


def whole_point(name: str) -> ReportPoint:
    table = MEASUREMENTS[name]
    fields = {field.name: EXAMPLES[field.kind] for field in table.fields}
    return ReportPoint(name, T0, {tag: f"{AWKWARD} {tag}" for tag in table.tags}, fields)


@pytest.mark.parametrize("name", MEASUREMENTS)
async def test_a_measurement_comes_back_with_all_its_tags_and_fields_and_their_types(server: Program, name: str):
    point = whole_point(name)
    assert await write(server, name, [point]) == {}
    (row,) = rows(server, name, f"SELECT * FROM {name}")
    assert row == {"time": T0, **point.tags, **point.fields}
    types = {each["fieldKey"]: each["fieldType"] for each in rows(server, name, f"SHOW FIELD KEYS FROM {name}")}
    assert types == {field.name: TYPES[field.kind] for field in MEASUREMENTS[name].fields}
    tags = [each["tagKey"] for each in rows(server, name, f"SHOW TAG KEYS FROM {name}")]
    assert tags == sorted(MEASUREMENTS[name].tags)


async def test_writing_a_point_again_adds_none_and_an_empty_tag_is_none(server: Program):
    point = ReportPoint("refused", T0, {"instance": "", "reason": "fault"}, {"count": 2})
    assert await write(server, "again", [point]) == await write(server, "again", [point]) == {}
    assert rows(server, "again", "SELECT * FROM refused") == [{"time": T0, "reason": "fault", "count": 2}]


async def test_a_point_that_the_server_will_never_take_is_named_and_the_others_are_stored(server: Program):
    lines = [
        b"refused,instance=0-63,reason=fault count=2i 1764000000000",
        b'refused,instance=0-63,reason=fault count="two" 1764000000001',
        b"refused,instance=0-63,reason=fault count=4i 1764000000002",
    ]
    async with store_of(server, "conflict") as store:
        assert await store.write_lines(lines[:1]) == {}
        bad = await store.write_lines(lines)
    assert list(bad) == [1]
    assert "field type conflict" in bad[1]
    assert [row["count"] for row in rows(server, "conflict", "SELECT count FROM refused")] == [2, 4]
