"""Cayenne LPP: a channel, a type and big-endian data, again and again; the type is that of IPSO less 3200.

    03 67 0110 | 05 67 00ff      27.2 Cel on channel 3, 25.5 Cel on channel 5
    01 67 ffd7                   -4.1 Cel

Fields are named as the decoders of The Things Stack and ChirpStack name them: temperature_3. What has no meaning of its
own (analogue and digital inputs, voltages, directions) waits for `values` to give it one.

Source: docs.mydevices.com, Cayenne LPP 2.0; the types from 100 on: github.com/ElectronicCats/CayenneLPP.
"""

from firmware_bridge.payloads.field import Payload, PayloadField

# size in bytes, name, divisor, signed; where a type is no single number, its name is ""
TYPES: dict[int, tuple[int, str, float, bool]] = {
    0x00: (1, "digital_in", 1, False), 0x01: (1, "digital_out", 1, False), 0x02: (2, "analog_in", 100, True),
    0x03: (2, "analog_out", 100, True), 0x64: (4, "generic", 1, False), 0x65: (2, "luminosity", 1, False),
    0x66: (1, "presence", 1, False), 0x67: (2, "temperature", 10, True), 0x68: (1, "relative_humidity", 2, False),
    0x71: (6, "", 1_000, True), 0x73: (2, "barometric_pressure", 10, False), 0x74: (2, "voltage", 100, False),
    0x75: (2, "current", 1_000, False), 0x76: (4, "frequency", 1, False), 0x78: (1, "percentage", 1, False),
    0x79: (2, "altitude", 1, True), 0x7D: (2, "concentration", 1, False), 0x80: (2, "power", 1, False),
    0x82: (4, "distance", 1_000, False), 0x83: (4, "energy", 1_000, False), 0x84: (2, "direction", 1, False),
    0x85: (4, "unix_time", 1, False), 0x86: (6, "", 100, True), 0x87: (3, "", 1, False), 0x88: (9, "", 10_000, True),
    0x8E: (1, "switch", 1, False),
}  # fmt: skip
_MOST_FIELDS = 250
_TYPE_OF = {name: (code, size, divisor, signed) for code, (size, name, divisor, signed) in TYPES.items() if name}


def encode(values: dict[str, float]) -> bytes:
    """The payload with `values` by the names of fields: {"temperature_3": 27.2}."""
    payload = b""
    for field, value in values.items():
        name, _, channel = field.rpartition("_")
        code, size, divisor, signed = _TYPE_OF[name]
        payload += bytes((int(channel), code)) + round(value * divisor).to_bytes(size, "big", signed=signed)
    return payload


def decode(payload: bytes) -> Payload:
    """Read a payload."""
    fields: list[PayloadField] = []
    note = ""
    at = 0
    while at < len(payload) and len(fields) < _MOST_FIELDS:
        channel, code = payload[at], payload[at + 1 : at + 2]
        size, name, divisor, signed = TYPES.get(code[0], (0, "", 1.0, False)) if code else (0, "", 1.0, False)
        end = at + 2 + size
        if not size or end > len(payload):
            what = f"type {code.hex()}, which Cayenne LPP has not" if code and not size else "no whole value"
            if not fields:
                return Payload((), "", f"channel {channel} at byte {at} has {what}: is it Cayenne LPP?")
            note = f"channel {channel} at byte {at} has {what}: not read from there on"
            break
        if name:
            value = int.from_bytes(payload[at + 2 : end], "big", signed=signed) / divisor
            fields.append(PayloadField(f"{name}_{channel}", value))
        at = end
    return Payload(tuple(fields), note) if payload else Payload((), "", "payload is empty")


DECODERS = {"lpp": decode, "cayenne-lpp": decode}
