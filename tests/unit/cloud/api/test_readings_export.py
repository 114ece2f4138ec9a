"""Readings as a file over the API: imported again to the same, of one's own sites, and refused in a sentence."""

import csv
import io
from collections.abc import Sequence

import httpx
import pytest
from pyarrow import parquet

from cloud.access.principal import Role
from cloud.readings.contract import Point, StoreUnavailable
from cloud.registry.records import Calibration, Sensor
from rules.marks import Mark
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import SENSORS, Morotai, now_ms
from wire import Clock, Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXPORT, IMPORT = "/api/v1/readings/export", "/api/v1/readings/import"
CALIBRATED = Sensor(
    "gauge", "Calibrated gauge", "daruba", "gw-daruba", ("water_level", "distance"), interval_s=60,
    mounting_height_cm=450, calibration={"water_level": Calibration(2.0, 1.0), "distance": Calibration(1.5, 0.0)},
)  # fmt: skip
ALL = (*SENSORS, CALIBRATED)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def stored(city: Morotai) -> dict[tuple[str, str], Sequence[Point]]:
    return {
        (one.sensor, one.quantity): await city.store.history(one.sensor, one.quantity, start_ms=0, end_ms=2 * 10**12)
        for one in await city.store.newest()
        if one.site == "daruba"
    }


async def test_what_is_exported_is_imported_elsewhere_to_the_same(tmp_path_factory):
    begun = now_ms() - 3_600_000
    async with Morotai(tmp_path_factory.mktemp("from"), sensors=ALL) as city, api_of(city) as client:
        at = [begun + minute * 60_000 for minute in range(20)]
        await city.send("gw-daruba", [Reading("gauge", "distance", time_ms, 100.1 + time_ms % 7) for time_ms in at])
        await city.send("gw-daruba", [Reading("air", "pm2_5", time_ms, 12.5, Clock.UNKNOWN) for time_ms in at])
        await city.send("gw-daruba", [Reading("air", "temperature", time_ms, 28.1, Clock.ESTIMATED) for time_ms in at])
        file = await client.get(EXPORT, params={"site": "daruba"})
        kept = await stored(city)
    assert set(kept) >= {("gauge", "water_level"), ("gauge", "distance"), ("air", "pm2_5")}
    async with Morotai(tmp_path_factory.mktemp("to"), sensors=ALL) as city, api_of(city) as client:
        sent = await client.post(
            IMPORT, params={"reason": "a"}, content=file.content, headers={"content-type": "text/csv"}
        )
        assert (sent.json()["refused"], sent.json()["stored"]) == (0, 80), sent.text
        again = await stored(city)
    for series, points in kept.items():
        assert [(point.time_ms, point.value) for point in again[series]] == [(one.time_ms, one.value) for one in points]
        clock = int(Mark.CLOCK_UNKNOWN | Mark.CLOCK_ESTIMATED)
        assert [point.marks & clock for point in again[series]] == [one.marks & clock for one in points]


async def test_the_file_has_a_name_a_type_and_the_series_that_are_asked_for(shared_client: httpx.AsyncClient):
    answer = await shared_client.get(EXPORT, params={"sensor": "river", "quantity": "water_level", "every": "10m"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="river-water_level-')
    assert {row["quantity"] for row in rows_of(answer)} == {"water_level"}
    whole = rows_of(await shared_client.get(EXPORT, params={"site": "daruba"}))
    assert {row["sensor"] for row in whole} == {"river", "air"}
    table = parquet.read_table(
        io.BytesIO((await shared_client.get(EXPORT, params={"site": "daruba", "format": "parquet"})).content)
    )
    assert table.column("value").to_pylist() == [float(row["value"]) for row in whole]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        pytest.param({}, 422, "name one of the two", id="neither"),
        pytest.param({"site": "daruba", "sensor": "river"}, 422, "name one of the two", id="both"),
        pytest.param({"site": "nowhere"}, 422, "write one of daruba", id="unknown site"),
        pytest.param({"sensor": "nobody"}, 404, "there is no 'nobody'", id="unknown sensor"),
        pytest.param({"sensor": "river", "quantity": "x"}, 422, "quantity", id="unknown quantity"),
        pytest.param({"site": "daruba", "format": "xlsx"}, 422, "parquet", id="unknown form"),
        pytest.param({"site": "daruba", "every": "1s"}, 422, "1m", id="unknown step"),
        pytest.param({"site": "daruba", "start": "2001-01-01T00:00:00Z"}, 422, "at most 3660 days", id="too long"),
    ],
)
async def test_what_cannot_be_exported_is_refused_in_a_sentence(
    shared_client: httpx.AsyncClient, asked: dict[str, str], status: int, words: str
):
    answer = await shared_client.get(EXPORT, params=asked)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize("asked", ["site=daruba", "sensor=river", "sensor=river&quantity=water_level"])
async def test_a_site_of_others_is_not_there(shared_city: Morotai, asked: str):
    async with api_of(shared_city, Role.VIEWER, sites=["sangowo"]) as client:
        answer = await client.get(f"{EXPORT}?{asked}")
        name = "daruba" if "site" in asked else "river"
        nowhere = await client.get(f"{EXPORT}?{asked.replace(name, 'nobody')}")
        assert answer.status_code == nowhere.status_code
        assert answer.text.replace(name, "nobody") == nowhere.text
        assert {row["site"] for row in rows_of(await client.get(f"{EXPORT}?site=sangowo"))} <= {"sangowo"}


async def test_a_store_that_is_away_is_a_sentence_before_and_a_cut_after_the_first_byte(
    city: Morotai, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloud.readings.history_pages.PAGE_READINGS", 500)
    right, left = city.store.history, [0]

    async def history(*asked, **more):
        if left[0] == 0:
            raise StoreUnavailable("the store is away")
        left[0] -= 1
        return await right(*asked, **more)

    monkeypatch.setattr(city.store, "history", history)
    for _ in range(2):
        answer = await client.get(EXPORT, params={"sensor": "river"})
        assert (answer.status_code, answer.json()["detail"]) == (503, "the store is away")
    left[0] = 3
    with pytest.raises(AssertionError):  # httpx, of an application that ends without ending its answer
        await client.get(EXPORT, params={"sensor": "river"})
    left[0] = 1_000
    assert len(rows_of(await client.get(EXPORT, params={"sensor": "river"}))) == 3_600
