"""What the city wants of a gateway's settings: kept as revisions, put together, waiting for the broker."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.database.engine import engine_of
from cloud.database.revisions import migrate_to
from cloud.gateways.desired_config import (
    CityParts,
    expected_at,
    kept_digests,
    next_config,
    waiting_configs,
    wanted_settings,
    was_handed_out,
)
from cloud.gateways.wanted_settings import WantedSettings
from cloud.registry.records import Sensor
from wire import WireError
from wire.gateway_config import ExpectedSensor, decode_config, encode_config
from wire.local_alarms import LocalAlarms, LocalStage, decode_local_alarms, encode_local_alarms

NOW_MS = 1_764_000_000_000


@pytest.fixture
def connection(tmp_path: Path):
    engine = engine_of(f"sqlite:///{tmp_path / 'registry.db'}")
    with engine.begin() as connection:
        migrate_to(connection)
        yield connection
    engine.dispose()


def test_each_change_is_a_later_revision_with_all_parts(connection: Connection):
    river = ExpectedSensor("river-1", "daruba", ("water_level",), 450.0, 10.0)
    assert wanted_settings(connection, "gw-1") == {}
    wanted: WantedSettings = {"uplink": {"batch_s": 60}}
    parts = CityParts((river,), b'{"zone":"Asia/Jayapura"}')
    first = next_config(connection, "gw-1", wanted, now_ms=NOW_MS, parts=parts, login=b'{"sealed":"x"}')
    assert (first.revision, first.uplink, first.sensors) == (1_764_000_000, {"batch_s": 60}, (river,))
    assert decode_config(encode_config(first)) == first
    assert kept_digests(connection) == {"gw-1": parts.digest}
    second = next_config(connection, "gw-1", wanted, now_ms=NOW_MS, parts=CityParts(()), login=None)
    assert (second.revision, second.sensors, second.alarms, second.login) == (1_764_000_001, None, None, None)
    assert kept_digests(connection) == {"gw-1": CityParts(()).digest} != {"gw-1": parts.digest}
    assert wanted_settings(connection, "gw-1") == wanted
    assert wanted_settings(connection, "gw-2") == {}


def test_what_no_gateway_would_take_is_not_kept(connection: Connection):
    with pytest.raises(WireError, match=r"uplink\.zone: is no value; write"):
        next_config(connection, "gw-1", {"uplink": {"zone": "a\x1b"}}, now_ms=NOW_MS, parts=CityParts(()), login=None)
    assert wanted_settings(connection, "gw-1") == {}


def test_a_gateway_is_told_of_its_own_sensors_what_it_can_use():
    sensors = [
        Sensor("gw-1", "Gateway", "daruba", "gw-1", ("uptime",)),
        Sensor("river", "River", "daruba", "gw-1", ("water_level",), interval_s=10.0, mounting_height_cm=450.0),
        Sensor("old", "Old", "daruba", "gw-1", ("water_level",), retired=True),
        Sensor("odd", "Odd", "daruba", "gw-1", ("water_level",), interval_s=1e9, mounting_height_cm=-3.0),
        Sensor("other", "Other", "daruba", "gw-2", ("pm10",)),
    ]
    assert expected_at("gw-1", sensors) == (
        ExpectedSensor("river", "daruba", ("water_level",), 450.0, 10.0),
        ExpectedSensor("odd", "daruba", ("water_level",)),
    )


def test_stages_of_outputs_travel_with_the_rules_and_without_any(connection: Connection):
    alarms = encode_local_alarms(LocalAlarms("Asia/Jayapura", heights_cm={"river": 450.0}))
    wanted: WantedSettings = {"outputs": {"siren": {"from_severity": "extreme", "test": "tue 09:00"}}}
    for part, heights_cm in ((alarms, {"river": 450.0}), (b"", {})):
        config = next_config(connection, "gw-1", wanted, now_ms=NOW_MS, parts=CityParts((), part), login=None)
        assert config.alarms is not None
        found = decode_local_alarms(bytes(config.alarms))
        assert found.outputs == (LocalStage("siren", "extreme", "tue 09:00"),)
        assert found.heights_cm == heights_cm
    assert kept_digests(connection) == {"gw-1": CityParts(()).digest}, "what people set is no part of the city's facts"


def test_a_revision_waits_until_the_broker_is_known_to_have_it(connection: Connection):
    first = next_config(connection, "gw-1", {}, now_ms=NOW_MS, parts=CityParts(()), login=None)
    assert waiting_configs(connection) == {"gw-1": first.revision}
    second = next_config(connection, "gw-1", {}, now_ms=NOW_MS, parts=CityParts(()), login=None)
    was_handed_out(connection, "gw-1", first.revision)  # of the one before: says nothing of the newest
    assert waiting_configs(connection) == {"gw-1": second.revision}
    was_handed_out(connection, "gw-1", second.revision)
    assert waiting_configs(connection) == {}
