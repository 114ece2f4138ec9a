"""What carries a Modbus frame: RTU and TCP find it, take it apart and put it together in their own ways."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from firmware_bridge.framing import Framing


class Adu(NamedTuple):
    """A frame taken apart; `number` is the transaction's of Modbus TCP, 0 over RTU, where there is none."""

    address: int
    pdu: bytes
    number: int = 0


class Carrier(msgspec.Struct, frozen=True):
    """What RTU and TCP do in their own ways: find frames, take them apart, and put them together."""

    framing: Framing
    split: Callable[[bytes], Adu]
    build: Callable[[Adu], bytes]
    is_numbered: bool
