"""The dashboards of a city that added domains: one for each, and its quantities on the pages of sites and sensors."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.cli import main
from dashboards.kit.current import heard
from i18n.catalog import LanguageCode
from rules.colours import CALM, UNKNOWN
from tests.own_quantities import CITY_TOML
from wire.quantity_table import MOST_DOMAINS

SITES = """
[[sites]]
id = "daruba"
name = "Daruba"
[[gateways]]
id = "gw"
name = "Gateway"
[[sensors]]
id = "mic"
name = "Microphone"
quantities = ["leq", "horn_count"]
"""
Document = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dashboards")
    (folder / "city.toml").write_text(SITES + CITY_TOML)
    assert main(["generate", "--into", str(folder), "--city", str(folder / "city.toml")]) == 0
    return folder


def document(folder: Path, key: str, language: str = "en") -> Document:
    found: Document = json.loads((folder / language / f"{key}.json").read_text(encoding="utf-8"))
    return found


def panels(page: Document) -> list[Document]:
    inner = [one for panel in page["panels"] for one in (panel, *panel.get("panels", ()))]
    return [panel for panel in inner if panel["type"] != "row"]


def titled(page: Document, title: str) -> Document:
    (found,) = [panel for panel in panels(page) if panel.get("title") == title]
    return found


def queries(page: Document) -> list[str]:
    return [target["query"] for panel in panels(page) for target in panel.get("targets", ()) if "query" in target]


def property_of(panel: Document, matcher: str, name: str) -> Any:
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"].get("options") == matcher:
            for each in override["properties"]:
                if each["id"] == name:
                    return each["value"]
    raise AssertionError((matcher, name))


@pytest.mark.parametrize(("language", "title"), [("en", "Noise"), ("id", "Kebisingan")])
def test_each_domain_has_a_dashboard_in_both_languages_that_all_others_link_to(made: Path, language: str, title: str):
    page = document(made, "domain-noise", language)
    assert (page["title"], page["uid"]) == (title, f"siaga-{language}-domain-noise")
    for key in ("command", "site", "domain-volcano"):
        assert (title, f"/d/siaga-{language}-domain-noise") in [
            (link["title"], link["url"]) for link in document(made, key, language)["links"]
        ]
    other = "id" if language == "en" else "en"
    assert f"/d/siaga-{other}-domain-noise" in [link["url"] for link in page["links"]]


def test_a_city_that_added_nothing_has_none(tmp_path: Path):
    assert main(["generate", "--into", str(tmp_path), "--city", "none"]) == 0
    assert not [path for language in LanguageCode for path in (tmp_path / language).glob("domain-*")]


def test_each_quantity_has_a_chart_with_its_limits_and_one_of_its_hours_by_its_own_way(made: Path):
    page = document(made, "domain-noise")
    leq, horns = titled(page, "Noise level"), titled(page, "Horns")
    assert [target["query"].split(" WHERE")[0] for target in leq["targets"]] == [
        'SELECT mean("leq") FROM "noise"', 'SELECT last("limit") FROM "threshold"'
    ]  # fmt: skip
    assert "\"quantity\" = 'leq'" in leq["targets"][1]["query"]
    assert leq["fieldConfig"]["defaults"]["custom"]["axisLabel"] == "dB(A)"
    assert leq["fieldConfig"]["defaults"]["decimals"] == 1
    assert horns["targets"][0]["query"].startswith('SELECT sum("horn_count") FROM "noise"')
    assert horns["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars"
    hours = titled(page, "Horns, sum of the hour")
    assert hours["targets"][0]["query"].startswith('SELECT last("horn_count_hour") FROM "noise"')
    most = titled(document(made, "domain-volcano", "id"), "Kolom SO2, tertinggi per jam")
    assert most["fieldConfig"]["defaults"]["custom"]["axisLabel"] == "g/m2"


def test_its_state_is_that_of_the_cloud_and_grey_where_nothing_is_known(made: Path):
    states = titled(document(made, "domain-noise"), "State of each site")
    (query,) = [target["query"] for target in states["targets"] if "situation" in target["query"]]
    assert "\"domain\" = 'noise'" in query
    assert "time > now() - 2m" in query
    steps = property_of(states, "severity", "thresholds")["steps"]
    assert [(step["value"], step["color"]) for step in steps][:2] == [(None, UNKNOWN), (0, CALM)]
    assert states["fieldConfig"]["defaults"]["noValue"] == "No report of the state in the last 2 minutes"


def test_alarms_are_bands_on_its_charts(made: Path):
    page = document(made, "domain-noise")
    bands = page["annotations"]["list"]
    assert bands
    assert all("\"domain\" = 'noise'" in band["target"]["query"] for band in bands[:-1])
    assert titled(page, "Noise level")["id"] in bands[0]["filter"]["ids"]


def test_the_page_of_a_sensor_asks_all_domains_and_names_its_quantities(made: Path):
    page = document(made, "sensor", "id")
    asked = next(query for query in queries(page) if "GROUP BY time($__interval)" in query)
    assert '"noise", "volcano" WHERE' in asked
    assert 'mean("leq") AS "leq"' in asked
    chart = titled(page, "Semua yang diukur")
    assert property_of(chart, "leq", "displayName") == "Tingkat kebisingan"
    assert property_of(chart, "leq", "custom.axisLabel") == "dB(A)"
    assert property_of(chart, "horn_count", "custom.axisLabel") == "klakson"


def test_the_page_of_a_site_has_its_values_and_a_row_that_draws_them(made: Path):
    page = document(made, "site")
    assert any('last(/^(leq|horn_count)$/) FROM "noise"' in query for query in queries(page))
    over = next(query for query in queries(page) if 'mean("leq") AS "leq"' in query)
    assert 'mean("so2_column") AS "so2_column" FROM /^$domain$/' in over
    assert any('last("leq_hour") AS "leq"' in query for query in queries(page))


@pytest.mark.parametrize("spoilt", ['hour = "median"', 'low = "a"'])
def test_a_file_whose_quantities_the_cloud_would_refuse_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoilt: str
):
    key = spoilt.partition(" ")[0]
    lines = [line for line in CITY_TOML.splitlines() if not line.startswith(f"{key} ")]
    (tmp_path / "city.toml").write_text(SITES + "\n".join([*lines, spoilt]))
    assert main(["generate", "--into", str(tmp_path / "out"), "--city", str(tmp_path / "city.toml")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_as_many_domains_as_may_be_leave_room_for_the_question_whether_the_platform_is_heard(tmp_path: Path):
    names = [f"d{number}" for number in range(MOST_DOMAINS)]
    own = "".join(
        f'[[domains]]\nid = "{name}"\nname = "{name}"\nname_id = "{name}"\n'
        f'[[quantities]]\nid = "q_{name}"\ndomain = "{name}"\nname = "Q"\nname_id = "Q"\n'
        'unit = "1"\nlow = 0\nhigh = 1\n'
        for name in names
    )
    (tmp_path / "city.toml").write_text(SITES.replace('"leq", "horn_count"', '"pm10"') + own)
    assert main(["generate", "--into", str(tmp_path), "--city", str(tmp_path / "city.toml")]) == 0
    values = titled(document(tmp_path, "site"), "Newest value of every sensor")
    letters = [target["refId"] for target in values["targets"]]
    assert len(letters) == len(set(letters)) == len(names) + 3 + len(list(heard()))
