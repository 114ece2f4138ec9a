"""A block: what is written to the readings store, in columns.

    Block(site="daruba", sensor="air-market", gateway="gw-daruba", domain=Domain.AIR, marks=0,
          times_ms=[…], fields=(("pm2_5", […]), ("pm10", […])))

All quantities of a sensor that share their times stand in one block, so that one line carries them all.
"""

import msgspec


class Block(msgspec.Struct, frozen=True, gc=False):
    """Readings of one sensor that share times and marks: `times_ms` in UTC, each of `fields` as long as it.

    `span_ms` is the first and the last of the times, where they were worked out already: see `span`.
    """

    site: str
    sensor: str
    gateway: str
    domain: str
    marks: int
    times_ms: list[int]
    fields: tuple[tuple[str, list[float]], ...]
    span_ms: tuple[int, int] | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last of the times, which need not be in order."""
        return self.span_ms or (min(self.times_ms), max(self.times_ms))

    @property
    def size(self) -> int:
        """How many readings the block holds."""
        return len(self.times_ms) * len(self.fields)
