"""The dashboards as Grafana reads them: the committed files, both languages of each."""

import copy
import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from cloud.core.reasons import Reason
from dashboards import ingest
from dashboards.catalog import BUILDERS
from dashboards.cli import main
from dashboards.files import COMMAND, GENERATED, stale
from dashboards.installation import DEMO_CITY, DEMO_COAST, Installation, coast_of, names_of
from dashboards.kit import influx
from dashboards.kit.events import DONE, AlarmBands
from dashboards.kit.names import DATASOURCE, TITLES, WALL, folder_of
from dashboards.kit.style import Map
from dashboards.kit.tiles import CAPITAL_OF_EM, CAPITALS_PX
from i18n.catalog import LanguageCode
from rules.colours import SEVERITY_COLOURS, UNKNOWN
from wire import BUILT_IN
from wire.measurements import COMPUTED, MEASUREMENTS
from wire.quantities import QUANTITIES, Domain

FILES = sorted(GENERATED.glob("*/*.json"))
DOCUMENTS = {path.relative_to(GENERATED).as_posix(): json.loads(path.read_text()) for path in FILES}
KEYS = sorted({path.stem for path in FILES})
UIDS = {document["uid"] for document in DOCUMENTS.values()}

every_dashboard = pytest.mark.parametrize("name", sorted(DOCUMENTS))


