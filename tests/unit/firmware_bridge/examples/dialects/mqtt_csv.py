"""Rows by number and by name, a header in the message, a broken row beside a whole one, a bare number."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message

NOON_MS = 1_795_921_200_000  # 2026-11-29T12:00:00+09:00

EXAMPLE = Dialect(
    (
        Message(
            {"columns": {"time": 1, "water_level": 3}, "zone": "+09:00"},
            b"2026-11-29T12:00:00,ok,182\r\n",
            Frame((Sample("water_level", 182.0, "", NOON_MS),)),
        ),
        Message(
            {
                "columns": {"time": "Zeit", "temperature": "T", "channel": "Ort"},
                "separator": ";",
                "decimal": ",",
                "time_format": "epoch_s",
            },
            b"\xef\xbb\xbfOrt;Zeit;T\n7;1795921200;20,5\n8;1795921200\n8;1795921260;21,5\n",
            Frame(
                (Sample("temperature", 20.5, "7", NOON_MS), Sample("temperature", 21.5, "8", NOON_MS + 60_000)),
                "row has 2 columns, and column 3 was configured",
            ),
        ),
        Message({"columns": {"noise": 1}}, b" 55.5", Frame((Sample("noise", 55.5),))),
        Message({"columns": {"noise": 1}}, b"nan", Frame((), "noise is not a number")),
    ),
    mutant=("at, rows = in_it, rows[1:]", "at, rows = in_it, rows[2:]"),
)
