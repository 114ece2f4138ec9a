"""The part `alarms` of the city's configuration, handed on; what it needs is loaded when there is anything in it.

"alarms":{"rules":[…]} ─► LocalAlarmsPart.use        no rules, and no outputs: nothing is loaded
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from wire.local_alarms import LocalAlarms, decode_local_alarms

if TYPE_CHECKING:
    from edge.alarms.local_alarms import LocalAlarmsPart


class AlarmsReader:
    """Reads the part for `running`, which is None until `begin` has made it."""

    def __init__(self, running: "Callable[[], LocalAlarmsPart | None]", begin: "Callable[[], LocalAlarmsPart]") -> None:
        self._running, self._begin = running, begin

    def check(self, raw: msgspec.Raw) -> None:
        """WireError where it cannot be used; a rule that is wrong is left out alone, when it is used."""
        decode_local_alarms(bytes(raw))

    def use(self, raw: msgspec.Raw | None) -> None:
        """Use it; None where the city says nothing of alarms."""
        alarms = LocalAlarms() if raw is None else decode_local_alarms(bytes(raw))
        part = self._running()
        if part is None and (alarms.rules or alarms.outputs):
            part = self._begin()
        if part is not None:
            part.use(alarms)
