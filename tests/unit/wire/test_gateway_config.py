"""The desired configuration and the report on it: golden bytes, bounds, and parts that are not known yet."""

import json

import msgspec
import pytest

from tests.unit.wire.test_version_1 import GOLDEN
from wire import WireError
from wire.gateway_config import (
    MAX_CONFIG_BYTES,
    ConfigReport,
    ConfigState,
    ExpectedSensor,
    GatewayConfig,
    decode_config,
    decode_report,
    encode_config,
    encode_report,
)

CONFIG = GatewayConfig(
    1, 7, 60.0,
    uplink={"batch_s": 60.0, "quiet_hours": ["22:00-05:00"]},
    health={"every_s": 300},
    sources={"river": {"silent_s": 900}},
    sensors=(ExpectedSensor("river-daruba-1", "daruba", ("water_level",), 450.0, 60.0), ExpectedSensor("air-market")),
    alarms=msgspec.Raw(b'{"v":1,"rules":[]}'),
    login=msgspec.Raw(b'{"username":"gw-daruba-2"}'),
)  # fmt: skip
REPORT = ConfigReport(
    1, 7, 6, ConfigState.ROLLED_BACK, "no ack within 120 s of revision 7", ("uplink.host is edge.toml's",),
    1_764_000_000_000,
)  # fmt: skip


def test_a_configuration_is_these_bytes():
    assert encode_config(CONFIG) == GOLDEN["config"].encode()
    assert decode_config(GOLDEN["config"].encode()) == CONFIG


def test_a_configuration_that_says_nothing_is_short():
    assert encode_config(GatewayConfig(1, 8)) == b'{"v":1,"revision":8}'
    assert decode_config(b'{"v":1,"revision":8,"uplink":null}') == GatewayConfig(1, 8)


def test_a_report_is_these_bytes():
    assert encode_report(REPORT) == GOLDEN["config_reported"].encode()
    assert decode_report(GOLDEN["config_reported"].encode()) == REPORT


def test_a_part_that_is_not_known_is_named_and_costs_the_others_nothing():
    newer = json.loads(GOLDEN["config"]) | {"modem": {"apn": ["x"]}, "bad\nname": 1}
    found = decode_config(json.dumps(newer).encode())
    assert found.unknown == ("modem", "bad name")
    assert (found.uplink, found.sensors) == (CONFIG.uplink, CONFIG.sensors)
    assert b"unknown" not in encode_config(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"v": 2}, "has version 2; this side speaks 1"),
        ({"revision": -1}, "does not parse: .*revision"),
        ({"confirm_s": 0.5}, "does not parse: .*confirm_s"),
        ({"uplink": []}, "configuration, uplink: "),
        ({"uplink": {"batch_s": {"a": 1}}}, "configuration, uplink: "),
        ({"uplink": {"zone": "a\x1b[2J"}}, "cannot be printed"),
        ({"sources": {"a\nb": {}}}, "cannot be printed"),
        ({"sources": {str(number): {} for number in range(300)}}, "configuration, sources: "),
        ({"health": {str(number): 1 for number in range(50)}}, "configuration, health: "),
        ({"sensors": [{"id": "A"}]}, "id 'A' is not a name"),
        ({"sensors": [{"id": "a", "quantities": ["Ä"]}]}, "quantity 'Ä' is not a name"),
        ({"sensors": [{"id": "a"}, {"id": "a"}]}, "a stands twice"),
        ({"sensors": [{"id": "a", "mounting_height_cm": 0}]}, "configuration, sensors: "),
    ],
)
def test_a_broken_configuration_is_refused_by_its_part(changes: dict[str, object], said: str):
    with pytest.raises(WireError, match=said):
        decode_config(json.dumps(json.loads(GOLDEN["config"]) | changes).encode())


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"v":1}', b'{"a":' * 9_000, b" " * (MAX_CONFIG_BYTES + 1)])
def test_what_is_no_configuration_is_refused_in_a_sentence(payload: bytes):
    with pytest.raises(WireError, match="configuration "):
        decode_config(payload)


def test_a_configuration_that_no_gateway_takes_is_not_made():
    with pytest.raises(WireError, match="at most 131072"):
        encode_config(GatewayConfig(1, 1, alarms=msgspec.Raw(b'"' + b"x" * MAX_CONFIG_BYTES + b'"')))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", GOLDEN["config_reported"].replace('"v":1', '"v":2').encode(), b" " * 17_000],
)
def test_what_is_no_report_is_refused(payload: bytes):
    with pytest.raises(WireError, match="report on the configuration "):
        decode_report(payload)


def test_a_gateways_words_are_shown_on_one_line():
    assert decode_report(encode_report(ConfigReport(1, 2, 1, ConfigState.REFUSED, "a\r\nb"))).reason == "a b"
