"""A rollout as a form wants it:  version=1.2.0 batch=5 gateways="gw-daruba gw-east" offline=skip within=120 reason=…"""

import re

import msgspec

from cloud.console.frame.form import Form
from cloud.console.frame.rejections import ActionRejected
from i18n.catalog import Catalog

USUAL_BATCH = 5
MOST_WITHIN_MIN = 10_080
MOST_NAMED = 1_000
_LONGEST_NAMES = 16_000


class WantedRollout(msgspec.Struct, frozen=True):
    """What was filled in; no `gateways` are all of them, `limit_s` None is as the settings say."""

    version: str
    batch: int
    gateways: tuple[str, ...]
    skip_offline: bool
    again: bool
    limit_s: float | None
    reason: str


def wanted_rollout(_: Catalog, form: Form) -> WantedRollout:
    """Read the form; ActionRejected names what cannot be."""
    within_min = form.number("within") if form.text("within") else None
    if form.text("within") and (within_min is None or not 1 <= within_min <= MOST_WITHIN_MIN):
        raise ActionRejected(_("Write 1 to {most} minutes.", most=_.number(MOST_WITHIN_MIN, 0)), field="within")
    names = [name for name in re.split(r"[\s,;]+", form.text("gateways", most=_LONGEST_NAMES)) if name]
    if len(names) > MOST_NAMED:
        raise ActionRejected(_("Name {most} gateways at most, or none for all.", most=MOST_NAMED), field="gateways")
    return WantedRollout(
        version=form.text("version", most=64),
        batch=form.number("batch") or 0,
        gateways=tuple(names),
        skip_offline=form.ticked("skip_offline"),
        again=form.ticked("again"),
        limit_s=None if within_min is None else within_min * 60.0,
        reason=form.text("reason"),
    )
