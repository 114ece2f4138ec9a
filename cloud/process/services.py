"""Builds the parts of the cloud, once and in order: a part is built after all that it needs.

settings, database, registry ─► Foundation ─► Alarms ─► Ingest ─► monitoring, health ─► platform ─► Services
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from cloud.core.health import Component
from cloud.database.engine import Database
from cloud.metrics.platform_gauges import PlatformGauges
from cloud.monitoring.service import Monitoring
from cloud.notify.notifier import Notifier
from cloud.process.alarms import alarms_of
from cloud.process.backups import backups_component, backups_of
from cloud.process.components import components_of
from cloud.process.foundation import foundation_of
from cloud.process.ingest import ingest_of
from cloud.process.monitored_paths import growing_folders, named_certificates
from cloud.process.parts import Alarms, Foundation, Services
from cloud.process.platform import platform_of
from cloud.process.settings import CloudSettings
from cloud.process.updates import refreshing_of, updates_of
from cloud.readings.contract import ReadingsStore
from cloud.readings.engines import store_of
from cloud.registry.snapshot import Registry
from runtime.clock import MACHINE, Clocks


def build_services(
    settings: CloudSettings,
    database: Database,
    registry: Registry,
    *,
    files: Callable[[], Component],
    clock: Clocks = MACHINE,
    store: ReadingsStore | None = None,
    follows: bool = False,
    config: Path | None = None,
) -> Services:
    """Build all parts, none of which runs yet; `files` is the health check of the settings.

    Ingest, alarms and what people do about them run on `clock`; `store` is another than the settings describe.
    Where it `follows`, other processes ingest, and tell it what they know. `config` is the file of the
    settings, by which backups are made.
    """
    refreshing = refreshing_of(settings)
    store = store or store_of(settings.store, registry.table)
    foundation = foundation_of(settings, database, registry, clock, store, refreshing, follows=follows)
    updates = None if refreshing is None else updates_of(settings, foundation, refreshing)
    alarms = alarms_of(settings, foundation, updates)
    ingest = ingest_of(settings, foundation, alarms, updates)
    alarms.can_receive.require(
        lambda: not (ingest.writer.store.problem or database.problem or ingest.runner.is_held_up),
        lambda: foundation.session.connected,
    )
    components: dict[str, Callable[[], Component]] = {}
    monitoring = _monitoring(settings, foundation, alarms, components)
    components |= components_of(settings, foundation, alarms, ingest, files=files)
    if updates is not None:
        components |= {"updates": updates.refreshing.component, "rollout": updates.runner.component}
    components |= monitoring.health_checks() | alarms.notifier.health_checks()
    if not follows:  # else the ingester tells how its channels do
        alarms.notifier.on_switched = partial(_renew_channel_checks, alarms.notifier, components)
    backups = backups_of(settings, foundation, config)
    components["backups"] = backups_component(components["backups"], backups)
    foundation.metrics.register(_gauges(foundation, monitoring, components))
    platform = platform_of(settings, foundation, alarms, ingest, updates, components, backups)
    if platform.access.sign_on is not None:
        components["single_sign_on"] = platform.access.sign_on.component
    return Services(foundation, alarms, ingest, updates, monitoring, components, platform)


def _renew_channel_checks(notifier: Notifier, components: dict[str, Callable[[], Component]]) -> None:
    """Have health ask the channels that there are now."""
    for name in [name for name in components if name.startswith("channel_")]:
        del components[name]
    components |= notifier.channel_checks(notifier.settings)


def _monitoring(
    settings: CloudSettings, base: Foundation, alarms: Alarms, components: dict[str, Callable[[], Component]]
) -> Monitoring:
    return Monitoring(
        settings.monitoring,
        database=base.database,
        registry=base.registry,
        statuses=base.statuses,
        shards=settings.ingest.shard_range,
        checks=components,
        folders=growing_folders(settings),
        certificates=named_certificates(settings),
        nudge=alarms.changed,
        confirm=base.confirm,
    )


def _gauges(base: Foundation, monitoring: Monitoring, components: dict[str, Callable[[], Component]]) -> PlatformGauges:
    return PlatformGauges(
        components=lambda: {name: check() for name, check in components.items()},
        online=lambda: {gateway.id: base.statuses.is_online(gateway.id) for gateway in base.registry.gateways()},
        figure=monitoring.figure,
    )
