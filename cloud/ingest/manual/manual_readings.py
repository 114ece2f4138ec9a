"""Manual readings: entered by people, checked, kept once, with who and when.

enter([EnteredReading("k-1", …)], actor=…, sent_ms=…) -> [EntryOutcome("k-1", STORED)]      again: [… KNOWN]
"""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.ingest.manual.checks import SAME_CLOCK_MS, EntryRejected, checked, newest_of
from cloud.ingest.manual.records import EnteredReading, EntryOutcome, EntryState, ManualReading, Overruling
from cloud.ingest.manual.rows import (
    entered_since,
    keep,
    kept_as,
    overrulings_at,
    reading_of,
    readings_of,
    take_back,
)
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms
from wire.durations import DAY_MS, HOUR_MS

MOST_A_DAY = 1_000
"""Of one person: one each minute and a half, all day long."""
MOST_GIVEN = 1_000
LIKELY_BESIDE_MS = HOUR_MS
"""A new entry is compared with those of the last hour before and after it."""


class ManualReadings:
    """The manual readings of a city, in its registry `database`; `newest` is what its sensors said last."""

    def __init__(
        self, registry: Registry, newest: Newest, database: Database, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        self._registry = registry
        self._newest = newest
        self._database = database
        self._clock = clock

    async def enter(
        self,
        entries: Sequence[EnteredReading],
        *,
        actor: Actor,
        sent_ms: int,
        may_see: Callable[[str], bool],
    ) -> list[EntryOutcome]:
        """Keep entries, each by itself; `sent_ms` is the time (UTC) by the clock that has stamped them.

        A key that the person has sent before is kept once, whatever became of the answer.
        """
        now_ms = self._clock()
        offset_ms = now_ms - sent_ms if abs(now_ms - sent_ms) > SAME_CLOCK_MS else 0

        def write(connection: Connection) -> list[EntryOutcome]:
            return [
                self._enter(connection, entry, actor, now_ms=now_ms, offset_ms=offset_ms, may_see=may_see)
                for entry in entries
            ]

        return await self._database.run(write)

    async def of(
        self,
        sensors: Collection[str],
        *,
        quantity: str | None = None,
        start_ms: int,
        end_ms: int,
        most: int = MOST_GIVEN,
        withdrawn: bool = False,
    ) -> list[ManualReading]:
        """The newest `most` readings beside `sensors` with start <= time < end (UTC ms), the newest first.

        Those that were taken back come along where `withdrawn` ones are asked for.
        """
        if not sensors:
            return []
        found = await self._database.run(
            lambda connection: readings_of(
                connection, sensors, quantity=quantity, start_ms=start_ms, end_ms=end_ms, most=most
            )
        )
        return [one for one in found if withdrawn or one.withdrawn_ms is None]

    async def overrulings(self) -> tuple[Overruling, ...]:
        """What counts in place of a sensor now, the newest of each series; DatabaseUnavailable."""
        now_ms = self._clock()
        return await self._database.run(lambda connection: overrulings_at(connection, now_ms))

    async def withdraw(self, reading: int, *, actor: Actor, may_change: Callable[[str], bool]) -> ManualReading:
        """Take a reading back, for whoever may enter readings at its sensor's site; LookupError if there is none.

        One that was taken back before stays as it is.
        """
        now_ms = self._clock()

        def write(connection: Connection) -> ManualReading:
            found = reading_of(connection, reading)
            sensor = None if found is None else self._registry.sensor(found.sensor)
            if found is None or sensor is None or not may_change(sensor.site):
                raise LookupError(reading)
            take_back(connection, found, actor, now_ms=now_ms)
            return reading_of(connection, reading) or found

        return await self._database.run(write)

    def _enter(
        self,
        connection: Connection,
        entry: EnteredReading,
        actor: Actor,
        *,
        now_ms: int,
        offset_ms: int,
        may_see: Callable[[str], bool],
    ) -> EntryOutcome:
        known = kept_as(connection, actor.name, entry.key)
        if known is not None:
            return _known(entry, known)
        if entered_since(connection, actor.name, now_ms - DAY_MS) >= MOST_A_DAY:
            return EntryOutcome(entry.key, EntryState.REFUSED, _too_many())
        try:
            right = checked(
                entry, self._registry, now_ms=now_ms, offset_ms=offset_ms, may_see=may_see,
                before=lambda sensor, quantity: self._before(connection, entry, sensor, quantity, offset_ms),
            )  # fmt: skip
        except EntryRejected as error:
            state = EntryState.UNSURE if error.is_unsure else EntryState.REFUSED
            return EntryOutcome(entry.key, state, error.sentence)
        kept = keep(connection, right, actor, offset_ms=offset_ms, now_ms=now_ms)
        if kept is None:  # it came over two connections at once, and the other was first
            known = kept_as(connection, actor.name, entry.key)
            return EntryOutcome(entry.key, EntryState.KNOWN) if known is None else _known(entry, known)
        return EntryOutcome(entry.key, EntryState.STORED, reading=kept)

    def _before(
        self, connection: Connection, entry: EnteredReading, sensor: str, quantity: str, offset_ms: int
    ) -> list[tuple[int, float]]:
        """What people and the sensor said of a series around the time of an entry."""
        time_ms = entry.stated_ms + offset_ms
        beside = readings_of(
            connection, [sensor], quantity=quantity,
            start_ms=time_ms - LIKELY_BESIDE_MS, end_ms=time_ms + LIKELY_BESIDE_MS, most=MOST_GIVEN,
        )  # fmt: skip
        held = ((one.time_ms, one.value) for one in beside if one.withdrawn_ms is None)
        return [*held, *newest_of(self._newest.series(sensor, quantity))]


def _known(entry: EnteredReading, kept: ManualReading) -> EntryOutcome:
    """The same again, whatever its time: a form that is sent again says anew how long ago that was."""
    if (kept.sensor, kept.quantity, kept.value) == (entry.sensor, entry.quantity, entry.value):
        return EntryOutcome(entry.key, EntryState.KNOWN, reading=kept)
    sentence = LocalizedMessage(
        "key {key!r} was sent with another reading before; give each reading a key of its own", key=entry.key[:60]
    )
    return EntryOutcome(entry.key, EntryState.REFUSED, sentence)


def _too_many() -> LocalizedMessage:
    return LocalizedMessage(
        "you have entered {most} readings within a day; an administrator can import the rest", most=MOST_A_DAY
    )
