"""What this machine is, as the archives of a version are named:  aarch64  armv7l  x86_64"""

import platform
import struct

_ARM_32 = ("aarch64", "armv8l", "armv7l")


def architecture() -> str:
    """Whose archive this machine takes: its programs count, since a 64-bit kernel may have a 32-bit system."""
    machine, bits = platform.machine(), struct.calcsize("P") * 8
    return "armv7l" if machine in _ARM_32 and bits == 32 else machine
