"""The past's readings on their way to an InfluxDB: SQLite answers what is asked meanwhile, and lines wait to be taken.

encode(blocks) ─┬─► SQLite, a scratch file: a hundred thousand small questions cost little there
                └─► lines ─► take_lines(), stretch by stretch
"""

from collections.abc import Sequence
from pathlib import Path

from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, Verdict
from cloud.readings.lines import lines_of, lines_of_verdicts
from cloud.readings.sqlite import SqliteStore
from demo.history.tally import Tally


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

    def take_lines(self) -> list[bytes]:
        """What was stored since the last time, in the order in which it was."""
        taken, self._lines = self._lines, []
        return taken
