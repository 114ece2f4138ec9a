"""Times that are given once: no two stamps of a series are equal, whatever the clock did, however often we started.

    ms modulo 32:   0 1 2 3              4 … 29                  30             31
                    the time is known,   more of them for        it was not     it was not, and was
                    one an epoch         series that flood       known          put right later

Within an *epoch* the stamps of a series rise, if need be ahead of the clock. A new epoch, after a start or a clock that
was set far back, has a residue of its own: one that no stamp later than now has had. So a stamp is up to 31 ms early.
"""

from collections.abc import Iterable

from wire.durations import DAY_MS

RESIDUES = 32
KNOWN = range(30)
CROWDED = range(4, 30)
UNKNOWN = 30
MOVED = 31
LEAD_MS = 25_000
"""How far stamps may run ahead of the clock: the cloud takes 30 s for a clock that is wrong. A clock that was set back
by less is waited for, so that alarms see time rise."""
_CROWDED_MS = 250
"""A series that is so far ahead of the clock with its epoch's residue takes those of CROWDED too, few at first."""
_MORE = 4
_SEARCH_EVERY_MS = 1_000
_RESERVED_MS = 10_000
"""What is committed of the epoch's residue is so far ahead of what is used: one write in ten seconds."""
_RESERVED_OTHERS_MS = 1_000
"""As much of the other ones, which only floods use, so that the next start finds them free."""
_ABSURD_MS = DAY_MS
"""Times that far ahead were given by a clock that was wrong: nobody waits for them."""

_NEVER_MS = 2**62


class SeriesStamps:
    """The newest stamp of a series, the epoch that it is of, and how many residues the series needs."""

    __slots__ = ("epoch", "newest_ms", "width")

    def __init__(self) -> None:
        self.epoch, self.newest_ms, self.width = -1, 0, 0


class NoFreeTime(Exception):
    """All times up to LEAD_MS ahead are used up: the reading must wait."""


