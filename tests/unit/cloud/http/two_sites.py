"""A city of two sites that have nothing in common: whatever somebody wrote about the other one has `MARK` in it.

async with two_sites(folder) as city:   an operator who may see OWN alone must never be answered a text with MARK
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from cloud.access.principal import Role
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.database.audit_log import Actor
from cloud.registry.editing import Editor
from cloud.registry.records import Contact, Gateway, Sensor, Site
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from tests.unit.cloud.access.house import PASSWORD
from tests.unit.cloud.api.morotai import ZONE, Morotai, now_ms
from tests.unit.cloud.console.served import RIVER_RULE
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost
from wire.durations import DAY_MS, HOUR_MS

OWN, FOREIGN, MARK = "sangowo", "zulu-site", "zulu"
GATEWAY, SENSOR = {OWN: "gw-own", FOREIGN: "zulu-gw"}, {OWN: "own-river", FOREIGN: "zulu-river"}
_SITES = (
    Site(OWN, "Sangowo", "Morotai Timur", 2.17, 128.563, ZONE),
    Site(FOREIGN, "Zulu bridge", "Zulu village", 2.05, 128.29, ZONE, contacts=(Contact("Zulu neighbour"),)),
)
_GATEWAYS = (Gateway("gw-own", "East gateway", OWN), Gateway("zulu-gw", "Zulu gateway", FOREIGN))
_SENSORS = (
    Sensor("own-river", "East river", OWN, "gw-own", ("water_level",), interval_s=60),
    Sensor("zulu-river", "Zulu river", FOREIGN, "zulu-gw", ("water_level",), interval_s=60, groups=("zulu-group",)),
    Sensor("zulu-air", "Zulu air", FOREIGN, "zulu-gw", ("pm2_5",), interval_s=60, groups=("zulu-group",)),
)
_DUST = {
    "quantity": "pm2_5", "kind": "above", "title": "Zulu dust", "advice": "Call the zulu.",
    "levels": [{"name": "Zulu", "severity": "minor", "limit": 5.0}],
}  # fmt: skip
_SOMEBODY = Actor("zulu-user", "10.9.9.9")
_SOMEBODY_AT = {OWN: Actor("ani"), FOREIGN: _SOMEBODY}


@contextlib.asynccontextmanager
async def two_sites(folder: Path) -> AsyncIterator[Morotai]:
    """The city, in which everything that can happen at a site has happened at both."""
    async with Morotai(folder, sites=_SITES, gateways=_GATEWAYS, sensors=_SENSORS, file_owns=()) as city:
        await city.rule_store.add_missing([*_rules()])
        for site in (OWN, FOREIGN):
            await _readings(city, site)
        await _alarms(city)
        await _edits(city)
        yield city


def _rules() -> Iterator[RuleVersion]:
    now = now_ms()
    yield RuleVersion("river-level", "all", 1, RIVER_RULE, False, SINCE_EVER_MS, now, "city", "the beginning")
    for scope in (f"site:{FOREIGN}", "sensor:zulu-air", "group:zulu-group"):
        yield RuleVersion("zulu-dust", scope, 1, _DUST, False, SINCE_EVER_MS, now, "zulu-user", "zulu asked for it")


async def _readings(city: Morotai, site: str) -> None:
    now, gateway, sensor = now_ms(), GATEWAY[site], SENSOR[site]
    rising = [Reading(sensor, "water_level", now - 60_000 + 5_000 * step, 240.0 + 2 * step) for step in range(10)]
    await city.send(gateway, rising)
    if site == FOREIGN:
        await city.send(gateway, [Reading("zulu-air", "pm2_5", now - ago_ms, 9.0) for ago_ms in (9_000, 2_000)])
        await city.send(gateway, [Reading("zulu-stranger", "pm2_5", now, 9.0)], lost=[Lost("1" * 16, 1, 240, MARK)])
        await city.deliver(gateway, b"zulu: not a batch")
    source = SourceState(sensor, SourceStatus.SILENT, f"{sensor}: nothing for 7 min", readings=9, last_ms=now)
    spool = SpoolState(depth=3, oldest_ms=now - 9_000)
    city.say(Status(1, online=True, gateway=gateway, version="0.1.0", boot="b", stream="s", time_ms=now,
                    clock=Clock.SYNCED, spool=spool, sources=(source,), notes=(f"{sensor} is refused",)))  # fmt: skip


async def _alarms(city: Morotai) -> None:
    service = city.platform.alarm_service
    for alarm in await all_alarms(city):
        if alarm.site == FOREIGN:
            await service.acknowledge(alarm.id, "zulu knows", actor=_SOMEBODY)
            await service.assign(alarm.id, "zulu-user", actor=_SOMEBODY, reason="zulu is near")
            await service.shelve(alarm.id, now_ms() + HOUR_MS, "zulu cleans", actor=_SOMEBODY)
    plan, until_ms = city.platform.maintenance.plan, now_ms() + DAY_MS
    for site, why in ((OWN, "cleaning"), (FOREIGN, "zulu cleans")):
        await plan(site=site, until_ms=until_ms, reason=why, actor=_SOMEBODY_AT[site])
    await city.platform.site_notes.add(FOREIGN, "the zulu has the key", actor=_SOMEBODY)


async def _edits(city: Morotai) -> None:
    await city.platform.handover.write("zulu leaks", actor=_SOMEBODY)
    await city.access.users.add("zulu-user", PASSWORD, Role.OPERATOR, sites=[FOREIGN], actor=_SOMEBODY)
    await city.access.tokens.add("zulu-token", Role.VIEWER, sites=[FOREIGN], days=1, actor=_SOMEBODY)
    for site in (OWN, FOREIGN):
        actor, why = _SOMEBODY_AT[site], "better" if site == OWN else "zulu measured it"
        await city.platform.facts.record(f"sensor:{SENSOR[site]}", "mounting_height_cm", 400, actor=actor, reason=why)
        editor, name = Editor(actor, None, why), "East river 2" if site == OWN else "Zulu river 2"
        await city.platform.editing.amend("sensors", SENSOR[site], {"name": name}, by=editor)


async def all_alarms(city: Morotai) -> Sequence[Alarm]:
    """Every alarm, of both sites."""
    return await city.platform.alarm_service.alarms(AlarmFilter(limit=100))
