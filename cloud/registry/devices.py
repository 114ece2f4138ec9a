"""The device at a sensor, a dated fact: the sensor is the place and its series, the device what hangs there now.

device of sensor:river    {"make": "MaxBotix", "model": "MB7389", "serial": "A-17"}   until 2026-11-20
                          {"make": "MaxBotix", "model": "MB7389", "serial": "B-03"}   since: a replacement
"""

from typing import Any

from i18n.message import LocalizedMessage
from wire import is_printable

DEVICE = "device"
"""The name of the fact."""
PARTS = ("make", "model", "serial")
LONGEST_PART = 80
_EXAMPLE = '{"make": "MaxBotix", "model": "MB7389", "serial": "A-17"}'


def device_mistake(value: Any) -> LocalizedMessage | None:
    """Say why a value is no device; None where it is one, or null: nobody knows which."""
    if value is None:
        return None
    if not isinstance(value, dict) or "serial" not in value or not value.keys() <= set(PARTS):
        return LocalizedMessage(
            "value {value!r}: write {example}; make and model may be left out, null says that nobody knows",
            value=str(value)[:80], example=_EXAMPLE,
        )  # fmt: skip
    for name in PARTS:
        text = value.get(name, "")
        if not isinstance(text, str) or len(text) > LONGEST_PART or not is_printable(text):
            return LocalizedMessage(
                "{name}: write at most {most} characters, on one line", name=f"value.{name}", most=LONGEST_PART
            )
    if not value["serial"].strip():
        return LocalizedMessage("value.serial: is empty; write what stands on the device")
    return None


def device_text(value: Any) -> str:
    """Write a device as people read it: MaxBotix MB7389 (A-17); empty where nobody knows which it is."""
    if not isinstance(value, dict):
        return ""
    return " ".join(filter(None, (value.get("make"), value.get("model"), f"({value.get('serial', '')})")))
