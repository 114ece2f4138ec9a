"""Builds what pages and the API work with: the platform, which asks the ingester where another process ingests.

foundation, alarms, ingest ─► Platform        replay: by its own replayer, or by the process that it follows
"""

from collections.abc import Callable
from functools import partial

from cloud.access.authenticator import Authenticator
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.preview import Previewer
from cloud.backup.backups import Backups
from cloud.core.health import Component
from cloud.database.audit_log import Actor
from cloud.feed.followed_city import FollowedCity
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.historical.importer import Importer
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.replay import Replay, Replayer
from cloud.platform import Platform
from cloud.process.parts import Alarms, Foundation, Ingest, Updates
from cloud.process.settings import CloudSettings
from cloud.registry.editing import RegistryEditing


def platform_of(
    settings: CloudSettings,
    base: Foundation,
    alarms: Alarms,
    ingest: Ingest,
    updates: Updates | None,
    components: dict[str, Callable[[], Component]],
    backups: Backups | None,
) -> Platform:
    """Build what pages and the API work with; `components` are the checks of health, as they are each time."""
    followed = base.followed
    replayer = Replayer(
        decoder=ingest.decoder,
        store=base.store,
        dead_letters=base.dead_letters,
        newest=base.newest,
        metrics=base.metrics,
        evaluator=alarms.evaluator if settings.ingest.enabled else None,
        on_stored=alarms.derivations.on_stored,
        review=ingest.review,
    )
    return Platform(
        registry=base.registry,
        store=base.store,
        newest=base.newest,
        accounts=base.accounts,
        statuses=base.statuses,
        dead_letters=base.dead_letters,
        metrics=base.metrics,
        components=components,
        replay=replayer.replay if followed is None else partial(_replay_elsewhere, base.dead_letters, followed),
        importer=Importer(base.registry, base.store, base.database, clock=base.clock.wall_ms),
        manual_readings=ManualReadings(base.registry, base.newest, base.database, clock=base.clock.wall_ms),
        access=Authenticator(base.database, settings.access),
        rule_store=base.rule_store,
        alarm_service=AlarmService(base.database, clock=base.clock.wall_ms),
        previewer=Previewer(base.rule_store, base.store, clock=base.clock.wall_ms),
        maintenance=MaintenanceCalendar(base.database, base.registry, clock=base.clock.wall_ms),
        notifier=alarms.notifier,
        wrong_clocks=ingest.clocks.wrong if followed is None else followed.wrong_clocks,
        facts=base.facts,
        editing=RegistryEditing(base.database, base.facts, clock=base.clock.wall_ms),
        care=alarms.care,
        heights=ingest.decoder.heights,
        refused=base.rejections.series if followed is None else followed.refused,
        collect=None if followed is None else followed.metrics,
        rollouts=None if updates is None else updates.rollouts,
        backups=backups,
    )


async def _replay_elsewhere(
    dead_letters: DeadLetters, followed: FollowedCity, dead_letter_id: int, actor: Actor
) -> Replay:
    """Have the process that ingests its gateway replay it: its rules and hours are in the memory of that one."""
    letter = await dead_letters.get(dead_letter_id)
    return await followed.replay(dead_letter_id, actor, gateway=letter.gateway)
