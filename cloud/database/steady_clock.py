"""Steady time measures every wait that outlives a process. It goes on with CLOCK_BOOTTIME and never steps.

boot A ───────┤ restart ├───────┤ power cut ├─ boot B ──►  steady
              exact: the same boot            what the wall clock says has passed, and nothing where it went back

So after a reboot a wait ends no later than the time that it still had, whatever the wall clock says by then. Steady
time began as UTC and drifts from it: what people are shown is converted by the wall clock of the moment.
"""

import secrets
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from cloud.database.tables import SteadyClockRow as Row
from runtime import clock
from wire.durations import DAY_MS

SAVE_EVERY_MS = 10_000
"""How often the position of steady time is saved: what a power cut costs at most."""
FORGOTTEN_MS = 90 * DAY_MS


class Moment(NamedTuple):
    """Now, on both clocks: `wall_ms` (UTC) for what people plan and are shown, `steady_ms` for what is waited for."""

    wall_ms: int
    steady_ms: int

    def wall_of(self, steady_ms: int) -> int:
        """Convert a steady time to UTC (ms): as long before now."""
        return self.wall_ms - (self.steady_ms - steady_ms)


class SteadyClock:
    """The steady time of all processes on this database; `excuse` is called with how long none of them was up."""

    def __init__(
        self,
        *,
        excuse: Callable[[Connection, int], None] = lambda _connection, _gone_ms: None,
        wall_ms: Callable[[], int] = clock.wall_ms,
        boot_ms: Callable[[], int] = clock.boot_ms,
        boot_id: str | None = None,
    ) -> None:
        self._excuse = excuse
        self._wall_ms = wall_ms
        self._boot_ms = boot_ms
        found = clock.boot_id() if boot_id is None else boot_id
        # where the kernel does not say, each start counts as a boot
        self._boot = secrets.token_hex(16) if found == "unknown" else found
        self._lead_ms: int | None = None
        self._saved_ms = 0

    def at(self, connection: Connection) -> Moment:
        """Read both clocks, in the transaction of `connection`."""
        boot_ms, wall_ms = self._boot_ms(), self._wall_ms()
        known_ms = None if self._lead_ms is None else boot_ms + self._lead_ms
        steady_ms = self._begin(connection, wall_ms, boot_ms) if known_ms is None else known_ms
        if boot_ms - self._saved_ms >= SAVE_EVERY_MS:
            self._saved_ms = boot_ms
            position = update(Row).where(Row.boot == self._boot).values(steady_ms=steady_ms, wall_ms=wall_ms)
            connection.execute(position)
        return Moment(wall_ms, steady_ms)

    def _begin(self, connection: Connection, wall_ms: int, boot_ms: int) -> int:
        """Return the steady time of a process that has none yet; it remembers only a position that is committed."""
        lead = connection.execute(select(Row.lead_ms).where(Row.boot == self._boot)).scalar_one_or_none()
        if lead is not None:
            self._lead_ms = lead
            return boot_ms + lead
        newest = connection.execute(select(Row.steady_ms, Row.wall_ms).order_by(Row.steady_ms.desc()).limit(1)).first()
        gone_ms = 0 if newest is None else max(0, wall_ms - newest.wall_ms)
        steady_ms = wall_ms if newest is None else newest.steady_ms + gone_ms
        connection.execute(delete(Row).where(Row.steady_ms < steady_ms - FORGOTTEN_MS))
        row = {"boot": self._boot, "lead_ms": steady_ms - boot_ms, "steady_ms": steady_ms, "wall_ms": wall_ms}
        connection.execute(insert(Row).values(row))
        self._excuse(connection, gone_ms)
        return steady_ms
