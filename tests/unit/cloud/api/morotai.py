"""A small city on real parts, for tests of the API and the console: SQLite, registry database, the checks of ingest.

async with Morotai(tmp_path) as city:   await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from cloud.access.authenticator import Authenticator
from cloud.access.principal import Role
from cloud.alarms.alarm_service import AlarmService
from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.maintenance import MaintenanceCalendar
from cloud.alarms.preview import Previewer
from cloud.broker.settings import EnrolSettings
from cloud.care.commands import GatewayCommands
from cloud.care.configs import GatewayConfigs
from cloud.care.enrolments import Enrolments
from cloud.care.gateway_care import GatewayCare
from cloud.core.health import Component, Condition
from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.gateways.accounting import Accounts
from cloud.gateways.config_reports import ConfigReports
from cloud.gateways.statuses import Statuses
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.historical.importer import Importer
from cloud.ingest.manual.manual_readings import ManualReadings
from cloud.ingest.pipeline import BatchDecoder, BatchWriter
from cloud.ingest.replay import Replayer
from cloud.metrics.exposition import Metrics
from cloud.notify.notifier import Notifier
from cloud.notify.settings import NotifySettings
from cloud.platform import Platform
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.editing import RegistryEditing
from cloud.registry.fact_service import FactService
from cloud.registry.ownership import OWNABLE
from cloud.registry.records import Calibration, City, Gateway, Sensor, Site
from cloud.registry.rows import save_registry
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from runtime.broker_settings import BrokerSettings
from tests.registries import registry_in
from tests.unit.cloud.access.house import cheap_passwords
from wire import BUILT_IN, QuantityTable, Reading, Status, encode_batch, encode_status, parse_topic
from wire.batch import Lost
from wire.gateway_command import CommandReply, decode_command, encode_reply

ZONE = "Asia/Jayapura"
SITES = (
    Site("daruba", "Daruba river bridge", "Daruba", 2.05, 128.29, ZONE),
    Site("dodola", "Dodola island ferry", "Pulau Dodola", 2.083, 128.185, ZONE),
    Site("sangowo", "Sangowo", "Morotai Timur", 2.17, 128.563, ZONE),
)
GATEWAYS = (Gateway("gw-daruba", "Daruba gateway", "daruba"), Gateway("gw-east", "Sangowo gateway", "sangowo"))
SENSORS = (
    Sensor(
        "river", "River gauge", "daruba", "gw-daruba", ("water_level", "distance"), interval_s=1,
        mounting_height_cm=450, calibration={"water_level": Calibration(1.0, 0.0)},
    ),
    Sensor("air", "Air station", "daruba", "gw-daruba", ("pm2_5", "temperature"), interval_s=10),
    Sensor("ferry", "Ferry counter", "dodola", "gw-daruba", ("people_in",), interval_s=10),
    Sensor("air-east", "Air station", "sangowo", "gw-east", ("pm2_5",)),
)  # fmt: skip


def now_ms() -> int:
    """The time, as sensors are stamped with."""
    return time.time_ns() // 1_000_000


class Morotai:
    """The platform without a broker: `send` is a batch that arrived, `say` a status."""

    def __init__(
        self, folder: Path, *, sites: Sequence[Site] | None = None, gateways: Sequence[Gateway] | None = None,
        sensors: Sequence[Sensor] = SENSORS, notify: NotifySettings | None = None,
        quantities: QuantityTable = BUILT_IN, enrol: EnrolSettings | None = None, file_owns: Sequence[str] = OWNABLE,
    ) -> None:  # fmt: skip
        self.registry = Registry(
            city=City("Pulau Morotai", ZONE), sites=sites or SITES, gateways=gateways or GATEWAYS, sensors=sensors,
            quantities=quantities, file_owns=file_owns,
        )  # fmt: skip
        self.store = SqliteStore(folder / "readings.db")
        self.database = Database(registry_in(folder))
        self.accounts = Accounts()
        self.metrics = Metrics(self.accounts)
        self.newest = Newest(quantities=self.registry.table)
        self.statuses = Statuses()
        self.dead_letters = DeadLetters(self.database, max_bytes=2**24)
        self.broker = Component(Condition.OK, "connected")
        self.access = Authenticator(self.database, passwords=cheap_passwords())
        self.notifier = Notifier(self.database, self.registry, notify or NotifySettings(), lambda topic, payload: True)
        self.rule_store = RuleStore(self.database, self.registry)
        self.asked: list[tuple[str, bytes]] = []
        """What was published to gateways."""
        self.gateways_answer = False
        """Whether simulated gateways answer each command."""
        configs = GatewayConfigs(self.database, self.rule_store)
        self.care = GatewayCare(
            configs=configs,
            enrolments=Enrolments(self.database, configs, broker=BrokerSettings(port=1), enrol=enrol),
            commands=GatewayCommands(self.database, publish=self._ask),
            reports=ConfigReports(),
        )
        self.watch = RuleEvaluator(
            database=self.database, rule_store=self.rule_store, newest=self.newest, store=self.store
        )
        self._decoder = BatchDecoder(
            registry=self.registry, store=self.store, ahead_s=600, newest=self.newest, rule_input_of=self.watch.input_of
        )
        facts = FactService(self.database, self.registry)
        self.platform = Platform(
            registry=self.registry,
            importer=Importer(self.registry, self.store, self.database),
            manual_readings=ManualReadings(self.registry, self.newest, self.database),
            store=self.store,
            newest=self.newest,
            accounts=self.accounts,
            statuses=self.statuses,
            dead_letters=self.dead_letters,
            metrics=self.metrics,
            components={"broker": lambda: self.broker},
            replay=Replayer(
                decoder=self._decoder, store=self.store, dead_letters=self.dead_letters, newest=self.newest,
                metrics=self.metrics,
            ).replay,
            access=self.access,
            rule_store=self.rule_store,
            alarm_service=AlarmService(self.database),
            previewer=Previewer(self.rule_store, self.store),
            maintenance=MaintenanceCalendar(self.database, self.registry),
            notifier=self.notifier,
            care=self.care,
            facts=facts,
            editing=RegistryEditing(self.database, facts),
            heights=self._decoder.heights,
        )  # fmt: skip
        self._writer = BatchWriter(
            decoder=self._decoder, store=self.store, database=self.database, dead_letters=self.dead_letters,
            accounts=self.accounts, newest=self.newest, metrics=self.metrics, evaluator=self.watch,
        )  # fmt: skip
        self._seq = self._tokens = 0

    async def __aenter__(self) -> Self:
        await self.store.open()
        await self.database.open()
        await self.database.run(lambda connection: save_registry(connection, self.registry))
        await self.database.run(self.accounts.load)
        self.newest.load(await self.store.newest())
        await self.rule_store.load()
        await self.watch.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()
        await self.database.close()

    async def token(self, role: Role = Role.ADMINISTRATOR, *, sites: Sequence[str] | None = None) -> str:
        """The secret of a new token, for the header Authorization: Bearer …"""
        self._tokens += 1
        name, by = f"test-{self._tokens}", Actor("tests")
        secret, _ = await self.access.tokens.add(name, role, days=1, sites=sites, actor=by)
        return secret

    async def send(self, gateway: str, readings: Sequence[Reading], *, lost: Sequence[Lost] = ()) -> None:
        """A batch of `gateway` has arrived."""
        first, self._seq = self._seq + 1, self._seq + len(readings)
        backfill = any(reading.backfill for reading in readings)
        await self.deliver(gateway, encode_batch("9f3c21d07ab4e815", first, readings, backfill=backfill, lost=lost))

    async def deliver(self, gateway: str, payload: bytes) -> None:
        """Anything at all has arrived on the gateway's topic."""
        await self._writer.write([self._decoder.prepare(payload, gateway)])

    def say(self, status: Status) -> None:
        """A gateway has told its status."""
        self.statuses.on_status(status.gateway, encode_status(status))

    def _ask(self, topic: str, payload: bytes) -> bool:
        self.asked.append((topic, payload))
        command = decode_command(payload)
        if self.gateways_answer and command is not None:
            reply = encode_reply(CommandReply(1, command.key, answer=msgspec.Raw(b'{"connected_s":4021.5}')))
            asyncio.get_running_loop().call_soon(self.care.commands.on_reply, parse_topic(topic).gateway, reply)
        return self.broker.status is Condition.OK
