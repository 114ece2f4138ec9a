"""Whose clock is wrong: this server's, or a gateway's.

gw-1 +0.2 s   gw-2 −0.1 s   gw-3 +482 s ─► gw-3 is wrong            gw-1 +870 s   gw-2 +871 s   gw-3 +869 s ─► we are

What gateways say is remembered against the time since boot, which does not step: when this server's clock is set, it is
known at once what all of them are ahead of it now. Only what ticks is a clock: stamps of old readings, played back or
out of a queue, go by faster or slower than the time does, and count for nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from cloud.core.health import Component, Condition
from i18n.catalog import N_
from i18n.message import LocalizedMessage, listed
from runtime import clock

WRONG_MS = 60_000
"""A difference that no queue between two right clocks explains."""
TRUSTED_FROM = 2
"""So many gateways that agree with one another are believed against this server."""
MOST_ASKED = 99
"""Gateways, the latest, that are asked about this server's clock: enough for a majority of any fleet."""
MOST_REMEMBERED = 1_000
RECENT_MS = 600_000
TICKS_FOR_MS = 5_000
"""A gateway's stamps count once they have gone with the time for so long."""
TICKS_WITHIN_MS = 3_000
"""How far they may be off it meanwhile: batches are gathered, and wait a little."""
BEST_WITHIN_MS = 120_000
"""What a gateway said that had waited least counts, for so long."""
COUNTED_EACH_MS = 1_000
MOST_NAMED = 3
"""Gateways that a sentence names."""
_OF_ONE = {
    True: N_(
        "gateway {gateway} is {time} ahead of this server: one of the two clocks is wrong; look at their time services"
    ),
    False: N_(
        "gateway {gateway} is {time} behind this server: one of the two clocks is wrong; look at their time services"
    ),
}
"""What is said of a gateway that is ahead, and of one that is behind."""
_OF_ALL = {
    True: N_("this server's clock is wrong: its {count} gateways are {time} ahead of it; look at its time service"),
    False: N_("this server's clock is wrong: its {count} gateways are {time} behind it; look at its time service"),
}
_MOVED = {
    True: N_("{time} ahead, its readings get the time of their arrival"),
    False: N_("{time} behind, its readings get the time of their arrival"),
}
_SPANS = {86_400: N_("{n:.0f} days"), 3_600: N_("{n:.0f} h"), 60: N_("{n:.0f} min")}
"""How a span of time is said, by how many seconds its unit has."""


class _ClockOffset(msgspec.Struct, frozen=True):
    """A gateway's clock less the time since our boot, and when that was found (ms since boot)."""

    theirs_ms: float
    at_ms: int


class WrongClock(msgspec.Struct, frozen=True):
    """A gateway whose time is wrong: by how much it was moved (0: nobody knows its time), and when (since boot)."""

    moved_ms: int
    at_ms: int


