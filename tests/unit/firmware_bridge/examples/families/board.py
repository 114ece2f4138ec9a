"""Frames of a board: counters, a restart, no items, a negative gauge."""

from firmware_bridge import Sample
from tests.unit.firmware_bridge.examples import Family, of_hex

EXAMPLES = {
    "board": Family(
        {"tip_mm": 0.2},
        of_hex(
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
        of_hex(
            "53471501000102000700050000005c3e0100021aceffffffe837",  # wrong CRC
            "53471401000102000700050000005c3e0100021aceffffffe836",  # a length that no number of items has
            "54471501000102000700050000005c3e0100021aceffffffe836",  # wrong mark
            "0006520202010302080201010103942a0105021a890b010103810301010306c100",  # version 2, wrong CRC
        ),
        mutant=("_CRC.unpack(frame[-2:])[0] == crc(frame[2:-2])", "True"),
    )
}
