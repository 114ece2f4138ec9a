"""Simulated devices, sans-I/O: what a sensor of each family writes by itself, and answers when it is asked.

device = simulated("sds011")({"model": "sds011"}, values)      values(time_s) ─► {"pm2_5": 12.3, "pm10": 30.1}
device.due(now_s)          ─► bytes that it writes by now
device.feed(bytes, now_s)  ─► bytes that it answers

One file for each family, named as the family's; `FAULTS` (faults.py) spoil what any of them writes, `curves.py` has
values as a day brings them. For demo/, `siaga-edge simulate` and the tests: nothing here knows a clock or a port.
"""

from importlib import import_module

from firmware_bridge.family import SerialFamily
from firmware_bridge.simulated.device import MakeDevice, SimulatedDevice, Values

__all__ = ["MakeDevice", "SimulatedDevice", "Values", "simulated"]


def simulated(family: SerialFamily) -> MakeDevice:
    """How a device of `family` is made."""
    module = import_module(f"firmware_bridge.simulated.{family.decoder.__module__.rpartition('.')[2]}")
    make: MakeDevice = module.make
    return make
