"""Quality marks stand on readings as they are stored, the same whenever a batch comes again."""

from pathlib import Path

from cloud.ingest.quality import QualityFlags, QualityJudge, split_by_flags
from cloud.ingest.twins import KEPT
from cloud.readings.blocks import Block
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.registry.facts import Fact, Facts
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from tests.unit.cloud.alarms.town import T0, Town, city, level
from wire import Domain
from wire.durations import HOUR_MS

SPIKE = int(Mark.SPIKE)


def look(judging: QualityJudge, *blocks: Block) -> QualityFlags:
    """Look closely at every series of the blocks."""
    return judging.flags(blocks, {(block.sensor, quantity) for block in blocks for quantity, _ in block.fields})


def river(*values: float, at: int = 0, sensor: str = "river", marks: int = 0) -> Block:
    times_ms = [T0 + (at + n) * 60_000 for n in range(len(values))]
    return Block("daruba", sensor, "gw-daruba", Domain.FLOOD, marks, times_ms, (("water_level", list(values)),))


def judge(*more: Sensor, newest: Newest | None = None) -> QualityJudge:
    return QualityJudge(city(*more), newest or Newest())


def test_calm_readings_get_no_marks_and_their_blocks_stay_whole():
    blocks = [river(100, 101, 100)]
    flags = look(judge(), *blocks)
    assert not flags
    assert split_by_flags(blocks, flags) is blocks


def test_a_spike_is_marked_and_stands_in_a_block_of_its_own():
    blocks = [river(100, 500, 100)]
    parts = split_by_flags(blocks, look(judge(), *blocks))
    assert [(part.marks, part.fields[0][1]) for part in parts] == [(0, [100, 100]), (SPIKE, [500])]


def test_the_other_quantities_of_a_block_stay_together():
    block = Block(
        "daruba", "river", "gw", Domain.FLOOD, int(Mark.CLOCK_ESTIMATED), [T0, T0 + 60_000, T0 + 120_000],
        (("water_level", [100.0, 500.0, 100.0]), ("flow", [1.0, 2.0, 3.0])),
    )  # fmt: skip
    plain, calm, spike = split_by_flags([block], look(judge(), block))
    assert plain.fields == (("flow", [1.0, 2.0, 3.0]),)
    assert plain.times_ms == block.times_ms
    assert calm.marks == int(Mark.CLOCK_ESTIMATED)
    assert spike.marks == int(Mark.CLOCK_ESTIMATED | Mark.SPIKE)


def test_judgement_goes_on_from_batch_to_batch():
    judging = judge()
    assert not look(judging, river(100, 100))
    assert look(judging, river(500, at=2)) == {0: {"water_level": [SPIKE]}}
    assert not look(judging, river(100, at=3))


def test_a_batch_that_comes_again_is_marked_the_same():
    judging = judge()
    first = look(judging, river(100, 500, 100))
    look(judging, river(101, 102, at=3))
    assert look(judging, river(100, 500, 100)) == first


def test_backfill_is_judged_beside_what_is_live():
    judging = judge()
    look(judging, river(100, 101, at=1_000))
    assert not look(judging, river(400, 401, marks=int(Mark.BACKFILL)))
    assert not look(judging, river(102, at=1_002))


def test_after_a_restart_the_newest_stored_reading_is_what_is_trusted():
    newest = Newest()
    newest.load([StoredReading("daruba", "river", "gw-daruba", "water_level", T0, 100.0, 0)])
    assert look(judge(newest=newest), river(500, at=1)) == {0: {"water_level": [SPIKE]}}


def test_twins_that_disagree_are_marked():
    twin = Sensor("twin", "Twin", "daruba", "gw-daruba", ("water_level",), interval_s=60, twin="river")
    judging = judge(twin)
    assert not look(judging, river(100), river(105, sensor="twin"))
    assert look(judging, river(101, at=1), river(130, sensor="twin", at=1)) == {
        0: {"water_level": [int(Mark.TWINS_DISAGREE)]},
        1: {"water_level": [int(Mark.TWINS_DISAGREE | Mark.SPIKE)]},
    }


def test_what_a_clock_that_was_ahead_has_left_gives_way_and_a_spike_is_marked_again():
    judging = judge(newest=Newest(lambda: T0 + 3_600_000))
    look(judging, river(400, 400, at=540))
    assert look(judging, river(100, 100, 500, 100)) == {0: {"water_level": [0, 0, SPIKE, 0]}}


