"""Sirens and lamps of gateways that should be on now, and do not say that they are: a part of health, so that it pages.

…/status "alarms":[{"sensor":"river","closed_ms":0,"problem":"siren: no answer", …}] ─► "gateway gw-daruba, …"

Degraded and no more, since the cloud itself is well; but told as soon as what is down (cloud/monitoring/trouble.py).
What a gateway said last counts until it says otherwise: one that is gone since then has sounded nothing either.
"""

from cloud.core.health import Component, Condition
from i18n.message import LocalizedMessage, first_of
from wire import Status
from wire.local_alarms import RaisedAlarm

MOST_GATEWAYS = 10_000
MOST_NAMED = 3
"""Gateways that a sentence names."""

NONE_MISSING = LocalizedMessage("no siren or lamp is missing that an alarm of a gateway calls for")


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
            return Component(Condition.OK, NONE_MISSING)
        named = [
            LocalizedMessage(
                "gateway {gateway}, {family} of {sensor}: {problem}",
                gateway=gateway, family=alarm.family, sensor=alarm.sensor, problem=alarm.problem,
            )
            for gateway, alarm in sorted(self._lacking.items())
        ]  # fmt: skip
        said = LocalizedMessage(
            "an alarm stands and is not heard: {outputs}; warn the people there",
            outputs=first_of(named, most=MOST_NAMED),
        )
        return Component(Condition.DEGRADED, said)
