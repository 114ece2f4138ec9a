"""What people read of: a notification, with a line for each alarm in it, as it stood when the notification was made.

Notification(message="9c41…",
             lines=(AlarmLine(kind="raised", level_name="Siaga 1", site_name="Daruba river", value=325, …), …))
A notification is kept in the outbox as JSON: every attempt, on every channel, says the same.
"""

from typing import Any

import msgspec

from cloud.registry.snapshot import Registry
from rules.rule import Rule, RuleKind, Severity
from wire import QUANTITIES, Quantity, printable

TEXTS = (
    "level_name", "level_name_id", "title", "title_id", "advice", "advice_id", "site", "site_name", "place", "zone",
    "gateway", "sensor", "sensor_name", "quantity", "also", "read_by",
)  # fmt: skip
"""The texts of a line."""
URGENT_KINDS = ("raised", "worsened")


class AlarmLine(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm, by its newest event; times in UTC milliseconds, `time_ms` is the event's.

    `value` and `limit` are in the level's unit: for a rise over `window_s`, for a trend the days until `target`, for
    silence in expected intervals.
    `repeated`: an earlier notification said it already; it stands here so that the whole storm is in one place. `own`
    is the quantity where the city added it, as it was when this was made. `read_by` is the person who has read `value`
    at `read_ms` (UTC) in place of the sensor; empty where the sensor has measured it.
    """

    event: int
    alarm: int
    kind: str
    late: bool
    test: bool
    severity: Severity
    level_name: str
    level_name_id: str
    title: str
    title_id: str
    advice: str
    advice_id: str
    site: str
    site_name: str
    place: str
    zone: str
    gateway: str
    sensor: str
    sensor_name: str
    quantity: str
    watch: RuleKind
    value: float
    limit: float
    window_s: float
    for_s: float
    of: tuple[int, int] | None
    also: str
    opened_ms: int
    time_ms: int
    repeated: bool = False
    own: Quantity | None = None
    target: float | None = None
    read_by: str = ""
    read_ms: int = 0

    @property
    def row(self) -> Quantity | None:
        """The quantity; None where there is none, or it is of another version of Siaga."""
        return self.own or QUANTITIES.get(self.quantity)

    @property
    def is_own(self) -> bool:
        """Whether it is about the platform itself, and no value stands behind it."""
        return not self.quantity and self.watch is not RuleKind.SILENCE


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one address: the worst line first; `address` is empty where the channel is its own.

    `again`: an earlier attempt may have arrived, and the channel has no key by which it would be known.
    `single_attempt`: what fails is not tried again; in the outbox's JSON its name is "once".
    """

    key: str
    message: str
    step: int
    channel: str
    person: str
    address: str
    language: str
    made_ms: int
    lines: tuple[AlarmLine, ...]
    test: bool = False
    single_attempt: bool = msgspec.field(default=False, name="once")
    again: bool = False


def urgency(kind: str, severity: Severity, *, late: bool) -> int:
    """Return what goes first in a storm: new danger by its severity, silence after it, all else last."""
    if kind in URGENT_KINDS and not late:
        return 1 + severity.rank
    return 1 if kind == "silent" else 0


def line_of(alarm: Any, event: Any, rule: Rule, registry: Registry, *, repeated: bool = False) -> AlarmLine:
    """Return the line of an alarm as its event has made it: rows of `alarms` and `alarm_events`, or their like."""
    level = rule.levels[max(0, min(event.level, len(rule.levels) - 1))]
    site = registry.site(alarm.site)
    sensor = registry.sensor(alarm.sensor)
    line = AlarmLine(
        event=event.id,
        alarm=alarm.id,
        kind=event.kind,
        late=event.late,
        test=alarm.test,
        severity=level.severity,
        level_name=level.name,
        level_name_id=level.name_id or level.name,
        title=rule.title,
        title_id=rule.title_id or rule.title,
        advice=rule.advice,
        advice_id=rule.advice_id or rule.advice,
        site=alarm.site,
        site_name=alarm.site if site is None else site.name,
        place="" if site is None else site.place,
        zone=(site.zone if site is not None else "") or registry.city.zone,
        gateway=alarm.gateway,
        sensor=alarm.sensor,
        sensor_name=alarm.sensor if sensor is None else sensor.name,
        quantity=alarm.quantity,
        watch=rule.kind,
        value=event.value,
        limit=level.limit,
        window_s=rule.window_s,
        for_s=rule.for_s,
        of=None if rule.at_least is None else (rule.at_least.n, rule.at_least.m),
        also="" if rule.also is None else rule.also.sensor,
        opened_ms=alarm.opened_ms,
        time_ms=event.time_ms,
        repeated=repeated,
        target=rule.target,
        own=None if alarm.quantity in QUANTITIES else registry.quantities.get(alarm.quantity),
        read_by=event.read_by or "",
        read_ms=event.read_ms or 0,
    )
    return printable_line(line)


def printable_line(line: AlarmLine) -> AlarmLine:
    """Return the line with only what every channel can carry: rows from before input was checked may hold anything."""
    return msgspec.structs.replace(line, **{name: printable(getattr(line, name)) for name in TEXTS})


def without_words(line: AlarmLine) -> AlarmLine:
    """Return the line with ids for all that people wrote, for a channel that cannot carry their words."""
    name = f"{line.site} {line.sensor}".strip() or f"alarm {line.alarm}"
    ids = {each: getattr(line, each) for each in ("site", "gateway", "sensor", "quantity", "zone")}
    names = dict.fromkeys(("title", "title_id", "site_name"), name)
    levels = dict.fromkeys(("level_name", "level_name_id"), line.severity.value)
    own = line.own and msgspec.structs.replace(
        line.own, english=line.quantity, indonesian=line.quantity, sign="", sign_id=""
    )
    return printable_line(msgspec.structs.replace(line, **dict.fromkeys(TEXTS, "") | ids | names | levels, own=own))


def worst_first(lines: list[AlarmLine]) -> tuple[AlarmLine, ...]:
    """Return the lines as people should read them: the new before what is over, the worst first, then by place."""
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                line.repeated,
                -urgency(line.kind, line.severity, late=line.late),
                -line.severity.rank,
                line.site_name,
                line.sensor_name,
                line.event,
            ),
        )
    )
