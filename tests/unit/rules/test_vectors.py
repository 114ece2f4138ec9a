"""Every worked case of tests/vectors in the areas of the indices, by its id."""

import re
from pathlib import Path
from typing import Any

import pytest

from rules import capacity, ispu, rain, siaga, usaqi
from tests.vectors import areas, cases

AREAS = ("ispu", "usaqi", "nowcast", "siaga", "rain", "capacity")
CASES: list[dict[str, Any]] = [case | {"area": area} for area in AREAS for case in cases(area)]
OUR_NAMES = {"pm25": "pm2_5"}
OUR_SCALES = {"pm25": "pm2_5", "co": "co_8h", "no2": "no2_1h"}


def test_every_table_is_asked_about_and_every_case_has_a_name_of_its_own_and_a_source():
    assert set(areas()) == {*AREAS, *_of_sensors()}
    every = [case for area in areas() for case in cases(area)]
    assert len({case["id"] for case in every}) == len(every)
    assert all(case["source"] for case in every)


def _of_sensors() -> set[str]:
    """The areas whose cases are asked in tests/unit/firmware_bridge."""
    folder = Path(__file__).parents[1] / "firmware_bridge"
    return {area for file in folder.rglob("test_*.py") for area in re.findall(r'cases\("(\w+)"\)', file.read_text())}


def of(*kinds: str):
    cases = [case for case in CASES if f"{case['area']}:{case['kind']}" in kinds]
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases])


def test_every_case_is_of_a_kind_that_is_tested_here():
    tested = {
        "ispu:sub_index", "ispu:category", "ispu:critical_tie", "usaqi:sub_index", "nowcast:pm25", "siaga:status",
        "siaga:threshold_side", "rain:category_mm_day", "capacity:PCC", "capacity:DDK",
    }  # fmt: skip
    assert {f"{case['area']}:{case['kind']}" for case in CASES} <= tested


@of("ispu:sub_index")
def test_ispu_sub_index(case):
    given, expected = case["input"], case["expect"]
    found = ispu.sub_index(OUR_NAMES.get(given["pollutant"], given["pollutant"]), given["ug_m3"])
    if "index_rounded" in expected:
        assert found.index == expected["index_rounded"]
    else:
        assert found.value == pytest.approx(expected["index"], abs=expected["tol"])


@of("ispu:category")
def test_ispu_category(case):
    assert ispu.category_of(case["input"]["index"]).indonesian.upper() == case["expect"]["category"]


@of("ispu:critical_tie")
def test_ispu_critical_parameter_of_a_tie(case):
    tied = [OUR_NAMES.get(name, name) for name in case["input"]["tied"]]
    expected = OUR_NAMES.get(case["expect"]["critical"], case["expect"]["critical"])
    for order in (tied, tied[::-1]):
        assert ispu.critical_of(dict.fromkeys(order, 80)) == expected


@of("usaqi:sub_index")
def test_us_aqi(case):
    given = case["input"]
    pollutant = OUR_SCALES.get(given["pollutant"], given["pollutant"])
    assert usaqi.sub_index(pollutant, given["value"]) == case["expect"]["aqi"]


@of("nowcast:pm25")
def test_nowcast(case):
    assert usaqi.nowcast("pm2_5", case["input"]) == case["expect"]


@of("siaga:status", "siaga:threshold_side")
def test_siaga(case):
    given = case["input"]
    assert siaga.siaga_of(siaga.JAKARTA[given["gate"]], given["cm"]) == case["expect"]["siaga"]


@of("rain:category_mm_day")
def test_rain_of_a_day(case):
    assert rain.class_of_day(case["input"]["mm_day"]).indonesian == case["expect"]["category"]


@of("capacity:PCC")
def test_physical_capacity(case):
    given = case["input"]
    assert capacity.physical_capacity(given["A"], given["V_per_a"], given["Rf"]) == pytest.approx(case["expect"])


@of("capacity:DDK")
def test_supporting_capacity(case):
    given = case["input"]
    found = capacity.supporting_capacity(
        people_per_unit=given["K"],
        usable=given["Lp"],
        unit=given["Lt"],
        open_hours=given["Wt"],
        visit_hours=given["Wp"],
    )
    assert found == pytest.approx(case["expect"], abs=0.005)
