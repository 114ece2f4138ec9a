"""Reads a case of tests/cases: the rule, its readings, and what is expected of them."""

import csv
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rules.engine import START, Event, EventKind, Observed, Watched, history, step
from rules.marks import Mark
from rules.quality import UNJUDGED, verdicts
from rules.quality_policies import POLICIES
from rules.rule import Rule
from rules.scope import rule_of
from tests.recorded import text_of
from tests.synthetic.levels import synthetic_csv

CASES = Path(__file__).parents[2] / "cases"


class Case(NamedTuple):
    title: str
    rule: Rule
    readings: list[Observed]
    zone: ZoneInfo
    interval_s: float | None
    expected: dict[str, Any]

    def time_ms(self, text: str) -> int:
        return time_ms(text, self.zone)

    def clock(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, self.zone).strftime("%Y-%m-%d %H:%M")


class Alarm(NamedTuple):
    opened_ms: int
    closed_ms: int | None
    worst: int


def read_case(path: Path) -> Case:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    told = raw["readings"]
    zone = ZoneInfo(told.get("zone", "UTC"))
    rule = rule_of(raw["rule"].pop("family"), raw["rule"])
    rows = [(text, value) for text, value in told["inline"]] if "inline" in told else list(_rows(told))
    readings = [Observed(*reading) for reading in sorted((time_ms(text, zone), float(value)) for text, value in rows)]
    return Case(raw["title"], rule, readings, zone, told.get("interval_s"), raw["expected"])


def recorded_files(path: Path) -> list[str]:
    """The recorded data that a case needs."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))["readings"]
    return [told["file"]] if "file" in told else []


def _rows(told: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The readings of a case that a file of recorded data has, or its synthetic twin."""
    text = synthetic_csv(**told["synthetic"]) if "synthetic" in told else text_of(told["file"])
    for row in csv.DictReader(text.splitlines(), delimiter=told.get("delimiter", ",")):
        yield row[told["time"]], round(float(row[told["value"]]) * told.get("times", 1.0), 3)


def time_ms(text: str, zone: ZoneInfo) -> int:
    parsed = datetime.fromisoformat(text)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
    return round(aware.astimezone(UTC).timestamp() * 1000)


def events_of(case: Case) -> tuple[Event, ...]:
    watched = Watched("case", case.rule, case.zone.key, case.interval_s)
    told: list[Event] = []
    state = START
    for observed in case.readings:
        state, events = step(watched, state, observed)
        told.extend(events)
    return history(told)


def alarms_of(events: tuple[Event, ...]) -> list[Alarm]:
    alarms: dict[int, Alarm] = {}
    for event in events:
        alarm = alarms.get(event.opened_ms, Alarm(event.opened_ms, None, 0))
        alarm = alarm._replace(worst=max(alarm.worst, event.level))
        alarms[event.opened_ms] = alarm._replace(closed_ms=event.time_ms if event.kind is EventKind.CLOSED else None)
    return [alarms[opened_ms] for opened_ms in sorted(alarms)]


def spikes_of(case: Case) -> list[int]:
    """What is a spike once all is known: of a true rise, whose first reading was doubted, nothing is."""
    times_ms, values = [one.time_ms for one in case.readings], [one.value for one in case.readings]
    _, marks, _ = verdicts(POLICIES[case.rule.quantity], UNJUDGED, times_ms, values)
    return [time_ms for time_ms, mark in zip(times_ms, marks, strict=True) if mark & Mark.SPIKE]
