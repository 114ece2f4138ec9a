"""What is exported: bounds that are said before a file begins, and names of files that every system takes."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cloud.exports.measured_series import measured_of_sensor, measured_of_site
from cloud.exports.order import (
    MOST_SERIES,
    ExportFormat,
    ExportOrder,
    ExportRefused,
    ExportSeries,
    ExportStep,
    check_kept,
    check_order,
    file_name,
    series_of,
)
from cloud.readings.retention import KeptFrom
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading
from wire.durations import DAY_MS

MIDNIGHT = 1_795_446_000_000
"""2026-11-24 00:00 in Jayapura."""
RIVER = ExportSeries("river", "water_level", "cm", "daruba", "Asia/Jayapura", 1.0)


def order(*series: ExportSeries, days: float = 1, step: ExportStep | None = None) -> ExportOrder:
    end_ms = MIDNIGHT + round(days * DAY_MS)
    return ExportOrder(series=series or (RIVER,), start_ms=MIDNIGHT, end_ms=end_ms, step=step)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param(order(days=3_661), "at most 3660 days", id="too long"),
        pytest.param(order(days=116), "more than 10000000 rows", id="too many readings"),
        pytest.param(
            order(*[RIVER] * 4, days=3_000, step=ExportStep.MINUTE), "more than 10000000", id="too many steps"
        ),
        pytest.param(order(*[RIVER] * (MOST_SERIES + 1)), "201 series are asked for", id="too many series"),
    ],
)
def test_what_is_too_much_for_one_file_is_refused_before_it_begins(asked: ExportOrder, words: str):
    with pytest.raises(ExportRefused, match=words) as refused:
        check_order(asked)
    assert refused.value.kind == "too-much-asked"


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(order(days=115), id="every reading of one a second for four months"),
        pytest.param(order(days=3_660, step=ExportStep.MINUTE), id="ten years by the minute"),
        pytest.param(order(*[RIVER] * MOST_SERIES, days=365, step=ExportStep.HOUR), id="a year of many by the hour"),
    ],
)
def test_what_fits_is_not(asked: ExportOrder):
    check_order(asked)


@pytest.mark.parametrize(
    ("place", "quantity", "changes", "name"),
    [
        pytest.param("daruba", "water_level", {}, "daruba-water_level-2026-11-24-2026-11-24.csv", id="a day"),
        pytest.param("daruba", "", {"step": ExportStep.HOUR}, "daruba-2026-11-24-2026-11-24-1h.csv", id="steps"),
        pytest.param(
            "../a b\r\n\"é", "", {"form": ExportFormat.PARQUET}, ".._a_b_-2026-11-24-2026-11-24.parquet", id="unsafe"
        ),
        pytest.param("a" * 200, "", {}, "a" * 60 + "-2026-11-24-2026-11-24.csv", id="long"),
    ],
)  # fmt: skip
def test_a_file_is_called_what_is_in_it(place: str, quantity: str, changes: dict[str, Any], name: str):
    asked = ExportOrder(series=(RIVER,), start_ms=MIDNIGHT, end_ms=MIDNIGHT + DAY_MS, **changes)
    assert file_name(place, quantity, asked) == name


KEPT = KeptFrom(readings_ms=MIDNIGHT, minutes_ms=MIDNIGHT - DAY_MS, hours_ms=MIDNIGHT - 2 * DAY_MS)


@pytest.mark.parametrize(
    ("step", "days"), [(None, 0), (ExportStep.MINUTE, 1), (ExportStep.TEN_MINUTES, 1), (ExportStep.HOUR, 2)]
)
def test_what_was_removed_is_refused_and_never_left_out_in_silence(step: ExportStep | None, days: int):
    right = ExportOrder(series=(RIVER,), start_ms=MIDNIGHT - days * DAY_MS, end_ms=MIDNIGHT + DAY_MS, step=step)
    check_kept(right, KEPT)
    with pytest.raises(ExportRefused, match="choose a later start or longer steps"):
        check_kept(msgspec.structs.replace(right, start_ms=right.start_ms - 1), KEPT)


async def test_the_series_of_a_place_are_those_that_spoke_in_the_order_of_its_sensors(tmp_path):
    async with Morotai(tmp_path) as city:
        now = now_ms()
        await city.send("gw-daruba", [Reading(name, of, now, 1.0) for name, of in (
            ("air", "pm2_5"), ("river", "water_level"), ("air", "temperature"), ("ferry", "people_in"))])  # fmt: skip
        named = measured_of_site(city.registry, city.newest, "daruba")
        assert named == [("air", "pm2_5"), ("air", "temperature"), ("river", "water_level")]
        assert measured_of_sensor(city.newest, "ferry") == [("ferry", "people_in")]
        *_, first = series_of(city.registry, [*named, ("nobody", "pm2_5"), ("air", "nothing")])
        assert first == ExportSeries("river", "water_level", "cm", "daruba", "Asia/Jayapura", 1.0)
        assert len(series_of(city.registry, [("nobody", "pm2_5"), ("air", "nothing")])) == 0
        assert ZoneInfo(first.zone)
