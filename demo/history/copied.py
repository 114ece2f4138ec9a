"""The past's readings on their way to an InfluxDB: SQLite answers what is asked meanwhile, and lines wait for the end.

encode(blocks) ─┬─► SQLite, a scratch file: a hundred thousand small questions cost little there
                └─► lines ─► hand_over(InfluxStore), all at once, when the past is whole
"""

from collections.abc import Sequence
from pathlib import Path

from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, StoreRejected, Verdict
from cloud.readings.influx import InfluxStore
from cloud.readings.lines import lines_of, lines_of_verdicts
from cloud.readings.sqlite import SqliteStore
from cloud.reports.points import ReportPoint
from cloud.reports.points import lines_of as lines_of_points
from demo.history.tally import Tally

WRITES_AT_ONCE = 50
POINTS_AT_ONCE = 5_000


class CopiedStore(SqliteStore):
    """A `ReadingsStore` that keeps what it is given as lines too, and counts what came from sensors."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, durable=False)
        self.tally = Tally()
        self._lines: list[bytes] = []

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        """As SQLite writes them."""
        self._lines.append(lines_of(blocks))
        for block in blocks:
            self.tally.count(block)
        return super().encode(blocks)

    async def write_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep them."""
        self._lines += [line + b"\n" for line in lines_of_verdicts(verdicts)]
        await super().write_verdicts(verdicts)

    async def hand_over(self, influx: InfluxStore, points: Sequence[ReportPoint]) -> None:
        """Write all that was stored, and the `points` of reports; StoreUnavailable where any of it is not taken."""
        refused: list[str] = []
        for start in range(0, len(self._lines), WRITES_AT_ONCE):
            result = await influx.write([EncodedWrite(lines) for lines in self._lines[start : start + WRITES_AT_ONCE]])
            refused += [each.reason for each in result.rejected]
        for start in range(0, len(points), POINTS_AT_ONCE):
            refused += (await influx.write_lines(lines_of_points(points[start : start + POINTS_AT_ONCE]))).values()
        if refused:
            raise StoreRejected(
                f"InfluxDB refused {len(refused)} points of the simulated past; the first: {refused[0]}"
            )
