"""Payloads of Milesight's devices and of Cayenne LPP: Milesight's READMEs, the documentation of myDevices."""

from firmware_bridge import Frame, Sample
from tests.unit.firmware_bridge.examples import Dialect, Message


def payload(device: str, text: str, means: Frame, **options: object) -> Message:
    return Message({"decoder": device, **options}, bytes.fromhex(text), means, f"lora/{device}")


EXAMPLE = Dialect(
    (
        payload("vs121", "05cc02000100", Frame((Sample("people_in", 2.0), Sample("people_out", 1.0)))),
        payload(
            "vs350",
            "20ceff3df16401070002001d000800",
            Frame(
                (Sample("people_in", 7.0, "", 1693531647000), Sample("people_out", 2.0, "", 1693531647000)), kept=True
            ),
        ),
        payload(
            "em500-udl",
            "01756403821e00",
            Frame((Sample("battery", 100.0), Sample("distance", 3.0), Sample("water_level", 297.0))),
            mounting_height_cm=300,
        ),
        payload(
            "lpp",
            "03670110056700ff",
            Frame(
                (Sample("temperature", 27.2, own_id="3"),),
                "temperature_5 left out: channels or values choose among several",
                (Sample("temperature", 25.5, own_id="5"),),
            ),
        ),
    ),
    mutant=("data=payload_in(message)", "data=payload_in(message)[:-1]"),
)
