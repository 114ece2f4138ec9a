"""The components of health, by name: each part says in one sentence how it is doing.

{"broker": …, "store": …, "registry": …, "alarms": …, "ingest": …}        what is off in this process says so
"""

from collections.abc import Callable

from cloud.core.health import Component, Condition, worse_of
from cloud.database.engine import Database
from cloud.process.parts import Alarms, Foundation, Ingest
from cloud.process.settings import CloudSettings
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, joined
from runtime.mqtt import MqttSession


def components_of(
    settings: CloudSettings, base: Foundation, alarms: Alarms, ingest: Ingest, *, files: Callable[[], Component]
) -> dict[str, Callable[[], Component]]:
    """Collect the components of one process; those of ingest are off where it does not ingest."""
    of_ingest: dict[str, Callable[[], Component]] = {
        "alarms": alarms.evaluator.component,
        "ingest": ingest.runner.component,
        "refused": base.rejections.component,
        "outputs": alarms.silent_outputs.component,
        "clocks": ingest.clocks.component,
        "configurations": lambda: worse_of(alarms.config_publisher.component(), base.config_reports.component()),
        "geometry": ingest.decoder.heights.component,
        "derived": alarms.derivations.component,
        "review": ingest.review.component,
        "imports": ingest.follow_up.component,
    }
    if not settings.ingest.enabled:
        of_ingest = dict.fromkeys(of_ingest, _no_ingest)
    return {
        "settings": files,
        "broker": lambda: broker_component(base.session),
        "store": ingest.writer.store.component,
        "rollups": base.roller.component,
        "retention": base.removal.component,
        "registry": lambda: registry_component(base.database, base.registry),
        **of_ingest,
        "dead_letters": base.dead_letters.component,
        **({} if alarms.reports is None else {"dashboards": alarms.reports.component}),
    }


def broker_component(session: MqttSession) -> Component:
    """Say whether the broker is connected."""
    if session.connected:
        return Component(Condition.OK, LocalizedMessage("connected to {broker}", broker=str(session.node)))
    return Component(Condition.DOWN, session.problem)


def registry_component(database: Database, registry: Registry) -> Component:
    """Say whether the registry database works, and what the city has."""
    if database.problem:
        return Component(Condition.DOWN, database.problem)
    sites, gateways = registry.sites(), registry.gateways()
    sensors = len(registry.sensors()) - len(gateways)  # each gateway is a sensor too
    said = LocalizedMessage(
        "sites: {sites}, gateways: {gateways}, sensors: {sensors}",
        sites=len(sites), gateways=len(gateways), sensors=sensors,
    )  # fmt: skip
    if registry.outdated_entries:
        entries = joined(registry.outdated_entries[:3])
        older = LocalizedMessage("the city file is older than what holds: {entries}", entries=entries)
        return Component(Condition.OK, joined((said, older)))
    return Component(Condition.OK, said)


def _no_ingest() -> Component:
    return Component(Condition.OK, LocalizedMessage("off in this process, by ingest.enabled = false"))
