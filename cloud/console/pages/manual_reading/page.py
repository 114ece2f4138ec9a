"""The page of a reading by a person: which series, what one reads there, when; below it what was read within a day.

What [River gauge · Water level]   The sensor said 132.4 cm at 14:02.   [ 131,5 ] cm   [just now]   [ Keep the reading ]
The script keeps each on the phone first and sends it when there is a link: this form, with a key that keeps it once.
"""

import json
import re
import secrets
from collections.abc import Sequence

from cloud.access.principal import Role
from cloud.console.components.recent_manual_readings import RecentManualReadings
from cloud.console.frame.form import Form
from cloud.console.frame.page import ConsolePage, Done, Fragment, PageContent
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.manual_reading.script_words import script_words
from cloud.console.view_models.day_times import site_zone
from cloud.console.view_models.manual_readings import (
    MOST_SERIES,
    SeriesChoice,
    choice_of,
    seen_view,
    series_by_eye,
    value_words,
)
from cloud.console.view_models.typed_number import InvalidInput, parse_number
from cloud.ingest.manual.records import EnteredReading, EntryState
from cloud.platform import Platform
from cloud.registry.records import Sensor, Site
from i18n import figures
from i18n.catalog import Catalog, ended
from runtime.clock import wall_ms
from wire.durations import MINUTE_MS

AGO_MIN = (0, 5, 10, 15, 30, 45, 60, 120, 180, 360, 720)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIME = re.compile(r"\d{10,15}")


def manual_reading_page(platform: Platform, recent: RecentManualReadings) -> ConsolePage:
    """The page of each site of a platform."""
    own = _ManualReadingPage(platform, recent)
    return ConsolePage(
        "sites/{id}/reading", "manual_reading/page.html", own.show, actions={"enter": own.enter},
        styles=("manual-reading.css",), scripts=("kept-readings.js", "manual-reading.js"),
    )  # fmt: skip


class _ManualReadingPage:
    def __init__(self, platform: Platform, recent: RecentManualReadings) -> None:
        self._platform, self._recent = platform, recent

    async def show(self, visit: PageVisit) -> PageContent:
        """Show what can be read at a site, and what was."""
        _, site = visit.words, self._site(visit)
        sensors = self._sensors(site)
        zone, now_ms = site_zone(site.zone, visit.zone), wall_ms()
        names = {sensor.id: sensor.name for sensor in sensors}
        table = self._platform.registry.quantities
        seen = tuple(
            seen_view(
                _, each.reading, table.row(each.reading.quantity), each.point,
                sensor=names.get(each.reading.sensor, ""), now_ms=now_ms, zone=zone,
            )
            for each in await self._recent.of(site.id, list(names))
        )  # fmt: skip

        def still() -> dict[str, object]:
            choices = self._choices(visit, site, sensors, now_ms)
            chosen = visit.query.get("series", "")
            return {
                "site": site, "choices": choices, "ago": [(each, figures.age(_, each * 60)) for each in AGO_MIN],
                "chosen": chosen if any(one.id == chosen for one in choices) else choices[0].id if choices else "",
                "key": secrets.token_urlsafe(16), "script_words": json.dumps(script_words(_)),
            }  # fmt: skip

        return PageContent(
            [Fragment("seen", "manual_reading/seen.html", {"seen": seen}, version=seen)],
            still=still,
            title=_("Enter a reading"),
        )

    async def enter(self, visit: PageVisit, form: Form) -> Done:
        """Keep a reading; the form's key keeps it once."""
        _, site = visit.words, self._site(visit)
        principal = visit.must(Role.TECHNICIAN, site=site.id)
        if form.text("person", most=200) not in ("", principal.name):
            raise ActionRejected(_("Somebody else took this reading: they must log in to send it."), status=409)
        now_ms = wall_ms()
        sent_ms = _time_of(form.text("now")) or now_ms
        entry = self._entry(_, form, sent_ms)
        registry = self._platform.registry
        sensor = registry.sensor(entry.sensor)
        if sensor is None or sensor.site != site.id:
            raise ActionRejected(_("Choose what you have read."), field="series")
        (outcome,) = await self._platform.manual_readings.enter(
            [entry], actor=principal.actor, sent_ms=sent_ms, may_see=principal.may_see
        )
        if outcome.state in (EntryState.UNSURE, EntryState.REFUSED):
            sentence = "" if outcome.sentence is None else _.said(outcome.sentence)
            field = "sure" if outcome.state is EntryState.UNSURE else "value"
            raise ActionRejected(ended(sentence[:1].upper() + sentence[1:]), field=field)
        self._recent.forget(site.id)
        row = registry.quantities.row(entry.quantity)
        return Done(_("The reading is kept: {value}.", value=value_words(_, row, entry.value)))

    def _entry(self, _: Catalog, form: Form, sent_ms: int) -> EnteredReading:
        key = form.text("key", most=65)
        if not _KEY.fullmatch(key):
            raise ActionRejected(_("The form has no key: load the page again, then send it."))
        sensor, _slash, quantity = form.text("series", most=140).partition("/")
        try:
            value = parse_number(_, form.text("value", most=40))
        except InvalidInput as error:
            raise ActionRejected(str(error), field="value") from None
        minutes = form.number("ago")
        stated_ms = _time_of(form.text("time")) or sent_ms - (minutes or 0) * MINUTE_MS
        return EnteredReading(key, sensor, quantity, stated_ms, value, sure=form.ticked("sure"))

    def _site(self, visit: PageVisit) -> Site:
        _, site = visit.words, self._platform.registry.site(visit.names["id"])
        if site is None or site.retired or not visit.principal.may_see(site.id):
            raise NotThere(_("There is no such place, or you may not see it."))
        return site

    def _sensors(self, site: Site) -> list[Sensor]:
        own = [one for one in self._platform.registry.sensors_at(site.id) if one.id != one.gateway]
        return sorted(own, key=lambda sensor: sensor.id)[:MOST_SERIES]

    def _choices(self, visit: PageVisit, site: Site, sensors: Sequence[Sensor], now_ms: int) -> list[SeriesChoice]:
        platform, zone = self._platform, site_zone(site.zone, visit.zone)
        return [
            choice_of(visit.words, sensor, row, platform.newest.series(sensor.id, row.name), now_ms=now_ms, zone=zone)
            for sensor, row in series_by_eye(sensors, platform.registry.quantities)
        ]


def _time_of(text: str) -> int:
    """UTC ms as the script sends them; 0 where there are none."""
    return int(text) if _TIME.fullmatch(text) else 0
