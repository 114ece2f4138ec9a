"""Steady time: what every wait that outlives a process is measured on. It goes on with CLOCK_BOOTTIME and never steps.

boot A ───────┤ restart ├───────┤ power cut ├─ boot B ──►  steady
              exact: the same boot            what the wall clock says has passed, and nothing where it went back

So after a reboot a wait ends after the shorter of the time that it still had and what the wall clock makes of it.
Steady time began as UTC and means nothing to people: what is shown is worked out against the wall clock of the moment.
"""

import secrets
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from cloud.database.tables import SteadyClockRow as Row
from runtime import clock
from wire.durations import DAY_MS

BEAT_MS = 10_000
"""How often it is written down where steady time stands: what a power cut costs at most."""
FORGOTTEN_MS = 90 * DAY_MS


class Moment(NamedTuple):
    """Now, on both clocks: `wall_ms` (UTC) for what people plan and are shown, `steady_ms` for what is waited for."""

    wall_ms: int
    steady_ms: int

    def wall_of(self, steady_ms: int) -> int:
        """When that was, as people count (UTC ms): so long before now."""
        return self.wall_ms - (self.steady_ms - steady_ms)


class SteadyClock:
    """The steady time of all processes on this database; `excuse` is told, in a transaction, how long nobody was up."""

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
        known = clock.boot_id() if boot_id is None else boot_id
        # where the kernel does not say, each start counts as a boot
        self._boot = secrets.token_hex(16) if known == "unknown" else known
        self._lead_ms: int | None = None
        self._beat_ms = 0

    def at(self, connection: Connection) -> Moment:
        """Now, in the transaction of `connection`."""
        boot_ms, wall_ms = self._boot_ms(), self._wall_ms()
        known_ms = None if self._lead_ms is None else boot_ms + self._lead_ms
        steady_ms = self._begin(connection, wall_ms, boot_ms) if known_ms is None else known_ms
        if boot_ms - self._beat_ms >= BEAT_MS:
            self._beat_ms = boot_ms
            beat = update(Row).where(Row.boot == self._boot).values(steady_ms=steady_ms, wall_ms=wall_ms)
            connection.execute(beat)
        return Moment(wall_ms, steady_ms)

    def _begin(self, connection: Connection, wall_ms: int, boot_ms: int) -> int:
        """Where steady time stands. It is known once a commit before this one has kept it."""
        held = connection.execute(select(Row.lead_ms).where(Row.boot == self._boot)).scalar_one_or_none()
        if held is not None:
            self._lead_ms = held
            return boot_ms + held
        newest = connection.execute(select(Row.steady_ms, Row.wall_ms).order_by(Row.steady_ms.desc()).limit(1)).first()
        gone_ms = 0 if newest is None else max(0, wall_ms - newest.wall_ms)
        steady_ms = wall_ms if newest is None else newest.steady_ms + gone_ms
        connection.execute(delete(Row).where(Row.steady_ms < steady_ms - FORGOTTEN_MS))
        row = {"boot": self._boot, "lead_ms": steady_ms - boot_ms, "steady_ms": steady_ms, "wall_ms": wall_ms}
        connection.execute(insert(Row).values(row))
        self._excuse(connection, gone_ms)
        return steady_ms
