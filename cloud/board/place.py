"""The state of one place, worked out whole, and when time alone will change it.

daruba: sensors, their newest readings, open alarms ─► PlaceState, due at 12:00:07.001, watching {("air", "pm2_5")}

Whoever waits until it is due, and looks again when one of the watched series is heard, misses nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import msgspec

from cloud.alarms.records import Alarm
from cloud.board.records import Liveness, PlaceState, all_of, place_state
from cloud.gateways.freshness import turns_at_s
from cloud.ingest.manual.records import Overruling
from cloud.readings.contract import StoredReading
from cloud.registry.records import Sensor, Site
from cloud.situation import CAPACITY_USED, ISPU, ISPU_HOURS, OCCUPANCY, states_of
from rules.marks import DOUBTED, NOT_BELIEVED
from wire import QuantityTable
from wire.durations import HOUR_MS

RECHECK_MS = 30_000
"""A place is looked at so often whatever seems to happen: what nobody foresaw stays wrong no longer."""
AHEAD_MS = 5_000
"""One that was heard of a time that has not come is looked at again so soon."""
VALUE_TELLS = frozenset({ISPU, CAPACITY_USED, OCCUPANCY})
"""Quantities whose every value may be another state: of all else an alarm says what is bad."""
MARKS_TELL = NOT_BELIEVED | DOUBTED

Series = tuple[str, str]


class PlaceInputs(msgspec.Struct, frozen=True, kw_only=True):
    """What the state of a place is made of: its `sensors`, of the `known` ones of the city, by id, and what they say.

    `measured` are the domains of which each sensor measures something: none, and it counts for no sensor.
    Of the `refused` series nothing is known, the `limited` have a limit. `overrulings` are what people have read there
    in place of a sensor.
    """

    site: Site
    sensors: Sequence[Sensor]
    known: Mapping[str, Sensor]
    measured: Mapping[str, Sequence[str]]
    readings: Sequence[StoredReading]
    alarms: Sequence[Alarm]
    table: QuantityTable
    refused: Collection[Series] = ()
    limited: Collection[Series] = ()
    overrulings: Sequence[Overruling] = ()
    city_zone: str = "UTC"


class PlaceReview(msgspec.Struct, frozen=True):
    """The state at a moment, until when (UTC) it holds if nothing is heard, and the `watched` series, of which the
    next reading may change it."""

    state: PlaceState
    due_ms: int
    watched: frozenset[Series]


def review(inputs: PlaceInputs, now_ms: int) -> PlaceReview:
    """Work out the state of a place at `now_ms` (UTC)."""
    heard = _heard(inputs, now_ms)
    domains, alive = _liveness(inputs, heard.times_ms, now_ms)
    states = states_of(
        inputs.site,
        readings=inputs.readings,
        sensors=inputs.known,
        alarms=inputs.alarms,
        now_ms=now_ms,
        table=inputs.table,
        refused=inputs.refused,
        limited=inputs.limited,
        placed=inputs.sensors,
        overrulings=inputs.overrulings,
        city_zone=inputs.city_zone,
    )
    state = place_state(inputs.site, states, domains, alive)
    return PlaceReview(state, heard.due_ms, frozenset(heard.watched))


class _Heard(msgspec.Struct):
    """When each (sensor, domain) was heard last, when the first reading turns late or silent, and what is watched."""

    times_ms: dict[Series, int]
    due_ms: int
    watched: list[Series]


def _heard(inputs: PlaceInputs, now_ms: int) -> _Heard:
    """Look at each reading once: ten thousand sensors are looked at so, again and again."""
    known, row_of, times_ms, watched = inputs.known, inputs.table, dict[Series, int](), list[Series]()
    due_ms = now_ms + RECHECK_MS
    for reading in inputs.readings:
        sensor, time_ms, row = known.get(reading.sensor), reading.time_ms, row_of[reading.quantity]
        late_ms, silent_ms = _turns_at_ms(None if sensor is None else sensor.interval_s)
        if not row.derived:  # computing is no sign of life
            key = (reading.sensor, row.domain)
            if time_ms > times_ms.get(key, -1):
                times_ms[key] = time_ms
        age_ms = now_ms - time_ms
        if age_ms > late_ms or reading.marks & MARKS_TELL:
            watched.append((reading.sensor, reading.quantity))
        turns_ms = late_ms if age_ms <= late_ms else silent_ms if age_ms <= silent_ms else _OUTDATED_MS
        if age_ms < 0:
            turns_ms = AHEAD_MS + age_ms
        if age_ms <= turns_ms and time_ms + turns_ms < due_ms:
            due_ms = time_ms + turns_ms + 1
        if reading.quantity == ISPU and age_ms <= _OUTDATED_MS and time_ms + _OUTDATED_MS < due_ms:
            due_ms = time_ms + _OUTDATED_MS + 1
    return _Heard(times_ms, due_ms, watched)


_OUTDATED_MS = ISPU_HOURS * HOUR_MS


@cache
def _turns_at_ms(interval_s: float | None) -> tuple[int, int]:
    late_s, silent_s = turns_at_s(interval_s)
    return int(late_s * 1_000), int(silent_s * 1_000)


def _liveness(inputs: PlaceInputs, times_ms: Mapping[Series, int], now_ms: int) -> tuple[dict[str, Liveness], Liveness]:
    """How alive the sensors are in each domain that they measure, and in all."""
    domains: defaultdict[str, list[Liveness]] = defaultdict(list)
    alive: list[Liveness] = []
    for sensor in inputs.sensors:
        newest_ms, measured = -1, inputs.measured[sensor.id]
        for domain in measured:
            time_ms = times_ms.get((sensor.id, domain), -1)
            newest_ms = max(newest_ms, time_ms)
            domains[domain].append(_alive(time_ms, sensor, now_ms))
        alive += [_alive(newest_ms, sensor, now_ms)] if measured else ()
    return {domain: all_of(several) for domain, several in domains.items()}, all_of(alive)


_ON_TIME, _BEHIND, _NEVER = Liveness(1), Liveness(1, 1), Liveness(1, 0, 1)


def _alive(time_ms: int, sensor: Sensor, now_ms: int) -> Liveness:
    if time_ms < 0:
        return _NEVER
    return _ON_TIME if now_ms - time_ms <= _turns_at_ms(sensor.interval_s)[0] else _BEHIND
