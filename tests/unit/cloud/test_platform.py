"""Health: as bad as its worst part."""

from functools import partial
from pathlib import Path

import pytest

from cloud.access.authenticator import Authenticator
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.preview import Previewer
from cloud.care.commands import GatewayCommands
from cloud.care.configs import GatewayConfigs
from cloud.care.enrolments import Enrolments
from cloud.care.gateway_care import GatewayCare
from cloud.core.health import Component, Condition
from cloud.database.audit_log import Actor
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.historical.importer import Importer
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.replay import Replayer
from cloud.notify.notifier import Notifier
from cloud.notify.settings import NotifySettings
from cloud.platform import Platform
from cloud.readings.contract import StoredReading
from cloud.registry.editing import RegistryEditing
from cloud.registry.fact_service import FactService
from cloud.rulebook.rule_store import RuleStore
from runtime.broker_settings import BrokerSettings
from tests.unit.cloud.examples import T0, Workshop


def platform(workshop: Workshop, **conditions: Condition) -> Platform:
    replayer = Replayer(
        decoder=workshop.decoder, store=workshop.store, dead_letters=workshop.dead_letters, newest=workshop.newest,
        metrics=workshop.metrics,
    )  # fmt: skip
    rule_store = RuleStore(workshop.database, workshop.registry)
    facts = FactService(workshop.database, workshop.registry)
    return Platform(
        registry=workshop.registry, store=workshop.store, newest=workshop.newest, accounts=workshop.accounts,
        statuses=Statuses(), dead_letters=workshop.dead_letters, metrics=workshop.metrics,
        components={name: partial(Component, each, "a sentence") for name, each in conditions.items()},
        importer=Importer(workshop.registry, workshop.store, workshop.database),
        manual_readings=ManualReadings(workshop.registry, workshop.newest, workshop.database),
        replay=replayer.replay, access=Authenticator(workshop.database), rule_store=rule_store,
        alarm_service=AlarmService(workshop.database),
            previewer=Previewer(rule_store, workshop.store),
            maintenance=MaintenanceCalendar(workshop.database, workshop.registry),
        notifier=Notifier(workshop.database, workshop.registry, NotifySettings(), lambda topic, payload: True),
        facts=facts, editing=RegistryEditing(workshop.database, facts), heights=workshop.decoder.heights,
        care=GatewayCare(
            configs := GatewayConfigs(workshop.database, rule_store),
            GatewayCommands(workshop.database, publish=lambda topic, payload: True),
            Enrolments(workshop.database, configs, broker=BrokerSettings(), enrol=None), ConfigReports(),
        ),
    )  # fmt: skip


def test_health_is_as_bad_as_its_worst_part(tmp_path: Path):
    workshop = Workshop(tmp_path)
    for worst in Condition:
        health = platform(workshop, broker=Condition.OK, store=worst, ingest=Condition.OK).health(T0)
        assert health.status is worst
        assert health.components["store"] == Component(worst, "a sentence")


def test_health_tells_the_age_of_what_the_city_is_watched_for_and_not_of_gateways(tmp_path: Path):
    workshop = Workshop(tmp_path)
    workshop.newest.load([StoredReading("daruba", "air-market", "gw-daruba", "pm2_5", T0, 1.0, 0)])
    health = platform(workshop, store=Condition.OK).health(T0 + 1_500)
    assert health.newest_age_s == {"flood": None, "air": 1.5, "footfall": None}


async def test_a_replay_goes_to_the_dead_letters(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        with pytest.raises(LookupError, match="no dead letter 3"):
            await platform(workshop, store=Condition.OK).replay(3, actor=Actor("ani"))
