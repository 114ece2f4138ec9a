"""What is remembered of each LoRaWAN device over a restart of the gateway: its totals, and which uplinks came last.

    24e124136b502217   uplink 191 at 12:54:34, 192 at 13:04:34   rainfall_total 1.390 mm
        ─► {"uplink/4f1c9a0b": 1772888074482, "uplink/0d31e277": 1772888674482, "total/rainfall_total": 1390}

An uplink is known again by its identifier, session, counter and payload, and by its time, since counters begin again. A
broker delivers one again whose PUBACK was lost, and gives the one that it retains to each who comes.
"""

from collections.abc import Mapping
from zlib import crc32

from firmware_bridge.uplink_message import DeviceUplink
from firmware_bridge.uplink_totals import UplinkTotals

MOST_DEVICES = 1_000
MOST_UPLINKS = 8
"""Of one device, that are known again."""
LONGEST_NAME = 200
_AGAIN_WITHIN_MS = 120_000
_UPLINK = "uplink/"
_NO_TIME = -1


class UplinkDevice:
    """One device, with what `memory` says of it."""

    def __init__(self, memory: Mapping[str, int]) -> None:
        uplinks = {key.removeprefix(_UPLINK): time for key, time in memory.items() if key.startswith(_UPLINK)}
        self._time_of: dict[str, int] = dict(list(uplinks.items())[-MOST_UPLINKS:])
        self.totals = UplinkTotals(memory)

    def memory(self) -> dict[str, int]:
        """What must survive a restart of the gateway."""
        return {f"{_UPLINK}{uplink}": time_ms for uplink, time_ms in self._time_of.items()} | self.totals.memory()

    def is_again(self, uplink: DeviceUplink) -> bool:
        """Whether this uplink came already; it has by now."""
        if uplink.counter is None and not uplink.identifier:
            return False
        content = (uplink.identifier, uplink.session, uplink.counter, uplink.data, repr(uplink.decoded)[:2_000])
        this, now_ms = f"{crc32(repr(content).encode()):08x}", _NO_TIME if uplink.time_ms is None else uplink.time_ms
        before_ms = self._time_of.pop(this, None)
        again = before_ms is not None and (
            _NO_TIME in (before_ms, now_ms) or abs(now_ms - before_ms) < _AGAIN_WITHIN_MS
        )
        self._time_of[this] = before_ms if again and before_ms is not None else now_ms
        if len(self._time_of) > MOST_UPLINKS:
            del self._time_of[next(iter(self._time_of))]
        return again


class UplinkDevices:
    """The devices that were heard, the one heard longest ago first."""

    def __init__(self) -> None:
        self._devices: dict[str, UplinkDevice] = {}
        self._heard: dict[str, None] = {}

    def of(self, name: str) -> UplinkDevice:
        """The device of this name, of which an uplink came."""
        name = name[:LONGEST_NAME]
        device = self._devices.pop(name, None) or UplinkDevice({})
        self._devices[name] = device
        self._heard[name] = None
        self._bound()
        return device

    def news(self) -> dict[str, dict[str, int]]:
        """As `Remembering` has it."""
        heard, self._heard = self._heard, {}
        return {name: self._devices[name].memory() for name in heard}

    def recall(self, memory: Mapping[str, Mapping[str, int]]) -> None:
        """As `Remembering` has it."""
        for name, known in memory.items():
            self._heard.pop(name, None)
            self._devices.pop(name, None)
            if known:
                self._devices[name] = UplinkDevice(known)
        self._bound()

    def _bound(self) -> None:
        while len(self._devices) > MOST_DEVICES:
            oldest = next(iter(self._devices))
            del self._devices[oldest]
            self._heard.pop(oldest, None)
