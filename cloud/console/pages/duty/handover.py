"""What the shift before hands over, on the page of duty: asked of the database when something has changed.

24 Nov 07:00  ani   The pump at the bridge leaks.   2 alarms were open: Siaga 2 River level …    [Read]
"""

import time

import msgspec

from cloud.access.principal import Role
from cloud.alarms.alarm_search import AlarmRevision
from cloud.alarms.records import Alarm
from cloud.console.frame.form import Form
from cloud.console.frame.page import Context, Done, Fragment
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.alarms import AlarmContext
from cloud.console.view_models.handover import note_views
from cloud.core.bounded_cache import BoundedCache
from cloud.handover.notes import LONGEST_TEXT, HandoverNote, HandoverRejected
from cloud.platform import Platform
from i18n.catalog import ended
from runtime.clock import wall_ms

PAGE_NOTES = 5
MOST_HELD = 16
_TICK_S = 0.9


class _Held(msgspec.Struct, frozen=True):
    """A page of notes as it was at `revision`, with the alarms that they list."""

    revision: AlarmRevision
    notes: tuple[HandoverNote, ...]
    older: int | None
    alarms: dict[int, Alarm]


def may_hand_over(visit: PageVisit) -> bool:
    """Tell whether the notes are shown: to operators of the whole city, whose sites and alarms they name."""
    return visit.may_everywhere(Role.OPERATOR)


class HandoverList:
    """The newest notes, held for all who look at the page, and what is done with them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held = BoundedCache[int | None, _Held](MOST_HELD)
        self._revision: tuple[float, AlarmRevision] | None = None

    async def fragment(self, visit: PageVisit) -> Fragment:
        """The notes, as a part of the page that stays true."""
        before_id = visit.number("before")
        held = await self._page(before_id)

        def context() -> Context:
            notes = note_views(visit.words, held.notes, held.alarms, self._beside(visit, held))
            return {"notes": notes, "older": held.older}

        return Fragment("handover", "duty/handover.html", context, version=(held.revision, before_id))

    async def write(self, visit: PageVisit, form: Form) -> Done:
        """Write a note for the next shift."""
        _, actor = visit.words, visit.must(Role.OPERATOR).actor
        self._must_see_all(visit)
        try:
            await self._platform.handover.write(form.text("text", most=2 * LONGEST_TEXT), actor=actor)
        except HandoverRejected as rejection:
            raise ActionRejected(ended(_.said(rejection.sentence)), field="text") from None
        self._revision = None
        return Done(_("The note is written for the next shift."))

    async def mark_read(self, visit: PageVisit, form: Form) -> Done:
        """Tick a note as read."""
        _, actor = visit.words, visit.must(Role.OPERATOR).actor
        self._must_see_all(visit)
        try:
            note = await self._platform.handover.mark_read(form.number("note") or 0, actor=actor)
        except LookupError:
            raise ActionRejected(_("There is no such note; load the page again.")) from None
        except HandoverRejected as rejection:
            raise ActionRejected(ended(_.said(rejection.sentence))) from None
        self._revision = None
        return Done(_("The note is ticked as read by {person}.", person=note.read_by))

    def _must_see_all(self, visit: PageVisit) -> None:
        _ = visit.words
        if not may_hand_over(visit):
            raise ActionRejected(_("Handover notes are for who may see all sites."), status=403)

    async def _page(self, before_id: int | None) -> _Held:
        revision = await self._current_revision()
        held = self._held.get(before_id)
        if held is not None and held.revision == revision:
            return held
        found = await self._platform.handover.newest(before_id=before_id, limit=PAGE_NOTES + 1)
        shown = tuple(found[:PAGE_NOTES])
        alarms = await self._platform.alarm_service.those_of({alarm for note in shown for alarm in note.alarms})
        held = _Held(revision, shown, shown[-1].id if len(found) > PAGE_NOTES else None, alarms)
        self._held[before_id] = held
        return held

    async def _current_revision(self) -> AlarmRevision:
        """What changes with every entry of the journal, that of a note among them."""
        now_s = time.monotonic()
        if self._revision is None or now_s - self._revision[0] >= _TICK_S:
            self._revision = now_s, await self._platform.alarm_service.revision()
        return self._revision[1]

    def _beside(self, visit: PageVisit, held: _Held) -> AlarmContext:
        registry, listed = self._platform.registry, held.alarms.values()
        return AlarmContext(
            now_ms=wall_ms(),
            city_zone=visit.zone,
            sites={site.id: site for one in listed if (site := registry.site(one.site)) is not None},
            sensors={sensor.id: sensor for one in listed if (sensor := registry.sensor(one.sensor)) is not None},
            newest={},
            quantities=registry.quantities,
        )
