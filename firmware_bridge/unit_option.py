"""The option of a source that says in which unit a device sends.

check_unit("unit", "ft", water_level) ─► value * 30.48        check_unit("unit", "ft", temperature) ─► OptionError
"""

from typing import Any

from firmware_bridge.family import OptionError
from i18n.message import LocalizedMessage
from wire import Quantity
from wire.units import Conversion, conversion


def check_unit(option: str, written: Any, quantity: Quantity) -> Conversion:
    """How values in the unit `written` become those of `quantity`; OptionError, naming `option`, where they cannot."""
    found = conversion(written, quantity) if isinstance(written, str) else None
    if found is None:
        raise OptionError(
            LocalizedMessage(
                "{option}: {written} is no unit of {quantity}; write one such as {unit}",
                option=option, written=repr(written)[:40], quantity=quantity.name, unit=repr(quantity.unit),
            )
        )  # fmt: skip
    return found
