"""A made-up trace of a flow meter behind a terminal server, as traceIOHex of EPICS prints it: requests and replies.

2026/01/01 00:00:00.000 meter:4001 write 8
01 04 00 00 00 05 30 09
"""

import struct


def _crc(content: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit, without the code that is tested."""
    value = 0xFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


_FLOATS = (27.75, 154.5)
_TALKS = (
    (bytes.fromhex("010400000005"), bytes((1, 4, 10, 0, 0)) + struct.pack(">2f", *_FLOATS)),
    (bytes.fromhex("010300000003"), bytes((1, 3, 6, 0, 1, 0, 1, 0x41, 0x20))),
    (bytes.fromhex("01010000001f"), bytes((1, 1, 4, 0x10, 0, 0, 0x10))),
    (bytes.fromhex("010200000006"), bytes((1, 2, 1, 0))),
)


def flow_meter_trace() -> str:
    """Functions 4, 3, 1 and 2, each a request and its reply."""
    lines = []
    for second, talk in enumerate(_TALKS):
        for kind, content in zip(("write", "read"), talk, strict=True):
            frame = content + _crc(content)
            lines += [f"2026/01/01 00:00:{second:02d}.000 meter:4001 {kind} {len(frame)}", frame.hex(" "), ""]
    return "\n".join(lines)
