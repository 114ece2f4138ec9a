"""JSON by configured paths: numbers as text, items of lists, dots in keys, and values that are none."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

_JSON_VALUES = {"pm2_5": "pm.2_5", "temperature": "list.0.value", "humidity": r"SHT.rel\.hum"}

EXAMPLE = Dialect(
    (
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
    mutant=("find(document, path)", "find(document, path[:1])"),
)
