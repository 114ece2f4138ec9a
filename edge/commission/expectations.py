"""Which of the sensors that the city expects here is which of the devices that were found:

found     /dev/…-port0  maxbotix: distance           /dev/…-port1  sds011: pm2_5, pm10
expected  river-1: water_level    air-1: pm2_5       ─► port0 is river-1, port1 is air-1

The pair that has most quantities in common comes first, and each sensor is given once. A distance is a level of water
when its height is known, so it counts as one.
"""

from collections.abc import Mapping, Sequence

import msgspec

from edge.detect.found import DeviceFound
from firmware_bridge.catalog import SERIAL_FAMILIES
from wire.gateway_config import ExpectedSensor


class FoundPort(msgspec.Struct, frozen=True):
    """A port and the devices on it: one, or several Modbus slaves."""

    port: str
    devices: tuple[DeviceFound, ...]


class MatchedSensors(msgspec.Struct, frozen=True):
    """The expected sensor at each port and channel ("": the port has one), and those that nothing was found for.

    `doubts` are the ids of sensors that another device could be as well.
    """

    at: Mapping[tuple[str, str], ExpectedSensor]
    missing: tuple[ExpectedSensor, ...]
    doubts: frozenset[str] = frozenset()

    def of_port(self, port: str) -> dict[str, ExpectedSensor]:
        """The sensors of a port by their channel."""
        return {channel: sensor for (at, channel), sensor in self.at.items() if at == port}


def matched(found: Sequence[FoundPort], expected: Sequence[ExpectedSensor]) -> MatchedSensors:
    """Give each expected sensor the device that fits best."""
    places = {(one.port, channel): said for one in found for channel, said in quantities_of(one.devices).items()}
    pairs = [
        (_likeness(said, sensor), place, sensor)
        for place, said in places.items() for sensor in expected if _likeness(said, sensor)
    ]  # fmt: skip
    at: dict[tuple[str, str], ExpectedSensor] = {}
    given: set[str] = set()
    for _, place, sensor in sorted(pairs, key=lambda pair: -pair[0]):  # stable: equals in the order of the city
        if place not in at and sensor.id not in given:
            at[place] = sensor
            given.add(sensor.id)
    missing = tuple(sensor for sensor in expected if sensor.id not in given)
    doubts = {sensor.id for place, sensor in at.items() if _is_in_doubt(place, sensor, pairs)}
    return MatchedSensors(at, missing, frozenset(doubts))


def _is_in_doubt(
    place: tuple[str, str], sensor: ExpectedSensor,
    pairs: Sequence[tuple[float, tuple[str, str], ExpectedSensor]],
) -> bool:  # fmt: skip
    likeness = next(like for like, at, other in pairs if at == place and other is sensor)
    return any(like == likeness and (at == place) != (other is sensor) for like, at, other in pairs)


def _likeness(said: frozenset[str], sensor: ExpectedSensor) -> float:
    """How much of both is in both: 0, nothing, to 1."""
    wanted = frozenset(sensor.quantities)
    return len(said & wanted) / len(said | wanted) if said & wanted else 0.0


def quantities_of(devices: Sequence[DeviceFound]) -> dict[str, frozenset[str]]:
    """What each channel of a port measures; "" where it has but one."""
    if len(devices) > 1:
        return {str(device.options.get("address")): _measured(device, "") for device in devices}
    (device,) = devices
    channels = sorted({sample.channel for sample in device.samples})
    return {channel: _measured(device, channel) for channel in channels or [""]}


def _measured(device: DeviceFound, channel: str) -> frozenset[str]:
    said = {sample.quantity for sample in device.samples if channel in ("", sample.channel)}
    said = said or set(SERIAL_FAMILIES[device.family].quantities)
    if "distance" in said:
        said = said - {"distance"} | {"water_level"}
    return frozenset(said)
