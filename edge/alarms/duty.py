"""What an output has to do: pure.

open alarms, the cloud's requests ─► the worst that reaches the output's stage ─► OutputDuty(on, severity, text)

    lamp   from moderate (Siaga 3)      on on on
    siren  from severe   (Siaga 2)         on on        a local alarm wins: no request makes it quiet
"""

from collections.abc import Iterable

import msgspec

from rules.rule import Severity


class Call(msgspec.Struct, frozen=True):
    """Somebody wants outputs on: an alarm of this gateway, or the cloud for one of its own (`from_cloud`)."""

    severity: Severity
    alarm: str
    site: str
    sensor: str
    text: dict[str, str]
    from_cloud: bool = False


class OutputDuty(msgspec.Struct, frozen=True):
    """What an output has to do, and for whom, the worst call first; none: it is off."""

    calls: tuple[Call, ...] = ()

    @property
    def on(self) -> bool:
        """Whether it sounds."""
        return bool(self.calls)


OFF = OutputDuty()


def duty_of(from_severity: Severity, calls: Iterable[Call]) -> OutputDuty:
    """The duty of an output whose stage begins at `from_severity`."""
    calling = [call for call in calls if call.severity.rank >= from_severity.rank]
    return OutputDuty(tuple(sorted(calling, key=lambda call: (call.from_cloud, -call.severity.rank, call.alarm))))
