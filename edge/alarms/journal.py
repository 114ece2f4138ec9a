"""The journal: which alarms this gateway has raised, and when an output had answered that it sounds.

raised 14:02:10 ─► sounded 14:02:11 by siren ─► closed 15:40:00     the open ones and the last that ended: …/status
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from edge.alarms.untimed import Identity
from edge.alarms.watch import LocalEvent, OpenAlarm
from rules.events import EventKind
from wire.local_alarms import MOST_ALARMS, RaisedAlarm

_KEPT = "alarms.journal"
_OF_LEVELS = (EventKind.WORSENED, EventKind.EASED)


class AlarmJournal:
    """All alarms that are told of, by family, sensor and opening."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self._alarms: dict[Identity, RaisedAlarm] = {}
        self._wrong: dict[Identity, dict[str, str]] = {}
        self.recall(kept)

    def recall(self, kept: Mapping[str, str]) -> None:
        """Take over what an earlier start has left; if it is damaged, `keep_to` has the open ones from the states."""
        with contextlib.suppress(msgspec.MsgspecError):
            for each in msgspec.json.decode(kept.get(_KEPT) or "[]", type=tuple[RaisedAlarm, ...]):
                self._alarms.setdefault((each.family, each.sensor, each.opened_ms), each)

    def add(self, other: "AlarmJournal") -> None:
        """Take over what another tells of."""
        self._alarms |= other._alarms

    @property
    def alarms(self) -> tuple[RaisedAlarm, ...]:
        """For the status: the open ones first, then those that ended, the last first."""
        ordered = sorted(
            self._alarms.values(), key=lambda each: (each.closed_ms != 0, -max(each.raised_ms, each.closed_ms))
        )
        return tuple(ordered[:MOST_ALARMS])

    def apply(self, events: Iterable[LocalEvent]) -> None:
        """Write down what the engine said."""
        for bound, event in events:
            identity = (bound.family, bound.watched.sensor, event.opened_ms)
            known = self._alarms.get(identity)
            if event.kind is EventKind.RAISED:
                self._alarms[identity] = RaisedAlarm(
                    *identity, raised_ms=event.time_ms, level=event.level, value=event.value
                )
            elif event.kind is EventKind.WITHDRAWN and event.undone is EventKind.RAISED:
                self._alarms.pop(identity, None)
            elif known is not None and event.kind in _OF_LEVELS:
                self._alarms[identity] = msgspec.structs.replace(known, level=event.level, value=event.value)
            elif known is not None and event.kind is EventKind.CLOSED:
                self._alarms[identity] = msgspec.structs.replace(known, closed_ms=event.time_ms, problem="")

    def keep_to(self, open_alarms: Iterable[OpenAlarm], *, now_ms: int) -> None:
        """Tell of the open alarms and no others.

        One that no rule holds open any more is over: its rule was changed or taken away. One that stands only in the
        states, since what was written here is damaged, is told of again.
        """
        held = {each.identity: each for each in open_alarms}
        for identity, known in self._alarms.items():
            if not known.closed_ms and identity not in held:
                self._alarms[identity] = msgspec.structs.replace(known, closed_ms=now_ms, problem="")
        for identity, alarm in held.items():
            told = self._alarms.get(identity)
            if told is None or told.closed_ms:
                self._alarms[identity] = RaisedAlarm(
                    *identity, raised_ms=alarm.opened_ms, level=alarm.number, value=alarm.value
                )

    @property
    def identities(self) -> Collection[Identity]:
        """Which alarms are told of."""
        return self._alarms.keys()

    def reopen(self, began: Mapping[Identity, int], *, shift_ms: int = 0) -> None:
        """Let alarms have begun when `began` says; their other times were by the same clock.

        A time before an alarm began is of a clock that was behind by `shift_ms`: that it sounded, or was over, was
        stamped by an unknown clock after a restart.
        """
        reopened: dict[Identity, RaisedAlarm] = {}
        for identity, each in self._alarms.items():
            opened_ms = began.get(identity, each.opened_ms)
            by_ms = opened_ms - each.opened_ms
            moved = msgspec.structs.replace(
                each,
                opened_ms=opened_ms,
                raised_ms=max(opened_ms, each.raised_ms + by_ms),
                sounded_ms=_moved(each.sounded_ms, by_ms, shift_ms, opened_ms),
                texted_ms=_moved(each.texted_ms, by_ms, shift_ms, opened_ms),
                closed_ms=_moved(each.closed_ms, by_ms, shift_ms, opened_ms),
            )
            reopened[moved.family, moved.sensor, moved.opened_ms] = moved
        self._alarms = reopened

    def sounded(self, alarm: OpenAlarm, output: str, problem: str, *, now_ms: int) -> bool:
        """An output that an alarm calls for has answered, or has not; whether that is news.

        The first that answers counts; one that does not, or no more, is named while that lasts.
        """
        identity = alarm.identity
        known = self._alarms.get(identity)
        if known is None:
            return False
        wrong = self._wrong.setdefault(identity, {})
        wrong.pop(output, None)
        if problem:
            wrong[output] = problem
        said = "; ".join(f"{name}: {wrong[name]}" for name in sorted(wrong))[:400]
        told = msgspec.structs.replace(known, problem=said)
        if not problem and not known.sounded_ms:
            told = msgspec.structs.replace(told, sounded_ms=now_ms, sounded_by=output)
        self._alarms[identity] = told
        return told != known

    def texted(self, alarm: OpenAlarm, people: int, *, now_ms: int) -> None:
        """So many people were told of an alarm by SMS; the time is that of the first."""
        known = self._alarms.get(alarm.identity)
        if known is not None:
            texted_ms = known.texted_ms or now_ms
            self._alarms[alarm.identity] = msgspec.structs.replace(known, texted_ms=texted_ms, texted=people)

    def to_keep(self) -> dict[str, str]:
        """What must be committed of it, and forget what is told of no more."""
        told = self.alarms
        self._alarms = {(each.family, each.sensor, each.opened_ms): each for each in told}
        self._wrong = {identity: wrong for identity, wrong in self._wrong.items() if identity in self._alarms}
        return {_KEPT: msgspec.json.encode(told).decode()}


def _moved(time_ms: int, by_ms: int, shift_ms: int, opened_ms: int) -> int:
    """A time of an alarm that began `by_ms` later than it was said to; 0 stays: that was not yet."""
    if not time_ms:
        return 0
    moved_ms = time_ms + by_ms
    return moved_ms if moved_ms >= opened_ms else max(opened_ms, moved_ms + shift_ms)
