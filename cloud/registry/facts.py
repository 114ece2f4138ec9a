"""Dated facts: a value of something from a time on, who recorded it and when, and who undid it.

fact   subject        what                 value  valid from   recorded            undone
 1     sensor:river   mounting_height_cm   450    since ever   2026-11-01 03:00
 2     sensor:river   mounting_height_cm   420    2026-11-20   2026-11-21 02:10

Facts have two times, valid and recorded. The value at a time is of the fact with the latest "valid from" up to it; of
several with the same one, of the fact recorded last, which is how a mistake is corrected (`Facts.timeline`). Tags of
readings are instead as recorded at the time: of the facts recorded and not undone by then, so that nothing recorded
later changes them (`Facts.timeline_as_recorded`). Nothing is ever overwritten.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

SINCE_EVER_MS = 0
"""The "valid from" of a fact without a known beginning; it holds for older times too."""
CITY = "city"
"""The subject of facts of the whole city."""

Key = tuple[str, str]
"""(subject, what)."""


class Fact(msgspec.Struct, frozen=True):
    """One fact; times in ms of UTC, `value` as JSON has it. `due_ms`: readings stored from then on are to be recomputed
    because of it, None where all is done; `step` is what is being written now."""

    id: int
    subject: str
    what: str
    value: Any
    valid_from_ms: int
    author: str
    source: str
    reason: str
    recorded_ms: int
    undone_ms: int | None = None
    undone_by: str | None = None
    due_ms: int | None = None
    step: str | None = None

    @property
    def key(self) -> Key:
        """The thing that it is a fact of."""
        return self.subject, self.what

    def known_at(self, time_ms: int) -> bool:
        """Say whether it was recorded by `time_ms` (UTC) and not undone by then."""
        return self.recorded_ms <= time_ms and (self.undone_ms is None or self.undone_ms > time_ms)


class Timeline:
    """Values over time: each holds from its start (ms of UTC) until the next; the first one before it too."""

    __slots__ = ("starts_ms", "values")

    def __init__(self, changes: Iterable[tuple[int, Any]]) -> None:
        self.starts_ms: list[int] = []
        self.values: list[Any] = []
        for start_ms, value in changes:
            if not self.values or self.values[-1] != value:
                self.starts_ms.append(start_ms)
                self.values.append(value)

    def at(self, time_ms: int) -> Any:
        """Return the value at `time_ms`; None on an empty timeline."""
        return self.values[self.index(time_ms)] if self.values else None

    def index(self, time_ms: int) -> int:
        """Return the index of the period that `time_ms` lies in."""
        return max(0, bisect_right(self.starts_ms, time_ms) - 1)

    def next_ms(self, time_ms: int) -> int | None:
        """Return when the next change after `time_ms` is; None where there is none."""
        after = bisect_right(self.starts_ms, time_ms)
        return self.starts_ms[after] if after < len(self.starts_ms) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and (self.starts_ms, self.values) == (other.starts_ms, other.values)

    __hash__ = None  # type: ignore[assignment]


def constant(value: Any) -> Timeline:
    """Make the timeline of what never changed."""
    return Timeline([(SINCE_EVER_MS, value)])


def differences(before: Timeline, after: Timeline) -> Iterator[tuple[int, int | None]]:
    """Yield the periods [from, until) in ms of UTC in which two timelines differ; None: without an end.

    A period that begins before all starts begins at `SINCE_EVER_MS`.
    """
    starts = sorted({SINCE_EVER_MS, *before.starts_ms, *after.starts_ms})
    begun: int | None = None
    for start_ms in starts:
        if (before.at(start_ms) != after.at(start_ms)) == (begun is None):
            if begun is None:
                begun = start_ms
            else:
                yield begun, start_ms
                begun = None
    if begun is not None:
        yield begun, None


class Facts:
    """All facts of the registry at one moment; timelines are made when they are asked for, once."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts: dict[int, Fact] = {}
        by_key: defaultdict[Key, list[Fact]] = defaultdict(list)
        for fact in sorted(facts, key=lambda each: each.id):
            self._facts[fact.id] = fact
            by_key[fact.key].append(fact)
        self._by_key: Mapping[Key, list[Fact]] = by_key
        self._timelines: dict[Key, Timeline] = {}

    def with_changes(self, facts: Iterable[Fact]) -> "Facts":
        """Give these facts with `facts` among them, in the place of those with their ids."""
        new = Facts()
        changed = {fact.id: fact for fact in facts}
        new._facts = {**self._facts, **changed}
        by_key = {**self._by_key}
        for key in {fact.key for fact in changed.values()}:
            known = {fact.id: fact for fact in by_key.get(key, ())} | {
                number: fact for number, fact in changed.items() if fact.key == key
            }
            by_key[key] = [known[number] for number in sorted(known)]
        new._by_key = by_key
        # a copy first: whoever reads this meanwhile, in another thread, makes timelines
        made = self._timelines.copy()
        new._timelines = {key: line for key, line in made.items() if by_key[key] is self._by_key[key]}
        return new

    def all(self) -> list[Fact]:
        """List every fact, undone ones too, in the order of recording."""
        return list(self._facts.values())

    def fact(self, fact_id: int) -> Fact | None:
        """Return one fact."""
        return self._facts.get(fact_id)

    def subjects(self) -> Iterable[Key]:
        """Return (subject, what) of all that anything is recorded of."""
        return self._by_key.keys()

    def of(self, subject: str, what: str) -> list[Fact]:
        """List the facts of one thing, undone ones too, in the order of recording."""
        return list(self._by_key.get((subject, what), ()))

    def timeline(self, subject: str, what: str) -> Timeline | None:
        """Return the values over time as known now; None where nothing is recorded."""
        key = (subject, what)
        if key not in self._timelines and key in self._by_key:
            self._timelines[key] = timeline_of(fact for fact in self._by_key[key] if fact.undone_ms is None)
        return self._timelines.get(key)

    def timeline_as_known(self, subject: str, what: str, known_ms: int) -> Timeline:
        """Return the values over time as they were known at `known_ms` (UTC)."""
        return timeline_of(fact for fact in self.of(subject, what) if fact.known_at(known_ms))

    def timeline_as_recorded(self, subject: str, what: str) -> Timeline | None:
        """Return, for each time, the value that was on record at that very time; None where nothing is recorded.

        The first fact counts as recorded since ever: readings may be older than the city file that names their sensor.
        """
        facts = self.of(subject, what)
        if not facts:
            return None
        first = msgspec.structs.replace(facts[0], recorded_ms=SINCE_EVER_MS)
        facts = [first, *facts[1:]]
        moments = {SINCE_EVER_MS}
        for fact in facts:
            moments |= {fact.recorded_ms, fact.valid_from_ms, fact.undone_ms or SINCE_EVER_MS}
        known = ((moment, _known_to_hold(facts, moment)) for moment in sorted(moments))
        return Timeline((moment, fact.value) for moment, fact in known if fact is not None)

    def fact_at(self, subject: str, what: str, time_ms: int) -> Fact | None:
        """Return the fact that holds at `time_ms` (UTC), as known now."""
        standing = [fact for fact in self.of(subject, what) if fact.undone_ms is None]
        begun = [fact for fact in standing if fact.valid_from_ms <= time_ms]
        return max(begun, key=_order) if begun else min(standing, key=_order, default=None)

    def due(self) -> list[Fact]:
        """List the facts because of which something is to be recomputed, in the order in which they changed."""
        return sorted((fact for fact in self.all() if fact.due_ms is not None), key=lambda fact: changed_ms(fact))


def timeline_of(facts: Iterable[Fact]) -> Timeline:
    """Make the timeline of facts of one thing, none of which is undone."""
    of_start = {fact.valid_from_ms: fact.value for fact in sorted(facts, key=_order)}
    return Timeline(of_start.items())


def changed_ms(fact: Fact) -> int:
    """Return when (UTC) a fact last changed: when it was recorded, or undone."""
    return fact.recorded_ms if fact.undone_ms is None else fact.undone_ms


def _order(fact: Fact) -> tuple[int, int]:
    return fact.valid_from_ms, fact.id


def _known_to_hold(facts: Iterable[Fact], moment_ms: int) -> Fact | None:
    """Return the fact that was known at a moment to hold at it."""
    known = [fact for fact in facts if fact.known_at(moment_ms) and fact.valid_from_ms <= moment_ms]
    return max(known, key=_order, default=None)
