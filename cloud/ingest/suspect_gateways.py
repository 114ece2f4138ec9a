"""Gateways that are written in isolation for a while, since the store rejected a reading of theirs for ever.

gw-daruba  rejected 12:00 ─► isolated until 12:10        so that the next such reading keeps no other gateway waiting
"""

import time

SUSPECT_S = 600.0


class SuspectGateways:
    """Gateways, each for SUSPECT_S after the last rejection."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}

    def add(self, gateway: str) -> None:
        """Suspect a gateway from now on."""
        self._since_s[gateway] = time.monotonic()

    def __contains__(self, gateway: str) -> bool:
        since_s = self._since_s.get(gateway)
        if since_s is None or time.monotonic() - since_s < SUSPECT_S:
            return since_s is not None
        del self._since_s[gateway]
        return False
