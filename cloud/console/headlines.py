"""The headline for everybody, worked out once a tick for those who may see the same sites.

await Headlines(platform).of(visit) -> Headline(StateView("ok", "All data is arriving", ""), waiting=0)
"""

import time
from collections.abc import Sequence

import msgspec

from cloud.access.principal import Role
from cloud.alarms.alarm_search import AlarmRevision
from cloud.alarms.records import Alarm, AlarmFilter, Maintenance
from cloud.console.frame.headline import Headline, WakingAlarm
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.city_board import board_state
from cloud.console.view_models.maintenance import covering
from cloud.core.health import Health
from cloud.platform import Platform
from cloud.rulebook.rule_words import level_name, title_of
from cloud.situation import level_of
from i18n.catalog import Catalog
from rules.rule import Severity
from runtime.clock import wall_ms

TICK_S = 1.0
MOST_COUNTED = 1_000
"""Open alarms that are counted as waiting: beyond it the number says no more."""
MOST_WAKING = 20
"""Alarms that are named as waking: whoever takes them one by one meets the next ones then."""
WAKING_FROM = Severity.MODERATE
"""The mildest that any browser can choose to be woken by."""
AGAIN_S = 5.0
_Sites = frozenset[str] | None


class _Waiting(msgspec.Struct, frozen=True):
    """What waits at some sites: how many, and the worst of those that wake."""

    revision: AlarmRevision
    counted_s: float
    count: int
    waking: tuple[Alarm, ...]


class Headlines:
    """Asks the platform at most once a tick for each set of sites."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._waiting: dict[_Sites, _Waiting] = {}
        self._unread: tuple[AlarmRevision, int] | None = None
        self._revision: tuple[float, AlarmRevision] | None = None
        self._windows: tuple[float, Sequence[Maintenance]] | None = None
        self._health: tuple[float, Health] | None = None

    async def of(self, visit: PageVisit) -> Headline:
        """The headline for `visit`."""
        sites, _ = visit.principal.sites, visit.words
        waiting = await self._current(sites)
        await self._platform.board.current()
        view = self._platform.board.view(sites)
        state = board_state(_, view, self._current_health(), visit.zone, in_words=sites is None)
        unread = await self._current_unread() if visit.may_everywhere(Role.OPERATOR) else 0
        return Headline(state, waiting.count, tuple(self._waking(_, alarm) for alarm in waiting.waking), unread)

    def refresh(self) -> None:
        """Forget what was counted: somebody has just changed something."""
        self._waiting.clear()
        self._revision = self._windows = None
        self._platform.board.refresh()

    async def _current(self, sites: _Sites) -> "_Waiting":
        """Count again where something has become of an alarm, and now and then: a shelf ends by itself."""
        revision, now_s = await self._current_revision(), time.monotonic()
        held = self._waiting.get(sites)
        if held is None or held.revision != revision or now_s - held.counted_s >= AGAIN_S:
            self._waiting = {one: waiting for one, waiting in self._waiting.items() if now_s - waiting.counted_s < 60.0}
            held = self._waiting[sites] = await self._count(sites, revision)
        return held

    async def _current_revision(self) -> AlarmRevision:
        now_s = time.monotonic()
        if self._revision is None or now_s - self._revision[0] >= TICK_S * 0.9:
            self._revision = now_s, await self._platform.alarm_service.revision()
        return self._revision[1]

    async def _current_unread(self) -> int:
        """Count again where the journal has grown: no note is written or read without a line there."""
        revision = await self._current_revision()
        if self._unread is None or self._unread[0] != revision:
            self._unread = revision, await self._platform.handover.count_unread()
        return self._unread[1]

    async def _count(self, sites: _Sites, revision: AlarmRevision) -> "_Waiting":
        service, now_ms = self._platform.alarm_service, wall_ms()
        wanted = AlarmFilter(open=True, acknowledged=False, shelved=False, sites=sites)
        count = await service.count(wanted, most=MOST_COUNTED)
        waking = msgspec.structs.replace(wanted, late=False, test=False, severity=WAKING_FROM, limit=MOST_WAKING)
        alarms, windows = await service.worst(waking), await self._current_windows()
        loud = [one for one in alarms if covering(windows, one.site, one.sensor, now_ms) is None]
        return _Waiting(revision, time.monotonic(), count, tuple(loud))

    async def _current_windows(self) -> Sequence[Maintenance]:
        now_s = time.monotonic()
        if self._windows is None or now_s - self._windows[0] >= AGAIN_S:
            self._windows = now_s, await self._platform.maintenance.windows()
        return self._windows[1]

    def _waking(self, _: Catalog, alarm: Alarm) -> WakingAlarm:
        site = self._platform.registry.site(alarm.site)
        level = level_name(_, level_of(alarm.rule, alarm.level))
        place = alarm.sensor if site is None else site.name
        return WakingAlarm(alarm.id, alarm.severity.rank, level, title_of(_, alarm.rule), place)

    def _current_health(self) -> Health:
        now_s = time.monotonic()
        if self._health is None or now_s - self._health[0] >= TICK_S * 0.9:
            self._health = now_s, self._platform.health(wall_ms())
        return self._health[1]
