"""A message of Tasmota with its units as siblings."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

EXAMPLE = Dialect(
    (
        Message(
            {},
            b'{"Time":"2026-03-07T12:54:34","BME280":{"Temperature":68.9,"Humidity":24.4,"DewPoint":31.3,"Pressure":760.1},'
            b'"PMS5003":{"CF1":22,"CF2.5":32,"CF10":49,"PM1":21,"PM2.5":31,"PM10":48,"PB0.3":4146},"SR04":{"Distance":187.4},'
            b'"PressureUnit":"mmHg","TempUnit":"F"}',
            Frame(
                (
                    Sample("temperature", 20.5),
                    Sample("humidity", 24.4),
                    Sample("pressure", 1013.38),
                    Sample("pm1", 21.0),
                    Sample("pm2_5", 31.0),
                    Sample("pm10", 48.0),
                    Sample("distance", 187.4),
                )
            ),
        ),
    ),
    mutant=("round(found(value), 2)", "value"),
)
