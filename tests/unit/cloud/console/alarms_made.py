"""Alarms and snapshots made by hand, for tests of what the pages show of them."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.records import Alarm
from cloud.console.view_models.alarms import AlarmContext
from cloud.readings.contract import StoredReading
from rules.rule import Level, Rule, RuleKind, Severity
from tests.unit.cloud.api.morotai import SENSORS, SITES

NOON_MS = 1_795_489_805_000
"""12:10:05 WIT on 24 November 2026."""
WIT = ZoneInfo("Asia/Jayapura")
RIVER = Rule(
    family="river-level",
    quantity="water_level",
    kind=RuleKind.ABOVE,
    title="River level",
    title_id="Tinggi muka air sungai",
    advice="Look at the camera.",
    levels=(
        Level("Siaga 3", Severity.MODERATE, 150.0, colour="#f2c500"),
        Level("Siaga 2", Severity.SEVERE, 250.0),
        Level("Siaga 1", Severity.EXTREME, 320.0),
    ),
    hysteresis=10.0,
    for_s=60.0,
    clear_s=600.0,
)


def an_alarm(**changes: Any) -> Alarm:
    """The river stands at Siaga 2, at 262 cm, for twelve minutes by now; nobody has acknowledged it."""
    alarm = Alarm(
        id=17, family="river-level", sensor="river", quantity="water_level", site="daruba", gateway="gw-daruba",
        opened_ms=NOON_MS - 720_000, at_ms=NOON_MS - 719_000, state="alarming", level=1, worst=1, value=262.0,
        value_ms=NOON_MS - 60_000, changed_ms=NOON_MS - 300_000, closed_ms=None, late=False, withdrawn=False,
        test=False, acknowledged_ms=None, acknowledged_by=None, acknowledged_word=None, assigned_to=None,
        shelved_until_ms=None, versions="all@1", rule=RIVER,
    )  # fmt: skip
    return msgspec.structs.replace(alarm, **changes)


def a_reading(sensor: str, quantity: str, value: float, *, site: str = "daruba", age_s: float = 1.0, marks: int = 0):
    """The newest reading of a series."""
    return StoredReading(site, sensor, "gw-daruba", quantity, NOON_MS - round(age_s * 1_000), value, marks)


def around(*readings: StoredReading) -> AlarmContext:
    """What alarms are read beside, at noon."""
    return AlarmContext(
        now_ms=NOON_MS,
        city_zone=WIT,
        sites={site.id: site for site in SITES},
        sensors={sensor.id: sensor for sensor in SENSORS},
        newest={(reading.sensor, reading.quantity): reading for reading in readings},
    )
