"""Several ingesters as one: the worse of their health, the sum of their counts, each gateway at its own."""

from pathlib import Path

import pytest

from cloud.care.refused import CareRefused
from cloud.core.health import Component, Condition
from cloud.database.audit_log import Actor
from cloud.feed.followed_city import FollowedCity
from cloud.feed.follower import Follower, IngesterAway
from cloud.feed.memory import View
from cloud.feed.sentences import ToldComponent
from cloud.ingest.fleet_clock import WrongClock


def follower(folder: Path, shards: range, view: View, *, silent_s: float = 0.0) -> Follower:
    """One that has heard its ingester `silent_s` ago."""
    found = Follower(folder / f"{shards[0]}.sock", {}, clock_s=lambda: 100.0 + silent_s)
    found.view, found.shards, found._spoke_s = view, shards, 100.0
    found.whole.set()
    return found


def ok(detail: str) -> ToldComponent:
    return ToldComponent.of(Component(Condition.OK, detail))


@pytest.fixture
def halves(tmp_path: Path) -> FollowedCity:
    """Two ingesters, of which one is in trouble."""
    lower = View(
        stored={"air": 3, "flood": 1}, refused=frozenset({("river", "water_level")}), components={"ingest": ok("idle")},
        listening_since_s=10.0,
    )  # fmt: skip
    trouble = ToldComponent.of(Component(Condition.DEGRADED, "the queue is full"))
    upper = View(
        stored={"air": 4}, wrong_clocks={"gw-pier": WrongClock(5, 6)}, clock_error_ms=-90_000, listening_since_s=20.0,
        components={"ingest": trouble, "review": ok("nothing")},
    )  # fmt: skip
    city = FollowedCity(now_ms=lambda: 1_000_000)
    city.followers = [follower(tmp_path, range(32), lower), follower(tmp_path, range(32, 64), upper)]
    return city


def test_what_two_ingesters_know_is_one_citys(halves: FollowedCity):
    assert halves.stored() == {"air": 7, "flood": 1}
    assert halves.refused() == {("river", "water_level")}
    assert list(halves.wrong_clocks()) == ["gw-pier"]
    assert halves.component_names() == {"ingest", "review"}
    assert halves.component("ingest") == Component(Condition.DEGRADED, "the queue is full")
    assert halves.latest_ms() == 1_000_000 - 90_000 + 30_000
    assert halves.listening_since_s() == 20.0


def test_nothing_is_well_that_an_ingester_said_which_is_silent_since(halves: FollowedCity, tmp_path: Path):
    view = halves.followers[0].view
    halves.followers = [follower(tmp_path, range(32), view, silent_s=12.0), halves.followers[1]]
    assert halves.ingester().status is Condition.DOWN
    assert "has not spoken for 12 s" in halves.ingester().detail
    assert halves.component("ingest").detail == "the queue is full", "the other is heard"
    halves.followers = halves.followers[:1]
    assert halves.component_names() == set()
    assert halves.listening_since_s() is None, "the silence of half of the gateways means nothing"


async def test_nothing_can_be_asked_of_an_ingester_that_is_away(halves: FollowedCity):
    with pytest.raises(CareRefused) as refused:
        await halves.command("gw-pier", "ping", Actor("ani"), "")
    assert refused.value.kind == "broker-away"
    with pytest.raises(IngesterAway, match="try again when it is back"):
        await halves.replay(17, Actor("ani"), gateway="gw-pier")
    gauges = {(each.name, sample.value) for each in await halves.metrics() for sample in each.samples}
    assert gauges == {("siaga_component_up", 1.0), ("siaga_component_ok", 1.0)}
