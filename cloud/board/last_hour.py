"""What changed in the last hour, the newest first: places, alarms and gateways, as many as memory is given to.

12:04  Daruba river bridge: alarm River level, Siaga 2      11:52  gateway gw-east is back

Of alarms the database knows the past, so that they are here after a restart as if there had been none. How gateways and
the states of places were before is kept nowhere: of these it begins anew.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from cloud.alarms.alarm_steps import AlarmStep, PastStep
from cloud.board.records import Change, End, GatewayState, PlaceState
from cloud.gateways.connection_state import ConnectionState
from cloud.situation import DomainState
from wire.durations import HOUR_MS

KEPT_MS = HOUR_MS
MOST_KEPT = 2_000
_CONNECTED = (ConnectionState.ONLINE, ConnectionState.LATE)


class LastHour:
    """The changes; `steady_ms` is a clock that never steps, by which the hour is counted."""

    def __init__(self, steady_ms: Callable[[], int]) -> None:
        self._steady_ms = steady_ms
        self._kept: deque[Change] = deque(maxlen=MOST_KEPT)

    def last_hour(self) -> Sequence[Change]:
        """Return them, the newest first."""
        return list(reversed(self._kept))

    def forget_old(self) -> bool:
        """Forget what is older than an hour; say whether anything was."""
        oldest_ms, before = self._steady_ms() - KEPT_MS, len(self._kept)
        while self._kept and self._kept[0].steady_ms < oldest_ms:
            self._kept.popleft()
        return len(self._kept) < before

    def of_place(self, before: PlaceState, after: PlaceState, now_ms: int) -> None:
        """Keep what changed of a place; what an alarm changes is told of the alarm."""
        held = {state.domain: state for state in before.states}
        for state in after.states:
            was = held.pop(state.domain, None)
            if _kind(was) != _kind(state) and not state.alarm and not (was is not None and was.alarm):
                self._keep(now_ms, after.site.id, was, state)

    def recall(self, past: Iterable[PastStep], now_ms: int) -> None:
        """Put what became of alarms before the start in its place."""
        for each in past:
            self.of_alarm(each.step, each.at_ms, ago_ms=max(0, now_ms - each.at_ms))
        self._kept = deque(sorted(self._kept, key=_steady_ms_of), maxlen=MOST_KEPT)

    def of_alarm(self, step: AlarmStep, now_ms: int, *, ago_ms: int = 0) -> None:
        """Keep that an alarm opened, changed its level or ended; that somebody took it is no change of a place."""
        before, after = step.before, step.after
        if before is None or after is None or before.level != after.level:
            alarm = after or before
            self._keep(now_ms, "" if alarm is None else alarm.site, before, after, ago_ms=ago_ms)

    def of_gateway(self, before: GatewayState, after: GatewayState, now_ms: int) -> None:
        """Keep that a gateway went or came."""
        if (before.state in _CONNECTED) != (after.state in _CONNECTED):
            self._keep(now_ms, after.gateway.site, before.state, after.state, after.gateway.id)

    def _keep(self, now_ms: int, site: str, before: End, after: End, gateway: str = "", *, ago_ms: int = 0) -> None:
        self._kept.append(Change(now_ms, self._steady_ms() - ago_ms, site, before, after, gateway))


def _steady_ms_of(change: Change) -> int:
    return change.steady_ms


def _kind(state: DomainState | None) -> object:
    """What of a state is another one: not the share of a capacity, which moves all the time."""
    return None if state is None else (state.rank, state.doubted)
