"""Ingest: how fast readings come and become durable, and what stands in their way.

readings a minute │ delay │ write time │ refused │ store errors      rates by domain │ delays │ refusals │ queue
"""

from grafana_foundation_sdk.builders import stat as stats
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models import dashboard

from dashboards.flow import live_and_backlog
from dashboards.kit.frame import frame
from dashboards.kit.influx import NOW, STEP, Query, one_of
from dashboards.kit.layout import PanelRow
from dashboards.kit.panels import lines, stat
from dashboards.kit.rates import all_per_minute, per_minute
from dashboards.kit.scales import ALERT, ATTENTION, PLAIN, limits
from dashboards.kit.style import DashboardStyle
from dashboards.kit.tables import TableColumn, table
from dashboards.kit.units import unit
from dashboards.kit.variables import instance
from dashboards.kit.words import Caption, Text
from rules.colours import CALM

_HERE = one_of("instance")
_SILENT = Text("The ingester is not heard: look at the server")
_ABOUT = Text("How readings are taken in and stored: rates, delays, what is refused, and trouble with the store.")
_RATE = Caption(
    Text("Live readings a minute"),
    Text("Readings that became durable as they were taken, mean of the last 2 minutes; without what came late."),
    _SILENT,
)
_FLOW = Caption(
    Text("Live and backlog"),
    Text("Readings that became durable, a minute: those sent as they were taken, and those that came late."),
)
_DELAY = Caption(
    Text("Delay (p99)"),
    Text("From a live reading's time to its being durable; 99 of 100 are faster. Backfill is not counted."),
    _SILENT,
)
_WRITE = Caption(
    Text("Write time (p99)"),
    Text("One write to the store; 99 of 100 are faster."),
    _SILENT,
)
_OPEN = Caption(
    Text("Refused, waiting for somebody"),
    Text("Readings or messages that were refused and wait in Siaga's console. None is thrown away."),
    _SILENT,
)
_ERRORS = Caption(
    Text("Store errors"),
    Text("Writes that the store did not take in this time range. The readings still wait at the gateway."),
    _SILENT,
)
_SHED = Caption(
    Text("Batches not taken"),
    Text("Batches that were not taken for want of room, in this time range. Gateways send them again."),
    _SILENT,
)
_RATES = Caption(
    Text("Readings a minute, by domain"),
    Text("Readings that became durable, a minute, live ones and those that came late."),
)
_BATCHES = Caption(
    Text("Batches and duplicates a minute"),
    Text("Duplicates are normal after a lost link: gateways send again what was not acknowledged."),
)
_DELAYS = Caption(
    Text("Delay"),
    Text("From a live reading's time to durable: median, p99."),
)
_WRITES = Caption(
    Text("Write time"),
    Text("One write to the store: median and p99."),
)
_REFUSED = Caption(
    Text("Refused readings, by reason"),
    Text("How many in each step. docs/api.md has the reasons."),
    Text("No refusal was written down in this time range"),
)
_REASONS = Caption(
    Text("Reasons of refusals"),
    Text("How many in this time range, the most first."),
    Text("No refusal was written down in this time range"),
)
_TROUBLE = Caption(
    Text("Trouble"),
    Text("Store errors and batches not taken, in each step."),
)
_QUEUE = Caption(
    Text("Batches waiting in memory"),
    Text("A line that only rises means that the store does not keep up."),
)
_SERIES = {
    "stored_flood": Text("Flood"),
    "stored_air": Text("Air"),
    "stored_footfall": Text("Footfall"),
    "stored_gateway": Text("Gateways"),
    "batches": Text("Batches"),
    "duplicates": Text("Duplicates"),
    "delay_p50_ms": Text("Median"),
    "delay_p99_ms": Text("p99"),
    "write_p50_ms": Text("Median"),
    "write_p99_ms": Text("p99"),
    "store_errors": Text("Store errors"),
    "shed": Text("Batches not taken"),
}
REASONS = {
    "not_a_batch": Text("Message breaks the contract"),
    "oversized": Text("Message too large"),
    "unknown_gateway": Text("Unknown gateway"),
    "unknown_sensor": Text("Unknown sensor"),
    "foreign_sensor": Text("Another gateway's sensor"),
    "unknown_quantity": Text("Unknown quantity"),
    "undeclared_quantity": Text("Quantity not the sensor's"),
    "out_of_bounds": Text("Impossible value"),
    "time_too_early": Text("Time before 2020"),
    "time_in_future": Text("Time in the future"),
    "store_rejected": Text("Rejected by the store"),
    "fault": Text("A fault of Siaga itself"),
}
"""Why ingest refuses, by the tag `reason`."""


def build(style: DashboardStyle) -> dashboard.Dashboard:
    """The dashboard in the language of `look`."""
    rows = [
        PanelRow(5, *((panel, 4) for panel in _figures(style))),
        PanelRow(9, (live_and_backlog(style, _FLOW, where=_HERE), 8), (_rates(style), 8), (_batches(style), 8)),
        PanelRow(8, (_delays(style), 12), (_writes(style), 12)),
        PanelRow(8, (_refused(style), 16), (_reasons(style), 8)),
        PanelRow(7, (_trouble(style), 12), (_queue(style), 12)),
    ]
    return frame(style, "ingest", about=_ABOUT, rows=rows, variables=[instance(style)], since="now-6h")


