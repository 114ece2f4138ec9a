"""Whose readings are rejected: series by series, as a share of what came in the last minutes.

river-daruba-1 water_level   600 of 600 refused (store_rejected)     air-market pm2_5   60 of 60 not judged by the rules

A series of which nothing is stored, or nothing judged, looks to rules and screens like one that is calm. So health
names it, the situation of its place is not known, and the ack tells its gateway. Bounded, and of no cost to
gateways of which nothing is rejected.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from cloud.core.health import Component, Condition
from cloud.core.series import MOST_NAMED, Series
from cloud.ingest.rejection import Rejection
from i18n.message import LocalizedMessage, first_of

MINUTES = 10
MOST_SERIES = 4_000
"""Counted in a minute; what more there is counts as nobody's."""
SERIOUS = {False: 0.1, True: 0.5}
"""From which share on somebody should look: of what is rejected, and of what is stored but no rule judges."""
NOT_JUDGED = "rejected_by_rules"
"""The reason, in acks too, of readings that are stored and that the rules leave out for their marks."""
INTERVALS = 3.0
"""A series that was rejected counts as rejected for as many of its intervals, though less often than MINUTES."""
RECOUNT_EACH_S = 2.0


class _Key(msgspec.Struct, frozen=True, order=True):
    gateway: str
    sensor: str
    quantity: str


class RejectedSeries(msgspec.Struct, frozen=True):
    """A series of a gateway of which `bad` of `all` readings were rejected, mostly for `reason`; until `until_s`."""

    gateway: str
    sensor: str
    quantity: str
    reason: str
    bad: int
    all: int
    until_s: float

    @property
    def sentence(self) -> LocalizedMessage:
        """What became of it."""
        counts = {"series": self._name, "bad": self.bad, "all": self.all}
        if self.reason == NOT_JUDGED:
            return LocalizedMessage("{series}: {bad} of {all} not judged by the rules", **counts)
        return LocalizedMessage("{series}: {bad} of {all} refused ({reason})", reason=self.reason, **counts)

    @property
    def _name(self) -> str:
        if self.sensor:
            return f"{self.sensor} {self.quantity}"
        if self.gateway:
            return LocalizedMessage("gateway {gateway}", gateway=self.gateway)
        return LocalizedMessage("gateway unknown")


class RecentRejections:
    """Counts for MINUTES; `interval_s` is how often a sensor should send, None where nobody knows."""

    def __init__(
        self,
        *,
        interval_s: Callable[[str], float | None] = lambda _sensor: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._minutes: deque[tuple[int, Counter[tuple[_Key, str]]]] = deque()
        self._gateways: Counter[str] = Counter()
        self._rejected: dict[_Key, RejectedSeries] = {}
        self._recounted_s = float("-inf")

    def has_gateway(self, gateway: str) -> bool:
        """Whether something of a gateway was rejected, so that what is stored of it is to be counted too."""
        return gateway in self._gateways

    def record(
        self,
        gateway: str,
        *,
        stored: Mapping[Series, int],
        rejections: Sequence[Rejection],
        not_judged: Mapping[Series, int],
    ) -> None:
        """Record what became of a message."""
        if not (stored or rejections or not_judged):
            return
        minute = self._minute()
        for rejection in rejections:
            for series, readings in rejection.by_series():
                self._count(minute, gateway, series, rejection.reason, readings)
        for series, readings in not_judged.items():
            self._count(minute, gateway, series, NOT_JUDGED, readings)
        for series, readings in stored.items():
            self._count(minute, gateway, series, "", readings)
        if rejections or not_judged:
            if gateway not in self._gateways:
                self._recounted_s = float("-inf")  # the first rejection of a gateway shows at once
            self._gateways[gateway] += 1

    def rejected(self) -> list[RejectedSeries]:
        """The series of which so much is rejected that somebody should look, the worst first."""
        now_s = self._clock()
        if now_s - self._recounted_s >= RECOUNT_EACH_S:
            self._recounted_s = now_s
            self._recount(now_s)
        return sorted(self._rejected.values(), key=lambda one: (-one.bad / one.all, -one.bad, one.sensor, one.quantity))

    def series(self) -> frozenset[Series]:
        """The same as (sensor, quantity): the state of these is not known."""
        return frozenset((one.sensor, one.quantity) for one in self.rejected() if one.sensor)

    def component(self) -> Component:
        """Whether readings are rejected, and whose."""
        rejected = self.rejected()
        if not rejected:
            calm = LocalizedMessage("nothing to speak of was refused in the last {minutes} minutes", minutes=MINUTES)
            return Component(Condition.OK, calm)
        said = LocalizedMessage(
            "in the last {minutes} minutes {series}; the refused readings say why",
            minutes=MINUTES, series=first_of([one.sentence for one in rejected], most=MOST_NAMED),
        )  # fmt: skip
        return Component(Condition.DEGRADED, said)

    def _count(self, counts: Counter[tuple[_Key, str]], gateway: str, series: Series, what: str, readings: int) -> None:
        key = (_Key(gateway, *series), what)
        if len(counts) >= MOST_SERIES and key not in counts:
            key = (_Key("", "", ""), what)
        counts[key] += readings

    def _minute(self) -> Counter[tuple[_Key, str]]:
        minute = int(self._clock() // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._recount(self._clock())  # before the oldest is dropped
            self._minutes.append((minute, Counter()))
        return self._minutes[-1][1]

    def _recount(self, now_s: float) -> None:
        while self._minutes and self._minutes[0][0] <= int(now_s // 60) - MINUTES:
            self._minutes.popleft()
        counted: Counter[tuple[_Key, str]] = Counter()
        for _, counts in self._minutes:
            counted.update(counts)
        found = {one.key: one for one in _seriously_rejected(counted)}
        seen = {key for key, _ in counted}
        for key in [key for key, one in self._rejected.items() if key in seen or now_s >= one.until_s]:
            del self._rejected[key]
        for key, one in found.items():
            until_s = now_s + self._lasts_s(key.sensor)
            self._rejected[key] = RejectedSeries(
                key.gateway, key.sensor, key.quantity, one.reason, one.bad, one.all, until_s
            )
        self._gateways = Counter(key.gateway for key, what in counted if what)
        self._gateways.update(key.gateway for key in self._rejected)

    def _lasts_s(self, sensor: str) -> float:
        return max(60.0 * MINUTES, INTERVALS * (self._interval_s(sensor) or 0.0))


class _SeriousShare(msgspec.Struct, frozen=True):
    key: _Key
    reason: str
    bad: int
    all: int


def _seriously_rejected(counted: Mapping[tuple[_Key, str], int]) -> Iterator[_SeriousShare]:
    """The series of which a serious share is rejected, or stored and not judged."""
    by_series: dict[_Key, Counter[str]] = {}
    for (key, what), readings in counted.items():
        by_series.setdefault(key, Counter())[what] += readings
    for key, counts in by_series.items():
        rejected = {what: number for what, number in counts.items() if what not in ("", NOT_JUDGED)}
        # what is not judged is stored, and counted so too
        stored = max(counts[""], counts[NOT_JUDGED])
        for reasons in (rejected, {NOT_JUDGED: counts[NOT_JUDGED]}):
            bad, whole = sum(reasons.values()), stored + sum(rejected.values())
            if bad and bad >= SERIOUS[NOT_JUDGED in reasons] * whole:
                yield _SeriousShare(key, max(reasons, key=lambda reason: (reasons[reason], reason)), bad, whole)
                break
