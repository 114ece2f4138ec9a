"""The test alarm: it goes the way of a real one, from the table of alarms to the phone of whoever is on duty.

07:00 in the city ─► alarm (test, closed as it opens) ─► event ─► notice of step 1 ─► "TEST / UJI COBA · …"
"""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, insert, select

from cloud.alarms.ranks import rank_of
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.audit_log import Actor, write_entry
from cloud.database.steady_clock import Moment
from cloud.database.upsert import insert_ignore
from cloud.registry.records import Site
from cloud.registry.snapshot import Registry
from rules.rule import TEST, Level, Rule, RuleKind, Severity

FAMILY = TEST
GRACE = timedelta(hours=1)
"""How long after its hour a morning test that was missed is still made up for."""
RULE = Rule(
    family=FAMILY,
    quantity="uptime",
    kind=RuleKind.ABOVE,
    levels=(Level("Test alarm", Severity.MINOR, 0.0, name_id="Uji coba peringatan"),),
    title="Test alarm",
    title_id="Uji coba peringatan",
    advice="Nothing is wrong: this proves that warnings arrive.",
    advice_id="Tidak ada bahaya: ini membuktikan bahwa peringatan sampai.",
    minimum=0.0,
)


def morning_ms(now_ms: int, *, hour: str, zone: str) -> int | None:
    """Return when today's morning test is due (UTC), if it is now or was less than `GRACE` ago; `hour` as "07:00"."""
    local = datetime.fromtimestamp(now_ms / 1_000, UTC).astimezone(ZoneInfo(zone))
    due = datetime.combine(local.date(), time.fromisoformat(hour), tzinfo=local.tzinfo)
    return round(due.timestamp() * 1_000) if due <= local < due + GRACE else None


def site_for_tests(registry: Registry, sites: Collection[str] | None) -> Site | None:
    """Return the site in whose name a test is made: the first of the city, or of those that its author may see."""
    return next((site for site in registry.sites() if sites is None or site.id in sites), None)


def open_test_alarm(
    connection: Connection,
    registry: Registry,
    *,
    opened_ms: int,
    now: Moment,
    actor: Actor,
    sites: Collection[str] | None = None,
) -> int | None:
    """Open and close a test alarm, in the name of one of `sites`; return its id, None where one of `opened_ms` is."""
    now_ms = now.wall_ms
    site = site_for_tests(registry, sites)
    gateway = next((each.id for each in registry.gateways() if site is not None and each.site == site.id), "siaga")
    text = msgspec.json.encode(RULE).decode()
    row = {
        "family": FAMILY, "sensor": gateway, "quantity": RULE.quantity, "site": "" if site is None else site.id,
        "rank": rank_of(text, 0),
        "gateway": gateway, "opened_ms": opened_ms, "at_ms": now_ms, "state": "closed", "level": 0, "worst": 0,
        "value": 0.0, "value_ms": now_ms, "changed_ms": now_ms, "closed_ms": now_ms, "late": False, "withdrawn": False,
        "test": True, "versions": "", "rule": text,
    }  # fmt: skip
    if not insert_ignore(connection, AlarmRow, [row]):
        return None
    query = select(AlarmRow.id).where(
        AlarmRow.family == FAMILY, AlarmRow.sensor == gateway, AlarmRow.opened_ms == opened_ms
    )
    alarm = int(connection.execute(query).scalar_one())
    event = {"alarm": alarm, "time_ms": now_ms, "level": 0, "value": 0.0, "late": False, "at_ms": now_ms}
    connection.execute(insert(AlarmEventRow).values(event | {"kind": "raised"}))
    # that it is over needs nobody's attention
    connection.execute(insert(AlarmEventRow).values(event | {"kind": "closed", "routed_ms": now.steady_ms}))
    write_entry(connection, actor, "test-alarm", f"alarm:{alarm}", now_ms=now_ms)
    return alarm


def open_test_alarm_now(
    connection: Connection, registry: Registry, *, now: Moment, actor: Actor, sites: Collection[str] | None
) -> int:
    """Open and close a test alarm of this moment; return its id."""
    opened_ms = now.wall_ms
    while True:  # one of the same millisecond is somebody else's
        alarm = open_test_alarm(connection, registry, opened_ms=opened_ms, now=now, actor=actor, sites=sites)
        if alarm is not None:
            return alarm
        opened_ms += 1
