"""Troubles of the platform and gateways that are gone become alarms like all others, once, and end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from prometheus_client import generate_latest
from sqlalchemy import select

from cloud.alarms.tables import AlarmRow
from cloud.core.health import Component, Condition
from cloud.gateways.accounting import Accounts
from cloud.gateways.statuses import OFFLINE_AFTER_S, Statuses
from cloud.metrics.exposition import Metrics
from cloud.metrics.platform_gauges import PlatformGauges
from cloud.monitoring.service import Monitoring
from cloud.monitoring.settings import MonitoringSettings
from cloud.notify.cap import CapMessages
from cloud.notify.texts import text_of
from cloud.registry.snapshot import Registry
from tests.unit.cloud.notify.scene import Scene, hook, settings
from wire import LastWord, Leaving, Status, encode_status
from wire.topics import SHARDS

OK = Component(Condition.OK, "fine")
DOWN = Component(Condition.DOWN, "InfluxDB at http://influxdb:8086 did not answer")
GATEWAY = "gw-daruba"


class Platform:
    """A monitoring whose components, gateways and clocks a test moves."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.components: dict[str, Component] = {"store": OK}
        self.now_s = 1_000.0
        self.statuses = Statuses(lambda: 900.0, lambda: self.now_s)
        self.nudges = 0
        self.monitoring = self.new()

    def new(self) -> Monitoring:
        def nudge() -> None:
            self.nudges += 1

        return Monitoring(
            MonitoringSettings(down_s=60, gateway_offline_s=600),
            database=self.scene.database,
            registry=self.scene.registry,
            statuses=self.statuses,
            shards=range(SHARDS),
            checks={name: partial(self.components.__getitem__, name) for name in self.components},
            folders=[],
            certificates=[],
            nudge=nudge,
            now_ms=lambda: self.scene.now_ms,
        )

    async def after(self, seconds: float) -> list[str]:
        """The first lines of the notifications that are made when so much time has passed."""
        self.now_s += seconds
        self.scene.now_ms += round(seconds * 1_000)
        await self.monitoring.poll(now_s=self.now_s)
        return [text_of(notification, console="").first for notification in await self.scene.poll()]

    async def alarms(self) -> list[Any]:
        query = select(AlarmRow.family, AlarmRow.sensor, AlarmRow.site, AlarmRow.state).order_by(AlarmRow.id)
        rows = await self.scene.database.run(lambda connection: connection.execute(query).all())
        return [tuple(row) for row in rows]

    def connect(self, word: LastWord | None = None) -> None:
        status = Status(1, True, GATEWAY, "0.1.0", "boot", "stream", 0, last_word=word)
        self.statuses.on_status(GATEWAY, encode_status(status))


@asynccontextmanager
async def platform_in(folder: Path) -> AsyncIterator[Platform]:
    notify = settings(channels=[hook(folder)], steps=[{"channels": ["hook"]}], window_s=0)
    async with Scene(folder, notify) as scene:
        yield Platform(scene)


async def test_a_store_that_stays_down_is_an_alarm_once_and_its_end_is_told(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.components["store"] = DOWN
        assert await platform.after(0) == []
        assert await platform.after(60) == ["SEVERE · Readings store is down"]
        assert await platform.after(60) == []
        assert await platform.alarms() == [("platform", "siaga-store", "", "alarming")]
        platform.components["store"] = OK
        assert await platform.after(5) == []
        assert await platform.after(30) == ["OVER · Readings store is down"]
        assert await platform.alarms() == [("platform", "siaga-store", "", "closed")]
        assert platform.nudges == 2


async def test_the_page_says_in_words_what_was_seen_and_no_figure(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.components["store"] = DOWN
        await platform.after(0)
        await platform.after(60)
        (notification,) = await platform.scene.notifications()
        plain = text_of(notification, console="").plain
        assert "Do: InfluxDB at http://influxdb:8086 did not answer. The runbook is docs/operations.md" in plain
        assert "limit" not in plain


async def test_a_restart_neither_tells_again_nor_forgets_the_end(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.components["store"] = DOWN
        await platform.after(0)
        await platform.after(60)
        platform.monitoring = platform.new()
        await platform.monitoring.restore()
        assert await platform.after(100) == []
        platform.monitoring = platform.new()
        await platform.monitoring.restore()
        platform.components["store"] = OK
        await platform.after(1)
        assert await platform.after(30) == ["OVER · Readings store is down"]


async def test_a_gateway_that_is_gone_is_an_alarm_at_its_site_until_it_is_heard(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.connect()
        assert await platform.after(OFFLINE_AFTER_S + 1) == []
        assert await platform.after(600) == ["MODERATE · Gateway offline · Daruba river"]
        assert await platform.after(600) == []
        platform.connect()
        assert await platform.after(1) == ["OVER · Gateway offline · Daruba river"]
        assert await platform.alarms() == [("gateway-offline", GATEWAY, "daruba", "closed")]


async def test_the_alarm_of_a_gateway_that_is_retired_ends_and_does_not_say_that_it_is_back(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.connect()
        await platform.after(601)
        registry = platform.scene.registry
        gone = [replace(each, retired=each.id == GATEWAY) for each in registry.gateways()]
        registry.replace_with(Registry(city=registry.city, sites=registry.sites(), gateways=gone, sensors=[]))
        assert await platform.after(1) == ["NO LONGER WATCHED · Gateway offline · Daruba river"]
        assert await platform.alarms() == [("gateway-offline", GATEWAY, "daruba", "closed")]


async def test_a_gateway_that_said_why_before_it_was_gone_is_told_of_with_that(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.connect(LastWord(Leaving.ON_BATTERY, 1_764_000_000_000))
        await platform.after(OFFLINE_AFTER_S + 1)
        await platform.after(600)
        (notification,) = await platform.scene.notifications()
        plain = text_of(notification, console="").plain
        assert "min; at 25 Nov 01:00 WIT it said that its mains had failed and that it ran on a battery: look" in plain


async def test_a_gateway_that_never_connected_is_no_alarm(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        assert await platform.after(86_400) == []


async def test_the_platforms_own_troubles_are_no_public_warning(tmp_path: Path):
    async with platform_in(tmp_path) as platform:
        platform.components["store"] = DOWN
        await platform.after(0)
        await platform.after(60)
        await platform.scene.raise_alarm(gauge=2, level=2)
        cap = CapMessages(platform.scene.settings.cap, platform.scene.registry, console="")
        feed = await platform.scene.database.run(lambda connection: cap.feed(connection, platform.scene.now_ms))
        assert [message.site for message in feed] == ["daruba"]


def test_the_platform_is_in_the_metrics(tmp_path: Path):
    metrics = Metrics(Accounts())
    metrics.register(
        PlatformGauges(
            components=lambda: {"store": DOWN, "broker": OK, "disk": Component(Condition.DEGRADED, "")},
            online=lambda: {GATEWAY: False},
            figure={"disk": 5e9, "certificates": None, "backups": None}.get,
        )
    )
    said = generate_latest(metrics.registry).decode()
    for line in (
        'siaga_component_up{component="store"} 0.0',
        'siaga_component_up{component="disk"} 1.0',
        'siaga_component_ok{component="disk"} 0.0',
        'siaga_component_ok{component="broker"} 1.0',
        f'siaga_gateway_online{{gateway="{GATEWAY}"}} 0.0',
        "siaga_disk_free_bytes 5e+09",
    ):
        assert line in said
    assert "siaga_newest_backup" not in said
