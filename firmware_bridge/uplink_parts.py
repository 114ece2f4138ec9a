"""What the messages of all LoRaWAN network servers have in them: base64, times of reception, gateways that received.

"AXVkA4IeAA==" ─► bytes       {"rxInfo": [{"rssi": -57, "snr": 9.2}, …]} ─► signal -57 dBm, signal_to_noise 9.2 dB
a gateway says 1980, or an hour ahead of its server  ─► the server's time
"""

import base64
import binascii
from typing import Any

from firmware_bridge.device_json import find, number
from firmware_bridge.payloads.field import PayloadField
from firmware_bridge.timestamps import READERS

_AHEAD_MS, _BEHIND_MS = 60_000, 24 * 60 * 60_000
"""A gateway that is further from its server has a wrong clock, and no long way to it."""


def base64_in(written: Any) -> bytes | None:
    """What base64 spells, b"" where nothing stands, None where it is none."""
    if written is None or written == "":
        return b""
    try:
        return base64.b64decode(written, validate=True) if type(written) is str else None
    except (binascii.Error, ValueError):
        return None


def text_in(value: Any) -> str:
    """A text as it stands, cut where it is long; "" for what is none."""
    return value[:200] if type(value) is str else ""


def time_at(document: Any, *path: str) -> int | None:
    """The ISO time at a path, if there is one."""
    time_ms = READERS["iso"](find(document, path), None)
    return time_ms if isinstance(time_ms, int) else None


def received_ms(at_gateway: int | None, at_server: int | None) -> int | None:
    """When an uplink was received: by the gateway's clock, unless the server's shows that to be wrong."""
    if at_gateway is None or at_server is None:
        return at_server if at_gateway is None else at_gateway
    return at_gateway if -_AHEAD_MS <= at_server - at_gateway <= _BEHIND_MS else at_server


def signal_of(received: Any, *ratios: str) -> tuple[PayloadField, ...]:
    """How the gateway that received it best did so; `ratios` are the keys of the signal-to-noise ratio."""
    heard: list[tuple[float, dict[str, Any]]] = []
    for gateway in received if type(received) is list else ():
        strength = number(gateway.get("rssi")) if type(gateway) is dict else ""
        if isinstance(strength, float):
            heard.append((strength, gateway))
    if not heard:
        return ()
    strength, best = max(heard, key=lambda entry: entry[0])
    ratio = next((found for key in ratios if isinstance(found := number(best.get(key)), float)), None)
    more = () if ratio is None else (PayloadField("signal_to_noise", ratio),)
    return (PayloadField("signal", strength), *more)
