"""The v2 write path on a real server: VictoriaMetrics, which speaks it and answers queries in a language of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cloud.readings.blocks import Block
from cloud.readings.contract import WriteResult
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings
from cloud.reports.points import ReportPoint, lines_of
from tests import loopback
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


@pytest.fixture
async def store(victoria: Program) -> AsyncIterator[InfluxStore]:
    opened = InfluxStore(InfluxSettings(url=address(victoria), api="v2", org="city", bucket="readings"))
    await opened.open()
    yield opened
    await opened.close()


def address(victoria: Program) -> str:
    return f"http://127.0.0.1:{victoria.port}"


def exported(victoria: Program, series: str) -> str:
    return loopback.get(f"{address(victoria)}/api/v1/export", params={"match[]": series}, timeout=20).text


async def test_readings_written_by_v2_are_in_a_real_server(victoria: Program, store: InfluxStore):
    block = Block("daruba", "air-market", "gw", Domain.AIR, 0, [T0, T0 + 1_000], (("pm2_5", [12.5, 13.0]),))
    assert await store.write([store.encode([block])]) == WriteResult()
    wait_until(lambda: exported(victoria, "air_pm2_5"), "the readings can be exported")
    assert '"values":[12.5,13]' in exported(victoria, "air_pm2_5")
    assert '"sensor":"air-market"' in exported(victoria, "air_pm2_5")


async def test_what_dashboards_read_is_written_by_v2_too(victoria: Program, store: InfluxStore):
    tags = {"gateway": "gw", "level": "Siaga 2", "quantity": "water_level", "rule": "river", "sensor": "r", "site": "s"}
    point = ReportPoint("threshold", T0, tags, {"limit": 250.0, "severity": 3, "name": 'Siaga "2"'})
    assert await store.write_lines(lines_of([point])) == {}
    wait_until(lambda: exported(victoria, "threshold_severity"), "the threshold can be exported")
    assert '"values":[250]' in exported(victoria, "threshold_limit")
    assert '"level":"Siaga 2"' in exported(victoria, "threshold_severity")
