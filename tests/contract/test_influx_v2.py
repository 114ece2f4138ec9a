"""The v2 write path on a real server: VictoriaMetrics, which speaks it and answers queries in a language of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cloud.readings.blocks import Block
from cloud.readings.contract import WriteResult
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from cloud.reports.points import ReportPoint, lines_of
from tests.servers import Command, Program, free_port, require, wait_until
from wire import Domain

T0 = 1_764_000_000_000


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Program]:
    program = require("victoria-metrics")
    port = free_port()
    command: Command = [
        program, f"-storageDataPath={tmp_path / 'data'}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y",
    ]  # fmt: skip
    with Program("victoria-metrics", command, tmp_path, port=port) as server:
        yield server


def test_readings_written_by_v2_are_in_a_real_server(victoria: Program):
    settings = InfluxSettings(url=f"http://127.0.0.1:{victoria.port}", api="v2", org="city", bucket="readings")
    block = Block("daruba", "air-market", "gw", Domain.AIR, 0, [T0, T0 + 1_000], (("pm2_5", [12.5, 13.0]),))

    async def write() -> WriteResult:
        store = InfluxStore(settings)
        await store.open()
        written = await store.write([store.encode([block])])
        await store.close()
        return written

    assert asyncio.run(write()) == WriteResult()

    def exported() -> str:
        return httpx.get(f"{settings.url}/api/v1/export", params={"match[]": "air_pm2_5"}, timeout=20).text

    wait_until(exported, "the readings can be exported")
    assert '"values":[12.5,13]' in exported()
    assert '"sensor":"air-market"' in exported()


def test_what_dashboards_read_is_written_by_v2_too(victoria: Program):
    settings = InfluxSettings(url=f"http://127.0.0.1:{victoria.port}", api="v2", org="city", bucket="readings")
    tags = {"gateway": "gw", "level": "Siaga 2", "quantity": "water_level", "rule": "river", "sensor": "r", "site": "s"}
    point = ReportPoint("threshold", T0, tags, {"limit": 250.0, "severity": 3, "name": 'Siaga "2"'})

    async def write() -> dict[int, str]:
        store = InfluxStore(settings)
        await store.open()
        bad = await store.write_lines(lines_of([point]))
        await store.close()
        return bad

    assert asyncio.run(write()) == {}

    def exported(field: str) -> str:
        match = {"match[]": f"threshold_{field}"}
        return httpx.get(f"{settings.url}/api/v1/export", params=match, timeout=20).text

    wait_until(lambda: exported("severity"), "the threshold can be exported")
    assert '"values":[250]' in exported("limit")
    assert '"level":"Siaga 2"' in exported("severity")
