"""What every panel shows when all is well, when it is not, and when nobody knows: by Grafana's own code under Node.

Their shape, too: tests/grafana/shapes.mjs lets tsc hold each panel to the types of @grafana/schema 12.2.

generated dashboards ─► tests/grafana/five_cases.mjs (@grafana/data 12.2) ─► a row a panel and case ─► word and colour

`node tests/grafana/five_cases.mjs --table dashboards/generated/en/*.json` prints the table of panels and cases.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from rules.colours import CALM, SEVERITY_COLOURS, UNKNOWN
from rules.rule import Severity
from tests.grafana_code import grafana

GENERATED = sorted((Path(__file__).parents[2] / "dashboards" / "generated").glob("*/*.json"))
AMBER, RED = SEVERITY_COLOURS[Severity.MODERATE], SEVERITY_COLOURS[Severity.EXTREME]
CALMING = {CALM, "#34cc33", "#2e9e4f", "#73bf69"}
"""Our green, that of ISPU's Good, that of a place with room, and Grafana's own."""
UNKNOWING = ("empty", "old", "dead")
FIGURES = ("stat", "gauge", "bargauge")
QUIET = "quiet"
"""The platform was last heard three minutes ago, and good values of the last hour are in the store."""
COUNTED = ("Sites", "Lokasi")
"""How many sites were known within a day, and how many of them are not known now: that is no state of any."""
SETTINGS = ("Limits in force", "Batas yang berlaku")
"""What people have set holds while the platform is not heard."""
WEEKS = ("Hours and weekdays: mean of the last 4 weeks", "Jam dan hari: rata-rata 4 minggu terakhir")
"""What says by its title that it is of weeks is not taken for now."""
CHARTS = ("timeseries", "barchart")
"""What draws lines and bars in colours of their own, and nothing where there is nothing."""
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Every panel of every dashboard in both languages, in every case."""
    found: list[Row] = json.loads(grafana("five_cases.mjs", *GENERATED))
    assert len({row["uid"] for row in found}) == len(GENERATED)
    return found


def test_what_nobody_knows_is_never_green(rows: list[Row]):
    green = [
        (row["uid"], row["title"], row["case"], value["text"])
        for row in rows
        if row["case"] in UNKNOWING and row["type"] not in CHARTS
        for value in row["values"]
        if value["color"].lower() in CALMING
    ]
    assert green == []


def test_good_values_of_the_last_hour_are_not_green_while_the_platform_is_not_heard(rows: list[Row]):
    """A panel of the chosen time range is history, and says so by its axis or its title."""
    green = [
        (row["uid"], row["title"], value["text"])
        for row in rows
        if row["case"] == QUIET and row["type"] not in CHARTS and not row["history"]
        for value in row["values"]
        if value["color"].lower() in CALMING
    ]
    assert green == []


def test_no_figure_of_the_last_hour_stands_there_as_one_of_now_while_the_platform_is_not_heard(rows: list[Row]):
    """A figure without a colour, too, says how things are."""
    said = [
        (row["uid"], row["title"], value["name"], value["text"])
        for row in rows
        if row["case"] == QUIET and row["type"] not in CHARTS and not row["history"] and not row["strip"]
        if row["title"] not in (*WEEKS, *SETTINGS, *COUNTED)
        for value in row["values"]
        if value["color"].lower() != UNKNOWN and value["text"][:1].isdigit()
    ]
    assert said == []


@pytest.mark.parametrize(("key", "title"), [
    ("wall-air", "ISPU by site"), ("wall-footfall", "Capacity used by site"), ("air", "ISPU now"),
    ("footfall", "Capacity used now"), ("footfall", "Present now"), ("footfall", "Visits today"),
])  # fmt: skip
@pytest.mark.parametrize("case", ["old", QUIET])
def test_a_site_whose_figure_is_missing_or_old_stands_there_grey(rows: list[Row], key: str, title: str, case: str):
    (row,) = [row for row in rows if (row["uid"], row["title"], row["case"]) == (f"siaga-en-{key}", title, case)]
    assert [(value["text"], value["color"].lower()) for value in row["values"]] == [("No data", UNKNOWN)]


