"""An uplink as every LoRaWAN network server tells of it, in its own words.

DeviceUplink("24e124136b502217", data=05 cc 0200 0100, counter=191, session="00189440", time_ms=1772855674482)
"""

from typing import Any

import msgspec

from firmware_bridge.payloads.field import PayloadField


class DeviceUplink(msgspec.Struct, frozen=True):
    """A message of a device: `data` as it came over the air, `decoded` by the server's codec, `fixed` by it in units.

    `device` is its EUI, `name` what the server calls it, `hints` texts that may name its kind (a device profile).
    `counter` and `session` are the frame's; `time_ms` when it was received. `signal` is of the best gateway.
    """

    device: str
    name: str = ""
    data: bytes = b""
    decoded: Any = None
    fixed: Any = None
    hints: tuple[str, ...] = ()
    counter: int | None = None
    session: str = ""
    identifier: str = ""
    time_ms: int | None = None
    signal: tuple[PayloadField, ...] = ()
    note: str = ""
