"""The platform's own alert rules on a real InfluxDB: they tell a platform that is well from one that is not."""

import httpx
import pytest

from dashboards.platform_alerts import RULES, PlatformRule
from tests.servers import free_port, influxd

NOW_S = 1_773_554_400
WELL = [
    f'ingest,instance=0-63 seconds=30,store_errors=0i,dead_letters=0i {NOW_S - 30}',
    f'fleet,gateway=one,site=a online=1i {NOW_S - 30}',
    f'fleet,gateway=two,site=a online=1i {NOW_S - 30}',
    f'fleet,gateway=three,site=b online=1i {NOW_S - 30}',
]  # fmt: skip
UNWELL = {
    "siaga-store-errors": ["ingest,instance=0-63 store_errors=3i,dead_letters=0i"],
    "siaga-gateways-offline": ["fleet,gateway=one,site=a online=0i", "fleet,gateway=two,site=a online=0i"],
    "siaga-refused": ["ingest,instance=0-63 store_errors=0i,dead_letters=101i"],
}


@pytest.fixture(scope="module")
def influx(tmp_path_factory):
    port = free_port()
    with (
        influxd(tmp_path_factory.mktemp("influx"), port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client


def fires(influx: httpx.Client, rule: PlatformRule, lines: list[str]) -> bool:
    """As Grafana's reduce "last" and threshold decide; nothing at all is what `silence_fires` says."""
    influx.post("/query", data={"q": "DROP DATABASE siaga; CREATE DATABASE siaga"}).raise_for_status()
    influx.post("/write", params={"db": "siaga", "precision": "s"}, content="\n".join(lines)).raise_for_status()
    window = f"time >= {NOW_S - rule.window_s}s AND time <= {NOW_S}s"
    answer = influx.get("/query", params={"db": "siaga", "q": rule.query.replace("$timeFilter", window)}).json()
    (result,) = answer["results"]
    assert "error" not in result, result
    if "series" not in result:
        return rule.silence_fires
    (series,) = result["series"]
    value = series["values"][-1][1]
    return value < rule.limit if rule.below else value > rule.limit


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.uid)
def test_a_platform_that_is_well_fires_nothing(influx, rule):
    assert not fires(influx, rule, WELL)


@pytest.mark.parametrize("uid", UNWELL)
def test_a_platform_that_is_not_well_fires_its_rule_and_no_other(influx, uid):
    lines = [*WELL, *(f"{line} {NOW_S - 15}" for line in UNWELL[uid])]
    assert [rule.uid for rule in RULES if fires(influx, rule, lines)] == [uid]


def test_silence_fires_the_rule_of_silence(influx):
    old = [line.replace(str(NOW_S - 30), str(NOW_S - 1_000)) for line in WELL]
    assert [rule.uid for rule in RULES if fires(influx, rule, old)] == ["siaga-no-ingest"]
