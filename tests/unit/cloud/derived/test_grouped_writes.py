"""What is computed at once is told to the rules and written at once."""

from collections.abc import Sequence

from cloud.derived.grouped_reads import GroupedReads
from cloud.derived.grouped_writes import GroupedWrites
from cloud.derived.grouping import together
from cloud.derived.series_writer import SeriesChanges
from cloud.derived.stored_tails import StoredTails
from cloud.readings.blocks import Block
from cloud.readings.contract import Verdict
from rules.marks import Mark
from tests.unit.cloud.derived.examples import NINE, Island
from wire import Domain


def changes(sensor: str, value: float) -> SeriesChanges:
    block = Block("daruba", sensor, "computed", Domain.AIR, 0, [NINE], (("pm2_5_hour", [value]),))
    return SeriesChanges([block], [Verdict(sensor, "pm2_5_hour", NINE, int(Mark.WITHDRAWN))])


async def test_rules_hear_of_all_before_one_write_and_of_the_verdicts_after_theirs(island: Island):
    heard: list[tuple[str, list[str], list[str]]] = []

    async def stored() -> list[str]:
        return [sensor for sensor in ("air", "gas") if await island.series(sensor, "pm2_5_hour")]

    async def observe(blocks: Sequence[Block]) -> None:
        heard.append(("blocks", [block.sensor for block in blocks], await stored()))

    async def reevaluate(verdicts: Sequence[Verdict]) -> None:
        heard.append(("verdicts", [verdict.sensor for verdict in verdicts], await stored()))

    writes = GroupedWrites(
        island.store,
        island.newest,
        StoredTails(GroupedReads(island.store), is_own=bool),
        observe=observe,
        reevaluate=reevaluate,
    )
    await together(writes.write(changes(sensor, 20.0)) for sensor in ("air", "gas"))
    assert heard == [("blocks", ["air", "gas"], []), ("verdicts", ["air", "gas"], ["air", "gas"])]
    assert (await island.marks("gas", "pm2_5_hour"))[NINE] == Mark.WITHDRAWN
    assert {one.sensor: one.marks for one in island.newest.latest()}["air"] == Mark.WITHDRAWN


async def test_what_changed_nowhere_is_told_to_nobody(island: Island):
    heard: list[object] = []

    async def hear(what: object) -> None:
        heard.append(what)

    writes = GroupedWrites(
        island.store, island.newest, StoredTails(GroupedReads(island.store), is_own=bool), observe=hear, reevaluate=hear
    )
    await writes.write(SeriesChanges([], []))
    assert heard == []
