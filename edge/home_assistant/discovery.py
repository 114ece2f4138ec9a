"""Announcements to Home Assistant, retained, one for each sensor and quantity, and the values that they speak of.

homeassistant/sensor/siaga-gw-1/river-1_water_level/config
    {"name":"Water level", "state_topic":"siaga-edge/gw-1/values/river-1/water_level",
     "value_template":"{{ value_json.value }}", "device_class":"distance", "unit_of_measurement":"cm",
     "availability_topic":"siaga-edge/gw-1/availability", "device":{"identifiers":["siaga-gw-1-river-1"], …}, …}
siaga-edge/gw-1/values/river-1/water_level   {"value":132.4,"time":"2026-11-29T12:00:00.000Z"}
siaga-edge/gw-1/availability                 online, or offline by the last will

A message for each entity is what every Home Assistant understands; one for a whole device came at the end of 2024.
Amounts since the reading before are announced as their total, which loses nothing where not each of them is sent.
Source: https://www.home-assistant.io/integrations/mqtt, and its sensor.mqtt (2026.11).
"""

from typing import Any

import msgspec

from firmware_bridge.device_classes import class_of
from i18n.units import sign_of
from wire import Quantity
from wire.names import is_name
from wire.quantities import Domain, HourOf

_UNITS = {"By": "B", "{UVI}": "UV index", "{LQI}": "lqi"}
"""Where Home Assistant writes another sign than Siaga."""
_STATE_CLASS = {HourOf.MEAN: "measurement", HourOf.MAX: "measurement", HourOf.SUM: "total_increasing"}
"""Not of directions and counters, of which it would make means."""
_CONNECTED = {"en": "Connected", "id": "Terhubung"}
ONLINE, OFFLINE = b"online", b"offline"

Series = tuple[str, str]
"""A sensor and a quantity."""
Publication = tuple[str, bytes]
"""A topic and what is published there, retained."""


class Discovery:
    """The topics and announcements of one gateway."""

    def __init__(self, gateway: str, *, prefix: str, language: str, version: str) -> None:
        self._gateway = gateway
        self._prefix = prefix
        self._language = language
        self._version = version
        self._own = f"siaga-edge/{gateway}"

    @property
    def availability_topic(self) -> str:
        """Where it says whether the gateway is there."""
        return f"{self._own}/availability"

    @property
    def announcements(self) -> str:
        """The filter of all announcements of this gateway."""
        return f"{self._prefix}/+/{self._node}/+/config"

    @property
    def _node(self) -> str:
        return f"siaga-{self._gateway}"

    def state_topic(self, series: Series) -> str:
        """Where the values of a series are."""
        return f"{self._own}/values/{series[0]}/{series[1]}"

    def topic(self, series: Series) -> str:
        """Where a series is announced."""
        return f"{self._prefix}/sensor/{self._node}/{series[0]}_{series[1]}/config"

    def announce(self, series: Series, row: Quantity) -> Publication:
        """The announcement of a series of the quantity `row`."""
        sensor, quantity = series
        found = {
            "name": _name(row, self._language),
            "unique_id": f"{self._node}-{sensor}-{quantity}",
            "state_topic": self.state_topic(series),
            "value_template": "{{ value_json.value }}",
            "json_attributes_topic": self.state_topic(series),
            "json_attributes_template": "{{ {'time': value_json.time} | tojson }}",
            "availability_topic": self.availability_topic,
            "device_class": class_of(quantity),
            "state_class": _STATE_CLASS.get(row.hour),
            "unit_of_measurement": _UNITS.get(row.unit) or sign_of(row, "en"),
            "suggested_display_precision": row.decimals,
            "entity_category": "diagnostic" if row.domain == Domain.GATEWAY else None,
            "device": self._device(sensor),
            "origin": self._origin,
        }
        return self.topic(series), _json(found)

    def series_in(self, payload: bytes) -> Series | None:
        """The series of an announcement of this gateway; None where it is another thing."""
        try:
            topic = msgspec.json.decode(payload, type=_Announced).state_topic
        except (msgspec.MsgspecError, UnicodeError):
            return None
        begin, _, rest = topic.partition("/values/")
        sensor, _, quantity = rest.partition("/")
        return (sensor, quantity) if begin == self._own and is_name(sensor) and is_name(quantity) else None

    def announce_gateway(self) -> Publication:
        """The announcement of the gateway itself: whether it is there."""
        found = {
            "name": _CONNECTED[self._language],
            "unique_id": f"{self._node}-connected",
            "state_topic": self.availability_topic,
            "payload_on": ONLINE.decode(),
            "payload_off": OFFLINE.decode(),
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "device": self._device(self._gateway),
            "origin": self._origin,
        }
        return f"{self._prefix}/binary_sensor/{self._node}/connected/config", _json(found)

    @property
    def _origin(self) -> dict[str, str]:
        return {"name": "Siaga", "sw_version": self._version}

    def _device(self, sensor: str) -> dict[str, Any]:
        if sensor == self._gateway:
            return {
                "identifiers": [self._node], "name": sensor, "manufacturer": "Siaga", "model": "siaga-edge",
                "sw_version": self._version,
            }  # fmt: skip
        return {"identifiers": [f"{self._node}-{sensor}"], "name": sensor, "via_device": self._node}


class _Announced(msgspec.Struct):
    state_topic: str


def is_total(row: Quantity) -> bool:
    """Whether a quantity is an amount since the reading before, of which the total is given."""
    return row.hour is HourOf.SUM


def state(value: float | None, time: str | None) -> bytes:
    """What stands on the state topic; None: nobody knows the value now."""
    return msgspec.json.encode({"value": value, "time": time})


def _name(row: Quantity, language: str) -> str:
    return f"{row.name_in(language)}, total" if is_total(row) else row.name_in(language)


def _json(found: dict[str, Any]) -> bytes:
    return msgspec.json.encode({key: value for key, value in found.items() if value not in (None, "")})
