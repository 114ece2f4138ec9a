"""Payload decoders of LoRaWAN devices: what a device packs into a few bytes, shared by the dialects of network servers.

payload_decoder("vs121")(bytes.fromhex("05cc02000100")) ─► Payload((PayloadField("people_in", 2), …("people_out", 1)))

One file for each way of packing, read when a device of it is first asked for. Fields have the names of the vendor's own
codec, so that what a codec has decoded already is understood by the same table (meanings.py).
"""

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

from firmware_bridge.payloads.field import Payload

PayloadDecoder = Callable[[bytes], Payload]

# the devices of each file, by the names that people write
_FILES: dict[str, tuple[str, ...]] = {
    "cayenne_lpp": ("lpp", "cayenne-lpp"),
    "milesight_air": (
        "am102", "am102l", "am103", "am103l", "am104", "am107", "am307", "am307l", "am308", "am308l", "am319",
        "am319-hcho", "am319-o3", "am319l", "em300-th", "em320-th", "em500-co2", "em500-lgt", "wts305", "wts505",
        "wts506",
    ),
    "milesight_level": (
        "em310-udl", "em400-mud", "em400-tld", "em400-udl", "em410-rdl", "em411-rdl", "em500-swl", "em500-udl",
    ),
    "milesight_people": ("vs121", "vs132", "vs133", "vs135", "vs350", "vs351", "vs360"),
}  # fmt: skip
DEVICES: tuple[str, ...] = tuple(sorted(device for devices in _FILES.values() for device in devices))
"""All that can be decoded, in the order of names."""
_FILE_OF = {device: file for file, devices in _FILES.items() for device in devices}
_PLAIN = {device.replace("-", ""): device for device in DEVICES}


def device_named(text: str) -> str:
    """The device that `text` means, whatever its capitals and hyphens: "EM310_UDL" is "em310-udl"; "" where none is."""
    return _PLAIN.get("".join(letter for letter in text.casefold() if letter.isalnum()), "")


def device_within(text: str) -> str:
    """The device that is named somewhere in `text`, such as the name of a device profile; "" where none or several are.

    "Milesight VS133-P (EU868)" names a vs133, and "EM310-UDL" no EM310 of another kind.
    """
    words = "".join(letter if letter.isalnum() else " " for letter in text[:200].casefold()).split()
    pairs = ["".join(pair) for pair in pairwise(words)]
    found = {_PLAIN[word] for word in (*pairs, *words) if word in _PLAIN}
    return found.pop() if len(found) == 1 else ""


def payload_decoder(device: str) -> PayloadDecoder:
    """How payloads of a device of DEVICES are read."""
    decoders: dict[str, PayloadDecoder] = import_module(f"{__name__}.{_FILE_OF[device]}").DECODERS
    return decoders[device]
