"""What becomes of a sensor, from a moment on: another device hangs there, or it goes elsewhere; its series goes on.

replace  serial=B-03 model=MB7389 make= device_height=420 device_calibration= device_since= … device_reason="it was wet"
move     move_gateway=gw-pier move_site=pier move_height= move_since=2026-11-20T09:00 … move_reason="the bridge is new"
"""

from collections.abc import Callable, Mapping
from typing import Any

from cloud.access.principal import Role
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected, NotThere
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.day_times import parse_moment
from cloud.console.view_models.registry_forms import read_calibration
from cloud.console.view_models.typed_number import InvalidInput, parse_number
from cloud.platform import Platform
from cloud.registry.devices import LONGEST_PART, PARTS
from cloud.registry.fact_service import LONGEST_TEXT, FactRejected
from cloud.registry.history import subject_of
from cloud.registry.records import Sensor
from cloud.registry.sensor_changes import Mounting, move, replacement, to_look_at
from i18n.catalog import ended
from runtime.clock import wall_ms

DEVICE, MOVE = "device", "move"
"""What the fields of each form begin with."""
Values = Callable[[Sensor, Mounting, int], Mapping[str, Any]]


class DeviceActions:
    """Replacing and moving, of sensors at sites that the visitor may see."""

    def __init__(self, platform: Platform) -> None:
        self._facts, self._registry = platform.facts, platform.registry

    async def replace(self, visit: PageVisit, form: Form) -> Done:
        """Record that another device hangs there; what was fitted to the one before ends with it."""
        device = {name: text for name in PARTS if (text := form.text(name, most=LONGEST_PART + 1)) or name == "serial"}

        def values(sensor: Sensor, mounting: Mounting, at_ms: int) -> Mapping[str, Any]:
            return replacement(self._registry, sensor, device, mounting, at_ms)

        _ = visit.words
        return await self._record(visit, form, DEVICE, values, _("{name} has another device.", name=visit.names["id"]))

    async def move(self, visit: PageVisit, form: Form) -> Done:
        """Record that a sensor is behind another gateway, at another site, or both; what waits at the old is taken."""
        _ = visit.words
        site, gateway = form.text("move_site", most=64) or None, form.text("move_gateway", most=64) or None
        if site is None and gateway is None:
            raise ActionRejected(_("Write the gateway or the site that is another."), field=MOVE)

        def values(_sensor: Sensor, mounting: Mounting, _at_ms: int) -> Mapping[str, Any]:
            return move(site=site, gateway=gateway, mounting=mounting)

        return await self._record(visit, form, MOVE, values, _("{name} is moved.", name=visit.names["id"]))

    async def _record(self, visit: PageVisit, form: Form, begins: str, values: Values, said: str) -> Done:
        _, principal, sensor = visit.words, visit.must(Role.ENGINEER), self._sensor(visit)
        since, reason = form.text(f"{begins}_since"), form.text(f"{begins}_reason", most=LONGEST_TEXT + 1)
        source = form.text(f"{begins}_source", most=LONGEST_TEXT + 1)
        try:
            at_ms = parse_moment(_, since, visit.zone) if since else wall_ms()
            recorded = values(sensor, _mounting(visit, form, begins), at_ms)
        except InvalidInput as error:
            raise ActionRejected(str(error), field=begins) from None
        if not all(self._facts.may_refer(what, value, principal.sites) for what, value in recorded.items()):
            raise ActionRejected(_("This site is not among those that you may see."), field=begins, status=403)
        left = [ended(_.said(sentence)) for sentence in to_look_at(self._registry, sensor, recorded, at_ms)]
        try:
            await self._facts.record_together(
                subject_of(sensor), recorded, actor=principal.actor, reason=reason, source=source, valid_from_ms=at_ms
            )
        except FactRejected as error:
            told = " ".join(ended(_.said(problem)) for problem in error.problems)
            raise ActionRejected(told, field=begins) from None
        return Done(said, once={"to_look_at": left})

    def _sensor(self, visit: PageVisit) -> Sensor:
        sensor = self._registry.sensor(visit.names["id"]) if visit.names["kind"] == "sensors" else None
        if sensor is None or sensor.retired or not self._facts.may_touch(f"sensor:{sensor.id}", visit.principal.sites):
            raise NotThere(visit.words("There is no such record."))
        return sensor


def _mounting(visit: PageVisit, form: Form, begins: str) -> Mounting:
    _, height, lines = visit.words, form.text(f"{begins}_height"), form.text(f"{begins}_calibration", most=4_000)
    heights = (parse_number(_, height),) if height else ()
    return Mounting.of(heights=heights, calibrations=read_calibration(_, lines))
