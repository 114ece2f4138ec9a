"""The folder that Grafana provisions from: data source, dashboards by language, the platform's own alert rules.

datasources/siaga.yaml    dashboards/siaga.yaml    dashboards/{id,en}/*.json    alerting/siaga.yaml

No secret is written: Grafana reads it from a file of its own at start, and that login need only read.
"""

from pathlib import Path
from typing import Literal

import msgspec

from dashboards import files
from dashboards.kit.influx import TYPE
from dashboards.kit.names import DATASOURCE, DATASOURCE_NAME, HOME, folder_of
from dashboards.platform_alerts import rules
from dashboards.yaml_text import Value, yaml_of
from i18n.catalog import LanguageCode

SEEN_AS = "/etc/grafana/provisioning"
"""Where Grafana's image looks for the folder."""
HEADING = "Written by `siaga-dashboards provision`; changes here are lost. docs/dashboards.md"
_REREAD_S = 30


class Influx(msgspec.Struct, frozen=True, kw_only=True):
    """The InfluxDB as Grafana reaches it.

    `api` v1: `user` with the password in `secret_file`; without both, no login. v2: a token in `secret_file`, and
    `database` is that of a v1 mapping onto the bucket. `secret_file` is a path on Grafana's machine.
    """

    url: str
    database: str = "siaga"
    api: Literal["v1", "v2"] = "v2"
    user: str = ""
    secret_file: str = ""


class Provisioning(msgspec.Struct, frozen=True, kw_only=True):
    """What is provisioned: `seen_as` is the folder's path on Grafana's machine, `alerts` those of the platform."""

    influx: Influx
    seen_as: str = SEEN_AS
    alerts: bool = False


def write(folder: Path, documents: files.Documents, chosen: Provisioning) -> None:
    """Write the whole tree into `folder`; without alerts, a file that takes back the rules of an earlier run."""
    files.write(folder / "dashboards", documents)
    for place, document in trees(chosen).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(yaml_of(document, heading=HEADING), encoding="utf-8")


def trees(chosen: Provisioning) -> dict[str, dict[str, Value]]:
    """Every YAML file's document by its path below the folder."""
    return {
        "datasources/siaga.yaml": {"apiVersion": 1, "datasources": [datasource(chosen.influx)]},
        "dashboards/siaga.yaml": {
            "apiVersion": 1,
            "providers": [_provider(chosen, language) for language in LanguageCode],
        },
        "alerting/siaga.yaml": rules(on=chosen.alerts),
    }


def home(seen_as: str, language: LanguageCode) -> str:
    """The path on Grafana's machine of the dashboard that people see first: default_home_dashboard_path in its ini."""
    return f"{seen_as}/dashboards/{language}/{HOME}.json"


def datasource(influx: Influx) -> dict[str, Value]:
    """The data source of all dashboards."""
    settings: dict[str, Value] = {"dbName": influx.database, "httpMode": "POST", "timeInterval": "1s"}
    return {
        "name": DATASOURCE_NAME,
        "uid": DATASOURCE,
        "type": TYPE,
        "access": "proxy",
        "url": influx.url,
        "isDefault": True,
        "editable": False,
        **_login(influx, settings),
    }


def _login(influx: Influx, settings: dict[str, Value]) -> dict[str, Value]:
    if not influx.secret_file:
        return {"jsonData": settings}
    secret = f"$__file{{{influx.secret_file}}}"
    if influx.api == "v1":
        return {"user": influx.user, "jsonData": settings, "secureJsonData": {"password": secret}}
    header: dict[str, Value] = {"httpHeaderName1": "Authorization"}
    return {"jsonData": settings | header, "secureJsonData": {"httpHeaderValue1": f"Token {secret}"}}


def _provider(chosen: Provisioning, language: LanguageCode) -> dict[str, Value]:
    folder = folder_of(language)
    return {
        "name": folder.uid,
        "orgId": 1,
        "type": "file",
        "folder": folder.title,
        "folderUid": folder.uid,
        "disableDeletion": False,
        "allowUiUpdates": False,
        "updateIntervalSeconds": _REREAD_S,
        "options": {"path": f"{chosen.seen_as}/dashboards/{language}"},
    }
