"""Does the machine get too little voltage?

/sys/devices/platform/soc/soc:firmware/get_throttled   50005: bit 0 under-voltage now, bit 16 ever (Raspberry Pi)
/sys/class/hwmon/hwmon*/in0_lcrit_alarm                1: under-voltage (rpi_volt)

A Pi that draws more than its supply gives, as when a modem sends, writes wrong bytes to its card before it stops. Bits:
raspberrypi.com/documentation/computers/os.html#get_throttled; the alarm: drivers/hwmon/raspberrypi-hwmon.c of Linux.
"""

from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path

SYS = Path("/sys")
_THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
_LOW_NOW, _LOW_SINCE_START = 1 << 0, 1 << 16


class UnderVoltage(IntEnum):
    """What the quantity `under_voltage` says."""

    NEVER = 0
    SINCE_START = 1
    NOW = 2


def under_voltage(sys: Path = SYS) -> UnderVoltage | None:
    """Whether the voltage is or was too low, by what stands below `sys`; None where the machine does not tell."""
    flags = next(hexadecimal(sys / _THROTTLED), None)
    alarms = [value for file in sys.glob("class/hwmon/hwmon*/in0_lcrit_alarm") for value in hexadecimal(file)]
    if flags is None and not alarms:
        return None
    if (flags or 0) & _LOW_NOW or any(alarms):
        return UnderVoltage.NOW
    return UnderVoltage.SINCE_START if (flags or 0) & _LOW_SINCE_START else UnderVoltage.NEVER


def hexadecimal(file: Path) -> Iterator[int]:
    """The numbers in a file of sysfs; none where it is not there, or holds something else."""
    with suppress(OSError, ValueError):
        yield from [int(word, 16) for word in file.read_text(encoding="ascii").split()]
