"""Simulated sensors on the network: Tasmota's JSON and a plain one, published to the gateway's broker.

tele/climate-market/SENSOR {"Time":"2026-11-24T12:10:05","BME280":{"Temperature":29.1,…},"TempUnit":"C"}
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from demo.island.particulates import Particulates
from demo.island.weather import WIT_S, Air
from firmware_bridge.dialects import mqtt_json, tasmota

PLAIN_PATHS = {"pm2_5": "pm.2_5", "pm10": "pm.10"}


class Station(NamedTuple):
    """A sensor that publishes to `topic` every `period_s`."""

    topic: str
    message: Callable[[float], bytes]
    period_s: float = 5.0


def climate(air: Callable[[float], Air]) -> Callable[[float], bytes]:
    """A Tasmota device with a BME280."""

    def message(time_s: float) -> bytes:
        now = air(time_s)
        readings = {
            "Temperature": round(now.temperature, 1),
            "Humidity": round(now.humidity, 1),
            "Pressure": round(now.pressure, 1),
        }
        return tasmota.build({"BME280": readings}, time=_local(time_s), PressureUnit="hPa", TempUnit="C")

    return message


def street_air(dust: Callable[[float], Particulates], air: Callable[[float], Air]) -> Callable[[float], bytes]:
    """A Tasmota device with an SDS011 and an SHT3X."""

    def message(time_s: float) -> bytes:
        pm, now = dust(time_s), air(time_s)
        sensors = {
            "SDS0X1": {"PM2.5": round(pm.pm2_5, 1), "PM10": round(pm.pm10, 1)},
            "SHT3X": {"Temperature": round(now.temperature, 1), "Humidity": round(now.humidity, 1)},
        }
        return tasmota.build(sensors, time=_local(time_s), TempUnit="C")

    return message


def plain(dust: Callable[[float], Particulates]) -> Callable[[float], bytes]:
    """A device of somebody's own making, with plain JSON and its own time."""

    def message(time_s: float) -> bytes:
        pm = dust(time_s)
        values = {"pm2_5": round(pm.pm2_5, 1), "pm10": round(pm.pm10, 1)}
        return mqtt_json.build(values, paths=PLAIN_PATHS, time="ts", at=int(time_s * 1000))

    return message


class Network:
    """The stations' connection, made again by itself when the broker goes."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="simulated-devices")
        self._client.reconnect_delay_set(1, 2)
        self._client.max_queued_messages_set(1_000)
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1."""
        self._client.publish(topic, payload, qos=1)


def _local(time_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_s + WIT_S))
