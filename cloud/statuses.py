"""What each gateway last said of itself on `…/status`:  online, spool depth, clock, each source's state.

Kept in memory alone: the topic is retained, so the broker tells all of it again after a restart.
"""

import logging

from wire import Status, WireError, decode_status

MAX_GATEWAYS = 10_000
_log = logging.getLogger(__name__)


class Statuses:
    """The newest status of each gateway, of at most `MAX_GATEWAYS`."""

    def __init__(self) -> None:
        self._statuses: dict[str, Status] = {}

    def status(self, gateway_id: str) -> Status | None:
        """What the gateway, or the broker as its last will, said last; None before any word."""
        return self._statuses.get(gateway_id)

    def take(self, gateway_id: str, payload: bytes) -> None:
        """Take the payload of `…/status`; an empty one takes the status away, one that does not parse changes none."""
        if not payload:
            self._statuses.pop(gateway_id, None)
            return
        try:
            status = decode_status(payload)
        except WireError as error:
            _log.warning("gateway %s: %s", gateway_id, error)
            return
        if gateway_id in self._statuses or len(self._statuses) < MAX_GATEWAYS:
            self._statuses[gateway_id] = status
