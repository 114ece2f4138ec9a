"""AirGradient: old and new firmware, two channels and their mean, corrected values, what was not measured."""

import msgspec
import pytest

from firmware_bridge import MQTT_DIALECTS, Frame, Noise, OptionError, Sample
from firmware_bridge.dialects import airgradient


def parse(message, topic="airgradient/readings/abc123", **options):
    payload = message if isinstance(message, bytes) else msgspec.json.encode(message)
    return MQTT_DIALECTS["airgradient"].parser(options)(topic, payload)


def pairs(outcome) -> dict[str, float]:
    return {sample.quantity: sample.value for sample in outcome.samples}


def test_older_firmware_has_other_keys_for_the_same():
    old = {"wifi": -50, "rco2": 500, "pm003_count": 300, "tvoc_index": 90, "nox_index": 2, "pm02": 12}
    assert pairs(parse(old)) == {
        "pm2_5": 12.0, "particles_0_3": 300.0, "co2": 500.0, "voc_index": 90.0, "nox_index": 2.0, "signal": -50.0,
    }  # fmt: skip


CHANNELS = {"1": {"pm02": 6, "atmp": 29.0, "rhum": 70}, "2": {"pm02": 9, "atmp": -1, "rhum": 72}}


def test_of_two_channels_the_mean_counts_as_the_monitor_gives_it():
    assert pairs(parse({"pm02": 7.5, "channels": CHANNELS})) == {"pm2_5": 7.5, "temperature": 29.0, "humidity": 71.0}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("1", {"pm2_5": 6.0, "co2": 447.0, "temperature": 29.0, "humidity": 70.0}),
        ("2", {"pm2_5": 9.0, "co2": 447.0, "humidity": 72.0}),
    ],
)
def test_one_channel_can_be_chosen_and_nothing_of_it_comes_from_elsewhere(channel, expected):
    assert pairs(parse({"pm02": 7.5, "pm10": 9, "rco2": 447, "channels": CHANNELS}, channel=channel)) == expected
    assert parse({"pm02": 7}, channel=channel) == Frame((), f"channel {channel} is not in the message")


def test_corrected_values_count_where_they_are_asked_for_and_there():
    message = {"pm02": 7, "pm02Compensated": 6, "atmp": 25.87, "atmp_corrected": 24.47, "rhum": 43}
    assert pairs(parse(message)) == {"pm2_5": 7.0, "temperature": 25.87, "humidity": 43.0}
    assert pairs(parse(message, compensated=True)) == {"pm2_5": 6.0, "temperature": 24.47, "humidity": 43.0}


@pytest.mark.parametrize("given", [-1, -1.0, "-1", -1000, -1001.0, None, "x", {}])
def test_what_was_not_measured_gives_no_reading_and_costs_none_beside_it(given):
    outcome = parse({"pm02": given, "rco2": 447})
    assert pairs(outcome) == {"co2": 447.0}
    assert outcome.note.startswith("pm2_5 is ")


@pytest.mark.parametrize(
    ("topic", "message", "channel"),
    [
        ("airgradient/readings/abc123", {"pm02": 7}, "abc123"),
        ("airgradient/readings/abc123", {"pm02": 7, "serialno": "0a1b"}, "0a1b"),
        ("sensors/airgradient:84fce612eff4/measures", {"pm02": 7}, "84fce612eff4"),
        ("", {"pm02": 7}, ""),
    ],
)
def test_a_monitor_is_known_by_its_serial_number(topic, message, channel):
    assert parse(message, topic) == Frame((Sample("pm2_5", 7.0, channel),))


def test_the_clouds_list_has_the_time_of_each_monitor_and_its_gases_in_ppb():
    listed = [
        {"locationId": 7, "pm02": 7, "no2": 10, "timestamp": "2026-03-07T03:54:34.000Z"},
        {"locationId": 8, "pm02": 9, "timestamp": "soon"},
    ]
    assert parse(listed) == Frame(
        (
            Sample("pm2_5", 7.0, "7", 1_772_855_674_000),
            Sample("no2", 18.81799591, "7", 1_772_855_674_000),
            Sample("pm2_5", 9.0, "8"),
        ),
        "timestamp is not an ISO 8601 time",
    )


@pytest.mark.parametrize("payload", [b"", b"[]", b"[7]", b"7", b"{" * 100_000, b"x" * 300_000])
def test_a_hostile_message_is_noise(payload):
    assert isinstance(parse(payload), Noise)


def test_a_message_of_something_else_says_so():
    assert parse({"country": "TH"}) == Frame((), "no value of an AirGradient monitor in this message")
    assert len(parse([{"timestamp": "x"}] * 5_000).note) < 1_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"channel": "3"}, "channel: '3': write one of: average, 1, 2"),
        ({"channels": {"a b": "air"}}, "channels: 'a b' is no channel; write the serial number of a monitor"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    with pytest.raises(OptionError) as refused:
        parse({}, **options)
    assert str(refused.value).startswith(said)


def test_a_message_is_built_as_a_monitor_writes_it():
    built = airgradient.build({"pm02": 7.5}, serialno="abc", channels={"1": {"pm02": 7}, "2": {"pm02": 8}})
    assert built == b'{"serialno":"abc","pm02":7.5,"channels":{"1":{"pm02":7},"2":{"pm02":8}}}'
    assert pairs(parse(built)) == {"pm2_5": 7.5}
