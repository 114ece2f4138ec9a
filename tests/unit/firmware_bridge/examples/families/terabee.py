"""Frames of Terabee people counters: made up, since none is published; their commands are those of the manuals."""

from firmware_bridge import Sample
from firmware_bridge.families.terabee import RESET
from tests.unit.firmware_bridge.examples import Family, of_hex


def passed(people_in: int, people_out: int) -> tuple[Sample, ...]:
    return Sample("people_in", float(people_in)), Sample("people_out", float(people_out))


EXAMPLES = {
    "terabee": Family(
        {},
        of_hex(
            "504300010203000000050007000264",  # 7 in, 2 out: the first that is heard
            "444404b004b571",
            "504300010203000000060008000285",  # 8 in, 2 out
            "504300010203ffffffff000000019f",  # 0 in, 1 out: after a loss of power
        ),
        ((), (), passed(1, 0), passed(0, 1)),
        (
            *of_hex(
                "504300010203000000060008000284",  # wrong CRC
                "5043000102030000000700080002d4",  # the counter is not in less out
                "504400010203000000060008000285",
                "5043000102030000000600080002",
            ),
            RESET,
        ),
        mutant=("if crc8(frame[:-1]) != frame[-1]:\n            wrong", "if False:\n            wrong"),
    ),
    "swipe_plus": Family(
        {"model": "swipe_plus", "byte_order": "little"},
        of_hex("5043050000000700020052", "444404b004b571", "50430400000008000400ed"),
        ((), (), passed(1, 2)),
        of_hex("5043000000050007000200b0", "50430400000008000400ee", "504300010203000000060008000285"),
        mutant=('"little": "<"', '"little": ">"'),
    ),
}