def test_a_stored_reading_of_a_time_that_has_not_come_is_not_what_is_trusted():
    newest = Newest(lambda: T0)
    newest.load([StoredReading("daruba", "river", "gw-daruba", "water_level", T0 + 3_600_000, 400.0, 0)])
    assert look(judge(newest=newest), river(100, 100, 500, 100)) == {0: {"water_level": [0, 0, SPIKE, 0]}}


def test_twins_are_compared_again_once_a_clock_that_was_ahead_is_put_right():
    twin = Sensor("twin", "Twin", "daruba", "gw-daruba", ("water_level",), interval_s=60, twin="river")
    judging = judge(twin, newest=Newest(lambda: T0 + 3_600_000))
    ahead = [100.0] * KEPT
    look(judging, river(*ahead, at=540), river(*ahead, at=540, sensor="twin"))
    found = look(judging, river(100), river(130, sensor="twin"))
    assert found == {each: {"water_level": [int(Mark.TWINS_DISAGREE)]} for each in (0, 1)}


async def test_the_marks_are_stored_with_the_readings(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.send(level(100, at=0), level(500, at=60), level(100, at=120))
        points = await town.store.history("river", "water_level", start_ms=0, end_ms=2 * T0)
        assert [point.marks for point in points] == [0, SPIKE, 0]


async def test_a_spike_raises_no_alarm_and_a_true_rise_does(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(reject=["spike", "clock_unknown"])
        await town.send(level(100, at=0), level(500, at=60), level(100, at=120))
        assert await town.alarms() == []
        await town.send(level(300, at=180), level(310, at=240))
        assert len(await town.alarms()) == 1


def replaced_city(*starts_ms: int) -> Registry:
    """The city whose river has another device from each of some times on."""
    named = [(0, None), *((start_ms, {"serial": f"no-{start_ms}"}) for start_ms in starts_ms)]
    facts = [
        Fact(number, "sensor:river", "device", device, since_ms, "ani", "by hand", "wet", T0)
        for number, (since_ms, device) in enumerate(named, start=1)
    ]
    plain = city()
    return Registry(
        city=plain.city, sites=plain.sites(), gateways=plain.gateways(), facts=Facts(facts),
        sensors=[sensor for sensor in plain.sensors() if plain.gateway(sensor.id) is None],
    )  # fmt: skip


def test_the_first_readings_of_another_device_are_no_spike_in_one_batch_or_in_two():
    at_ms = T0 + 3 * 60_000
    once = QualityJudge(replaced_city(at_ms), Newest())
    assert not look(once, river(100, 101, 100, 500, 501, 500))
    twice = QualityJudge(replaced_city(at_ms), Newest())
    assert not look(twice, river(100, 101, 100))
    assert not look(twice, river(500, 501, 500, at=3))
    assert look(twice, river(900, 500, at=6)) == {0: {"water_level": [SPIKE, 0]}}


def test_a_glance_sees_nothing_of_a_replacement_and_leaves_it_to_the_judge():
    judging = QualityJudge(replaced_city(T0 + 2 * 60_000), Newest())
    look(judging, river(100, 100))
    lane = judging.lanes(backfill=False)["river", "water_level"]
    assert not lane.is_plain([T0 + 2 * 60_000], [100.0], 100.0, 100.0)
    look(judging, river(100, 100, 100, at=2))
    assert lane.is_plain([T0 + 5 * 60_000], [100.0], 100.0, 100.0)


def test_a_device_that_shows_what_the_one_before_showed_is_not_stuck():
    hours = [T0 + hour * HOUR_MS for hour in range(70 * 24)]
    block = Block("daruba", "river", "gw-daruba", Domain.FLOOD, 0, hours, (("water_level", [100.0] * len(hours)),))
    stuck = look(judge(), block)[0]["water_level"].count(int(Mark.STUCK))
    renewed = QualityJudge(replaced_city(hours[40 * 24]), Newest())
    assert stuck == 10 * 24 - 1
    assert not look(renewed, block)


def test_a_replacement_that_is_recorded_while_readings_come_is_seen():
    registry = city()
    judging = QualityJudge(registry, Newest())
    look(judging, river(100, 101))
    registry.replace_with(replaced_city(T0 + 2 * 60_000))
    assert not look(judging, river(500, 501, at=2))
