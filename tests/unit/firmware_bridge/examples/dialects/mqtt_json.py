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
        Message(
            {"values": {"temperature": "$"}, "units": {"temperature": "°F"}},
            b"68.9",
            Frame((Sample("temperature", 20.5),)),
        ),
        Message(
            {
                "each": "data",
                "channel": "id",
                "values": {"o3": "gas[0]", "distance": "ft"},
                "units": {"o3": "ppb", "distance": "ft"},
                "time": "at",
                "time_format": "epoch_ns",
                "bounds": {"distance": [0, 1000]},
            },
            b'{"data":[{"id":7,"gas":[20],"ft":10,"at":1680962879620000000},{"id":"b","gas":[],"ft":99,"at":0}]}',
            Frame(
                (Sample("o3", 39.26380368, "7", 1_680_962_879_620), Sample("distance", 304.8, "7", 1_680_962_879_620)),
                "o3 is missing; distance is 3017.52, beyond its bounds",
            ),
        ),
    ),
    mutant=("find(document, path)", "find(document, path[:1])"),
)
