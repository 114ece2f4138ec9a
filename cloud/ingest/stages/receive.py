"""Receive: when did a message really arrive?      QueuedMessage ─► ReceivedMessage(…, arrived_ms)

arrived_ms  =  this server's clock  +  its error, if the gateways agree on one  −  how long the message has waited
"""

from collections.abc import Callable

import msgspec

from cloud.ingest.fleet_clock import FleetClock
from runtime.clock import MACHINE, Clocks


class ReceivedMessage(msgspec.Struct, frozen=True):
    """The `payload` of a message of `gateway` that arrived at `arrived_ms` (UTC).

    `arrived_boot_ms` is the same on the clock that counts from this machine's boot; None for a dead letter, whose
    arrival was long ago.
    """

    payload: bytes
    gateway: str
    arrived_ms: int
    arrived_boot_ms: int | None = None


class CorrectedClock:
    """This server's clock, put right where its gateways agree that it is wrong.

    `is_undelayed` says whether nothing holds up what arrives now.
    """

    def __init__(self, fleet_clock: FleetClock, *, is_undelayed: Callable[[], bool], clock: Clocks = MACHINE) -> None:
        self.server = clock
        """This server's clocks, as they are."""
        self._fleet_clock = fleet_clock
        self._is_undelayed = is_undelayed

    def now_ms(self) -> int:
        """The time (UTC)."""
        return self.server.wall_ms() + self.error_ms()

    def error_ms(self) -> int:
        """What to add to our clock. Gateways behind us count only while nothing is delayed: else they may be late."""
        error_ms = self._fleet_clock.error_ms()
        return error_ms if error_ms > 0 or self._is_undelayed() else 0


class ReceiveStage:
    """Tells when a message arrived, by `corrected_clock`."""

    def __init__(self, corrected_clock: CorrectedClock) -> None:
        self._clock = corrected_clock

    def run(self, payload: bytes, gateway: str, *, waited_ms: int) -> ReceivedMessage:
        """Give a message that has waited for `waited_ms` its time of arrival."""
        return ReceivedMessage(
            payload, gateway, self._clock.now_ms() - waited_ms, self._clock.server.boot_ms() - waited_ms
        )