@pytest.mark.parametrize(("key", "title"), [
    ("air", "Sub-indices by sensor"), ("air", "How many times the WHO 2021 guideline (24 hours)"),
    ("air", "ISPU now"), ("wall-air", "ISPU by site"), ("footfall", "Capacity used now"),
    ("wall-footfall", "Capacity used by site"), ("flood", "Rain now"),
])  # fmt: skip
def test_figures_of_an_hour_have_the_colours_of_their_class_while_the_platform_is_heard(
    rows: list[Row], key: str, title: str
):
    """Else a table that is always empty would pass."""
    (row,) = [row for row in rows if (row["uid"], row["title"], row["case"]) == (f"siaga-en-{key}", title, "good")]
    assert {value["color"].lower() for value in row["values"]} - {"", UNKNOWN}


def test_a_figure_that_nobody_knows_is_grey_and_says_so(rows: list[Row]):
    wrong = [
        (row["uid"], row["title"], row["case"], value)
        for row in rows
        if row["case"] in UNKNOWING and row["type"] in FIGURES and not row["strip"] and row["title"] not in COUNTED
        for value in row["values"]
        if value["color"].lower() != UNKNOWN or len(value["text"]) < len("No data")
    ]
    assert wrong == []


def test_a_table_that_cannot_know_says_so(rows: list[Row]):
    silent = [
        (row["uid"], row["title"], row["case"])
        for row in rows
        if row["case"] in ("empty", "dead") and row["type"] == "table"
        if not any(len(value["text"]) > len("–") for value in row["values"])
    ]
    assert silent == []


def test_a_dead_platform_has_a_row_in_the_tables_of_open_alarms(rows: list[Row]):
    words = {"en": "Not heard", "id": "Tak terdengar"}
    tables = [row for row in rows if row["case"] == "dead" and any(v["text"] in words.values() for v in row["values"])]
    assert {(row["uid"].split("-")[1], row["file"]) for row in tables} == {
        (language, file) for language in words for file in ("command.json", "site.json", "sensor.json", "phone.json")
    }
    assert {value["color"].lower() for row in tables for value in row["values"]} == {UNKNOWN}


@pytest.mark.parametrize(
    ("case", "colour"), [("good", CALM), ("old", AMBER), ("bad", RED), ("empty", RED), ("dead", RED), (QUIET, RED)]
)
def test_the_strip_is_amber_after_a_minute_and_red_after_two(rows: list[Row], case: str, colour: str):
    strips = [row for row in rows if row["strip"] and row["case"] == case]
    assert len(strips) == len(GENERATED), "every dashboard says as of when it speaks"
    assert {value["color"].lower() for row in strips for value in row["values"]} == {colour}


def test_good_and_bad_are_told_apart(rows: list[Row]):
    """Else a panel that is always grey would pass all that stands above."""
    seen = {
        (row["uid"], row["title"], row["case"]): {value["color"].lower() for value in row["values"]}
        for row in rows
        if row["type"] == "stat"
    }
    for title in ("Flood now", "Open alarms", "Gateways offline", "Live readings a minute"):
        assert CALM in seen["siaga-en-command", title, "good"], title
        assert seen["siaga-en-command", title, "bad"] & {AMBER, RED}, title
    assert RED in seen["siaga-en-fleet", "Worst clock", "bad"]


def test_every_panel_has_the_shape_of_grafanas_own_types():
    assert grafana("shapes.mjs", *GENERATED) == ""


def test_an_option_that_grafana_does_not_know_is_named_with_its_panel(tmp_path: Path):
    text = GENERATED[0].read_text().replace('"colorMode": "background_solid"', '"colorMode": "backgroundsolid"')
    (tmp_path / "air.json").write_text(text)
    said = grafana("shapes.mjs", tmp_path / "air.json")
    assert "air.json: As of: options: " in said
    assert "backgroundsolid" in said
