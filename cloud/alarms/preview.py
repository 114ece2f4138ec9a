"""Try before saving: the live engine over stored history, with the rule as it is saved and as it is edited.

history of a sensor ─┬─ saved rule  ─► engine ─► alarms, hours a week, crossings ─┐
                     └─ edited rule ─► engine ─► alarms, hours a week, crossings ─┴─► the difference, points of a chart
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from cloud.alarms.preview_outcome import Difference, PreviewOutcome, difference, outcome, thinned
from cloud.readings.contract import Point, ReadingsStore
from cloud.registry.records import Sensor
from cloud.rulebook.records import RuleRejected, RuleVersion
from cloud.rulebook.rule_bindings import watched_by
from cloud.rulebook.rule_store import RuleStore
from cloud.rulebook.rule_versions import place_of, scopes_of
from rules.marks import NOT_BELIEVED
from rules.problem import ValidationProblem
from rules.scope import Resolved
from runtime.clock import wall_ms

MOST_READINGS = 200_000
"""Readings that one preview looks at: a month at one each 15 s."""


class Preview(msgspec.Struct, frozen=True):
    """Both outcomes over the `readings` looked at, and their `points`, thinned so that every extreme is still there."""

    sensor: str
    quantity: str
    start_ms: int
    end_ms: int
    readings: int
    saved: PreviewOutcome
    edited: PreviewOutcome
    difference: Difference
    points: tuple[Point, ...]


class Previewer:
    """Runs rules of `rule_store` over what `store` holds."""

    def __init__(self, rule_store: RuleStore, store: ReadingsStore, *, clock: Callable[[], int] = wall_ms) -> None:
        self._rule_store = rule_store
        self._store = store
        self._clock = clock

    async def preview(
        self,
        family: str,
        scope: str,
        fields: dict[str, Any] | None,
        *,
        sensor: str,
        start_ms: int,
        end_ms: int,
        sites: frozenset[str] | None = None,
    ) -> Preview:
        """What `fields` in `scope` would change for `sensor`; None: if the scope said nothing.

        RuleRejected where they may not be saved, as far as sensors at `sites` tell (None: all);
        LookupError for a sensor that is not there; StoreUnavailable.
        """
        known = self._rule_store.targets.get(sensor)
        if known is None:
            raise LookupError(f"there is no sensor {sensor}")
        saved = next((each for each in self._rule_store.resolved(sensor) if each.rule.family == family), None)
        edited = await asyncio.to_thread(self._edited, family, scope, fields, known, sites)
        quantity = next((each.rule.quantity for each in (edited, saved) if each is not None), "")
        points, second_histories = await self._histories(known, quantity, saved, edited, start_ms, end_ms)
        end = min(end_ms, self._clock())
        outcomes = await asyncio.to_thread(
            self._outcomes, known, saved, edited, points, second_histories, start_ms, end
        )
        compared = await asyncio.to_thread(lambda: (difference(*outcomes), thinned(points)))
        return Preview(sensor, quantity, start_ms, end_ms, len(points), *outcomes, *compared)

    def _edited(
        self, family: str, scope: str, fields: dict[str, Any] | None, sensor: Sensor, sites: frozenset[str] | None
    ) -> Resolved | None:
        now = self._clock()
        version = RuleVersion(family, scope, 1_000_000, fields or {}, fields is None, now, now, "", "preview")
        # who sees some sites hears of no scope but those of this sensor, not even by a suggestion
        rule_versions = (
            self._rule_store.trial(version, sites=sites) if sites is None or scope in scopes_of(sensor) else None
        )
        if rule_versions is None or scope not in scopes_of(sensor):
            raise RuleRejected(
                [
                    ValidationProblem(
                        "sensor {sensor!r}: does not stand in {scope}; choose a sensor to which it applies",
                        field="sensor",
                        sensor=sensor.id,
                        scope=scope[:80],
                    )
                ]
            )
        return rule_versions.resolved(family, place_of(sensor), scopes_of(sensor), now)

    async def _histories(
        self, sensor: Sensor, quantity: str, saved: Resolved | None, edited: Resolved | None, start_ms: int, end_ms: int
    ) -> tuple[list[Point], dict[tuple[str, str], list[Point]]]:
        named = quantity or sensor.quantities[0]
        points = await self._history(sensor.id, named, start_ms, end_ms)
        alsos = {
            (also.sensor, also.quantity): int(also.within_s * 1000)
            for each in (saved, edited)
            if each is not None and (also := each.rule.also) is not None
        }
        others = {name: await self._history(*name, start_ms - within, end_ms) for name, within in alsos.items()}
        return points, {name: [one for one in found if not one.marks & NOT_BELIEVED] for name, found in others.items()}

    async def _history(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[Point]:
        points = await self._store.history(sensor, quantity, start_ms=start_ms, end_ms=end_ms, limit=MOST_READINGS + 1)
        if len(points) > MOST_READINGS:
            raise RuleRejected(
                [
                    ValidationProblem(
                        "start: sensor {sensor} has more than {most} readings since then; write a later start",
                        field="start",
                        sensor=sensor,
                        most=MOST_READINGS,
                    )
                ]
            )
        return points

    def _outcomes(
        self,
        sensor: Sensor,
        saved: Resolved | None,
        edited: Resolved | None,
        points: list[Point],
        second_histories: dict[tuple[str, str], list[Point]],
        start_ms: int,
        end_ms: int,
    ) -> tuple[PreviewOutcome, PreviewOutcome]:
        def of(resolved: Resolved | None) -> PreviewOutcome:
            if resolved is None or not resolved.rule.enabled:
                return PreviewOutcome(None if resolved is None else resolved.rule)
            watched = watched_by(self._rule_store.registry, sensor, resolved.rule)
            also = resolved.rule.also
            second = second_histories[also.sensor, also.quantity] if also is not None else None
            return outcome(watched, points, second, start_ms=start_ms, end_ms=end_ms)

        before = of(saved)
        same = saved is not None and edited is not None and saved.rule == edited.rule
        return before, before if same else of(edited)
