"""The post of one chip to the servers, the post of all to a server of one's own, and values that were not measured."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_DEVICE = "esp8266-1234567"

EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"software_version":"NRZ-2020-133","sensordatavalues":[{"value_type":"P1","value":"15.23"},'
            b'{"value_type":"P2","value":"10.17"}]}',
            Frame((Sample("pm10", 15.23, _DEVICE), Sample("pm2_5", 10.17, _DEVICE))),
            topic=f"v1/push-sensor-data/{_DEVICE}/1",
        ),
        Message(
            {},
            b'{"esp8266id":"1234567","software_version":"NRZ-2020-133","sensordatavalues":[{"value_type":"SDS_P1",'
            b'"value":"15.23"},{"value_type":"SDS_P2","value":"-1.00"},{"value_type":"BME280_temperature","value":"28.91"},'
            b'{"value_type":"BME280_pressure","value":"98920.23"},{"value_type":"temperature","value":"30.10"},'
            b'{"value_type":"samples","value":"588824"},{"value_type":"signal","value":"-50"}]}',
            Frame(
                (
                    Sample("pm10", 15.23, _DEVICE),
                    Sample("temperature", 28.91, _DEVICE),
                    Sample("pressure", 989.2023, _DEVICE),
                    Sample("signal", -50.0, _DEVICE),
                ),
                "SDS_P2 is -1: the device has not measured it; temperature left out: BME280_temperature gives "
                "temperature",
            ),
            topic="air/one/sensordata",
        ),
    ),
    mutant=('"p1": Meant("pm10"', '"p1": Meant("pm1"'),
)