class FleetClock:
    """The clocks of the gateways as their live batches show them; `wall_ms` and `boot_ms` are this server's."""

    def __init__(
        self, *, wall_ms: Callable[[], int] = clock.wall_ms, boot_ms: Callable[[], int] = clock.boot_ms
    ) -> None:
        self._wall_ms = wall_ms
        self._boot_ms = boot_ms
        self._offsets: OrderedDict[str, _ClockOffset] = OrderedDict()
        self._first: OrderedDict[str, _ClockOffset] = OrderedDict()
        self._corrections: OrderedDict[str, WrongClock] = OrderedDict()
        self._counted: tuple[int, int, int] | None = None

    def record_stamps(self, gateway: str, newest_ms: Sequence[int], arrived_boot_ms: int) -> None:
        """Record the newest stamps (UTC) of the sensors of a live batch that came `arrived_boot_ms` after our boot."""
        theirs_ms = median(newest_ms) - arrived_boot_ms
        if not self._ticks(gateway, theirs_ms, arrived_boot_ms):
            return
        best = self._offsets.get(gateway)
        if best is None or theirs_ms >= best.theirs_ms or arrived_boot_ms - best.at_ms > BEST_WITHIN_MS:
            self._offsets[gateway] = _ClockOffset(theirs_ms, arrived_boot_ms)
        self._offsets.move_to_end(gateway)
        if len(self._offsets) > MOST_ASKED:
            self._offsets.popitem(last=False)

    def _ticks(self, gateway: str, theirs_ms: float, at_ms: int) -> bool:
        first = self._first.get(gateway)
        if first is None or abs(theirs_ms - first.theirs_ms) > TICKS_WITHIN_MS:
            first = self._first[gateway] = _ClockOffset(theirs_ms, at_ms)
        self._first.move_to_end(gateway)
        if len(self._first) > MOST_REMEMBERED:
            self._first.popitem(last=False)
        return at_ms - first.at_ms >= TICKS_FOR_MS

    def record_correction(self, gateway: str, *, moved_ms: int, unconfirmed: bool) -> None:
        """Record what became of a live batch's stamps, for health."""
        if not moved_ms and not unconfirmed:
            self._corrections.pop(gateway, None)
            return
        self._corrections[gateway] = WrongClock(moved_ms, self._boot_ms())
        self._corrections.move_to_end(gateway)
        if len(self._corrections) > MOST_REMEMBERED:
            self._corrections.popitem(last=False)

    def error_ms(self) -> int:
        """What must be added to this server's clock to have that of its gateways; 0 where they do not say so."""
        ours_ms, now_ms = self._wall_ms() - self._boot_ms(), self._boot_ms()
        if self._counted is None or self._counted[0] != ours_ms // 1_000 or now_ms - self._counted[1] > COUNTED_EACH_MS:
            ahead = self._ahead(ours_ms, now_ms)
            middle = _middle(ahead)
            self._counted = (ours_ms // 1_000, now_ms, middle if len(ahead) >= TRUSTED_FROM else 0)
        return self._counted[2]

    def component(self) -> Component:
        """How this server's clock and its gateways' get on."""
        now_ms = self._boot_ms()
        ahead = self._ahead(self._wall_ms() - now_ms, now_ms)
        if ours := _middle(ahead):
            return Component(Condition.DEGRADED, self._of_ours(ours, len(ahead)))
        if wrong := self.wrong():
            return Component(Condition.DEGRADED, _of_theirs(wrong))
        said = LocalizedMessage("gateways that agree with this server's clock: {count}", count=len(ahead))
        return Component(Condition.OK, said)

    def wrong(self) -> dict[str, WrongClock]:
        """The gateways whose time was wrong or not known lately."""
        now_ms = self._boot_ms()
        return {name: wrong for name, wrong in self._corrections.items() if now_ms - wrong.at_ms <= RECENT_MS}

    def _ahead(self, ours_ms: int, now_ms: int) -> list[float]:
        return sorted(
            offset.theirs_ms - ours_ms for offset in self._offsets.values() if now_ms - offset.at_ms <= RECENT_MS
        )

    def _of_ours(self, error_ms: int, asked: int) -> LocalizedMessage:
        is_ahead, time = error_ms > 0, _about(error_ms)
        if asked < TRUSTED_FROM:
            form = _OF_ONE[is_ahead]
            return LocalizedMessage(form, gateway=next(reversed(self._offsets)), time=time)
        form = _OF_ALL[is_ahead]
        return LocalizedMessage(form, count=asked, time=time)


def _middle(ahead: Sequence[float]) -> int:
    """What more than half of the gateways are ahead by, if that is wrong of us; 0 where they do not agree."""
    if not ahead:
        return 0
    middle = median(ahead)
    agree = sum(abs(each - middle) <= WRONG_MS for each in ahead)
    return round(middle) if abs(middle) > WRONG_MS and agree * 2 > len(ahead) else 0


def _of_theirs(wrong: dict[str, WrongClock]) -> LocalizedMessage:
    named = [
        LocalizedMessage("{gateway} ({clock})", gateway=name, clock=_in_words(each))
        for name, each in list(wrong.items())[:MOST_NAMED]
    ]
    told = listed(named)
    if len(wrong) > MOST_NAMED:
        told = LocalizedMessage("{before} and {count} others", before=told, count=len(wrong) - MOST_NAMED)
    return LocalizedMessage(
        "clocks that are wrong or not known: {gateways}; look at the time services there", gateways=told
    )


def _in_words(wrong: WrongClock) -> LocalizedMessage:
    if not wrong.moved_ms:
        return LocalizedMessage("does not know the time, so rules that reject clock_unknown pass over what it sends")
    form = _MOVED[wrong.moved_ms < 0]
    return LocalizedMessage(form, time=_about(wrong.moved_ms))


def _about(difference_ms: float) -> LocalizedMessage:
    seconds = abs(difference_ms) / 1_000
    for size, form in _SPANS.items():
        if seconds >= 2 * size:
            return LocalizedMessage(form, n=seconds / size)
    return LocalizedMessage("{n:.0f} s", n=seconds)
