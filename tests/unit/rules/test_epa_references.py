"""AQI values that the EPA published, recomputed: daily files of three stations, and its document's worked examples."""

import csv
from functools import partial

import pytest

from rules import usaqi
from tests.recorded import Source, recorded
from tests.synthetic.air import epa_days_csv, epa_index

PM2_5_OF_2012 = usaqi.AqiBreakpoints("ug/m3", 1, (
    ("0.0", "12.0"), ("12.1", "35.4"), ("35.5", "55.4"), ("55.5", "150.4"), ("150.5", "250.4"), ("250.5", "500.4"),
))  # fmt: skip
"""In force when these were published; in May 2024 it gave way to that of `SCALES`."""

O3_8H_OF_2008 = usaqi.AqiBreakpoints("ppm", 3, (
    ("0.000", "0.059"), ("0.060", "0.075"), ("0.076", "0.095"), ("0.096", "0.115"), ("0.116", "0.374"), None,
))  # fmt: skip
"""On which the document's examples stand; in 2015 it gave way to that of `SCALES`."""

OF_THEN = {"pm25_24h": PM2_5_OF_2012, "o3_8h": O3_8H_OF_2008}


PM2_5_ENDS = ("12.0", "35.4", "55.4", "150.4", "250.4", "500.4")
PM10_ENDS = ("54", "154", "254", "354", "424", "604")
O3_ENDS = ("0.059", "0.075", "0.095", "0.115", "0.374")
CO_ENDS = ("4.4", "9.4", "12.4", "15.4", "30.4", "50.4")
DAYS = [
    pytest.param(partial(epa_days_csv, "PM25", PM2_5_ENDS, 260, count=90, seed=51), "PM25", PM2_5_OF_2012, 90,
                 id="synthetic_pm2_5"),
    pytest.param(partial(epa_days_csv, "PM10", PM10_ENDS, 440, count=90, seed=52), "PM10", usaqi.SCALES["pm10"], 90,
                 id="synthetic_pm10"),
    pytest.param(partial(epa_days_csv, "CO", CO_ENDS, 35, count=90, seed=53), "CO", usaqi.SCALES["co_8h"], 90,
                 id="synthetic_co"),
    recorded("aqi_reference/epa_pm25_24h_st_michael_mn_2023a.csv", "PM25_ugm3_24h", PM2_5_OF_2012, 22),
    recorded("aqi_reference/epa_pm10_24h_chico_2019.csv", "PM10_ugm3_SC", usaqi.SCALES["pm10"], 59),
    recorded("aqi_reference/epa_co_8h_nyc_ccny_2023.csv", "CO_ppm", usaqi.SCALES["co_8h"], 24),
]  # fmt: skip


@pytest.mark.parametrize(("source", "column", "scale", "rows"), DAYS)
def test_the_daily_indices_of_epa_stations_come_out(
    source: Source, column: str, scale: usaqi.AqiBreakpoints, rows: int
):
    days = list(csv.DictReader(source().splitlines()))
    assert len(days) == rows
    for day in days:
        assert usaqi.index_on(scale, float(day[column])) == int(day["DAILY_AQI_VALUE"]), day


SINCE_2024 = {"9.3": 51, "15": 62, "49.5": 135, "235.4": 321, "35.9": 102}
"""The examples of PM2.5, and what the table of May 2024 makes of them."""


EXAMPLES = "aqi_reference/python_aqi_epa_doc_examples.csv"


@pytest.mark.parametrize("source", [recorded(EXAMPLES)])
def test_the_examples_of_the_epa_document_come_out(source: Source):
    rows = csv.DictReader(source().splitlines())
    examples = [row for row in rows if row["direction"] == "c2a" and row["concentration"]]
    assert len(examples) == 11
    for row in examples:
        scale = OF_THEN.get(row["pollutant"]) or usaqi.SCALES[row["pollutant"]]
        assert usaqi.index_on(scale, float(row["concentration"])) == int(row["aqi"]), row


@pytest.mark.parametrize(
    ("scale", "ends", "value"),
    [
        *((PM2_5_OF_2012, PM2_5_ENDS, value) for value in ("9.31", "15", "49.5", "235.4", "35.99")),
        *((O3_8H_OF_2008, O3_ENDS, value) for value in ("0.05999", "0.08753333", "0.077", "0.3")),
    ],
)
def test_values_on_former_scales_have_the_index_of_the_epas_equation(scale, ends, value):
    assert usaqi.index_on(scale, float(value)) == epa_index(ends, value)


def test_the_examples_of_pm2_5_on_the_table_of_2024():
    found = {text: usaqi.sub_index("pm2_5", float(text)) for text in SINCE_2024}
    assert found == SINCE_2024


def test_the_index_of_the_documents_station_is_its_largest():
    """The document's own example: three pollutants at one station, published as 104."""
    indices = {
        "o3_8h": usaqi.index_on(O3_8H_OF_2008, 0.077),
        "pm2_5": usaqi.index_on(PM2_5_OF_2012, 35.9),
        "co_8h": usaqi.sub_index("co_8h", 8.4),
    }
    found = {name: index for name, index in indices.items() if index is not None}
    assert usaqi.critical_of(found) == "o3_8h"
    assert max(found.values()) == 104
