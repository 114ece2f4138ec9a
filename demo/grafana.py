"""The demo's Grafana: provisions it in the demo's folder, and becomes it.

python -m demo.grafana --program … --home … --folder DATA/grafana --port 3000 --influx-url … --influx-secret … ─► exec

Everybody on this machine may look, and nobody may change a thing: there is no login, and not even an administrator.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cloud.readings.administration.plan import READER
from dashboards.installation import DEMO_CITY, DEMO_COAST, DEMO_ZONE, installation
from dashboards.provisioning import Influx, Provisioning, home, write
from demo.influxdb import DATABASE
from i18n.catalog import LANGUAGES, LanguageCode

_SETTINGS = """\
app_mode = production
[paths]
data = {folder}/data
logs = {folder}/log
plugins = {folder}/plugins
provisioning = {folder}/provisioning
[server]
http_addr = 127.0.0.1
http_port = {port}
domain = 127.0.0.1
enforce_domain = true
[security]
disable_initial_admin_creation = true
disable_gravatar = true
[auth]
disable_login_form = true
[auth.basic]
enabled = false
[auth.anonymous]
enabled = true
org_role = Viewer
[users]
default_language = {language}
default_theme = dark
[dashboards]
min_refresh_interval = 5s
default_home_dashboard_path = {home}
[analytics]
enabled = false
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
feedback_links_enabled = false
[news]
news_feed_enabled = false
[plugins]
plugin_admin_enabled = false
preinstall_disabled = true
public_key_retrieval_disabled = true
[unified_alerting]
enabled = false
[log]
mode = console
level = warn
"""
"""Nothing of it asks the internet; the name is enforced so that no page elsewhere can be this one by another name."""
_LANGUAGE = {LanguageCode.ENGLISH: "en-US", LanguageCode.INDONESIAN: "id-ID"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Provision, and run Grafana in the place of this process."""
    chosen = _parser().parse_args(arguments)
    settings = provide(
        chosen.folder.absolute(),
        port=chosen.port,
        influx=Influx(
            url=chosen.influx_url, database=DATABASE, api="v1", user=READER, secret_file=str(chosen.influx_secret)
        ),
        language=LanguageCode(chosen.language),
    )
    os.chdir(chosen.home)
    command = [chosen.program, "server", "--homepath", str(chosen.home), "--config", str(settings)]
    os.execv(chosen.program, command)  # noqa: S606 - the program that was found on this machine


def provide(folder: Path, *, port: int, influx: Influx, language: LanguageCode) -> Path:
    """Write the dashboards, the data source and the settings; the path of these."""
    provisioning = folder / "provisioning"
    documents = installation(zone=DEMO_ZONE, tiles="", attribution="", coastline=DEMO_COAST, city=DEMO_CITY).documents()
    write(provisioning, documents, Provisioning(influx=influx, seen_as=str(provisioning)))
    for empty in (provisioning / "plugins", provisioning / "access-control", folder / "plugins"):
        empty.mkdir(exist_ok=True)  # in the log Grafana complains of each that is not there
    settings = folder / "grafana.ini"
    text = _SETTINGS.format(
        folder=folder, port=port, home=home(str(provisioning), language), language=_LANGUAGE[language]
    )
    settings.write_text(text, encoding="utf-8")
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo.grafana", description="The demo's Grafana.")
    parser.add_argument("--program", required=True, help="Grafana's program")
    parser.add_argument("--home", type=Path, required=True, help="Grafana's home path")
    parser.add_argument("--folder", type=Path, required=True, help="for its data and its provisioning")
    parser.add_argument("--port", type=int, required=True, help="of its pages, on the loopback")
    parser.add_argument("--influx-url", required=True, help="the demo's InfluxDB")
    parser.add_argument("--influx-secret", type=Path, required=True, help="the file with the reader's password")
    parser.add_argument("--language", choices=tuple(LANGUAGES), required=True, help="of its pages")
    return parser


if __name__ == "__main__":
    sys.exit(main())
