"""The folder that Grafana provisions from, read as Grafana reads it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.cli import main
from dashboards.kit.names import DATASOURCE
from dashboards.platform_alerts import RULES
from dashboards.yaml_text import yaml_of
from i18n.catalog import LanguageCode

V2 = ("--influx-url", "http://influxdb:8086", "--influx-secret", "/run/secrets/influx_token")


def provisioned(folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    assert main(["provision", "--into", str(folder), "--seen-as", str(folder), "--coastline", "none", *options]) == 0
    found = sorted(folder.glob("*/*.yaml"))
    return {path.relative_to(folder).as_posix(): yaml.safe_load(path.read_text()) for path in found}


def test_all_that_the_files_name_is_there(tmp_path):
    documents = provisioned(tmp_path, *V2, "--platform-alerts")
    (source,) = documents["datasources/siaga.yaml"]["datasources"]
    assert source["uid"] == DATASOURCE
    for provider in documents["dashboards/siaga.yaml"]["providers"]:
        files = list(Path(provider["options"]["path"]).glob("*.json"))
        assert files, f"{provider['name']} has no dashboards"
        for path in files:
            assert json.loads(path.read_text())["uid"] == f"{provider['folderUid']}-{path.stem}"
            assert set(re.findall(r'"uid": "(siaga-influx\w*)"', path.read_text())) == {source["uid"]}
    asked = {
        step["datasourceUid"]
        for group in documents["alerting/siaga.yaml"]["groups"]
        for rule in group["rules"]
        for step in rule["data"]
    }
    assert asked == {source["uid"], "__expr__"}


def test_a_token_comes_from_a_file_and_is_not_written(tmp_path):
    (source,) = provisioned(tmp_path, *V2)["datasources/siaga.yaml"]["datasources"]
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token $__file{/run/secrets/influx_token}"}
    assert (source["url"], source["jsonData"]["dbName"]) == ("http://influxdb:8086", "siaga")
    assert not source["editable"]


def test_a_password_comes_from_a_file_and_is_not_written(tmp_path):
    v1 = ("--influx-url", "http://influxdb:8086", "--influx-api", "v1", "--influx-user", "grafana")
    documents = provisioned(
        tmp_path, *v1, "--influx-secret", "/run/secrets/influx_password", "--influx-database", "city"
    )
    (source,) = documents["datasources/siaga.yaml"]["datasources"]
    assert source["user"] == "grafana"
    assert source["secureJsonData"] == {"password": "$__file{/run/secrets/influx_password}"}
    assert source["jsonData"]["dbName"] == "city"


def test_a_user_with_a_token_is_refused(tmp_path, capsys):
    assert main(["provision", "--into", str(tmp_path), *V2, "--influx-user", "grafana"]) == 2
    assert "a user belongs to --influx-api v1" in capsys.readouterr().err


def test_grafana_evaluates_nothing_unless_it_is_asked_to(tmp_path):
    alerting = provisioned(tmp_path, *V2)["alerting/siaga.yaml"]
    assert "groups" not in alerting
    assert {rule["uid"] for rule in alerting["deleteRules"]} == {rule.uid for rule in RULES}


def test_the_platforms_own_rules_are_whole(tmp_path):
    (group,) = provisioned(tmp_path, *V2, "--platform-alerts")["alerting/siaga.yaml"]["groups"]
    assert [rule["uid"] for rule in group["rules"]] == [rule.uid for rule in RULES]
    for rule in group["rules"]:
        steps = {step["refId"]: step for step in rule["data"]}
        assert rule["condition"] in steps
        assert steps["B"]["model"]["expression"] in steps
        assert steps["C"]["model"]["expression"] in steps
        assert all(step["model"]["refId"] == ref for ref, step in steps.items())
        assert "contactPoint" not in json.dumps(rule), "whom Grafana tells is the operator's"
    silent = [rule["uid"] for rule in group["rules"] if rule["noDataState"] == "Alerting"]
    assert silent == ["siaga-no-ingest"], "no sample at all is itself what this rule is about"


def test_every_rule_of_the_platform_leads_to_a_heading_of_the_runbook():
    headings = re.findall(
        r"^#+ (.*)$", (Path(__file__).parents[3] / "docs" / "operations.md").read_text(), re.MULTILINE
    )
    assert {rule.runbook for rule in RULES} <= {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("language", LanguageCode)
def test_the_home_dashboard_that_is_told_is_there(tmp_path, capsys, language):
    provisioned(tmp_path, *V2, "--home", language)
    home = capsys.readouterr().out.split(" = ")[1].strip()
    assert json.loads(Path(home).read_text())["uid"] == f"siaga-{language}-command"


def test_a_second_run_leaves_no_dashboard_of_the_first(tmp_path):
    provisioned(tmp_path, *V2)
    (tmp_path / "dashboards" / "id" / "gone.json").write_text("{}")
    provisioned(tmp_path, *V2)
    assert not (tmp_path / "dashboards" / "id" / "gone.json").exists()


def test_yaml_comes_back_as_it_was():
    document: dict[str, Any] = {
        "apiVersion": 1,
        "empty": {},
        "none": [],
        "nothing": None,
        "text": 'a "quoted": # text · é',
        "deep": {"list": [{"a": 1, "b": [True, 2.5, {"c": "d"}]}, "word", {"e": {"f": []}}]},
    }
    text = yaml_of(document, heading="One line\nand another")
    assert text.startswith("# One line\n# and another\n")
    assert yaml.safe_load(text) == document
