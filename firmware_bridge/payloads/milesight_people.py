"""Milesight's counters of people: VS121 (camera), VS132, VS133, VS135 (time of flight), VS350, VS351, VS360 (passage).

05 cc 0200 0100                          2 in and 1 out since the report before
03 d2 be000000 | 04 d2 31010000          190 in and 305 out since the counter was cleared
0f e3 02 10 07 09                        2, 16, 7 and 9 people in the regions 1 to 4 now
20 ce ff3df164 01 0700 0200 1d00 0800    at 2023-09-01T01:27:27Z 7 in and 2 out, 29 and 8 in all
"""

from firmware_bridge.payloads.tlv import BATTERY, TlvDevice

_REGIONS_OF_4 = tuple(
    " ".join(f"region_{region}_count:B" for region in range(first, first + 4)) for first in (1, 5, 9, 13)
)
_VS121 = TlvDevice(
    "VS121",
    {
        "04c9": "people_count_all:B -:B -:H",
        "05cc": "people_in:H people_out:H",
        "06cd": "-:B",
        "07d5": f"{_REGIONS_OF_4[0]} {_REGIONS_OF_4[1]}",
        "08d5": f"{_REGIONS_OF_4[2]} {_REGIONS_OF_4[3]}",
        **dict.fromkeys(("09da", "0ada", "0bda", "0cda"), "-:8s"),  # from which side to which
        "0dcc": "people_total_in:H people_total_out:H",
        "0ee4": "region:B avg_dwell:H -:H",
        "0f85": "timestamp:I",
        "10f7": "line_in:H line_out:H",
    },
    {
        "20ce": {
            1: "people_count_all:B -:B -:H",
            2: "people_in:H people_out:H",
            3: "-:B",
            **dict(enumerate(_REGIONS_OF_4, start=4)),
            **dict.fromkeys(range(8, 16), "-:I"),
            16: "people_total_in:H people_total_out:H",
            17: "region:B avg_dwell:H -:H",
            18: "line_in:H line_out:H",
        }
    },
)
_VS132 = TlvDevice(
    "VS132",
    {
        "03d2": "total_counter_in:I",
        "04d2": "total_counter_out:I",
        "05cc": "periodic_counter_in:H periodic_counter_out:H",
    },
)


def _lines(first: int, child: str) -> dict[int, str]:
    """The channels of lines 1 to 4: total in, total out, and both since the report before."""
    channels: dict[int, str] = {}
    for line in range(4):
        name = f"line_{line + 1}{child}"
        channels[first + 3 * line] = f"{name}_total_in:I"
        channels[first + 3 * line + 1] = f"{name}_total_out:I"
        channels[first + 3 * line + 2] = f"{name}_period_in:H {name}_period_out:H"
    return channels


_TYPES = ("d2", "d2", "cc")
_LINES = {**_lines(0x03, ""), **_lines(0x11, "_child")}  # who is a child is counted among all, too
_CHILDREN_IN_REGIONS = " ".join(f"region_{region}_child_count:B" for region in (1, 2, 3, 4))
_VS133 = TlvDevice(
    "VS133",
    {
        **{f"{channel:02x}{_TYPES[at % 3]}": fields for at, (channel, fields) in enumerate(_LINES.items())},
        "0fe3": _REGIONS_OF_4[0],
        "1de3": _CHILDREN_IN_REGIONS,
        "10e4": "region:B avg_dwell:H -:H",
        "1ee4": "-:B -:I",
        "50fc": "-:B -:H",
    },
    {
        "20ce": {
            **_LINES,
            0x0F: _REGIONS_OF_4[0],
            0x10: "region:B avg_dwell:H",
            0x20: "-:B -:H",
            0x1D: _CHILDREN_IN_REGIONS,
            0x1E: "-:B -:H",
            0x3C: "-:B -:H",
        }
    },
)
_PASSAGE = {
    "04cc": "total_in:H total_out:H",
    "05cc": "period_in:H period_out:H",
    "0aef": "timestamp:I",
    "84cc": "total_in:H total_out:H -:B",
    "85cc": "alarm_period_in:H alarm_period_out:H -:B",
}
_PASSAGE_HISTORY = {
    "20ce": {0: "period_in:H period_out:H", 1: "period_in:H period_out:H total_in:H total_out:H"},
}
_VS350 = TlvDevice(
    "VS350",
    {
        **BATTERY, **_PASSAGE, "0367": "temperature:h/10", "8367": "temperature:h/10 -:B", "81ee": "-:B",
        "ffac": "-:5s", "ffad": "-:B",
    },
    _PASSAGE_HISTORY,
)  # fmt: skip
_VS360 = TlvDevice("VS360", {**_PASSAGE, "0175": "battery_main:B", "0275": "-:B", "03f4": "-:H"}, _PASSAGE_HISTORY)

DECODERS = {
    "vs121": _VS121, "vs132": _VS132, "vs133": _VS133, "vs135": _VS133, "vs350": _VS350, "vs351": _VS350,
    "vs360": _VS360,
}  # fmt: skip