class StampTimes:
    """Gives each series times of its own; `reserved_ms` are the highest that any stamp of each residue may have."""

    def __init__(self) -> None:
        self.reserved_ms = [0] * RESIDUES
        self.changed = False
        """Whether `reserved_ms` must be committed before what was stamped since is sent."""
        self._before_ms = [0] * RESIDUES  # what earlier epochs may have used
        self._home = KNOWN[0]
        self._top_ms = 0
        self._epoch = 0
        self._free, self._free_after_ms = CROWDED, 0
        self._searched_ms = 0

    def remember(self, reserved_ms: Iterable[int], *, now_ms: int) -> None:
        """Take over what earlier starts may have used, and begin an epoch."""
        self.reserved_ms = [max(pair) for pair in zip(self.reserved_ms, reserved_ms, strict=True)]
        self.begin_epoch(now_ms=now_ms)

    def begin_epoch(self, *, now_ms: int) -> None:
        """The clock may have gone back: use times that no stamp before can have."""
        if self.reserved_ms[UNKNOWN] - now_ms > _ABSURD_MS:
            self.reserved_ms[UNKNOWN] = 0
        if min(self.reserved_ms[residue] for residue in KNOWN) - now_ms > _ABSURD_MS:
            self.reserved_ms[max(KNOWN, key=self.reserved_ms.__getitem__)] = 0
        self._before_ms = list(self.reserved_ms)
        free = [residue for residue in KNOWN if self._before_ms[residue] < now_ms]
        self._home = free[0] if free else min(KNOWN, key=self._before_ms.__getitem__)
        self._epoch += 1
        self._top_ms = 0
        self._find_free_ones(now_ms)

    def follow(self, now_ms: int) -> None:
        """The clock shows `now_ms`: where it was set back further than stamps may run ahead, begin an epoch."""
        if self._top_ms - now_ms > LEAD_MS:
            self.begin_epoch(now_ms=now_ms)

    def may_move(self, boot_ms: int) -> bool:
        """Whether no stamp of MOVED lies after `boot_ms` (UTC), when this machine started."""
        return self.reserved_ms[MOVED] < boot_ms

    def move(self, shift_ms: int, *, now_ms: int) -> None:
        """What was stamped while the time was unknown moves by `shift_ms`; the time is known from now on."""
        self.reserved_ms[MOVED] = max(self.reserved_ms[MOVED], now_ms, self._top_ms + shift_ms)
        self.changed = True
        self.begin_epoch(now_ms=now_ms)

    def newest_ms(self, series: SeriesStamps) -> int:
        """The newest stamp of a series in this epoch; 0 before the first."""
        return series.newest_ms if series.epoch == self._epoch else 0

    def assign(self, series: SeriesStamps, at_ms: int, *, now_ms: int, known: bool) -> int:
        """A time for the next reading of a series, at `at_ms` or as soon after it as one is free; NoFreeTime."""
        residue = self._home if known else UNKNOWN
        if series.epoch != self._epoch:
            series.epoch, series.newest_ms, series.width = self._epoch, 0, 0
        time_ms = at_ms - (at_ms - residue) % RESIDUES
        if time_ms <= series.newest_ms or time_ms <= self._before_ms[residue]:
            time_ms = self._ahead(series, residue, at_ms, now_ms)
        else:
            series.width = 0
        series.newest_ms = time_ms
        if time_ms > self._top_ms:
            self._top_ms = time_ms
        used = time_ms % RESIDUES
        if time_ms > self.reserved_ms[used]:
            self.reserved_ms[used] = time_ms + (_RESERVED_MS if used == residue else _RESERVED_OTHERS_MS)
            self.changed = True
        return time_ms

    def _ahead(self, series: SeriesStamps, residue: int, at_ms: int, now_ms: int) -> int:
        """The first free time after `at_ms` and the series' newest."""
        after_ms = max(series.newest_ms, at_ms - 1)
        free_from_ms = max(after_ms, self._before_ms[residue]) + 1
        time_ms = free_from_ms + (residue - free_from_ms) % RESIDUES
        if residue != UNKNOWN and time_ms > now_ms + _CROWDED_MS:
            time_ms = min(time_ms, self._crowded(series, after_ms, now_ms))
        if time_ms > now_ms + LEAD_MS:
            raise NoFreeTime
        return time_ms

    def _crowded(self, series: SeriesStamps, after_ms: int, now_ms: int) -> int:
        """The first time after `after_ms` of as many free residues as the series needs to stay near the clock."""
        if now_ms - self._searched_ms >= _SEARCH_EVERY_MS:
            self._find_free_ones(now_ms)
        width, most = series.width or _MORE, len(self._free)
        after_ms = max(after_ms, self._free_after_ms)
        time_ms = self._within(min(width, most), after_ms)
        while time_ms > now_ms + _CROWDED_MS and width < most:
            width += _MORE
            time_ms = self._within(min(width, most), after_ms)
        series.width = width
        return time_ms

    def _within(self, width: int, after_ms: int) -> int:
        """The first time after `after_ms` whose residue is one of the first `width` of the free ones."""
        if not width:
            return _NEVER_MS
        ahead = (after_ms + 1 - self._free.start) % RESIDUES
        return after_ms + 1 + (0 if ahead < width else RESIDUES - ahead)

    def _find_free_ones(self, now_ms: int) -> None:
        """The longest row of residues that no earlier epoch has used from now on; or all, after what it has used."""
        self._searched_ms = now_ms
        longest, start = range(0), CROWDED.start
        for residue in CROWDED:
            if residue == self._home or self._before_ms[residue] >= now_ms:
                start = residue + 1
            elif residue + 1 - start > len(longest):
                longest = range(start, residue + 1)
        if len(longest) < len(CROWDED) // 2 and self._home not in CROWDED:
            longest = CROWDED
        self._free = longest
        self._free_after_ms = max((self._before_ms[residue] for residue in longest), default=0)


def offset_before(offset_ms: int) -> int:
    """The offset for an unknown time, to a few ms: UTC minus uptime, a multiple of RESIDUES."""
    return offset_ms + -offset_ms % RESIDUES


def offset_found(offset_ms: int) -> int:
    """The true offset, to a few ms: the step to it from any `offset_before` takes stamps of UNKNOWN to MOVED."""
    return offset_ms - (offset_ms - (MOVED - UNKNOWN)) % RESIDUES
