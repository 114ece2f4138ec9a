"""A story rehearsed on a clock that runs ahead: its signals through the city's real rules, its lines as they are told.

signals ─► readings each few seconds ─► rules.engine with demo/city/rules.toml ─► the answers of the API ─► story
What stands in for the rest is kept small: a warning for each raised alarm, a command to the siren for each severe one.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cloud.registry.city_file import read_city_file
from cloud.rulebook.rule_versions import RuleVersions
from cloud.rulebook.seed_rules import seed_rules_in
from demo.folder import CITY
from demo.stories.signals import CROWD, RAIN, RIVER, SIGNALS, SMOKE
from demo.stories.siren import SirenCommand
from demo.stories.stage import Staging, StoryStage
from demo.stories.teller import TELL
from i18n.catalog import catalog_of
from rules.engine import START, Observed, Phase, RuleState, Watched, step
from rules.rule import Rule, Severity

NOON_MS = 1_764_039_600_000  # 12:00 in Morotai
ORDINARY = {RAIN: 0.0, RIVER: 110.0, SMOKE: 20.0, CROWD: 30.0}
QUANTITIES = {RAIN: "rain_rate", RIVER: "water_level", SMOKE: "pm2_5", CROWD: "occupancy"}
CAPACITY = 250
BEGAN_S = 1_000.0
TOP = (Severity.SEVERE, Severity.EXTREME)


@cache
def rules_of(target: str) -> tuple[Rule, ...]:
    """The rules of the demo's city on a sensor or a site, as a new installation has them."""
    city = read_city_file(CITY / "city.toml")
    versions = RuleVersions(city, seed_rules_in(CITY / "rules.toml", city))
    return tuple(found.rule for found in versions.timeline(target).at(NOON_MS))


class WatchedAlarm:
    """One rule on one series, and the alarm that it opens."""

    def __init__(self, number: int, target: str, quantity: str, rule: Rule) -> None:
        self.number = number
        self.target = target
        self.quantity = quantity
        self.rule = rule
        self.acknowledged: str | None = None
        self._watched = Watched(target, rule, "Asia/Jayapura", 2.0)
        self._state: RuleState = START

    def observe(self, at_s: float, value: float) -> int:
        """Take a reading in; the level that is new, -1 where none is."""
        before = self._state.newest_core.level
        self._state, _ = step(self._watched, self._state, Observed(NOON_MS + round(at_s * 1000), value))
        after = self._state.newest_core.level
        return after if after > before else -1

    @property
    def answer(self) -> dict[str, Any] | None:
        """What the API says of it; None while there is no alarm."""
        core = self._state.newest_core
        if core.level < 0:
            return None
        level = self.rule.levels[core.level]
        return {
            "id": self.number, "family": self.rule.family, "sensor": self.target, "site": self.target,
            "title": self.rule.title, "title_id": self.rule.title_id, "value": core.value,
            "state": "recovering" if core.phase is Phase.RECOVERING else "alarming",
            "level": {"number": core.level, "name": level.name, "name_id": level.name_id},
            "acknowledged": self.acknowledged and "2026-01-01T00:00:00Z",
            "acknowledged_by": self.acknowledged and "operator", "acknowledged_word": self.acknowledged,
        }  # fmt: skip


class Rehearsal:
    """The parts of `Staging` that a story asks, on a clock that `run` moves on by half a second a look."""

    def __init__(
        self, folder: Path, name: str, *, language: str = "en", ordinary: Mapping[str, float] = ORDINARY
    ) -> None:
        self.lines: list[str] = []
        self.now_s = BEGAN_S
        self.commands: list[SirenCommand] = []
        self._ordinary = dict(ordinary)
        self._folder = folder
        self._name = name
        self._values: dict[str, float] = dict(ordinary)
        self._alarms = [
            WatchedAlarm(number, target, quantity, rule)
            for target, quantity in ((RIVER, "water_level"), (SMOKE, "pm2_5"), ("bere-bere", "capacity_used"))
            for number, rule in enumerate(rules_of(target), 1)
            if rule.quantity == quantity
        ]
        for part in ("devices", "warnings"):
            (folder / part).mkdir()
        self.staging = Staging(
            tree=None, api=self, staff=self, siren=self, folder=folder, address="http://127.0.0.1:8080",  # type: ignore[arg-type]
            words=catalog_of(language), write=self.lines.append,
        )  # fmt: skip

    def run(self, *, most_s: float = 400.0) -> float:
        """Tell the story to its end; how many seconds it took."""
        stage = StoryStage(self.staging, clock=lambda: self.now_s)
        self._measure(0.0)
        for _ in TELL[self._name](stage):
            self.now_s += 0.5
            self._measure(stage.at_s)
            assert stage.at_s < most_s, self.lines
        return stage.at_s

    def get(self, path: str, **wanted: Any) -> Any:
        """The API."""
        if path == "/alarms":
            found = [answer for alarm in self._alarms if (answer := alarm.answer) is not None]
            return {"alarms": [answer for answer in found if wanted.get("family") in (None, answer["family"])]}
        assert path == "/readings/latest"
        return [
            {"sensor": sensor, "quantity": QUANTITIES[sensor], "value": value, "age_s": 1.0}
            for sensor, value in self._values.items()
        ]

    def acknowledge(self, number: int, word: str) -> bool:
        """The staff."""
        for alarm in self._alarms:
            if alarm.number == number and alarm.answer is not None:
                alarm.acknowledged = word
        return True

    def _measure(self, at_s: float) -> None:
        for sensor, signal in SIGNALS[self._name].items():
            if sensor == CROWD:
                self._values[sensor] = round(self._ordinary[sensor] + signal.peak * signal.share(at_s))
            else:
                self._values[sensor] = signal.raised(self._ordinary[sensor], at_s)
        since_s = self.now_s - BEGAN_S
        for alarm, value in self._due(since_s):
            level = alarm.observe(since_s, value)
            if level >= 0:
                self._notify(alarm, alarm.rule.levels[level].severity)

    def _due(self, since_s: float) -> Iterator[tuple[WatchedAlarm, float]]:
        for alarm in self._alarms:
            if alarm.quantity != "capacity_used" and since_s % 2 == 0:
                yield alarm, self._values[alarm.target]
            elif alarm.quantity == "capacity_used" and since_s % 60 == 0:
                yield alarm, 100.0 * self._values[CROWD] / CAPACITY

    def _notify(self, alarm: WatchedAlarm, severity: Severity) -> None:
        number = len(list((self._folder / "warnings").iterdir()))
        (self._folder / "warnings" / f"siaga-{number}.xml").touch()
        if severity in TOP:
            self.commands.append(SirenCommand("key", True, severity.value))
