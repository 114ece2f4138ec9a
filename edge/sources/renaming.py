"""What a sensor's family calls one thing and the city another:  quantities = { noise = "leq" }  in its [[sources]].

Frame((Sample("noise", 61.5),)) ─► Frame((Sample("leq", 61.5),))        the value stays, so both are of one unit
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from firmware_bridge.family import nearest
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage
from wire import QuantityTable

Names = Mapping[str, str]
"""By the family's name of a quantity the city's."""


def renamed(frame: Frame, names: Names) -> Frame:
    """A frame whose samples have the city's names."""
    if not names:
        return frame
    return msgspec.structs.replace(frame, samples=_renamed(frame.samples, names), others=_renamed(frame.others, names))


def _renamed(samples: Sequence[Sample], names: Names) -> tuple[Sample, ...]:
    return tuple(
        msgspec.structs.replace(sample, quantity=names[sample.quantity]) if sample.quantity in names else sample
        for sample in samples
    )


def mistakes_in_names(names: object, given: Sequence[str], table: QuantityTable) -> Iterator[LocalizedMessage]:
    """What is wrong with the key `quantities` of a source whose family gives the quantities `given`."""
    if not isinstance(names, dict):
        return
    for name, own in names.items():
        if name not in given:
            yield LocalizedMessage(
                "quantities.{name}: this source gives no such quantity; {advice}",
                name=name[:80], advice=nearest(name, given),
            )  # fmt: skip
        elif not isinstance(own, str) or own not in table.measured:
            yield LocalizedMessage(
                "quantities.{name}: {own} is no quantity; {advice}",
                name=name, own=repr(own)[:80], advice=nearest(own, table.measured),
            )  # fmt: skip
        elif table[own].unit != table[name].unit:
            yield LocalizedMessage(
                "quantities.{name}: {own} is in {unit}, and what comes is in {other}; name a quantity of the same unit",
                name=name, own=own, unit=table[own].unit, other=table[name].unit,
            )  # fmt: skip
    left = [name for name in given if name not in names]
    taken: set[object] = set(left)
    for name, own in names.items():
        if own in taken and name in given:
            yield LocalizedMessage(
                "quantities.{name}: two of this source would be {own}; write another", name=name, own=repr(own)[:80]
            )
        taken.add(str(own))
