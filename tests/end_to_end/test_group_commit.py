"""Kills between a group's write and its acks: nothing is lost, nothing is there twice, no ack comes before its row.

messages ─┬─ write ─┬─ commit ─┬─ acks ─┬─ PUBACKs          at each ┬ the cloud is killed, and started again
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.fleet import City, Fleet, gateway_id, is_ack
from tests.servers import wait_until

At = Callable[[City, Fleet], AbstractContextManager[None]]


@contextmanager
def before_the_write(city: City, fleet: Fleet) -> Iterator[None]:
    """The group has come, and nothing of it is stored."""
    with ExitStack() as stack:
        if city.engine == "sqlite":
            stack.enter_context(city.locked("readings.db"))
            before = city.to_broker.counts[False, "PUBLISH"]
            fleet.send_all()
            wait_until(
                lambda: city.to_broker.counts[False, "PUBLISH"] >= before + city.gateways, "the group reaches the cloud"
            )
        else:
            hold = stack.enter_context(city.to_store.hold(lambda packet: packet.kind == "POST /write"))
            fleet.send_all()
            hold.wait()
        yield


@contextmanager
def before_the_answer(city: City, fleet: Fleet) -> Iterator[None]:
    """InfluxDB holds the group, and the cloud does not know."""
    with city.to_store.hold(lambda packet: not packet.up and packet.kind == "204") as hold:
        fleet.send_all()
        hold.wait()
        yield


@contextmanager
def before_the_commit(city: City, fleet: Fleet) -> Iterator[None]:
    """The store holds the group, and no receipt is committed."""
    with city.locked("registry.db"):
        fleet.send_all()
        wait_until(lambda: city.rows(gateway_id(0)) == fleet.sent[gateway_id(0)], "the store holds the first batch")
        yield


@contextmanager
def before_the_acks(city: City, fleet: Fleet) -> Iterator[None]:
    """The group is stored and committed, and no gateway knows."""
    with city.to_broker.hold(is_ack) as hold:
        fleet.send_all()
        hold.wait()
        yield


@contextmanager
def before_the_pubacks(city: City, fleet: Fleet) -> Iterator[None]:
    """The gateways know of the first write, and the broker has no PUBACK of it."""
    with city.to_broker.hold(lambda packet: packet.up and packet.kind == "PUBACK") as hold:
        fleet.send_all()
        hold.wait()
        yield


@contextmanager
def at_some_moment(city: City, fleet: Fleet) -> Iterator[None]:
    """Wherever the group may be by then."""
    fleet.send_all()
    time.sleep(random.uniform(0, 0.2))  # the moment itself, not a wait for something
    yield


POINTS: dict[str, tuple[At, ...]] = {
    "sqlite": (before_the_write, before_the_commit, before_the_acks, before_the_pubacks),
    "influxdb": (before_the_write, before_the_answer, before_the_commit, before_the_acks, before_the_pubacks),
}
OFTEN: dict[str, tuple[At, ...]] = {
    "sqlite": (before_the_commit, before_the_acks, before_the_pubacks),
    "influxdb": (before_the_answer, before_the_commit),
}
"""Enough for each day: what comes after the commit is the same for both."""


def at_work_again(city: City, fleet: Fleet) -> None:
    """What was sent before the kill is safe, and so is a batch more: a cloud that starts stores nothing yet."""
    fleet.send(0)
    city.nothing_is_lost_or_doubled(fleet)


@pytest.mark.parametrize("engine", [pytest.param("sqlite", marks=pytest.mark.proof), "influxdb"])
def test_a_cloud_that_is_killed_between_a_groups_write_and_its_pubacks_loses_nothing(tmp_path: Path, engine: str):
    city = City(tmp_path, engine)
    with city.running() as fleet:
        for point in OFTEN[engine]:
            with point(city, fleet):
                city.cloud.kill()
            city.cloud.start()
            at_work_again(city, fleet)


@pytest.mark.proof
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("engine", POINTS)
def test_whatever_is_killed_around_a_groups_write_nothing_is_lost(tmp_path: Path, engine: str, seed: int):
    city, dice = City(tmp_path, engine, gateways=25), random.Random(seed)
    with city.running() as fleet:
        for _ in range(20):
            victims = dice.sample(city.programs, dice.randint(1, len(city.programs)))
            with dice.choice((*POINTS[engine], at_some_moment))(city, fleet):
                for victim in victims:
                    victim.kill()
            for program in city.programs:
                if program in victims:
                    program.start()
            at_work_again(city, fleet)
