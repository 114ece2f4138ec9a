"""Jakarta's official ISPU: the published maximum, critical parameter and category come out of its sub-indices.

Ten years of the network's worst values, and five months of five stations; every error in them stands here by its date.
"""

import csv
from collections import Counter

import pytest

from rules import ispu
from tests.unit.firmware_bridge.shared import recorded

DAILY = "data/airquality/ispu_dki_all_2010-2019.csv"
STATIONS = "data/airquality/ispu_raw_stations_2022-12_2023-04.csv"
COLUMNS = {
    DAILY: {"pm10": "pm10", "pm2_5": "pm25", "so2": "so2", "co": "co", "o3": "o3", "no2": "no2"},
    STATIONS: {
        "pm10": "pm_sepuluh", "pm2_5": "pm_duakomalima", "so2": "sulfur_dioksida", "co": "karbon_monoksida",
        "o3": "ozon", "no2": "nitrogen_dioksida",
    },
}  # fmt: skip
CRITICAL = {DAILY: "critical", STATIONS: "parameter_pencemar_kritis"}
CATEGORY = {DAILY: "categori", STATIONS: "kategori"}
NAMES = {
    "PM10": "pm10", "PM25": "pm2_5", "SO2": "so2", "CO": "co", "O3": "o3", "NO2": "no2",
    "1": "pm10", "2": "pm2_5", "3": "so2", "5": "o3",  # as part of 2023 codes them
}  # fmt: skip

RULE_OF_1997 = {"2012-04-22", "2012-11-24", "2014-05-09", "2014-05-13"}
"""Index 200: Sangat Tidak Sehat under KEP-45/1997 (101-199, 200-299, …), Tidak Sehat under P.14/2020."""

BLANK_PM2_5 = {("DKI5", f"2023-01-{day:02d}") for day in range(1, 32)}
"""Kebon Jeruk in January 2023: `max` comes from PM2.5, whose column is blank, so that no row agrees with its max."""

NO_READINGS = {
    DAILY: {("DKI1", "2010-06-25"), ("DKI1", "2010-08-04"), ("DKI1", "2010-11-01")},
    STATIONS: {
        ("DKI1", "2023-03-22"), ("DKI1", "2023-03-23"), ("DKI1", "2023-03-24"), ("DKI3", "2023-01-11"),
        ("DKI4", "2023-01-16"), ("DKI3", "2023-02-08"), ("DKI4", "2023-04-11"), ("DKI5", "2023-04-01"),
        ("DKI5", "2023-04-02"), ("DKI5", "2023-04-03"), ("DKI5", "2023-04-06"),
    },
}  # fmt: skip
"""Published as TIDAK ADA DATA, with a max of 0 or none."""


def rows_of(name):
    with recorded(name).open(encoding="utf-8") as file:
        return [(row["stasiun"][:4], row["tanggal"], row) for row in csv.DictReader(file)]


def sub_indices(name, row):
    numbers = {parameter: row[column] for parameter, column in COLUMNS[name].items()}
    return {
        parameter: int(float(text))
        for parameter, text in numbers.items()
        if text.replace(".", "").isdigit()  # missing is '', '-', '---' or 'null'
    }


@pytest.mark.parametrize(("name", "rows"), [(DAILY, 3_652), (STATIONS, 755)])
def test_the_published_maximum_critical_parameter_and_category_come_out(name, rows):
    wrong: Counter[str] = Counter()
    compared = 0
    for station, date, row in rows_of(name):
        indices = sub_indices(name, row)
        if (station, date) in NO_READINGS[name]:
            assert not indices
            assert row[CATEGORY[name]] == "TIDAK ADA DATA"
            continue
        critical = ispu.critical_of(indices)
        index = indices[critical]
        maximum, category = int(float(row["max"])), ispu.category_of(index).indonesian.upper()
        compared += 1
        if (station, date) in BLANK_PM2_5 and name == STATIONS:
            assert maximum != index, f"{station} {date} is no error any more"
            assert "pm2_5" not in indices
            continue
        assert (maximum, NAMES[row[CRITICAL[name]]]) == (index, critical), f"{station} {date}"
        if date in RULE_OF_1997:
            assert (row[CATEGORY[name]], category) == ("SANGAT TIDAK SEHAT", "TIDAK SEHAT")
            wrong["category"] += 1
            continue
        assert row[CATEGORY[name]] == category, f"{station} {date}"
    assert compared == rows - len(NO_READINGS[name])
    assert wrong["category"] == (len(RULE_OF_1997) if name == DAILY else 0)


def test_the_data_has_ties_whose_critical_parameter_is_the_first_of_the_order():
    ties = 0
    for name in (DAILY, STATIONS):
        for station, date, row in rows_of(name):
            indices = sub_indices(name, row)
            if (station, date) in BLANK_PM2_5 or not indices:
                continue
            largest = max(indices.values())
            ties += sum(index == largest for index in indices.values()) > 1
    assert ties >= 10
