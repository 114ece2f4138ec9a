"""Jakarta's official ISPU: the published maximum, critical parameter and category come out of its sub-indices.

Ten years of the network's worst values, and five months of five stations; every error in them stands here by its date.
"""

import csv
import datetime
from collections.abc import Callable
from typing import NamedTuple

import pytest

from rules import ispu
from tests.recorded import Source, recorded
from tests.synthetic.air import ISPU_DAYS, ispu_days_csv


class Published(NamedTuple):
    """A file of published days, its columns, and which of its rows are known to be wrong."""

    source: Source
    rows: int
    columns: dict[str, str]
    critical: str
    category: str
    no_readings: set[tuple[str, str]]
    blank: set[tuple[str, str]]
    rule_of_1997: set[str]


NAMES = {
    "PM10": "pm10", "PM25": "pm2_5", "SO2": "so2", "CO": "co", "O3": "o3", "NO2": "no2",
    "1": "pm10", "2": "pm2_5", "3": "so2", "5": "o3",  # as part of 2023 codes them
}  # fmt: skip

RULE_OF_1997 = {"2012-04-22", "2012-11-24", "2014-05-09", "2014-05-13"}
"""Index 200: Sangat Tidak Sehat under KEP-45/1997 (101-199, 200-299, …), Tidak Sehat under P.14/2020."""

BLANK_PM2_5 = {("DKI5", f"2023-01-{day:02d}") for day in range(1, 32)}
"""Kebon Jeruk in January 2023: `max` comes from PM2.5, whose column is blank, so that no row agrees with its max."""

SIX = {"pm10": "pm10", "pm2_5": "pm25", "so2": "so2", "co": "co", "o3": "o3", "no2": "no2"}
DAILY = "airquality/ispu_dki_all_2010-2019.csv"
STATIONS = "airquality/ispu_raw_stations_2022-12_2023-04.csv"


def daily(source: Source) -> Published:
    """Ten years; published as TIDAK ADA DATA, with a max of 0 or none: three days."""
    none = {("DKI1", "2010-06-25"), ("DKI1", "2010-08-04"), ("DKI1", "2010-11-01")}
    return Published(source, 3_652, SIX, "critical", "categori", none, set(), RULE_OF_1997)


def stations(source: Source) -> Published:
    """Five months of five stations."""
    columns = {
        "pm10": "pm_sepuluh", "pm2_5": "pm_duakomalima", "so2": "sulfur_dioksida", "co": "karbon_monoksida",
        "o3": "ozon", "no2": "nitrogen_dioksida",
    }  # fmt: skip
    none = {
        ("DKI1", "2023-03-22"), ("DKI1", "2023-03-23"), ("DKI1", "2023-03-24"), ("DKI3", "2023-01-11"),
        ("DKI4", "2023-01-16"), ("DKI3", "2023-02-08"), ("DKI4", "2023-04-11"), ("DKI5", "2023-04-01"),
        ("DKI5", "2023-04-02"), ("DKI5", "2023-04-03"), ("DKI5", "2023-04-06"),
    }  # fmt: skip
    return Published(source, 755, columns, "parameter_pencemar_kritis", "kategori", none, BLANK_PM2_5, set())


def made_up(source: Source) -> Published:
    """The synthetic twin: each hundredth day has no reading."""
    none = {
        ("MUP1", str(datetime.date(2026, 1, 1) + datetime.timedelta(days=number)))
        for number in range(99, ISPU_DAYS, 100)
    }
    return Published(source, ISPU_DAYS, SIX, "critical", "categori", none, set(), set())


SERIES = [
    pytest.param(ispu_days_csv, made_up, id="synthetic"),
    recorded(DAILY, daily),
    recorded(STATIONS, stations),
]


def rows_of(published: Published) -> list[tuple[str, str, dict[str, str]]]:
    rows = csv.DictReader(published.source().splitlines())
    return [(row["stasiun"][:4], row["tanggal"], row) for row in rows]


def sub_indices(published: Published, row: dict[str, str]) -> dict[str, int]:
    numbers = {parameter: row[column] for parameter, column in published.columns.items()}
    return {
        parameter: int(float(text))
        for parameter, text in numbers.items()
        if text.replace(".", "").isdigit()  # missing is '', '-', '---' or 'null'
    }


@pytest.mark.parametrize(("source", "published_by"), SERIES)
def test_the_published_maximum_critical_parameter_and_category_come_out(
    source: Source, published_by: Callable[[Source], Published]
):
    published = published_by(source)
    of_1997 = compared = 0
    for station, date, row in rows_of(published):
        indices = sub_indices(published, row)
        if (station, date) in published.no_readings:
            assert not indices
            assert row[published.category] == "TIDAK ADA DATA"
            continue
        critical = ispu.critical_of(indices)
        index = indices[critical]
        maximum, category = int(float(row["max"])), ispu.category_of(index).indonesian.upper()
        compared += 1
        if (station, date) in published.blank:
            assert maximum != index, f"{station} {date} is no error any more"
            assert "pm2_5" not in indices
            continue
        assert (maximum, NAMES[row[published.critical]]) == (index, critical), f"{station} {date}"
        if date in published.rule_of_1997:
            assert (row[published.category], category) == ("SANGAT TIDAK SEHAT", "TIDAK SEHAT")
            of_1997 += 1
            continue
        assert row[published.category] == category, f"{station} {date}"
    assert compared == published.rows - len(published.no_readings)
    assert of_1997 == len(published.rule_of_1997)


@pytest.mark.parametrize(("source", "published_by"), SERIES)
def test_the_data_has_ties_whose_critical_parameter_is_the_first_of_the_order(
    source: Source, published_by: Callable[[Source], Published]
):
    published, ties = published_by(source), 0
    for station, date, row in rows_of(published):
        indices = sub_indices(published, row)
        if (station, date) in published.blank or not indices:
            continue
        largest = max(indices.values())
        ties += sum(index == largest for index in indices.values()) > 1
    assert ties >= 10
