"""The promise: whatever is killed, every reading sent is stored once or dead-lettered, and the accounting agrees."""

import random
import time
from pathlib import Path

import pytest

from tests.end_to_end.load import begin, everything_arrives
from tests.end_to_end.platform import Platform
from tests.servers import Program, all_of

DOWN_S = 1.5


def _kill_and_start(*programs: Program, down_s: float = DOWN_S) -> None:
    for program in programs:
        program.kill()
    time.sleep(down_s)  # the load goes on meanwhile: this is the outage, not a wait for something
    for program in programs:
        program.start()
    time.sleep(down_s)
    for program in programs:
        program.must_live()


def test_edge_broker_cloud_and_database_are_killed_in_turn_and_nothing_is_lost(tmp_path: Path):
    platform = Platform(tmp_path)
    with platform.cluster, all_of(*platform.programs):
        load = begin(platform)
        for victim in (platform.edge, platform.broker, platform.cloud, platform.influxd):
            _kill_and_start(victim)
        everything_arrives(platform, load)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_killed_at_random_moments_together_or_alone_nothing_is_lost(tmp_path: Path, seed: int):
    platform, dice = Platform(tmp_path), random.Random(seed)
    mortal: list[Program] = [platform.broker, platform.influxd, platform.cloud, platform.edge]
    with platform.cluster, all_of(*platform.programs):
        load = begin(platform)
        for _ in range(20):
            victims = dice.sample(mortal, dice.choice((1, 1, 2, 3, 4)))
            _kill_and_start(*sorted(victims, key=mortal.index), down_s=dice.uniform(0.1, 5))
        everything_arrives(platform, load)
