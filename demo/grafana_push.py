"""Brings the demo's dashboards, and the data source that they read, into a Grafana that runs on this machine.

python -m demo.grafana_push --url http://127.0.0.1:3000 [--token-file FILE] --influx-url … --influx-secret …

The data source is made, or moved to this start's InfluxDB, only where there is none or the demo's own: a Grafana that
shows a real city keeps showing it. Making one takes an administrator's token, or no token where anybody is one.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from cloud.readings.administration.plan import READER
from dashboards import cli
from dashboards.kit.names import DATASOURCE
from dashboards.provisioning import Influx, datasource
from demo.influxdb import DATABASE

CANNOT = 2
TIMEOUT_S = 15.0
OURS = "siagaDemo"
"""The key in the data source's settings by which the demo knows its own."""


class PushRejected(Exception):
    """Grafana cannot be used; the text is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring data source and dashboards; the last line says what became of it."""
    chosen = _parser().parse_args(arguments)
    try:
        token = None if chosen.token_file is None else chosen.token_file.read_text(encoding="utf-8").strip()
        with _client(chosen.url, token) as client:
            provide_datasource(client, influx_url=chosen.influx_url, password=chosen.influx_secret.read_text().strip())
            tokens = [] if chosen.token_file is None else ["--token-file", str(chosen.token_file)]
            if code := cli.main(["push", "--url", chosen.url, *tokens]):
                return code
            _must_reach_influxdb(client)
    except (PushRejected, OSError, UnicodeDecodeError) as problem:
        sys.stderr.write(f"{problem}\n")
        return CANNOT
    return 0


def provide_datasource(client: httpx.Client, *, influx_url: str, password: str) -> None:
    """Make the data source, or move the demo's own to `influx_url`; PushRejected where it may or must not."""
    wanted = _datasource(influx_url, password)
    found = _asked(client, "GET", f"/api/datasources/uid/{DATASOURCE}", missing=(403, 404))
    if found is None:
        _asked(client, "POST", "/api/datasources", wanted)
    elif OURS in (found.get("jsonData") or {}):
        _asked(client, "PUT", f"/api/datasources/uid/{DATASOURCE}", wanted)
    else:
        raise PushRejected(
            f"Grafana at {client.base_url} shows another Siaga: its data source {DATASOURCE} leads to"
            f" {found.get('url')}; name another Grafana, or leave out GRAFANA="
        )


def _datasource(influx_url: str, password: str) -> dict[str, Any]:
    made: dict[str, Any] = dict(datasource(Influx(url=influx_url, database=DATABASE, api="v1", user=READER)))
    return made | {
        "user": READER,
        "jsonData": made["jsonData"] | {OURS: True},
        "secureJsonData": {"password": password},
        "editable": True,
    }


def _must_reach_influxdb(client: httpx.Client) -> None:
    answer = _asked(client, "GET", f"/api/datasources/uid/{DATASOURCE}/health", missing=(400, 403, 404, 500))
    if answer is not None and answer.get("status") == "OK":
        return
    raise PushRejected(
        f"Grafana at {client.base_url} has the dashboards and does not reach the demo's InfluxDB, which listens on the"
        " loopback of this machine; a Grafana in a container needs that machine's network"
    )


def _client(url: str, token: str | None) -> httpx.Client:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)


def _asked(
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None, *, missing: Sequence[int] = ()
) -> dict[str, Any] | None:
    """Grafana's answer; None for a status in `missing`, PushRejected for any other refusal."""
    where = f"Grafana at {client.base_url}"
    try:
        answer = client.request(method, path, json=body)
        if answer.status_code in missing:
            return None
        if answer.status_code in (401, 403):
            raise PushRejected(
                f"{where} lets nobody make a data source without an administrator's token; make one for a service"
                " account with the role Admin, and name its file: make demo GRAFANA=URL TOKEN_FILE=FILE"
            )
        found: dict[str, Any] = answer.raise_for_status().json()
    except httpx.HTTPStatusError as error:
        raise PushRejected(f"{where} answered {error.response.status_code}; look at its log") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PushRejected(f"{where} cannot be reached: {error or type(error).__name__}; does it run?") from None
    except ValueError:
        raise PushRejected(f"{where} gave an answer that is none of Grafana's; check the address") from None
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo.grafana_push", description="Dashboards into a Grafana.")
    parser.add_argument("--url", required=True, help="a Grafana that runs on this machine")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="an administrator's token, if it wants one")
    parser.add_argument("--influx-url", required=True, help="the demo's InfluxDB")
    parser.add_argument("--influx-secret", type=Path, required=True, help="the file with the reader's password")
    return parser


if __name__ == "__main__":
    sys.exit(main())