def panels(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def queries(document: dict[str, Any]) -> Iterator[str]:
    for panel in panels(document):
        yield from (target["query"] for target in panel.get("targets", ()) if "query" in target)
    variables = (variable for variable in document["templating"].get("list", ()) if variable["type"] == "query")
    yield from (variable["query"]["query"] for variable in variables)
    yield from (marks["target"]["query"] for marks in document["annotations"].get("list", ()))


def test_the_committed_dashboards_are_up_to_date():
    documents = Installation(map=Map(coast=coast_of(DEMO_COAST)), names=names_of(DEMO_CITY)).documents()
    changed = stale(GENERATED, documents)
    assert not changed, f"{', '.join(map(str, changed))}: run `{COMMAND}` and commit what it writes"


def test_a_stale_a_missing_and_a_left_over_file_are_each_named(tmp_path, capsys):
    into = ["generate", "--into", str(tmp_path)]
    assert main(into) == 0
    assert main([*into, "--check"]) == 0
    (tmp_path / "id" / "fleet.json").write_text("{}")
    (tmp_path / "id" / "command.json").unlink()
    (tmp_path / "en" / "old.json").write_text("{}")
    capsys.readouterr()
    assert main([*into, "--check"]) == 1
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["en/old.json", "id/command.json", "id/fleet.json"]
    assert main(into) == 0
    assert main([*into, "--check"]) == 0


def test_every_title_has_a_dashboard_in_both_languages():
    assert set(BUILDERS) == set(TITLES)
    assert set(DOCUMENTS) == {f"{language}/{key}.json" for language in LanguageCode for key in TITLES}


@every_dashboard
def test_a_dashboard_comes_back_whole_from_the_sdks_own_model(name):
    register_default_plugins()
    influx.register()
    document = DOCUMENTS[name]
    model = Dashboard.from_json(document)
    # the SDK's model of an annotation has no place for a query of a data source: ours has
    if "list" in document["annotations"]:
        model.annotations.list_val = [AlarmBands.from_json(marks) for marks in document["annotations"]["list"]]
    assert json.loads(json.dumps(model, cls=JSONEncoder)) == document


@every_dashboard
def test_options_and_field_settings_are_read_by_the_models_of_their_panels(name):
    register_default_plugins()
    for panel in Dashboard.from_json(DOCUMENTS[name]).panels or ():
        if panel.type_val != "row":
            assert not isinstance(panel.options, dict), f"{panel.title}: the SDK knows no panel {panel.type_val}"


@every_dashboard
def test_panels_stand_on_the_grid_and_apart(name):
    squares = [
        {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        for at in (panel["gridPos"] for panel in DOCUMENTS[name]["panels"])
    ]
    assert all(0 <= x < 24 for square in squares for x, _ in square)
    assert not any(one & other for one, other in combinations(squares, 2))
    assert len({panel["id"] for panel in DOCUMENTS[name]["panels"]}) == len(squares)


@every_dashboard
def test_every_panel_says_what_it_is_its_unit_and_what_it_says_without_data(name):
    for panel in panels(DOCUMENTS[name]):
        assert panel["title"], panel["id"]
        assert panel["description"], panel["title"]
        if panel["type"] == "text":
            continue
        defaults = panel["fieldConfig"]["defaults"]
        assert {"unit", "decimals", "noValue", "thresholds"} <= set(defaults), panel["title"]
        assert defaults["noValue"], panel["title"]


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_ask_the_same_and_look_the_same(key):
    indonesian, english = DOCUMENTS[f"id/{key}.json"], DOCUMENTS[f"en/{key}.json"]
    own = re.compile(r"(word|level|title|text|name|next)_id")
    assert [own.sub(r"\1", query) for query in queries(indonesian)] == list(queries(english))
    shapes = [[(panel["type"], panel["gridPos"]) for panel in document["panels"]] for document in (indonesian, english)]
    assert shapes[0] == shapes[1]
    both = zip(panels(indonesian), panels(english), strict=True)
    assert not any(one["description"] == other["description"] for one, other in both), "a description is not translated"


def test_uids_are_unique_and_short_enough():
    assert len(UIDS) == len(DOCUMENTS)
    assert all(
        8 <= len(uid) <= 40 for uid in {*UIDS, DATASOURCE, *(folder_of(language).uid for language in LanguageCode)}
    )


@every_dashboard
def test_every_link_leads_to_a_dashboard_that_is_there(name):
    linked = set(re.findall(r"/d/([\w-]+)", json.dumps(DOCUMENTS[name])))
    assert linked
    assert linked <= UIDS
    language, _, key = name.removesuffix(".json").partition("/")
    other = LanguageCode(language).other
    in_head = [link["url"] for link in DOCUMENTS[name]["links"]]
    assert f"/d/siaga-{other}-{key}" in in_head, "no link to the other language"
    to_wall = [url for url in in_head if "-wall-" in url and f"-{language}-" in url]
    assert {url for url in in_head if f"-{language}-" in url} - set(to_wall) == {
        f"/d/siaga-{language}-{one}" for one in TITLES if one not in (key, *WALL)
    }
    kept = {(link["keepTime"], link["includeVars"]) for link in DOCUMENTS[name]["links"] if link["url"] not in to_wall}
    assert kept == {(True, True)}


@every_dashboard
def test_from_every_desk_a_link_leads_to_its_page_on_the_wall_on_the_whole_screen(name):
    language, _, key = name.removesuffix(".json").partition("/")
    links = [link for link in DOCUMENTS[name]["links"] if f"-{language}-wall-" in link["url"]]
    if key in WALL:
        assert links == []
        return
    (link,) = links
    page = f"wall-{key}" if f"wall-{key}" in WALL else "wall-situation"
    address, _, words = link["url"].partition("?")
    assert address == f"/d/siaga-{language}-{page}"
    assert {"kiosk", "autofitpanels", "_dash.hideTimePicker"} <= set(words.split("&"))
    assert not link["keepTime"], "the wall shows a day, whatever was looked at on the desk"


UNIT_OF_VALUE = 0.6
"""A unit stands beside its figure in letters of this size: seen in Grafana 12.2."""
READ_FROM_AFAR = ("stat",)
"""The panels that tell the wall something in words and figures; a curve is told by its form."""


@pytest.mark.parametrize("name", [f"{language}/{page}.json" for language in LanguageCode for page in WALL])
def test_what_the_wall_says_is_read_from_five_metres(name):
    told = [panel for panel in panels(DOCUMENTS[name]) if panel["type"] in READ_FROM_AFAR]
    assert told
    assert {panel["type"] for panel in panels(DOCUMENTS[name])} <= {*READ_FROM_AFAR, "timeseries"}
    for panel in told:
        sizes = panel["options"]["text"]
        of_unit = UNIT_OF_VALUE * sizes["valueSize"]
        assert min(sizes["titleSize"], of_unit) * CAPITAL_OF_EM >= CAPITALS_PX, panel["title"]


def _shown_columns(panel: dict[str, Any]) -> list[str]:
    (only,) = [step for step in panel["transformations"] if step["id"] == "filterFieldsByName"]
    hidden = {
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        if {"id": "custom.hidden", "value": True} in override["properties"]
    }
    return [name for name in only["options"]["include"]["names"] if name not in hidden]


@pytest.mark.parametrize("language", LanguageCode)
def test_a_phone_gets_tables_of_three_columns_each_panel_as_wide_as_it_is_and_a_day(language):
    document = DOCUMENTS[f"{language}/phone.json"]
    assert document["time"] == {"from": "now-24h", "to": "now"}
    assert {panel["gridPos"]["w"] for panel in panels(document)} == {24}
    tables = [panel for panel in panels(document) if panel["type"] == "table"]
    assert len(tables) == 3
    assert all(len(_shown_columns(panel)) <= 3 for panel in tables)
    (events,) = [panel for panel in tables if "text" in _shown_columns(panel)]
    of_text = [row for row in events["fieldConfig"]["overrides"] if row["matcher"]["options"] == "text"]
    wrapped = {"id": "custom.cellOptions", "value": {"type": "auto", "wrapText": True}}
    assert wrapped in [each for row in of_text for each in row["properties"]]


@every_dashboard
def test_every_query_goes_to_the_one_data_source(name):
    sources = {target["datasource"]["uid"] for panel in panels(DOCUMENTS[name]) for target in panel.get("targets", ())}
    assert sources == {DATASOURCE}


UNKNOWN_TO_SOME_INFLUXDB = re.compile(
    r"SLIMIT|SOFFSET|SHOW SERIES|SHOW DATABASES|SHOW FIELD KEY CARDINALITY|\|>|from\(bucket", re.IGNORECASE
)


@every_dashboard
def test_queries_are_influxql_that_1_2_and_3_all_know(name):
    for query in queries(DOCUMENTS[name]):
        assert not UNKNOWN_TO_SOME_INFLUXDB.search(query), query
        assert query.startswith(("SELECT ", "SHOW TAG VALUES FROM ")), query


MEASURED_IN = {
    **{name: {*row.tags, *(field.name for field in row.fields)} for name, row in MEASUREMENTS.items()},
    **{domain.value: {"gateway", "sensor", "site", "marks", *QUANTITIES} for domain in Domain},
}


@every_dashboard
def test_queries_name_only_what_the_contract_has(name):
    for query in queries(DOCUMENTS[name]):
        query = query.replace("/^$domain$/", ", ".join(f'"{domain}"' for domain in BUILT_IN.watched))
        measurements = re.findall(r'FROM ((?:"\w+"(?:, )?)+)', query)
        names = {found for several in measurements for found in re.findall(r'"(\w+)"', several)}
        assert names <= set(MEASURED_IN), query
        allowed = set().union(*(MEASURED_IN[one] for one in names))
        aliases = set(re.findall(r'AS "(\w+)"', query))
        assert set(re.findall(r'"(\w+)"', query)) - names - aliases <= allowed, query


@every_dashboard
def test_tables_take_their_tags_from_columns_and_not_from_groups(name):
    for panel in panels(DOCUMENTS[name]):
        for target in panel.get("targets", ()):
            if target.get("resultFormat") == "table":
                outermost = re.sub(r"\(SELECT .*\)", "", target["query"])
                groups = re.search(r"GROUP BY (.*)", outermost)
                tags = re.findall(r'"\w+"', groups.group(1)) if groups else []
                assert len(tags) <= 1, f"{panel['title']}: Grafana would mix the columns of {tags}"


@every_dashboard
def test_no_two_columns_of_a_table_share_a_title(name):
    """Grafana's table keeps its columns by their titles, and would mix them up."""
    for panel in panels(DOCUMENTS[name]):
        properties = (row["properties"] for row in panel["fieldConfig"]["overrides"] if panel["type"] == "table")
        titles = [one["value"] for several in properties for one in several if one["id"] == "displayName"]
        assert len(set(titles)) == len(titles), panel["title"]


@every_dashboard
def test_what_is_asked_of_now_does_not_depend_on_the_range_of_the_dashboard(name):
    """Grafana leaves a panel's own range aside where the dashboard's is a closed one: only a calendar may have one."""
    own = {panel["title"]: panel["timeFrom"] for panel in panels(DOCUMENTS[name]) if "timeFrom" in panel}
    assert all(re.fullmatch(r"\d+[dwMy]", span) for span in own.values()), own


@every_dashboard
def test_no_value_is_told_by_a_colour_alone_where_it_has_a_severity(name):
    for panel in panels(DOCUMENTS[name]):
        text = json.dumps(panel["fieldConfig"])
        shown = [target["query"] for target in panel.get("targets", ()) if '"severity"' in target.get("query", "")]
        if shown and panel["type"] in ("state-timeline", "geomap", "stat") and "count(" not in shown[0]:
            assert ("Tidak ada data" in text) or ("No data" in text), panel["title"]


def test_nothing_known_is_grey_and_never_green():
    greens = {"#2f9e6b", "#34cc33", "#2e9e4f"}
    for document in DOCUMENTS.values():
        for panel in panels(document):
            for mapping in panel["fieldConfig"]["defaults"].get("mappings", []):
                unknown = mapping["options"].get("-1") if mapping["type"] == "value" else None
                assert unknown is None or unknown["color"] not in greens, panel["title"]


def test_every_reason_of_a_refusal_has_words_in_both_languages():
    assert set(ingest.REASONS) == {reason.value for reason in Reason}


def test_the_map_asks_nothing_of_the_internet():
    for language in LanguageCode:
        (site_map,) = [
            panel for panel in panels(copy.deepcopy(DOCUMENTS[f"{language}/command.json"])) if panel["type"] == "geomap"
        ]
        address = site_map["options"]["basemap"]["config"].pop("url")
        assert address.startswith("data:image/svg+xml,")
        assert all(place in address for place in ("{x}", "{y}", "{z}"))
        assert not re.search(r"https?://", json.dumps(site_map["options"]))


def test_own_tiles_take_the_place_of_plain_water(tmp_path):
    tiles = "https://tiles.example/{z}/{x}/{y}.png"
    assert (
        main(["generate", "--into", str(tmp_path), "--tiles", tiles, "--coastline", "none", "--attribution", "BIG"])
        == 0
    )
    text = Path(tmp_path / "id" / "command.json").read_text()
    (site_map,) = [panel for panel in panels(json.loads(text)) if panel["type"] == "geomap"]
    assert site_map["options"]["basemap"]["config"] == {"url": tiles, "attribution": "BIG"}
    assert {layer["type"] for layer in site_map["options"]["layers"]} == {"markers"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--zone", "Asia/Morotai"], "--zone Asia/Morotai: no such time zone"),
        (["--tiles", "https://tiles.example/{z}.png"], "must all stand in it"),
        (["--coastline", "nowhere.geojson"], "--coastline nowhere.geojson: No such file"),
        (["--coastline", __file__], "this is no JSON"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence(tmp_path, capsys, options, sentence):
    assert main(["generate", "--into", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert sentence in said


@every_dashboard
def test_states_over_time_are_told_in_words(name):
    """By thresholds, Grafana merges the values of one class and writes 4+ and < 2 in bands and legend."""
    for panel in panels(DOCUMENTS[name]):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] == "state-timeline":
            assert defaults["color"] == {"mode": "fixed", "fixedColor": UNKNOWN}, panel["title"]
            words = next(row["options"] for row in defaults["mappings"] if row["type"] == "value")
            assert all(word["text"] and word["color"] for word in words.values()), panel["title"]
            nothing = next(row["options"] for row in defaults["mappings"] if row["type"] == "special")
            assert nothing["match"] == "null+nan"
            assert nothing["result"]["color"] == UNKNOWN
        if panel["type"] == "status-history":
            assert not panel["options"]["legend"]["showLegend"], f"{panel['title']}: Grafana would list 51+"


@every_dashboard
def test_a_cell_without_a_value_is_a_dash_and_not_what_the_panel_says_without_rows(name):
    for panel in panels(DOCUMENTS[name]):
        if panel["type"] == "table":
            assert _null_is_a_dash(panel["fieldConfig"]["defaults"].get("mappings", [])), panel["title"]
            for override in panel["fieldConfig"]["overrides"]:
                own = [row["value"] for row in override["properties"] if row["id"] == "mappings"]
                assert all(map(_null_is_a_dash, own)), (panel["title"], override["matcher"])


def _null_is_a_dash(mappings: list[dict[str, Any]]) -> bool:
    return any(row["type"] == "special" and row["options"]["match"].startswith("null") for row in mappings)


def bands(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["annotations"].get("list", [])


@every_dashboard
def test_alarms_are_bands_on_the_charts_of_their_own_domain_and_not_a_line_for_each_event(name):
    document = DOCUMENTS[name]
    by_id = {panel["id"]: panel for panel in panels(document)}
    for each in bands(document):
        target, shown = each["target"], each["filter"]
        # Grafana takes the end and the title from columns that its backend names with their measurement
        assert (target["timeEndColumn"], target["titleColumn"]) == ("alarm_span.until_ms", "alarm_span.title")
        assert 'SELECT "until_ms", ' in target["query"]
        assert '"until_ms" >= ${__from}' in target["query"], "a band that began before the range is one of it"
        assert shown["ids"], "a band on every panel is a band on the wrong one"
        assert not shown["exclude"]
        domain = re.search("\"domain\" = '(\\w+)'", target["query"])
        for panel in (by_id[number] for number in shown["ids"]):
            assert panel["type"] == "timeseries"
            asked = " ".join(row["query"] for row in panel["targets"])
            assert domain is None or f'"{domain.group(1)}"' in asked, panel["title"]


def test_a_chart_of_one_gauge_has_the_bands_of_that_gauge():
    (gauge,) = [panel for panel in panels(DOCUMENTS["en/flood.json"]) if panel.get("repeat") == "gauge"]
    kept, left_out = [row for row in gauge["transformations"] if row["topic"] == "annotations"]
    assert kept["options"]["filters"] == [
        {"fieldName": "tags", "config": {"id": "regex", "options": {"value": "^(${gauge:regex}|all),"}}}
    ]
    assert left_out["options"] == {"excludeByName": {"tags": True}}, "people read the sensor's name, not its id"


@pytest.mark.parametrize("key", ["flood", "air", "footfall", "site", "sensor"])
def test_bands_have_the_colours_of_severities_and_what_people_did_one_of_its_own(key):
    colours = [each["iconColor"] for each in bands(DOCUMENTS[f"en/{key}.json"])]
    assert set(colours) == {*SEVERITY_COLOURS.values(), DONE}
    assert DONE not in SEVERITY_COLOURS.values()


@every_dashboard
def test_a_unit_stands_once_at_its_axis(name):
    for panel in panels(DOCUMENTS[name]):
        if panel["type"] == "timeseries":
            config = panel["fieldConfig"]
            overridden = [one for row in config["overrides"] for one in row["properties"] if one["id"] == "unit"]
            units = [config["defaults"]["unit"], *(one["value"] for one in overridden)]
            assert not [unit for unit in units if unit.startswith("suffix:")], panel["title"]


ENGLISH_SCALES = {"s", "ms", "m", "h", "d", "µs", "ns", "clocks", "clockms", "dateTimeFromNow"}
"""Units of Grafana that say *mins* and *hours* whatever the language."""


@every_dashboard
def test_no_length_of_time_is_told_in_english_words_of_grafana(name):
    settings = json.dumps([panel["fieldConfig"] for panel in panels(DOCUMENTS[name])])
    used = re.findall(r'"(?:unit|value)": "(\w+)"', settings)
    assert not ENGLISH_SCALES & set(used)


def test_a_change_is_told_as_a_change():
    (season,) = [panel for panel in panels(DOCUMENTS["en/footfall.json"]) if "against an earlier" in panel["title"]]
    steps = [row["options"] for row in season["transformations"] if row["id"] == "calculateField"]
    said = [(row["alias"], row["binary"]["operator"], row["binary"]["left"]["matcher"]["options"]) for row in steps]
    assert said == [("more", "-", "now"), ("change", "/", "more")], "99 against 100 is -1 %, and not 99 %"


def test_the_map_comes_near_enough_to_show_the_coast_and_names_beside_their_markers():
    for language in LanguageCode:
        command = DOCUMENTS[f"{language}/command.json"]
        (site_map,) = [panel for panel in panels(command) if panel["type"] == "geomap"]
        view = site_map["options"]["view"]
        assert (view["id"], view["zoom"]) == ("fit", 13), "to Grafana, zoom is how near fit may go"
        places, _ = site_map["options"]["layers"]
        text, size = places["config"]["style"]["textConfig"], places["config"]["style"]["size"]["fixed"]
        assert text["textAlign"] == "left"
        assert text["offsetX"] > size
        assert text["offsetY"] < 0 < text["fontSize"] <= 10, "above the marker of a neighbour to the south, and apart"
        legend = next(panel for panel in panels(command) if panel["type"] == "text")["options"]["content"]
        words = next(row["options"] for row in _mappings_of(site_map) if row["type"] == "value")
        assert all(f'{word["color"]}">●</span> {word["text"]}<' in legend for word in words.values())


@pytest.mark.parametrize("language", LanguageCode)
def test_of_a_dead_platform_the_map_still_shows_each_site_grey_by_its_name_and_as_near(language):
    (site_map,) = [panel for panel in panels(DOCUMENTS[f"{language}/command.json"]) if panel["type"] == "geomap"]
    places, now = site_map["options"]["layers"]
    asked = {target["refId"]: target["query"] for target in site_map["targets"]}
    within = [re.findall(r"time > now\(\) - (\w+)", asked[layer["filterData"]["options"]]) for layer in (places, now)]
    assert within == [["1d"], ["2m"]]
    assert places["config"]["style"]["color"] == {"fixed": UNKNOWN}
    assert places["config"]["style"]["text"]["field"] == "name"
    assert site_map["options"]["view"]["layer"] == places["name"], "fit to what is there when nothing is heard"


@every_dashboard
def test_a_list_of_open_alarms_says_in_a_row_whether_it_is_whole(name):
    for panel in panels(DOCUMENTS[name]):
        asked = [target["query"] for target in panel.get("targets", ())]
        if panel["type"] == "table" and any('FROM "alarm"' in query for query in asked):
            assert [query for query in asked if 'AS "severity" FROM "ingest"' in query], panel["title"]
            assert [query for query in asked if '* 0 + -1 AS "severity"' in query], panel["title"]


@every_dashboard
def test_a_name_that_leads_somewhere_has_the_room_of_twenty_letters(name):
    for panel in panels(DOCUMENTS[name]):
        for row in panel["fieldConfig"]["overrides"] if panel["type"] == "table" else ():
            said = {each["id"]: each["value"] for each in row["properties"]}
            if "links" in said and "thresholds" not in said:
                assert (said.get("custom.width") or said.get("custom.minWidth") or 0) >= 125, (panel["title"], row)


def _mappings_of(panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for override in panel["fieldConfig"]["overrides"]:
        yield from (each for one in override["properties"] if one["id"] == "mappings" for each in one["value"])


def test_marked_readings_are_readings_of_the_sensor_and_not_what_was_computed_of_them():
    (marked,) = [panel for panel in panels(DOCUMENTS["en/sensor.json"]) if panel["title"] == "Marked readings"]
    (target,) = marked["targets"]
    assert f"\"gateway\" != '{COMPUTED}'" in target["query"]


@pytest.mark.parametrize("key", ["command", "ingest"])
def test_live_readings_and_backlog_are_told_apart(key):
    shown = panels(DOCUMENTS[f"en/{key}.json"])
    rate = next(panel for panel in shown if panel["title"] == "Live readings a minute")
    assert "stored_live" in rate["targets"][0]["query"]
    over_time = [panel for panel in shown if any("stored_backlog" in row["query"] for row in panel.get("targets", ()))]
    assert [panel["type"] for panel in over_time] == ["timeseries"]
