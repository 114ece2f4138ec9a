"""What is remembered of LoRaWAN devices over a restart of the gateway: totals, their falls, uplinks that came."""

import json
from typing import Any

import pytest

from firmware_bridge import uplink_devices
from firmware_bridge.catalog import MQTT_DIALECTS
from firmware_bridge.counters import Counted, recalled, remembered
from firmware_bridge.dialects import chirpstack
from firmware_bridge.family import Remembering
from firmware_bridge.sample import Frame

EUI = "24e124713b492056"
NEEDED: dict[str, dict[str, Any]] = {"json": {"values": {"co2": "a"}}, "csv": {"columns": {"co2": 1}}}
TOPIC = f"application/1/device/{EUI}/event/up"


def parser(name="chirpstack", **options):
    made = MQTT_DIALECTS[name].parser(options)
    assert isinstance(made, Remembering)
    return made


def restarted(before, name="chirpstack", **options):
    """A parser that recalls what `before` remembered, as the spool has it: as JSON."""
    after = parser(name, **options)
    after.recall(json.loads(json.dumps(before.news())))
    return after


def uplink(counter, time="2026-03-07T03:54:34Z", **decoded):
    return chirpstack.build(EUI, decoded=decoded, time=time, counter=counter)


def pairs(outcome):
    assert isinstance(outcome, Frame)
    return [(sample.quantity, round(sample.value, 6)) for sample in outcome.samples]


@pytest.mark.parametrize("name", [name for name in MQTT_DIALECTS if name not in ("chirpstack", "ttn", "lorawan")])
def test_dialects_without_counters_remember_nothing(name):
    assert not isinstance(MQTT_DIALECTS[name].parser(NEEDED.get(name, {})), Remembering)


@pytest.mark.parametrize(
    "known",
    [Counted(483), Counted(483, 310, 312, 2), Counted(0, 0, 0, 0)],
    ids=["growing", "fallen", "fallen to 0"],
)
def test_a_counter_is_recalled_as_it_was_remembered(known):
    assert recalled("rain", remembered("rain", known) | {"other": 7}) == known


def test_half_a_fall_is_none():
    assert recalled("rain", {"rain": 483, "rain/at": 311}) == Counted(483)
    assert recalled("rain", {"rain/at": 311}) is None


def test_what_was_counted_meanwhile_is_in_the_first_total_after_a_restart():
    before = parser()
    assert pairs(before(TOPIC, uplink(1, rainfall_total=1.0))) == []
    after = restarted(before)
    assert pairs(after(TOPIC, uplink(9, "2026-03-07T05:54:34Z", rainfall_total=1.75))) == [("rainfall", 0.75)]


def test_people_by_their_totals_are_counted_over_a_restart():
    before = parser("lorawan", decoder="vs350", counts="total")
    before("lora/a", bytes.fromhex("04cc12001600"))
    after = restarted(before, "lorawan", decoder="vs350", counts="total")
    assert pairs(after("lora/a", bytes.fromhex("04cc15001600"))) == [("people_in", 3.0), ("people_out", 0.0)]


def test_a_fall_before_a_restart_and_growth_after_it_is_a_counter_that_began_again():
    before = parser()
    for counter, total in enumerate((9.0, 0.0, 0.2)):
        before(TOPIC, uplink(counter, rainfall_total=total))
    after = restarted(before)
    outcomes = [after(TOPIC, uplink(counter, rainfall_total=total)) for counter, total in ((3, 0.4), (4, 0.6))]
    assert [pairs(outcome) for outcome in outcomes] == [[], [("rainfall", 0.6)]]


def test_a_device_that_says_that_it_began_again_says_so_over_a_restart():
    before = parser()
    before(TOPIC, uplink(1, rainfall_total=9.0, rainfall_counter=1))
    outcome = restarted(before)(TOPIC, uplink(2, rainfall_total=0.4, rainfall_counter=2))
    assert pairs(outcome) == [("rainfall", 0.4)]


def test_an_uplink_that_is_delivered_again_after_a_restart_is_known_and_not_only_the_last():
    before = parser()
    messages = [uplink(counter, f"2026-03-07T03:54:{counter:02}Z", line_1_period_in=counter) for counter in range(1, 5)]
    for message in messages:
        assert pairs(before(TOPIC, message)) != []
    after = restarted(before)
    for counter, message in enumerate(messages, 1):
        assert after(TOPIC, message) == Frame((), f"uplink {counter} of {EUI} came a second time")
    assert pairs(after(TOPIC, uplink(5, "2026-03-07T03:54:05Z", line_1_period_in=3))) == [("people_in", 3.0)]


def test_an_uplink_that_is_retained_for_hours_is_known_and_the_same_of_another_time_is_another():
    before = parser()
    before(TOPIC, uplink(1, line_1_period_in=2))
    after = restarted(before)
    assert pairs(after(TOPIC, uplink(1, line_1_period_in=2))) == []
    assert pairs(after(TOPIC, uplink(1, "2026-03-08T03:54:34Z", line_1_period_in=2))) == [("people_in", 2.0)]


def test_what_was_counted_by_reports_is_not_counted_by_totals_again():
    by_totals = parser("lorawan", decoder="vs350", counts="total")
    by_totals("lora/a", bytes.fromhex("04cc12001600"))
    by_reports = restarted(by_totals, "lorawan", decoder="vs350")
    by_reports("lora/a", bytes.fromhex("04cc1500160005cc03000000"))
    assert pairs(restarted(by_reports, "lorawan", decoder="vs350", counts="total")(
        "lora/a", bytes.fromhex("04cc15001600"))) == []  # fmt: skip


def test_a_device_whose_message_does_not_count_is_as_it_was():
    read = parser()
    read(TOPIC, uplink(1, rainfall_total=1.0))
    kept = read.news()
    read(TOPIC, uplink(2, rainfall_total=2.0))
    read.recall(kept)
    assert read.news() == {}
    assert pairs(read(TOPIC, uplink(2, rainfall_total=2.0))) == [("rainfall", 1.0)]
    read.recall({EUI: {}})
    assert pairs(read(TOPIC, uplink(3, rainfall_total=3.0))) == []


def test_what_is_remembered_of_a_device_is_bounded_in_entries_and_bytes():
    read = parser()
    names = [f"rainfall{'_' * number}total" for number in range(300)]
    read("application/1/device/x/event/up", chirpstack.build(
        "d" * 5_000, decoded=dict.fromkeys(names, 1.0), time="2026-03-07T03:54:34Z", counter=1
    ))  # fmt: skip
    for counter in range(2, 40):
        read(TOPIC, uplink(counter, rainfall_total=counter))
    for device, memory in read.news().items():
        assert len(device) <= uplink_devices.LONGEST_NAME
        assert len(memory) <= 80
        assert len(json.dumps(memory)) < 8_000
