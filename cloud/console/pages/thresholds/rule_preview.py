"""What a try of a rule shows: chart, alarms and notifications that there would have been, what differs from now.

4 alarms, 1.2 hours a week; as it is now: 9 alarms, 6 hours a week.    12 notifications; as it is now: 31
"""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.alarms.preview import Preview
from cloud.console.frame.visit import PageVisit
from cloud.console.pages.thresholds.rule_actions import DAYS
from cloud.console.pages.thresholds.rule_subject import RuleSubject
from cloud.console.view_models.plot import Plot, plot_of
from cloud.console.view_models.preview import PreviewView, bands_of, level_lines, preview_view, thinned
from cloud.console.view_models.rule_versions import ChangeView, changes_between
from cloud.console.view_models.thresholds import targets_at
from cloud.notify.forecast import notifications_of
from cloud.notify.settings import NotifySettings
from cloud.registry.records import Sensor
from cloud.rulebook.rule_store import RuleStore
from i18n import figures
from i18n.catalog import Catalog
from rules.rule import Rule

SENSORS_OFFERED = 60


class Drawing(msgspec.Struct, frozen=True):
    """All that stands beside the editor after a try; `notified` is empty where nobody is ever notified."""

    view: PreviewView
    plot: Plot
    notified: str
    note: str
    unit: str


class Choices(msgspec.Struct, frozen=True):
    """On which sensor and over how many days a rule is tried; `more` sensors are not offered by name."""

    sensors: tuple[tuple[str, str], ...]
    more: int
    sensor: str
    days: int


def choices_of(visit: PageVisit, rule_store: RuleStore, subject: RuleSubject) -> Choices:
    """The sensors in the place that measure what the rule is about, and which of them was chosen."""
    quantity = subject.view.resolved.rule.quantity
    fit = [
        sensor
        for sensor in targets_at(rule_store, subject.scope)
        if quantity in ("", *sensor.quantities) and visit.principal.may_see(sensor.site)
    ]
    known = {sensor.id for sensor in fit}
    asked = next(iter(visit.sent.get("sensor", ())), "")
    offered = tuple((sensor.id, _name_of(rule_store, sensor)) for sensor in fit[:SENSORS_OFFERED])
    chosen = asked if asked in known else next((name for name, _words in offered), "")
    days = next(iter(visit.sent.get("days", ())), "")
    return Choices(offered, len(fit) - len(offered), chosen, int(days) if days in map(str, DAYS) else DAYS[1])


def _name_of(rule_store: RuleStore, sensor: Sensor) -> str:
    site = rule_store.registry.site(sensor.site)
    place = site.name if site else sensor.site
    return place if sensor.id == sensor.site else f"{place} · {sensor.name}"


def drawing_of(_: Catalog, rule_store: RuleStore, rule: Rule, preview: Preview, settings: NotifySettings) -> Drawing:
    """Draw what a rule would have done."""
    zone = _zone(rule_store, preview.sensor)
    row = rule_store.registry.quantities.get(preview.quantity)
    history = thinned(preview.points, start_ms=preview.start_ms, end_ms=preview.end_ms)
    note = _("Times in {zone}", zone=figures.zone_name(preview.end_ms, zone))
    return Drawing(
        view=preview_view(_, rule, preview, zone, preview.end_ms),
        plot=plot_of(_, history, level_lines(_, rule), bands_of(rule, preview.edited), zone),
        notified=_notified(_, rule_store, preview, settings),
        note=note if preview.points else _("Nothing was measured in this time."),
        unit="" if row is None else figures.unit_of(_, row),
    )


def _notified(_: Catalog, rule_store: RuleStore, preview: Preview, settings: NotifySettings) -> str:
    if not settings.steps:
        return _("Nobody is notified of alarms: there are no steps in [notify].")
    sensor = rule_store.targets.get(preview.sensor)
    site = "" if sensor is None else sensor.site
    edited, saved = (
        0 if one.rule is None else notifications_of(settings, one.rule, one.crossings, site=site)
        for one in (preview.edited, preview.saved)
    )
    said = _.plural("{n} notification at once", "{n} notifications at once", edited)
    return said if edited == saved else _("{said}; as it is now: {n}", said=said, n=_.number(saved, 0))


def differences(
    _: Catalog, rule_store: RuleStore, subject: RuleSubject, fields: Mapping[str, Any]
) -> Sequence[ChangeView]:
    """What saving would change of what the place sets, field by field."""
    patches = rule_store.patches_in(subject.family, [subject.scope])
    held = patches[0].fields if patches else {}
    rule = subject.view.resolved.rule
    return changes_between(_, rule_store.registry.quantities, rule, held, dict(fields))


def _zone(rule_store: RuleStore, sensor_id: str) -> ZoneInfo:
    sensor = rule_store.targets.get(sensor_id)
    site = rule_store.registry.site(sensor.site) if sensor else None
    return ZoneInfo(site.zone if site and site.zone else rule_store.registry.city.zone)
