"""Grafana's own alert rules, for one thing only: the platform itself is down, which it could not tell of itself.

no ingest for 3 minutes │ writes that the store did not take │ half of the gateways offline │ refused readings rise

Alarms of rivers, air and crowds are judged by Siaga and never here. Whom Grafana tells is the operator's to set:
contact points and policies are not written.
"""

import msgspec

from dashboards.kit.influx import TYPE
from dashboards.kit.names import DATASOURCE
from dashboards.yaml_text import Value

FOLDER = "Siaga platform"
GROUP = "siaga-platform"
_EXPRESSION = "__expr__"


class PlatformRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: the last value of `query` over the last `window_s` is above `limit`, and stays so for `pending`."""

    uid: str
    title: str
    query: str
    window_s: int
    limit: float
    below: bool = False
    """Fire below the limit instead."""
    pending: str = "0s"
    silence_fires: bool = False
    """Nothing to read is itself what the rule is about."""
    summary: str
    runbook: str


RULES = (
    PlatformRule(
        uid="siaga-no-ingest", title="Siaga: no ingest · penerimaan data berhenti",
        query='SELECT count("seconds") FROM "ingest" WHERE $timeFilter', window_s=180, limit=1, below=True,
        silence_fires=True, summary="No ingester has reported for 3 minutes: cloud, broker or InfluxDB is down.",
        runbook="no-ingest",
    ),
    PlatformRule(
        uid="siaga-store-errors", title="Siaga: store errors · penyimpanan gagal",
        query='SELECT sum("store_errors") FROM "ingest" WHERE $timeFilter', window_s=300, limit=0, pending="2m",
        summary="InfluxDB has not taken writes. Readings wait at the gateways.", runbook="store-errors",
    ),
    PlatformRule(
        uid="siaga-gateways-offline", title="Siaga: gateways offline · gateway luring",
        query='SELECT (1 - mean("online")) * 100 FROM '
        '(SELECT last("online") AS "online" FROM "fleet" WHERE $timeFilter GROUP BY "gateway")',
        window_s=300, limit=50, pending="10m",
        summary="More than half of the gateways are offline: the broker, its certificate, or the network.",
        runbook="gateways-offline",
    ),
    PlatformRule(
        uid="siaga-refused", title="Siaga: refused readings rise · data ditolak bertambah",
        query='SELECT sum("dead_letters") FROM "ingest" WHERE $timeFilter', window_s=900, limit=100, pending="5m",
        summary="More than 100 readings were refused within 15 minutes: a gateway sends what nobody registered.",
        runbook="refused",
    ),
)  # fmt: skip


def rules(*, on: bool) -> dict[str, Value]:
    """The provisioning document: the rules, or what takes those of an earlier run back."""
    if not on:
        return {"apiVersion": 1, "deleteRules": [{"orgId": 1, "uid": rule.uid} for rule in RULES]}
    group: dict[str, Value] = {
        "orgId": 1, "name": GROUP, "folder": FOLDER, "interval": "1m", "rules": [_rule(rule) for rule in RULES],
    }  # fmt: skip
    return {"apiVersion": 1, "groups": [group]}


def _rule(rule: PlatformRule) -> dict[str, Value]:
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "data": [_query(rule), _last(rule), _limit(rule)],
        "noDataState": "Alerting" if rule.silence_fires else "OK",
        "execErrState": "Alerting",
        "for": rule.pending,
        "annotations": {"summary": rule.summary, "runbook": f"docs/operations.md#{rule.runbook}"},
        "labels": {"platform": "siaga"},
        "isPaused": False,
    }


def _query(rule: PlatformRule) -> dict[str, Value]:
    model: dict[str, Value] = {
        "refId": "A",
        "datasource": {"type": TYPE, "uid": DATASOURCE},
        "query": rule.query,
        "rawQuery": True,
        "resultFormat": "time_series",
        "intervalMs": 1000,
        "maxDataPoints": 43200,
    }
    return {
        "refId": "A",
        "relativeTimeRange": {"from": rule.window_s, "to": 0},
        "datasourceUid": DATASOURCE,
        "model": model,
    }


def _last(rule: PlatformRule) -> dict[str, Value]:
    return _step(rule, "B", {"type": "reduce", "expression": "A", "reducer": "last"})


def _limit(rule: PlatformRule) -> dict[str, Value]:
    evaluator: dict[str, Value] = {"type": "lt" if rule.below else "gt", "params": [rule.limit]}
    return _step(rule, "C", {"type": "threshold", "expression": "B", "conditions": [{"evaluator": evaluator}]})


def _step(rule: PlatformRule, ref: str, model: dict[str, Value]) -> dict[str, Value]:
    source: dict[str, Value] = {"refId": ref, "datasource": {"type": _EXPRESSION, "uid": _EXPRESSION}}
    return {
        "refId": ref,
        "relativeTimeRange": {"from": rule.window_s, "to": 0},
        "datasourceUid": _EXPRESSION,
        "model": source | model,
    }
