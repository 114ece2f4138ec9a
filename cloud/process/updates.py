"""The parts that bring gateways to another version; their library is loaded only where cloud.toml has [updates].

[updates] ─► Refreshing: the repository, of now ─► Updates(refreshing, rollouts, runner)
"""

from functools import partial
from typing import TYPE_CHECKING

from cloud.database.steady_clock import SteadyClock
from cloud.notify.outbox import extend_deadlines
from cloud.process.parts import Foundation, Updates
from cloud.process.settings import CloudSettings
from wire import shard_of

if TYPE_CHECKING:
    from cloud.updates.refreshing import Refreshing


def refreshing_of(settings: CloudSettings) -> "Refreshing | None":
    """Build what keeps the repository of updates of now; None where there is to be none."""
    if settings.updates is None:
        return None
    from cloud.updates.refreshing import Refreshing

    return Refreshing(settings.updates, signs=settings.ingest.enabled)


def updates_of(settings: CloudSettings, base: Foundation, refreshing: "Refreshing") -> Updates:
    """Build rollouts, for who begins them and as this process carries them on."""
    from cloud.updates.rollout_runner import RolloutRunner
    from cloud.updates.rollouts import Rollouts

    clock = base.clock
    runner = RolloutRunner(
        base.database,
        base.statuses,
        publish=base.session.publish,
        connected_since_s=lambda: base.session.connected_since_s,
        is_own=partial(_is_own, settings.ingest.shard_range),
        steady=SteadyClock(excuse=extend_deadlines, wall_ms=clock.wall_ms, boot_ms=clock.boot_ms),
        confirm=base.confirm,
        clock=clock.wall_ms,
    )
    rollouts = Rollouts(
        base.database,
        published=refreshing.state,
        gateways=lambda: [gateway.id for gateway in base.registry.gateways()],
        limit_s=refreshing.settings.limit_min * 60,
        changed=runner.nudge,
        clock=clock.wall_ms,
    )
    return Updates(refreshing, rollouts, runner)


def _is_own(shards: range, gateway: str) -> bool:
    return shard_of(gateway) in shards
