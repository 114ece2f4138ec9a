"""Milesight's level sensors: EM310-, EM400- and EM500-UDL (ultrasonic), EM410- and EM411-RDL (radar), EM500-SWL.

01 75 5c | 03 82 4408 | 04 00 01     battery 92 %, surface 2116 mm away, and the sensor hangs askew
03 77 0200                           2 cm of water over the probe (ffff, fffd: its probe has failed)
20 ce 7b3af164 1e00                  at 2023-09-01T01:12:27Z the surface was 30 mm away
"""

from firmware_bridge.payloads.tlv import BATTERY, TlvDevice

_EM310_UDL = TlvDevice("EM310-UDL", {**BATTERY, "0382": "distance:H!", "0400": "tilt:B"})
_EM400 = TlvDevice(
    "EM400",
    {
        **BATTERY, "0367": "temperature:h/10", "0482": "distance:H!", "0500": "tilt:B", "0688": "-:9s",
        "8367": "temperature:h/10 -:B", "8482": "distance:H! -:B",
    },
)  # fmt: skip
_EM410_RDL = TlvDevice(
    "EM410-RDL",
    {
        **BATTERY, "0367": "temperature:h!/10", "0482": "distance:H!", "0500": "tilt:B", "06c7": "-:h",
        "8482": "distance:H! -:B", "9482": "distance:H! -:H -:B", "b482": "distance:H! -:B",
    },
    {"20ce": "distance:H! temperature:h!/10 -:h -:B"},
)  # fmt: skip
_EM500_UDL = TlvDevice(
    "EM500-UDL",
    {**BATTERY, "0382": "distance:H!", "83e9": "-:H -:H -:B"},  # in which unit the alarm says it, no document tells
    {"20ce": "distance:H!"},
)
_EM500_SWL = TlvDevice("EM500-SWL", {**BATTERY, "0377": "depth:H!", "ff1b": "-:5s"}, {"20ce": "depth:H!"})

DECODERS = {
    "em310-udl": _EM310_UDL, "em400-mud": _EM400, "em400-tld": _EM400, "em400-udl": _EM400, "em410-rdl": _EM410_RDL,
    "em411-rdl": _EM410_RDL, "em500-swl": _EM500_SWL, "em500-udl": _EM500_UDL,
}  # fmt: skip