def _figures(style: DashboardStyle) -> list[stats.Panel]:
    rate = Query(f'SELECT sum("stored_live") FROM ({per_minute("stored_live", NOW, where=_HERE)})')
    slow, slow_write = limits((5, ATTENTION), (30, ALERT)), limits((500, ATTENTION), (5_000, ALERT))
    delay, write = _slowest("delay_p99_ms", per=1_000), _slowest("write_p99_ms")
    reading, message, batch = unit("{reading}/min", style), unit("{message}", style), unit("{batch}", style)
    each = f'SELECT last("dead_letters_open") AS "n" FROM "ingest" WHERE {NOW} AND {_HERE} GROUP BY "instance"'
    return [
        stat(style, _RATE, rate, unit=reading, scale=limits((1, CALM), below=ALERT)),
        stat(style, _DELAY, delay, unit=_seconds(style), decimals=1, scale=slow),
        stat(style, _WRITE, write, unit=_milliseconds(style), scale=slow_write),
        # every ingester counts the same dead letters, which are in one registry
        stat(style, _OPEN, Query(f'SELECT max("n") FROM ({each})'), unit=message, scale=limits((1, ATTENTION))),
        stat(style, _ERRORS, _total("store_errors"), unit="none", scale=limits((1, ALERT), below=PLAIN)),
        stat(style, _SHED, _total("shed"), unit=batch, scale=limits((1, ATTENTION), below=PLAIN)),
    ]


def _seconds(style: DashboardStyle) -> str:
    """Without Grafana's scaling, which says *mins* and *hours* in English whatever the language."""
    return f"suffix: {style.say(Text('s'))}"


def _milliseconds(style: DashboardStyle) -> str:
    return f"suffix: {style.say(Text('ms'))}"


def _slowest(field: str, *, per: int = 1) -> Query:
    share = f" / {per}" if per != 1 else ""
    return Query(f'SELECT max("{field}"){share} FROM "ingest" WHERE {NOW} AND {_HERE}')


def _total(field: str) -> Query:
    return Query(f'SELECT sum("{field}") FROM "ingest" WHERE $timeFilter AND {_HERE}')


def _rates(style: DashboardStyle) -> timeseries.Panel:
    fields = ("stored_flood", "stored_air", "stored_footfall", "stored_gateway")
    query = Query(all_per_minute(" ".join(fields), where=_HERE), "$col")
    panel = lines(style, _RATES, query, unit=unit("{reading}/min", style), stacked=True).interval(STEP).fill_opacity(30)
    return _named(style, panel, *fields)


def _batches(style: DashboardStyle) -> timeseries.Panel:
    query = Query(all_per_minute("batches duplicates", where=_HERE), "$col")
    panel = lines(style, _BATCHES, query, unit=unit("1/min", style), decimals=1).interval(STEP)
    return _named(style, panel, "batches", "duplicates")


def _delays(style: DashboardStyle) -> timeseries.Panel:
    return _times(style, _DELAYS, "delay", per=1_000, unit=_seconds(style))


def _writes(style: DashboardStyle) -> timeseries.Panel:
    return _times(style, _WRITES, "write", per=1, unit=_milliseconds(style))


def _times(style: DashboardStyle, caption: Caption, what: str, *, per: int, unit: str) -> timeseries.Panel:
    median, slowest = f"{what}_p50_ms", f"{what}_p99_ms"
    query = _over_time(f'mean("{median}") / {per} AS "{median}", max("{slowest}") / {per} AS "{slowest}"')
    return _named(style, lines(style, caption, query, unit=unit, decimals=1).interval(STEP).min(0), median, slowest)


def _over_time(picked: str) -> Query:
    chosen = f'FROM "ingest" WHERE $timeFilter AND {_HERE}'
    return Query(f"SELECT {picked} {chosen} GROUP BY time($__interval) fill(null)", "$col")


def _refused(style: DashboardStyle) -> timeseries.Panel:
    chosen = f'FROM "refused" WHERE $timeFilter AND {_HERE}'
    query = Query(f'SELECT sum("count") {chosen} GROUP BY time($__interval), "reason" fill(none)', "$tag_reason")
    panel = lines(style, _REFUSED, query, unit=unit("{message}", style), bars=True, stacked=True).interval(STEP).min(0)
    for reason, word in REASONS.items():
        panel.override_by_name(reason, [dashboard.DynamicConfigValue("displayName", style.say(word))])
    return panel


def _reasons(style: DashboardStyle) -> tables.Panel:
    inner = f'SELECT sum("count") AS "count" FROM "refused" WHERE $timeFilter AND {_HERE} GROUP BY "reason"'
    query = Query(f'SELECT "reason", "count" FROM ({inner})', table=True)
    columns = [
        TableColumn(name="reason", title=Text("Reason"), words=REASONS),
        TableColumn(name="count", title=Text("How many"), unit=unit("{message}", style), width=130),
    ]
    return table(style, _REASONS, query, columns=columns, worst_first="count")


def _trouble(style: DashboardStyle) -> timeseries.Panel:
    query = _over_time('sum("store_errors") AS "store_errors", sum("shed") AS "shed"')
    panel = lines(style, _TROUBLE, query, unit="none", bars=True).interval(STEP).min(0)
    return _named(style, panel, "store_errors", "shed")


def _queue(style: DashboardStyle) -> timeseries.Panel:
    chosen = f'FROM "ingest" WHERE $timeFilter AND {_HERE} GROUP BY time($__interval), "instance" fill(null)'
    query = Query(f'SELECT max("queue_bytes") {chosen}', "$tag_instance")
    return lines(style, _QUEUE, query, unit=unit("By", style)).interval(STEP).min(0)


def _named(style: DashboardStyle, panel: timeseries.Panel, *names: str) -> timeseries.Panel:
    """Names for people in the place of the columns'."""
    for name in names:
        panel.override_by_name(name, [dashboard.DynamicConfigValue("displayName", style.say(_SERIES[name]))])
    return panel
