"""Golden bytes of each family and messages of each dialect: a new one is covered by its entry here, and nothing else.

SERIAL: options; frames, in an order in which a device may send them; the samples of each; bytes that look like frames
and must give none. MQTT: options, payload, what it means.
"""

from typing import Any, NamedTuple

from firmware_bridge import Frame, Sample


class Family(NamedTuple):
    options: dict[str, Any]
    frames: tuple[bytes, ...]
    means: tuple[tuple[Sample, ...], ...]
    refused: tuple[bytes, ...]


class Message(NamedTuple):
    options: dict[str, Any]
    payload: bytes
    means: Frame


def _hex(*texts: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text) for text in texts)


SERIAL: dict[str, Family] = {
    "sds011": Family(
        {},
        _hex("aac0d4043a0aa1601dab", "aac00600060058d93dab", "aac000000000a16001ab", "aac502010000a16004ab"),
        ((Sample("pm2_5", 123.6), Sample("pm10", 261.8)), (Sample("pm2_5", 0.6), Sample("pm10", 0.6)), (), ()),
        _hex("aac0d4043a0aa16000ab", "aac00600060058d93dac", "aac10600060058d93dab", "abc00600060058d93dab"),
    ),
    "maxbotix": Family(
        {"mounting_height_cm": 450, "median_of": 1},
        (b"R1234\r", b"R5000\r", b"R0480 \r", b"R0300\r", b"R4999\r"),
        (
            (Sample("distance", 123.4), Sample("water_level", 326.6)),
            (),
            (Sample("distance", 48.0), Sample("water_level", 402.0)),
            (),
            (Sample("distance", 499.9), Sample("water_level", -49.9)),
        ),
        (b"R123\r", b"R12345\r", b"R1234\n", b"R12 34\r", b"RoHS 1.8b090 0713\r", b"R-123\r", b"1234\r", b"R1234  \r"),
    ),
    "board": Family(
        {"tip_mm": 0.2},
        _hex(
            "53472d0100010200070000000000dc05000000810c00000001902800000001911f000000012009000000021a890b00000888",
            "53472d01000102000700010000003cf0000000810f00000001902a00000001911f00000001200b000000021a000000802bd1",
            "53470f01000102000700020000004c17010055b9",
            "53471501000102000700050000005c3e0100021aceffffffe836",
            "534721010001020008000000000084030000008102000000019001000000019100000000951c",
            "0006520202010202080201010103942a0105021a890b010103810301010306c100",
        ),
        (
            (Sample("occupancy", 9, "1"), Sample("temperature", 29.53, "2")),
            (
                Sample("rainfall", 0.6, "0"),
                Sample("rain_rate", 36.0, "0"),
                Sample("people_in", 2, "1"),
                Sample("people_out", 0, "1"),
                Sample("occupancy", 11, "1"),
            ),
            (),
            (Sample("temperature", -0.5, "2"),),
            (Sample("rainfall", 0.4, "0"), Sample("people_in", 1, "1"), Sample("people_out", 0, "1")),
            (Sample("temperature", 29.53, "2"), Sample("rainfall", 0.2, "0")),
        ),
        _hex(
            "53471501000102000700050000005c3e0100021aceffffffe837",  # wrong CRC
            "53471401000102000700050000005c3e0100021aceffffffe836",  # a length that no number of items has
            "54471501000102000700050000005c3e0100021aceffffffe836",  # wrong mark
            "0006520202010302080201010103942a0105021a890b010103810301010306c100",  # version 2, wrong CRC
        ),
    ),
}

_JSON_VALUES = {"pm2_5": "pm.2_5", "temperature": "list.0.value", "humidity": r"SHT.rel\.hum"}

MQTT: dict[str, tuple[Message, ...]] = {
    "json": (
        Message(
            {"values": _JSON_VALUES, "time": "ts", "time_format": "epoch_s"},
            b'{"ts":1680962879.62,"pm":{"2_5":"012.30"},"list":[{"value":29.5}],"SHT":{"rel.hum":71}}',
            Frame(
                (
                    Sample("pm2_5", 12.3, "", 1_680_962_879_620),
                    Sample("temperature", 29.5, "", 1_680_962_879_620),
                    Sample("humidity", 71.0, "", 1_680_962_879_620),
                )
            ),
        ),
        Message(
            {"values": _JSON_VALUES},
            b'{"pm":{"2_5":NaN},"list":[],"SHT":{"rel.hum":null}}',
            Frame((), "pm2_5 is not a number; temperature is missing; humidity is missing"),
        ),
    ),
    "tasmota": (
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
}
