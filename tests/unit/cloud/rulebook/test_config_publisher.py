"""What a gateway was handed stays true: a rule that changes reaches it, once, over broken connections and restarts."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.core.health import Condition
from cloud.gateways.desired_config import CityParts, next_config
from cloud.gateways.login_handovers import GatewayLogin, save_login
from cloud.rulebook.city_parts import parts_of
from cloud.rulebook.config_publisher import ALL_EVERY_S, UNSURE_S, ConfigPublisher
from cloud.rulebook.rule_bindings import RuleBindings
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import T0, Town
from wire import Status
from wire.gateway_config import ExpectedSensor, GatewayConfig, decode_config
from wire.local_alarms import decode_local_alarms

pytestmark = on_each_registry()
GATEWAY = "gw-daruba"


class Broker:
    """Takes what is published while it is `connected`; `now_s` is the time since boot."""

    def __init__(self) -> None:
        self.connected = True
        self.since_s = 0.0
        self.now_s = 100.0
        self.taken: list[tuple[str, GatewayConfig]] = []

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.connected:
            self.taken.append((topic, decode_config(payload)))
        return self.connected

    def connects_anew(self) -> None:
        self.connected, self.since_s = True, self.now_s


def publisher_of(town: Town, broker: Broker) -> ConfigPublisher:
    return ConfigPublisher(
        town.database, town.rule_store, is_own=town.evaluator.own.has_gateway, publish=broker.publish,
        connected_since_s=lambda: broker.since_s if broker.connected else None, clock=town.clock,
        boot_s=lambda: broker.now_s,
    )  # fmt: skip


async def handed_once(town: Town) -> None:
    """The gateway was handed a configuration before: by its bundle, or by a command."""

    def save(connection: Connection) -> None:
        settings = {"uplink": {"batch_s": 60}}
        save_login(connection, GatewayLogin("gw-daruba.2", GATEWAY, b"key", b'{"sealed":"x"}'))
        next_config(connection, GATEWAY, settings, now_ms=T0, parts=CityParts(()), login=None)

    await town.database.run(save)


def limits(config: GatewayConfig) -> list[float]:
    """Of the first level of each rule that the gateway is to judge."""
    assert config.alarms is not None
    return [rule.rule["levels"][0]["limit"] for rule in decode_local_alarms(bytes(config.alarms)).rules]


async def test_a_rule_that_changes_reaches_the_gateway_with_all_else_that_it_was_handed(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await town.rule()
        await handed_once(town)
        await publisher.poll()
        await publisher.poll()  # nothing has changed since
        ((topic, first),) = broker.taken
        assert topic.endswith("/gw-daruba/config")
        assert limits(first) == [150.0]
        assert first.uplink == {"batch_s": 60}
        assert first.login is not None
        assert first.sensors
        await town.rule(levels=[{"name": "Siaga 3", "severity": "moderate", "limit": 140.0}])
        await publisher.poll()
        assert limits(broker.taken[1][1]) == [140.0]
        assert broker.taken[1][1].revision > first.revision


async def test_a_gateway_that_was_never_handed_anything_goes_by_its_own_file(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        await town.rule()
        await publisher_of(town, broker).poll()
        assert broker.taken == []


async def test_what_broke_off_on_its_way_is_sent_again_and_a_restart_sends_nothing_twice(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await town.rule()
        await handed_once(town)
        broker.connected = False
        await publisher.poll()
        assert (broker.taken, publisher.component().detail) == ([], "1 configurations of gateways wait for the broker")
        broker.connects_anew()
        await publisher.poll()
        assert len(broker.taken) == 1
        broker.now_s += UNSURE_S / 2
        broker.connects_anew()  # the one before may have broken with the message on its way
        await publisher.poll()
        assert [config.revision for _, config in broker.taken] == 2 * [broker.taken[0][1].revision]
        broker.now_s += UNSURE_S + 1
        await publisher.poll()
        broker.connects_anew()
        await publisher.poll()
        await publisher_of(town, broker).poll()
        assert len(broker.taken) == 2


async def test_a_fact_that_begins_to_hold_later_is_seen_without_a_change(tmp_path: Path, monkeypatch):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await town.rule()
        await handed_once(town)
        await publisher.poll()
        later = CityParts(
            (), b'{"zone":"Asia/Jayapura","lines":[{"sensor":"river","quantity":"water_level","offset":2}]}'
        )
        monkeypatch.setattr("cloud.rulebook.config_publisher.parts_of", lambda *_, **__: later)
        broker.now_s += ALL_EVERY_S / 2
        await publisher.poll()
        assert len(broker.taken) == 1
        broker.now_s += ALL_EVERY_S / 2
        await publisher.poll()
        assert len(broker.taken) == 2


async def test_what_no_gateway_would_take_is_said_in_health_and_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await handed_once(town)
        huge = CityParts((), b'{"zone":"' + b"x" * 200_000 + b'"}')
        monkeypatch.setattr("cloud.rulebook.config_publisher.parts_of", lambda *_, **__: huge)
        await publisher.poll()
        said = publisher.component()
        assert said.status is Condition.DEGRADED
        assert said.detail.startswith("1 gateways go by an older configuration: gw-daruba: configuration of 2")
        monkeypatch.undo()
        await town.rule()
        await publisher.poll()
        assert publisher.component().status is Condition.OK
        assert len(broker.taken) == 1


async def test_what_another_process_has_kept_is_handed_out_with_its_revision(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await town.rule()
        await handed_once(town)
        await publisher.poll()
        parts = CityParts(*await kept_parts(town))
        config = await town.database.run(
            lambda connection: next_config(
                connection, GATEWAY, {"uplink": {"batch_s": 9}}, now_ms=T0, parts=parts, login=None
            )
        )
        await publisher.poll()
        await publisher.poll()
        assert [sent.revision for _, sent in broker.taken] == [broker.taken[0][1].revision, config.revision]
        assert broker.taken[1][1].uplink == {"batch_s": 9}


async def test_a_kill_between_keeping_and_sending_loses_nothing(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        await town.rule()
        await handed_once(town)
        broker.connected = False
        await publisher_of(town, broker).poll()  # kept, not sent; and killed here
        broker.connects_anew()
        await publisher_of(town, broker).poll()
        assert [limits(config) for _, config in broker.taken] == [[150.0]]


async def test_the_first_use_of_a_login_takes_it_off_the_configuration(tmp_path: Path):
    async with Town(tmp_path) as town:
        broker = Broker()
        publisher = publisher_of(town, broker)
        await town.rule()
        await handed_once(town)
        await publisher.poll()
        publisher.on_status(GATEWAY, status(login="gw-daruba.0"))  # still the login of the bundle
        await publisher.poll()
        assert [config.login is None for _, config in broker.taken] == [False]
        publisher.on_status(GATEWAY, status(login="gw-daruba.2"))
        await publisher.poll()
        publisher.on_status(GATEWAY, status(login="gw-daruba.2"))
        await publisher.poll()
        assert [config.login is None for _, config in broker.taken] == [False, True]
        assert broker.taken[1][1].uplink == {"batch_s": 60}


def status(*, login: str) -> Status:
    return Status(1, online=True, gateway=GATEWAY, version="1", boot="b", stream="s", time_ms=T0, login=login)


async def kept_parts(town: Town) -> tuple[tuple[ExpectedSensor, ...], bytes]:
    """What registry and rules say of the gateway now."""
    parts = parts_of(GATEWAY, town.rule_store.registry, RuleBindings(town.rule_store), now_ms=town.clock())
    return parts.sensors, parts.alarms
