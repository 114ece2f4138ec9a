"""What the pages of flood, air and footfall show as their fields' people draw it, and what a site does not show."""

import json
import re
from typing import Any

import pytest

from dashboards.files import GENERATED
from dashboards.kit.scales import ISPU
from i18n.catalog import LanguageCode
from rules import siaga
from rules.ispu import CATEGORIES, TABLE_OF_NUMBER, category_of
from wire import Domain

LANGUAGES = pytest.mark.parametrize("language", list(LanguageCode))


def document(language: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GENERATED / language / f"{key}.json").read_text())
    return found


def panel_with(language: str, key: str, query: str) -> dict[str, Any]:
    """The one panel with a query that has this text in it."""
    panels = document(language, key)["panels"]
    found: dict[str, Any]
    (found,) = [row for row in panels if any(query in target["query"] for target in row.get("targets", ()))]
    return found


def properties(panel: dict[str, Any], matcher: str, wanted: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"] == {"id": matcher, "options": wanted}:
            found |= {row["id"]: row.get("value") for row in override["properties"]}
    return found


def of_query(panel: dict[str, Any], text: str) -> dict[str, Any]:
    (letter,) = [target["refId"] for target in panel["targets"] if text in target["query"]]
    return properties(panel, "byFrameRefID", letter)


def column(panel: dict[str, Any], name: str) -> dict[str, Any]:
    return properties(panel, "byName", name)


@LANGUAGES
def test_rain_hangs_from_the_top_of_each_gauges_chart_on_an_axis_without_signs(language: str):
    chart = panel_with(language, "flood", '* -1 FROM "flood"')
    bars = of_query(chart, '"rain_hour") * -1')
    assert (bars["custom.drawStyle"], bars["custom.axisPlacement"], bars["max"]) == ("bars", "right", 0)
    assert bars["custom.axisSoftMin"] < 0
    assert bars["mappings"][-1]["options"]["-10"]["text"] == "10"
    assert bars["custom.hideFrom"] == {"legend": True, "tooltip": True, "viz": False}, "nobody reads -12 mm of rain"
    shown = of_query(chart, 'mean("rain_hour") FROM')
    assert shown["custom.axisPlacement"] == "hidden"
    assert "custom.hideFrom" not in shown
    assert of_query(chart, 'max("water_level")').get("custom.axisPlacement", "auto") == "auto"


@LANGUAGES
def test_the_bands_lie_between_the_limits_in_the_colour_of_the_stage_that_begins_below(language: str):
    chart = panel_with(language, "flood", '* -1 FROM "flood"')
    for below, above in (("Siaga 3", "▔ Siaga 2"), ("Siaga 2", "▔ Siaga 1"), ("Siaga 1", "▔")):
        band = properties(chart, "byRegexp", f"^{above}$")
        assert band["custom.fillBelowTo"] == below
        assert band["color"]["fixedColor"] == siaga.STAGES[int(below[-1])].hex
        assert 0 < band["custom.fillOpacity"] < 30, "the river must be seen"


@LANGUAGES
def test_gauges_stand_one_above_the_other_on_one_time_axis(language: str):
    chart = panel_with(language, "flood", '* -1 FROM "flood"')
    assert (chart["repeat"], chart["repeatDirection"], chart["gridPos"]["w"]) == ("gauge", "v", 24)


@LANGUAGES
def test_gauges_are_offered_in_the_order_of_the_river_which_nothing_sorts_again(language: str):
    """InfluxDB gives the newest first, and the cloud's times say the order of the river (cloud/reports/lists.py)."""
    (gauge,) = [each for each in document(language, "flood")["templating"]["list"] if each["name"] == "gauge"]
    assert gauge["sort"] == 0
    query = gauge["query"]["query"]
    assert query.startswith('SELECT "title" FROM "about_gauge" WHERE time > ')
    assert "ORDER BY time DESC LIMIT" in query
    assert "(SELECT" not in query, "InfluxDB 1.6 does not sort what a subquery gave"
    found = re.match(gauge["regex"].strip("/").replace("(?<", "(?P<"), "Tinggi air Daruba|river-daruba")
    assert found is not None
    assert found.groupdict() == {"text": "Tinggi air Daruba", "value": "river-daruba"}


@LANGUAGES
def test_the_way_to_the_next_level_is_the_clouds_and_not_worked_out_in_a_query(language: str):
    table = panel_with(language, "flood", 'FROM "next_level"')
    (target,) = table["targets"]
    assert not re.search(r"[-+*/] \"|\" [-+*/]", target["query"])
    own = "_id" if language == "id" else ""
    for name in ("distance", "hours", "rate", f"next{own}", f"text{own}"):
        assert column(table, name), name
    hours = column(table, "hours")
    assert any(row["type"] == "special" for row in hours["mappings"]), "no hours are no colour"
    colours = [step["color"] for step in hours["thresholds"]["steps"]]
    assert len(set(colours)) == len(colours) > 1


@LANGUAGES
def test_an_unknown_trend_is_grey_and_a_steady_river_is_not_green(language: str):
    (mapping,) = [
        row for row in column(panel_with(language, "flood", 'FROM "next_level"'), "trend")["mappings"]
        if row["type"] == "value"
    ]  # fmt: skip
    colours = {value: result["color"] for value, result in mapping["options"].items()}
    assert set(colours) == {"-2", "-1", "0", "1"}
    assert siaga.STAGES[4].hex not in colours.values()
    assert colours["-2"] != colours["0"]


@LANGUAGES
def test_ispu_stands_beside_the_version_of_its_rule(language: str):
    table = panel_with(language, "air", '"ispu_table"')
    (mapping,) = [row for row in column(table, "rule")["mappings"] if row["type"] == "value"]
    assert {value: result["text"] for value, result in mapping["options"].items()} == {
        str(number): found.name for number, found in TABLE_OF_NUMBER.items()
    }


def test_hours_of_exposure_are_counted_by_the_categories_of_the_rule_and_every_index_once():
    table = panel_with(LanguageCode.ENGLISH, "air", "${__to} - ${__from}")
    conditions = [re.findall(r'"ispu" (>=|<) (\d+)', target["query"]) for target in table["targets"][1:]]
    assert len(conditions) == len(CATEGORIES) == len(ISPU.classes)

    def counted(index: int) -> list[int]:
        holds = {">=": lambda limit: index >= limit, "<": lambda limit: index < limit}
        return [n for n, found in enumerate(conditions) if all(holds[sign](int(limit)) for sign, limit in found)]

    for index in (0, 50, 51, 100, 101, 200, 201, 300, 301, 500):
        assert counted(index) == [CATEGORIES.index(category_of(index))], index


@LANGUAGES
def test_hours_without_an_index_are_told_first(language: str):
    table = panel_with(language, "air", "${__to} - ${__from}")
    assert table["targets"][0]["query"].startswith('SELECT "site", "unknown"')
    assert column(table, "unknown")


@LANGUAGES
def test_sites_are_compared_in_hours_that_all_of_them_have(language: str):
    table = panel_with(language, "air", 'mean("pm2_5_hour")')
    steps = [step["options"] for step in table["transformations"] if step["id"] != "renameByRegex"]
    assert steps[0] == {"byField": "Time", "mode": "inner"}, "a missing hour must not count as 0 µg/m³"
    assert steps[1]["reduce"] == {"reducer": "median"}
    assert steps[2]["binary"]["right"]["matcher"]["options"] == steps[1]["alias"]
    assert steps[3]["reducers"] == ["mean", "count"]
    assert steps[4]["type"] == "exclude"
    assert steps[4]["filters"][0]["config"]["options"]["value"] == steps[1]["alias"], "the median is no site"


@LANGUAGES
def test_who_has_no_column_for_what_nobody_measures(language: str):
    table = panel_with(language, "air", '"so2_day"')
    fields = [re.findall(r'last\("(\w+)_day"\)', target["query"]) for target in table["targets"][:-2]]
    assert all(len(found) == 1 for found in fields), "one query for each: of what is not measured comes no column"


@LANGUAGES
def test_footfall_tells_now_beside_the_usual_that_the_cloud_has_found(language: str):
    table = panel_with(language, "footfall", 'FROM "presence"')
    own = "_id" if language == "id" else ""
    for name in ("present", "usual", "difference", "state", f"text{own}"):
        assert column(table, name), name
    chart = panel_with(language, "footfall", 'last("visitors_usual")')
    assert of_query(chart, 'last("visitors_usual")')["custom.lineStyle"]["fill"] == "dash"


@LANGUAGES
@pytest.mark.parametrize("key", ["command", "flood", "air", "footfall", "site"])
def test_a_fresh_city_reads_one_sentence_on_top_and_not_one_in_every_chart(language: str, key: str):
    page = document(language, key)["panels"]
    strip, first, *_ = sorted(page, key=lambda panel: (panel["gridPos"]["y"], panel["gridPos"]["x"]))
    assert '"sampled_ms"' in strip["targets"][0]["query"]
    assert ['FROM "city"' in target["query"] for target in first["targets"]] == [True]
    assert first["options"]["reduceOptions"]["fields"] == "/^text$/"
    assert first["fieldConfig"]["defaults"]["noValue"] != "–", "a platform that is not heard says so"
    quiet = [panel["fieldConfig"]["defaults"]["noValue"] for panel in page if panel["type"] == "timeseries"]
    assert quiet.count("–") >= len(quiet) - 1, "but for the length of visits, which says whose count is missing"


@LANGUAGES
def test_a_site_shows_a_row_for_each_domain_that_it_has_and_no_other(language: str):
    page = document(language, "site")
    (domain,) = [row for row in page["templating"]["list"] if row["name"] == "domain"]
    assert 'FROM "situation"' in domain["query"]["query"]
    assert '"site" =~ /^$site$/' in domain["query"]["query"]
    row = next(number for number, panel in enumerate(page["panels"]) if panel.get("repeat") == "domain")
    assert page["panels"][row]["type"] == "row"
    inside = []
    for panel in page["panels"][row + 1 :]:
        if panel["type"] == "row":
            break
        inside.append(panel)
    assert len(inside) == 2
    for panel in inside:
        for target in panel["targets"]:
            assert "FROM /^$domain$/ " in target["query"] or "\"domain\" = '$domain'" in target["query"], target[
                "query"
            ]
    own = {panel["id"] for panel in inside}
    for panel in page["panels"]:
        if panel["id"] not in own:
            asked = " ".join(target["query"] for target in panel.get("targets", ()))
            assert not re.search(rf'FROM "({"|".join(Domain)})" WHERE "site" .*time\(', asked), panel["title"]


@LANGUAGES
@pytest.mark.parametrize("key", ["site", "air"])
def test_a_table_of_sensors_hides_the_columns_that_none_of_them_fills(language: str, key: str):
    tables = [panel for panel in document(language, key)["panels"] if panel["type"] == "table"]
    asked = [panel for panel in tables if any("last(/^(" in target["query"] for target in panel["targets"])]
    assert asked
    for panel in asked:
        *_, empty, kept, _ = panel["fieldConfig"]["overrides"]
        assert empty["matcher"] == {"id": "byValue", "options": {"reducer": "allIsNull"}}
        assert empty["properties"] == [{"id": "custom.hidden", "value": True}]
        assert kept["matcher"]["options"] == "^sensor$"
        assert kept["properties"] == [{"id": "custom.hidden", "value": False}], "a text counts as nothing there"


@LANGUAGES
def test_the_list_of_domains_shows_words_and_stands_for_measurements(language: str):
    (domain,) = [row for row in document(language, "site")["templating"]["list"] if row["name"] == "domain"]
    pattern = domain["regex"].strip("/").replace("?<", "?P<")
    found = re.match(pattern, "Banjir|flood")
    assert found is not None
    assert (found["text"], found["value"]) == ("Banjir", Domain.FLOOD)
