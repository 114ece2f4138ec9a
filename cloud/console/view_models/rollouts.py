"""Rollouts, their gateways and the versions as the page shows them.

RolloutView(7, "1.2.0", "warn", "is running", begun="24 Nov 2026 10:00 · ani", counts=(("ok", "confirmed 15"), …), …)
MemberView("gw-daruba", "Daruba gateway", "warn", "asked", "on trial since 24 Nov 10:44", runs="1.1.0")
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.fleet import UPDATES
from cloud.gateways.statuses import Statuses
from cloud.registry.snapshot import Registry
from cloud.updates.rollout import Member, MemberState, RolloutProgress, RolloutState
from i18n import figures
from i18n.catalog import N_, Catalog
from wire.gateway_update import UpdateState, UpdateStatus

ROLLOUTS = {
    RolloutState.RUNNING: ("warn", N_("is running")),
    RolloutState.DONE: ("ok", N_("is done")),
    RolloutState.FAILED: ("bad", N_("ended: a gateway failed")),
    RolloutState.STOPPED: ("never", N_("was stopped")),
}
MEMBERS = {
    MemberState.WAITING: ("never", N_("waits to be asked")),
    MemberState.ASKED: ("warn", N_("was asked")),
    MemberState.CONFIRMED: ("ok", N_("has it, confirmed")),
    MemberState.FAILED: ("bad", N_("failed")),
    MemberState.LEFT_OUT: ("never", N_("left out")),
}
"""As a level for the colour, and the words for people."""


class RolloutView(msgspec.Struct, frozen=True):
    """One rollout; `left` are how many it left without its version, `failed` how many of its gateways failed."""

    id: int
    version: str
    level: str
    state: str
    is_running: bool
    can_go_on: bool
    begun: str
    terms: str
    reason: str
    counts: tuple[tuple[str, str, str], ...]
    failed: int


class MemberView(msgspec.Struct, frozen=True):
    """One gateway of a rollout: how far it is, what it says itself of its update, and what it runs."""

    id: str
    name: str
    level: str
    state: str
    told: str
    runs: str


class GatewayVersionView(msgspec.Struct, frozen=True):
    """A version: for which machines it is published, in words where it is not, and who runs it."""

    version: str
    machines: str
    gateways: str
    online: str


def rollout_view(_: Catalog, progress: RolloutProgress, zone: ZoneInfo) -> RolloutView:
    """One rollout, and how far it is."""
    rollout, counts = progress.rollout, progress.counts
    level, state = ROLLOUTS[rollout.state]
    numbers = tuple(
        (MEMBERS[each][0], _(MEMBERS[each][1]), _.number(counts[each], 0)) for each in MemberState if counts.get(each)
    )
    terms = [
        _("{n} at a time, each within {within} min", n=rollout.batch, within=_.short_number(rollout.limit_s / 60, 1))
    ]
    terms += [_("without those that are offline")] if rollout.skip_offline else []
    terms += [_("also where this version was rolled back before")] if rollout.again else []
    return RolloutView(
        id=rollout.id,
        version=rollout.version,
        level=level,
        state=_(state),
        is_running=rollout.state is RolloutState.RUNNING,
        can_go_on=rollout.state in (RolloutState.STOPPED, RolloutState.FAILED),
        begun=f"{figures.day_and_time(_, rollout.started_ms, zone)} · {rollout.started_by}",
        terms="; ".join(terms),
        reason=rollout.reason,
        counts=numbers,
        failed=counts.get(MemberState.FAILED, 0),
    )


def member_views(
    _: Catalog, members: Iterable[Member], registry: Registry, statuses: Statuses, zone: ZoneInfo
) -> tuple[MemberView, ...]:
    """The gateways of a rollout, as they came."""
    return tuple(_member(_, member, registry, statuses, zone) for member in members)


def version_views(
    _: Catalog, published: Mapping[str, list[str]], run: Mapping[str, tuple[int, int]]
) -> tuple[GatewayVersionView, ...]:
    """The versions that are published, newest first, and those that are not and that some gateway runs."""
    return tuple(
        GatewayVersionView(
            version,
            ", ".join(published.get(version, ())) or _("not published"),
            *(_.number(count, 0) for count in run.get(version, (0, 0))),
        )
        for version in [*published, *sorted(run.keys() - published.keys(), reverse=True)]
    )


def _member(_: Catalog, member: Member, registry: Registry, statuses: Statuses, zone: ZoneInfo) -> MemberView:
    gateway, status = registry.gateway(member.gateway), statuses.status(member.gateway)
    level, state = MEMBERS[member.state]
    own = "" if status is None or status.update is None else _update(_, status.update, zone)
    return MemberView(
        id=member.gateway,
        name=member.gateway if gateway is None else gateway.name,
        level=level,
        state=_(state),
        told=" · ".join(filter(None, (member.reason, own))),
        runs=_("never seen") if status is None else status.version,
    )


def _update(_: Catalog, update: UpdateStatus, zone: ZoneInfo) -> str:
    words = _("confirmed") if update.state is UpdateState.CONFIRMED else _(UPDATES[update.state][1])
    since = "" if update.time_ms is None else f", {figures.minute(_, update.time_ms, zone)}"
    reason = f": {update.reason}" if update.reason else ""
    return f"{update.version} {words}{since}{reason}"
