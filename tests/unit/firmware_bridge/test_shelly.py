"""Shelly: notifications of changes, states on topics of their own, probes of an add-on, errors, what is no reading."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects import shelly

RPC = "shellyplusht-0a1b2c/events/rpc"
TS, MS = 1_680_962_879.62, 1_680_962_879_620


def parser(**options):
    return MQTT_DIALECTS["shelly"].parser(options)


def notified(status, method="NotifyStatus", **options):
    message = {"src": "s", "dst": "s/events", "method": method, "params": status}
    return parser(**options)(RPC, msgspec.json.encode(message))


@pytest.mark.parametrize("method", ["NotifyStatus", "NotifyFullStatus"])
def test_a_notification_has_the_time_of_the_device(method):
    outcome = notified({"ts": TS, "temperature:0": {"id": 0, "tC": 19.8, "tF": 67.6}}, method)
    assert outcome == Frame((Sample("temperature", 19.8, "0", MS),))


@pytest.mark.parametrize(
    ("ts", "time_ms", "note"),
    [
        (TS, MS, ""),
        ("1680962879.62", MS, ""),
        (None, None, ""),
        (0.0, 0, ""),
        ([], None, "ts is not a number"),
        (1e300, None, "ts is beyond any date"),
    ],
)
def test_a_time_that_cannot_be_read_costs_no_reading(ts, time_ms, note):
    outcome = notified({"ts": ts, "humidity:0": {"rh": 50}})
    assert outcome == Frame((Sample("humidity", 50.0, "0", time_ms),), note)


def test_what_is_not_in_a_change_is_no_news():
    assert notified({"ts": TS, "devicepower:0": {"battery": {"percent": 79}}}).samples == (
        Sample("battery", 79.0, "0", MS),
    )
    assert notified({"ts": TS, "temperature:0": {"id": 0}}) == Frame((), "no component that measures a quantity")


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ({"tC": None, "tF": None}, "temperature:0 temperature is missing"),
        ({"tC": None, "errors": ["out_of_range"]}, "temperature:0 temperature is not measured: out_of_range"),
        ({"errors": ["read", "power"]}, "temperature:0 temperature is not measured: read, power"),
        ({"tC": "warm"}, "temperature:0 temperature is not a number"),
        ({"tC": {"tC": 3}}, "temperature:0 temperature is not a number"),
        ({"tC": True}, "temperature:0 temperature is not a number"),
    ],
)
def test_a_component_that_has_not_measured_gives_no_reading_and_costs_none_beside_it(body, note):
    outcome = notified({"ts": TS, "temperature:0": body, "humidity:0": {"rh": 61.5}, "illuminance:0": 7})
    assert outcome == Frame((Sample("humidity", 61.5, "0", MS),), note)


def test_without_channels_the_lowest_id_counts_in_whatever_order_they_are_heard():
    read = parser()

    def heard(part, value):
        return read(RPC, msgspec.json.encode({"method": "NotifyStatus", "params": {"ts": TS, part: {"tC": value}}}))

    assert heard("temperature:101", 20).samples
    assert heard("temperature:100", 21).samples
    assert heard("temperature:101", 20) == Frame(
        (), "temperature:101 temperature left out: temperature:100 gives temperature; choose in values"
    )
    assert heard("temperature:0", 22).samples
    assert not heard("temperature:100", 21).samples


def test_with_channels_each_component_counts():
    status = {"ts": TS, "temperature:100": {"tC": 20}, "temperature:101": {"tC": 21}}
    outcome = notified(status, channels={"100": "a", "101": "b"})
    assert outcome == Frame((Sample("temperature", 20.0, "100", MS), Sample("temperature", 21.0, "101", MS)))


def test_what_a_relay_says_of_itself_is_read_only_where_the_configuration_asks():
    status = {"ts": TS, "switch:0": {"apower": 12.5, "temperature": {"tC": 51.0}}, "voltmeter:100": {"voltage": 1.5}}
    assert notified(status) == Frame((), "no component that measures a quantity")
    outcome = notified(status, values={"water_level": "voltmeter:100.voltage"}, units={"water_level": "m"})
    assert outcome == Frame((Sample("water_level", 150.0, "100", MS),))
    assert notified(status, values={"temperature": "switch:0.temperature.tC"}).samples == (
        Sample("temperature", 51.0, "0", MS),
    )


def test_an_alarm_is_0_or_1_only_where_the_configuration_asks_for_it():
    status = {"ts": TS, "flood:0": {"id": 0, "alarm": True, "mute": False}}
    assert notified(status) == Frame((), "no component that measures a quantity")
    assert notified(status, values={"occupancy": "flood:0.alarm"}).samples == (Sample("occupancy", 1.0, "0", MS),)


def test_a_state_on_a_topic_of_its_own_is_left_out_where_the_device_notifies_too():
    read = parser()
    state = ("shellyplusht-0a1b2c/status/temperature:0", b'{"id":0,"tC":19.8}')
    assert read(*state) == Frame((Sample("temperature", 19.8, "0"),))
    assert read(*shelly.build("shellyplusht-0a1b2c", {"temperature:0": {"tC": 19.9}}, ts=TS)).samples
    assert read(*state) == Frame((), "temperature:0 is in the device's notifications too")
    assert read("another/status/temperature:0", state[1]).samples


def test_the_answer_to_a_question_for_the_whole_status_counts():
    answer = {
        "id": 1,
        "src": "shelly-1",
        "dst": "gw",
        "result": {"temperature:0": {"tC": 19.8}, "sys": {"unixtime": 1}},
    }
    assert parser()("gw/rpc", msgspec.json.encode(answer)) == Frame((Sample("temperature", 19.8, "0"),))


@pytest.mark.parametrize(
    ("topic", "payload", "note"),
    [
        ("s/online", b"true", "device is online"),
        ("s/online", b"false", "device is offline"),
        ("s/command/switch:0", b"toggle", "a command to the device, no reading"),
        ("s/rpc", b'{"id":1,"method":"Switch.Set","params":{"id":0}}', "Switch.Set, no reading"),
        (RPC, b'{"method":"NotifyEvent","params":{"ts":1.0,"events":[]}}', "NotifyEvent, no reading"),
        (RPC, b'{"method":"NotifyStatus","params":[]}', "no status of components in this message"),
        (RPC, b'{"id":7,"error":{"code":401}}', "no status of components in this message"),
        ("s/status/sys", b'{"uptime":7}', "no component that measures a quantity"),
    ],
)
def test_what_is_no_reading_says_so(topic, payload, note):
    assert parser()(topic, payload) == Frame((), note)


@pytest.mark.parametrize("payload", [b"", b"[1]", b"{" * 100_000, b'{"params":' * 40_000, b"x" * 300_000])
def test_a_hostile_message_is_noise(payload):
    assert parser()(RPC, payload).size == len(payload)


def test_a_status_of_many_components_is_bounded():
    status = {f"temperature:{at}": {"tC": "x"} for at in range(5_000)}
    outcome = notified({"ts": TS, **status})
    assert isinstance(outcome, Frame)
    assert len(outcome.note) < 1_000


def test_who_notifies_is_remembered_of_so_many_devices():
    reader = shelly.ShellyParser({})
    for at in range(1_200):
        reader.parse(*shelly.build(f"s{at}", {"temperature:0": {"tC": 20}}, ts=TS))
    assert len(reader._notifying) == 1_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"values": {"temperature": "switch:0"}}, "values.temperature: 'switch:0' is no place in a status"),
        ({"values": {"power": "switch:0.apower"}}, "values: 'power' is no quantity"),
        ({"units": {"temperature": "hPa"}}, "units.temperature: 'hPa' is no unit of temperature"),
        ({"channels": {"x": "hall"}}, "channels: 'x' is no channel; write the id of a component in quotes"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(OptionError) as refused:
        parser(**options)
    assert str(refused.value).startswith(said)


def test_a_notification_is_built_as_a_device_writes_it():
    topic, payload = shelly.build("s", {"humidity:0": {"id": 0, "rh": 42.2}}, ts=TS)
    assert topic == "s/events/rpc"
    assert msgspec.json.decode(payload) == {
        "src": "s", "dst": "s/events", "method": "NotifyStatus",
        "params": {"ts": TS, "humidity:0": {"id": 0, "rh": 42.2}},
    }  # fmt: skip
    assert isinstance(parser()(topic, payload), Frame | Noise)
