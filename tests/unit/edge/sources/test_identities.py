"""A probe is known by its own id: another one never speaks in its name, over restarts of device and gateway."""

from edge.sources.identities import Identities
from firmware_bridge.dialects.tasmota import build, parse
from firmware_bridge.sample import Frame, Sample

A = {"Id": "01131B", "Temperature": 20.1}
B = {"Id": "02F3A9", "Temperature": 24.9}
C = {"Id": "03AA10", "Temperature": 22.2}
BOTH = {"DS18B20-1": A, "DS18B20-2": B}


def frame(sensors: dict[str, dict[str, object]], only: str = "") -> Frame:
    found = parse(build(sensors, time="2026-03-07T12:54:34"), only=only)  # type: ignore[arg-type]
    assert isinstance(found, Frame)
    return found


def values(identities: Identities, sensors: dict[str, dict[str, object]], only: str = "") -> list[float]:
    chosen, _ = identities.choose("air-market", frame(sensors, only))
    return [sample.value for sample in chosen]


def test_probe_b_alone_is_not_taken_for_probe_a():
    identities = Identities("k", "")
    assert values(identities, BOTH) == [20.1]
    chosen, sentence = identities.choose("air-market", frame({"DS18B20": B}))
    assert chosen == ()
    assert sentence == "temperature: sensor 01131B is not there, only 02F3A9, which is another"
    assert values(identities, {"DS18B20": A}) == [20.1]


def test_that_is_remembered_over_a_restart_of_the_gateway():
    before = Identities("k", "")
    values(before, BOTH)
    after = Identities("k", (before.news() or {})["k"])
    assert values(after, {"DS18B20": B}) == []
    assert values(after, {"DS18B20-1": B, "DS18B20-2": A}) == [20.1]


def test_what_did_not_change_is_not_kept_again():
    identities = Identities("k", "")
    values(identities, BOTH)
    assert identities.news() is not None
    values(identities, BOTH)
    assert identities.news() is None


def test_a_source_that_chose_by_place_keeps_its_probe_when_the_places_move():
    first, second = Identities("k", ""), Identities("k", "")
    assert (values(first, BOTH, "DS18B20-1"), values(second, BOTH, "DS18B20-2")) == ([20.1], [24.9])
    assert (values(first, {"DS18B20": B}, "DS18B20-1"), values(second, {"DS18B20": B}, "DS18B20-2")) == ([], [24.9])


def test_a_new_probe_takes_the_place_of_one_that_broke():
    identities = Identities("k", "")
    values(identities, BOTH)
    assert values(identities, {"DS18B20-1": C, "DS18B20-2": B}) == [22.2]
    assert values(identities, {"DS18B20": B}) == []


def test_one_probe_alone_may_be_changed_for_another():
    identities = Identities("k", "")
    assert values(identities, {"DS18B20": A}) == [20.1]
    assert values(identities, {"DS18B20": B}) == [24.9]


def test_what_has_no_id_goes_through():
    assert values(Identities("k", ""), {"AM2301": {"Temperature": 30.5, "Humidity": 80}}) == [30.5, 80]
    assert Identities("k", "").choose("s", Frame((Sample("co2", 400.0),))) == ((Sample("co2", 400.0),), "")


def test_a_memory_that_cannot_be_read_is_no_memory():
    assert values(Identities("k", '{"a": 5}'), BOTH) == [20.1]
    assert values(Identities("k", "nonsense"), BOTH) == [20.1]
