"""Dated facts: what held of something from when on, who said so, when it was recorded, and who took it back.

fact   subject        what                 value  valid from   recorded            undone
 1     sensor:river   mounting_height_cm   450    since ever   2026-11-01 03:00
 2     sensor:river   mounting_height_cm   420    2026-11-20   2026-11-21 02:10

What held at a time: the fact with the latest "valid from" up to it; of several with the same one the one recorded last,
which is how a mistake is corrected. What was *believed* at a time, of that time: the same among the facts that were
recorded and not undone by then, so that nothing recorded later can change it. Nothing is ever overwritten.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

SINCE_EVER_MS = 0
"""The "valid from" of what nobody knows a beginning of; it holds for older times too."""
CITY = "city"
"""The subject of facts of the whole city."""

Key = tuple[str, str]
"""(subject, what)."""


class Fact(msgspec.Struct, frozen=True):
    """One fact; times in ms of UTC, `value` as JSON has it. `due_ms`: what is stored from then on is to be computed
    again because of it, None where all is done; `step` is what is being written of it now."""

    id: int
    subject: str
    what: str
    value: Any
    valid_from_ms: int
    author: str
    source: str
    word: str
    recorded_ms: int
    undone_ms: int | None = None
    undone_by: str | None = None
    due_ms: int | None = None
    step: str | None = None

    @property
    def key(self) -> Key:
        """What it is a fact of."""
        return self.subject, self.what

    def known_at(self, time_ms: int) -> bool:
        """Whether it was recorded by `time_ms` (UTC) and not undone by then."""
        return self.recorded_ms <= time_ms and (self.undone_ms is None or self.undone_ms > time_ms)


class Eras:
    """Values one after another: each holds from its start (ms of UTC) until the next; the first one before it too."""

    __slots__ = ("starts_ms", "values")

    def __init__(self, changes: Iterable[tuple[int, Any]]) -> None:
        self.starts_ms: list[int] = []
        self.values: list[Any] = []
        for start_ms, value in changes:
            if not self.values or self.values[-1] != value:
                self.starts_ms.append(start_ms)
                self.values.append(value)

    def at(self, time_ms: int) -> Any:
        """What holds at `time_ms`; None where there is no value at all."""
        return self.values[self.index(time_ms)] if self.values else None

    def index(self, time_ms: int) -> int:
        """The number of the era that `time_ms` lies in."""
        return max(0, bisect_right(self.starts_ms, time_ms) - 1)

    def next_ms(self, time_ms: int) -> int | None:
        """When the next change after `time_ms` is; None where none is known."""
        after = bisect_right(self.starts_ms, time_ms)
        return self.starts_ms[after] if after < len(self.starts_ms) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Eras) and (self.starts_ms, self.values) == (other.starts_ms, other.values)

    __hash__ = None  # type: ignore[assignment]


def always(value: Any) -> Eras:
    """The eras of what never changed."""
    return Eras([(SINCE_EVER_MS, value)])


def differences(before: Eras, after: Eras) -> Iterator[tuple[int, int | None]]:
    """The stretches [from, until) in ms of UTC in which two eras say different things; None: without an end.

    A stretch that begins before all starts begins at `SINCE_EVER_MS`.
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
    """All facts of the registry at one moment, resolved when they are asked for."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts: dict[int, Fact] = {}
        by_key: defaultdict[Key, list[Fact]] = defaultdict(list)
        for fact in sorted(facts, key=lambda each: each.id):
            self._facts[fact.id] = fact
            by_key[fact.key].append(fact)
        self._by_key: Mapping[Key, list[Fact]] = by_key
        self._held: dict[Key, Eras] = {}

    def all(self) -> list[Fact]:
        """Every fact, undone ones too, in the order of recording."""
        return list(self._facts.values())

    def fact(self, fact_id: int) -> Fact | None:
        """One fact."""
        return self._facts.get(fact_id)

    def of(self, subject: str, what: str) -> list[Fact]:
        """The facts of one thing, undone ones too, in the order of recording."""
        return list(self._by_key.get((subject, what), ()))

    def held(self, subject: str, what: str) -> Eras | None:
        """What held when, as it is known now; None where nothing is recorded."""
        key = (subject, what)
        if key not in self._held and key in self._by_key:
            self._held[key] = resolved(fact for fact in self._by_key[key] if fact.undone_ms is None)
        return self._held.get(key)

    def held_as_known(self, subject: str, what: str, known_ms: int) -> Eras:
        """What held when, as it was known at `known_ms` (UTC)."""
        return resolved(fact for fact in self.of(subject, what) if fact.known_at(known_ms))

    def believed(self, subject: str, what: str) -> Eras | None:
        """At each time what was known then to hold then; None where nothing is recorded.

        The first fact was never unknown: readings are older than the city file that names their sensor.
        """
        facts = self.of(subject, what)
        if not facts:
            return None
        first = msgspec.structs.replace(facts[0], recorded_ms=SINCE_EVER_MS)
        facts = [first, *facts[1:]]
        moments = {SINCE_EVER_MS}
        for fact in facts:
            moments |= {fact.recorded_ms, fact.valid_from_ms, fact.undone_ms or SINCE_EVER_MS}
        known = ((moment, _of(facts, moment)) for moment in sorted(moments))
        return Eras((moment, fact.value) for moment, fact in known if fact is not None)

    def holding(self, subject: str, what: str, time_ms: int) -> Fact | None:
        """The fact that holds at `time_ms` (UTC), as it is known now."""
        standing = [fact for fact in self.of(subject, what) if fact.undone_ms is None]
        begun = [fact for fact in standing if fact.valid_from_ms <= time_ms]
        return max(begun, key=_order) if begun else min(standing, key=_order, default=None)

    def due(self) -> list[Fact]:
        """The facts because of which something is to be computed again, in the order in which they came about."""
        return sorted((fact for fact in self.all() if fact.due_ms is not None), key=lambda fact: changed_ms(fact))


def resolved(facts: Iterable[Fact]) -> Eras:
    """The eras of facts of one thing that all stand."""
    of_start = {fact.valid_from_ms: fact.value for fact in sorted(facts, key=_order)}
    return Eras(of_start.items())


def changed_ms(fact: Fact) -> int:
    """When (UTC) a fact last changed what is held: when it was recorded, or undone."""
    return fact.recorded_ms if fact.undone_ms is None else fact.undone_ms


def _order(fact: Fact) -> tuple[int, int]:
    return fact.valid_from_ms, fact.id


def _of(facts: Iterable[Fact], moment_ms: int) -> Fact | None:
    """The fact that was known at a moment to hold at it."""
    known = [fact for fact in facts if fact.known_at(moment_ms) and fact.valid_from_ms <= moment_ms]
    return max(known, key=_order, default=None)
