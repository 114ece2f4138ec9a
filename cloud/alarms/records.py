"""What the rooms of alarms hand to one another: alarms, their changes, what is asked of them.

Alarm(id=17, family="river-level", sensor="river-daruba-1", state="alarming", level=1, acknowledged_by=None, …)
"""

import msgspec

from rules.rule import Level, Rule, Severity


class Alarm(msgspec.Struct, frozen=True):
    """One alarm, with the rule as it stood when it fired and the `versions` that the rule came from.

    `opened_ms`, `value_ms`, `changed_ms` and `closed_ms` are event time, `at_ms` is when the cloud found it, all UTC;
    `level` and `worst` count the rule's levels from 0. `read_by` is the person who has read `value` at `read_ms` (UTC);
    None where the sensor has measured it.
    """

    id: int
    family: str
    sensor: str
    quantity: str
    site: str
    gateway: str
    opened_ms: int
    at_ms: int
    state: str
    level: int
    worst: int
    value: float
    value_ms: int
    changed_ms: int
    closed_ms: int | None
    late: bool
    withdrawn: bool
    test: bool
    acknowledged_ms: int | None
    acknowledged_by: str | None
    acknowledged_word: str | None
    assigned_to: str | None
    shelved_until_ms: int | None
    versions: str
    rule: Rule
    read_by: str | None = None
    read_ms: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still goes on."""
        return self.closed_ms is None

    @property
    def severity(self) -> Severity:
        """How bad it is now; after its end, how bad it was at the worst."""
        return self._level(self.level if self.is_open else self.worst).severity

    @property
    def level_name(self) -> str:
        """The level's name in the rule's own terms: Siaga 2."""
        return self._level(self.level if self.is_open else self.worst).name

    def is_shelved(self, now_ms: int) -> bool:
        """Whether somebody put it away until a time after `now_ms`."""
        return self.shelved_until_ms is not None and self.shelved_until_ms > now_ms

    def _level(self, number: int) -> Level:
        return self.rule.levels[max(0, min(number, len(self.rule.levels) - 1))]


class AlarmChange(msgspec.Struct, frozen=True):
    """One change of an alarm, at `time_ms` of event time, found at `at_ms`; `late`: too long after it to page.

    `read_by` is the person who has read `value` at `read_ms` (UTC); None where the sensor has measured it.
    """

    kind: str
    time_ms: int
    level: int
    value: float
    late: bool
    at_ms: int
    read_by: str | None = None
    read_ms: int | None = None


class AlarmFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which alarms are asked for; what is None does not matter. `sites` are those that the asker may see.

    `quantities` are those that the alarm is about, "" where it is about none. `from_ms` and `until_ms` (UTC, not
    included) are compared with the opening; `text` is looked for in the ids and the rule's texts, whatever the case,
    `named` are sites and sensors whose names hold it. `before_id` and `limit` turn pages, the newest alarm first.
    """

    open: bool | None = None
    state: str | None = None
    severity: Severity | None = None
    site: str | None = None
    sites: frozenset[str] | None = None
    sensor: str | None = None
    family: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    acknowledged: bool | None = None
    shelved: bool | None = None
    late: bool | None = None
    test: bool | None = None
    quantities: frozenset[str] | None = None
    text: str = ""
    named: frozenset[str] = frozenset()
    before_id: int | None = None
    limit: int = 100


class FoundAlarms(msgspec.Struct, frozen=True):
    """A page of alarms, the newest first; `next_before_id` asks for what comes after it, None at the end."""

    alarms: list[Alarm]
    next_before_id: int | None


class Maintenance(msgspec.Struct, frozen=True):
    """A window, from `from_ms` to `until_ms` (UTC), in which a site's or a sensor's alarms page nobody."""

    id: int
    site: str | None
    sensor: str | None
    from_ms: int
    until_ms: int
    author: str
    reason: str

    def holds(self, now_ms: int) -> bool:
        """Whether the window is open at `now_ms`."""
        return self.from_ms <= now_ms < self.until_ms
