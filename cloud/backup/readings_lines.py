"""The readings as lines of InfluxDB's protocol, from any store and into any, with no more than a page in memory.

air,gateway=gw-daruba,sensor=air-market,site=daruba pm10=30.5,pm2_5=12.0 1764000000000        domain by domain
verdict,quantity=pm2_5,sensor=air-market marks=0i 1764000000000                              and the verdicts on them
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from cloud.backup.manifest import BackupError, ContentTally
from cloud.backup.tallies import ReadingsTally
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, Verdict
from cloud.readings.lines import blocks_of, lines_of, lines_of_verdicts, verdict_of
from wire import QuantityTable

LINES_PER_WRITE = 10_000


async def dump_readings(
    store: ReadingsStore, write: Callable[[bytes], None], table: QuantityTable
) -> dict[str, ContentTally]:
    """Give every reading of the quantities in `table` to `write`, as lines; return the tallies.

    StoreUnavailable where it fails.
    """
    tallies: dict[str, ContentTally] = {}
    for domain in map(str, table.domains):
        found = ReadingsTally()
        async for block in store.read_all(domain, table.of_domain(domain)):
            write(lines_of([block]))
            found.add(block)
        tallies[domain] = found.tally()
    async for verdicts in store.read_verdicts():
        write(b"".join(line + b"\n" for line in lines_of_verdicts(verdicts)))
    return tallies


async def tally_readings(store: ReadingsStore, table: QuantityTable) -> dict[str, ContentTally]:
    """Tally the readings in the store of the quantities in `table`."""
    return await dump_readings(store, lambda _lines: None, table)


def tally_blocks(lines: Iterable[bytes]) -> dict[str, ContentTally]:
    """Tally the readings in `lines`; BackupError where they are no lines of a backup."""
    found = defaultdict[str, ReadingsTally](ReadingsTally)
    for block in _blocks(line for line in lines if _verdict(line) is None):
        found[block.domain].add(block)
    return {domain: each.tally() for domain, each in found.items()}


async def load_readings(store: ReadingsStore, lines: Iterable[bytes]) -> list[str]:
    """Write `lines` to the store; a sentence for each point that it refused for ever. StoreUnavailable, BackupError."""
    refused: list[str] = []
    rest = iter(lines)
    while chunk := list(islice(rest, LINES_PER_WRITE)):
        verdicts = [verdict for line in chunk if (verdict := _verdict(line)) is not None]
        blocks = list(_blocks(line for line in chunk if _verdict(line) is None))
        if blocks:
            result = await store.write([store.encode(blocks)])
            refused += [rejected.reason for rejected in result.rejected]
        if verdicts:
            await store.write_verdicts(verdicts)
    return refused


def _verdict(line: bytes) -> Verdict | None:
    try:
        return verdict_of(line)
    except ValueError as error:
        raise BackupError(f"the backup's readings are damaged: {error}; use another") from None


def _blocks(lines: Iterable[bytes]) -> Iterator[Block]:
    try:
        yield from blocks_of(lines)
    except (ValueError, KeyError) as error:
        raise BackupError(f"the backup's readings are damaged: {error}; use another") from None
