"""Names of sites and sensors in the place of ids, wherever a dashboard shows some."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dashboards.cli import main
from dashboards.files import GENERATED
from dashboards.installation import DEMO_CITY, names_of
from dashboards.kit.city import KINDS, CityNames
from dashboards.kit.named import OWN_VALUE

NAMES = names_of(DEMO_CITY)
FILES = sorted(GENERATED.glob("*/*.json"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def panels(path: Path) -> list[dict[str, Any]]:
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def test_the_citys_file_has_the_names_and_what_each_sensor_measures():
    assert NAMES.site["daruba-river"] == "Jembatan Daruba"
    assert NAMES.sensor["air-bere-bere"] == "Udara Bere-Bere"
    assert NAMES.domains["people-dodola"] == {"footfall"}


def test_a_sensor_is_renamed_only_where_its_readings_are_asked_for():
    names = CityNames(
        sensor={"river": "River", "air": "Air"}, domains={"river": frozenset({"flood"}), "air": frozenset({"air"})}
    )
    assert names.in_query("sensor", 'SELECT x FROM "flood" WHERE …') == {"river": "River"}
    assert names.in_query("sensor", 'SELECT x FROM "threshold" WHERE …') == names.sensor


@every_file
def test_a_series_of_a_site_a_sensor_or_a_gateway_is_named(path: Path):
    for panel in panels(path):
        tags = {tag for row in panel.get("targets", ()) for tag in re.findall(r"\$tag_(\w+)", row.get("alias", ""))}
        renamed = [row["options"] for row in panel.get("transformations", ()) if row["id"] == "renameByRegex"]
        said = {row["renamePattern"] for row in renamed}
        for kind in tags & set(KINDS):
            assert said & set(NAMES.of(kind).values()), f"{panel['title']} shows ids of {kind}s"


@every_file
def test_a_column_of_ids_shows_names_and_its_link_keeps_the_id(path: Path):
    for panel in panels(path):
        if panel["type"] != "table":
            continue
        for override in panel["fieldConfig"]["overrides"]:
            properties = {row["id"]: row["value"] for row in override["properties"]}
            column = override["matcher"]["options"]
            if column in KINDS and not properties.get("custom.hidden"):
                shown = {key: word["text"] for key, word in properties["mappings"][-1]["options"].items()}
                assert shown == NAMES.of(column), panel["title"]
                own = [link["url"] for link in properties.get("links", ()) if f"var-{column}=" in link["url"]]
                assert all(OWN_VALUE in url for url in own), panel["title"]


def test_a_name_with_signs_of_a_pattern_stays_a_name(tmp_path: Path):
    city = tmp_path / "city.toml"
    city.write_text('[[sites]]\nid = "a.b"\nname = "Pasar $1 & C"\n')
    assert main(["generate", "--into", str(tmp_path / "out"), "--city", str(city)]) == 0
    text = json.loads((tmp_path / "out" / "en" / "air.json").read_text())
    steps = [row["options"] for panel in text["panels"] for row in panel.get("transformations", ())]
    renamed = next(row for row in steps if row.get("renamePattern", "").startswith("Pasar"))
    assert renamed == {"regex": r"/^a\.b(?= · |$)/", "renamePattern": "Pasar $$1 & C"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("[[sites]", "this is no TOML"), ('[[sites]]\nname = "Pasar"\n', "every site, sensor and gateway needs an id")],
)
def test_a_file_that_is_no_citys_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text, sentence):
    city = tmp_path / "city.toml"
    city.write_text(text)
    assert main(["generate", "--into", str(tmp_path / "out"), "--city", str(city)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"--city {city}: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_without_a_city_ids_stand(tmp_path: Path):
    assert main(["generate", "--into", str(tmp_path), "--city", "none"]) == 0
    assert "renameByRegex" not in (tmp_path / "en" / "air.json").read_text()


@every_file
def test_a_list_shows_names_and_stands_for_ids(path: Path):
    """The store has both in one tag: "Jembatan Daruba|daruba-river"; what it knew before it had names is an id."""
    lists = json.loads(path.read_text())["templating"].get("list", [])
    for each in lists:
        if each["type"] == "query" and each["name"] in ("site", "sensor", "gauge"):
            assert 'FROM "about_' in each["query"]["query"], each["name"]
            pattern = re.compile(each["regex"].strip("/").replace("?<", "?P<"))
            named, alone = pattern.match("Jembatan Daruba|daruba-river"), pattern.match("daruba-river")
            assert named is not None
            assert named.groupdict() == {"text": "Jembatan Daruba", "value": "daruba-river"}
            assert alone is not None
            assert alone.groupdict() == {"text": None, "value": "daruba-river"}


def test_what_is_computed_for_a_site_is_named_as_the_site():
    assert NAMES.of("sensor")["dodola"] == "Dermaga Pulau Dodola"


@pytest.mark.parametrize("language", ["en", "id"])
def test_no_quantity_is_told_by_its_id_on_the_page_of_a_sensor(language: str):
    (chart,) = [panel for panel in panels(GENERATED / language / "sensor.json") if panel["type"] == "timeseries"][:1]
    steps = [row["options"] for row in chart["transformations"] if row["id"] == "renameByRegex"]
    named = {row["regex"]: row["renamePattern"] for row in steps}
    said = {"en": " · Water level", "id": " · Tinggi muka air"}[language]
    assert named["/ · water_level$/"] == said
    matched = [row["matcher"]["options"] for row in chart["fieldConfig"]["overrides"]]
    own = f".* · {re.escape(said.removeprefix(' · '))}"
    assert own in matched, "the limit stands on the axis of its quantity"
