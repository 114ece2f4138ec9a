"""The versions of ISPU's table: the regulation's, and the lines that the ministry's public service goes by."""

import csv
from collections.abc import Iterator

import pytest

from rules import ispu
from rules.ispu import KLH_2026, P14_2020, TABLES, Table, TableStatus, sub_index
from tests.recorded import Source, id_of, recorded
from tests.synthetic.air import P14_POINTS, ispu_pairs_csv, on_the_line
from wire import ISPU_OF_VERSIONS, ISPU_VERSIONS


def pairs(source: Source, parameter: str) -> Iterator[tuple[float, int]]:
    column = parameter.replace("_", "")
    for row in csv.DictReader(source().splitlines()):
        if row[f"{column}_24h"] and row[f"ispu_{column}"]:
            yield float(row[f"{column}_24h"]), int(float(row[f"ispu_{column}"]))


def agreement(source: Source, parameter: str, table: Table) -> float:
    found = [sub_index(parameter, ug_m3, table).index == index for ug_m3, index in pairs(source, parameter)]
    assert len(found) > 700
    return sum(found) / len(found)


@pytest.mark.parametrize(("parameter", "least"), [("pm2_5", 0.984), ("pm10", 0.995)])
@pytest.mark.parametrize("source", [ispu_pairs_csv, recorded("airquality/ispu_pairs_klh_2026-08.csv")], ids=id_of)
def test_the_observed_lines_give_what_the_ministrys_service_shows(source: Source, parameter: str, least: float):
    assert agreement(source, parameter, KLH_2026) >= least
    assert agreement(source, parameter, P14_2020) < 0.5, "the regulation's table is another"


@pytest.mark.parametrize("parameter", ["pm2_5", "pm10"])
def test_the_regulations_line_goes_through_its_points_and_rounds_half_up(parameter: str):
    points = P14_POINTS[parameter.replace("_", "")]
    assert all(sub_index(parameter, ug_m3).index == index for ug_m3, index in points)
    tenths = [number / 10 for number in range(0, 5_000, 7)]
    assert [sub_index(parameter, ug_m3).index for ug_m3 in tenths] == [on_the_line(points, ug_m3) for ug_m3 in tenths]


@pytest.mark.parametrize(
    ("parameter", "ug_m3", "index"),
    [
        ("pm2_5", 0, 0), ("pm2_5", 15, 50), ("pm2_5", 55, 100), ("pm2_5", 150, 200), ("pm2_5", 250.4, 300),
        ("pm10", 21, 50), ("pm10", 75, 100), ("pm10", 175, 200), ("pm10", 210, 300), ("pm10", 500, 500),
        ("pm2_5", 12.34, 41), ("pm10", 21.89, 51), ("pm10", 192.5, 250),
    ],
)  # fmt: skip
def test_the_observed_lines_go_through_their_points_and_round_half_up(parameter: str, ug_m3: float, index: int):
    assert sub_index(parameter, ug_m3, KLH_2026).index == index


def test_the_regulations_table_is_the_first_and_what_is_meant_where_none_is_named():
    assert next(iter(TABLES.values())) is P14_2020
    assert P14_2020.breakpoints == ispu.BREAKPOINTS
    assert sub_index("pm10", 100).index == sub_index("pm10", 100, P14_2020).index == 75
    assert (P14_2020.status, KLH_2026.status) == (TableStatus.REGULATION, TableStatus.OBSERVED)


def test_every_version_has_all_parameters_rising_bands_and_a_number_of_its_own():
    assert len({table.number for table in TABLES.values()}) == len(TABLES)
    for key, table in TABLES.items():
        assert table.key == key
        assert table.source
        assert table.valid_from
        assert list(table.breakpoints) == list(ispu.BREAKPOINTS)
        assert all(list(ends) == sorted(set(ends)) for ends in table.breakpoints.values())


def test_the_wire_names_the_same_versions_and_the_parameters_that_depend_on_them():
    assert {key: table.name for key, table in TABLES.items()} == ISPU_VERSIONS
    assert set(ISPU_OF_VERSIONS) == set(ispu.OF_VERSIONS)
