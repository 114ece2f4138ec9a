"""Sirens and lamps of gateways that should be on now, and do not say that they are: a part of health, so that it pages.

…/status "alarms":[{"sensor":"river","closed_ms":0,"problem":"siren: no answer", …}] ─► "gateway gw-daruba, …"

Degraded and no more, since the cloud itself is well; but told as soon as what is down (cloud/monitoring/trouble.py).
What a gateway said last counts until it says otherwise: one that is gone since then has sounded nothing either.
"""

from cloud.core.health import Component, Condition
from wire import Status
from wire.local_alarms import RaisedAlarm

MOST_GATEWAYS = 10_000
MOST_NAMED = 3
"""Gateways that a sentence names."""


class SilentOutputs:
    """The gateways of which an open alarm lacks an output."""

    def __init__(self) -> None:
        self._lacking: dict[str, RaisedAlarm] = {}

    def on_status(self, gateway: str, status: Status) -> None:
        """Take a status that is of now."""
        if not status.online:
            return  # its last word, or its will, which know no more
        lacking = next((each for each in status.alarms if not each.closed_ms and each.problem), None)
        self._lacking.pop(gateway, None)
        if lacking is not None and len(self._lacking) < MOST_GATEWAYS:
            self._lacking[gateway] = lacking

    def component(self) -> Component:
        """How the outputs are doing."""
        if not self._lacking:
            return Component(Condition.OK, "no siren or lamp is missing that an alarm of a gateway calls for")
        named = [
            f"gateway {gateway}, {alarm.family} of {alarm.sensor}: {alarm.problem}"
            for gateway, alarm in sorted(self._lacking.items())[:MOST_NAMED]
        ]
        more = f"; and {len(self._lacking) - MOST_NAMED} more" if len(self._lacking) > MOST_NAMED else ""
        return Component(
            Condition.DEGRADED, f"an alarm stands and is not heard: {'; '.join(named)}{more}; warn the people there"
        )
